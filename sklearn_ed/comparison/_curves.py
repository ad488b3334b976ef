"""A model followed from epoch to epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline


def can_be_followed(model: Any) -> bool:
    """Whether the estimator learns one epoch at a time.

    Its parameters may forbid what its class can do: early stopping does for MLPClassifier.
    Around it there may be a transformer of the target, and then pipelines.
    """
    if isinstance(model, TransformedTargetRegressor):
        if model.transformer is None:
            return False
        model = model.regressor
    while isinstance(model, Pipeline):
        model = model[-1]
    return hasattr(model, "partial_fit") and not getattr(model, "early_stopping", False)


def follow(
    model: Any,
    X: Any,
    y: np.ndarray,
    X_test: Any,
    y_test: np.ndarray,
    *,
    n_epochs: int,
    scorer: Callable[[Any, Any, Any], float],
) -> tuple[list[float], list[float]]:
    """Learn epoch by epoch, scored after each.

    Parameters
    ----------
    model : estimator
        Not fitted, and not changed; `can_be_followed`.
    X, y, X_test, y_test : as the model has them
    n_epochs : int
    scorer : callable

    Returns
    -------
    seconds : list of float
        Of learning, since the start, at each epoch's end.
    scores : list of float
        On the test rows, at each epoch's end.
    """
    model = clone(model)
    whole = model
    if isinstance(model, TransformedTargetRegressor):
        scaler = clone(model.transformer).fit(y.reshape(-1, 1))
        y = scaler.transform(y.reshape(-1, 1)).ravel()
        model = model.regressor
        whole = _Unscaled(model, scaler)
    while isinstance(model, Pipeline):
        for place, (name, step) in enumerate(model.steps[:-1]):
            if step is not None and not isinstance(step, str):
                X = step.fit_transform(X, y)
                model.steps[place] = (name, step)
        model = model[-1]
    if isinstance(model, (MLPClassifier, MLPRegressor)):
        # With an int each call would go through the rows in the same order.
        model.set_params(random_state=np.random.RandomState(model.random_state))
    classes = {"classes": np.unique(y)} if is_classifier(model) else {}
    seconds, scores = [], []
    spent = 0.0
    for _ in range(n_epochs):
        start = time.perf_counter()
        model.partial_fit(X, y, **classes)
        spent += time.perf_counter() - start
        seconds.append(spent)
        scores.append(float(scorer(whole, X_test, y_test)))
        classes = {}
    return seconds, scores


class _Unscaled(RegressorMixin, BaseEstimator):
    """A regressor that learns scaled targets, its predictions scaled back."""

    def __init__(self, regressor: Any, scaler: Any):
        self.regressor = regressor
        self.scaler = scaler

    def predict(self, X: Any) -> np.ndarray:
        scaled = np.asarray(self.regressor.predict(X)).reshape(-1, 1)
        return self.scaler.inverse_transform(scaled).ravel()
