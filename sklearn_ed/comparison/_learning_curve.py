"""Learning curves: a model trained and scored epoch by epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline

from .._estimators import defaults
from .._estimators.base import BaseErrorDiffusion
from ._estimators import count_members


def learns_by_epochs(model: Any) -> bool:
    """Whether the estimator inside the model can be trained epoch by epoch.

    Its parameters may rule out what its class can do, as early stopping does for MLPClassifier.
    Around it there may be a transformer of the target, and pipelines inside that.
    """
    if isinstance(model, TransformedTargetRegressor):
        if model.transformer is None:
            return False
        model = model.regressor
    while isinstance(model, Pipeline):
        model = model[-1]
    # "auto" leaves the choice to the estimator: `partial_fit` has none.
    stopping = getattr(model, "early_stopping", False)
    return hasattr(model, "partial_fit") and stopping in (False, "auto")


def learning_curve(
    model: Any,
    X: Any,
    y: np.ndarray,
    X_test: Any,
    y_test: np.ndarray,
    *,
    n_epochs: int,
    scorer: Callable[[Any, Any, Any], float],
) -> tuple[list[float], list[float]]:
    """Train a clone of the model and score it on the test rows after each epoch.

    Error diffusion has the learning rates of its `fit`, which fall to zero over `max_iter`
    epochs. Its members learn from all rows, while in `fit` each of them may hold out a fold.

    Returns the seconds of training up to the end of each epoch, and the scores.
    """
    model = scored = clone(model)
    if isinstance(model, TransformedTargetRegressor):
        scaler = clone(model.transformer).fit(y.reshape(-1, 1))
        y = scaler.transform(y.reshape(-1, 1)).ravel()
        model = model.regressor
        scored = _Unscaled(model, scaler)
    while isinstance(model, Pipeline):
        for place, (name, step) in enumerate(model.steps[:-1]):
            if step is not None and not isinstance(step, str):
                X = step.fit_transform(X, y)
                model.steps[place] = (name, step)
        model = model[-1]
    if isinstance(model, (MLPClassifier, MLPRegressor)):
        # With an int as random_state every call would visit the rows in the same order.
        model.set_params(random_state=np.random.RandomState(model.random_state))
    classes = {"classes": np.unique(y)} if is_classifier(model) else {}
    if isinstance(model, BaseErrorDiffusion):
        _, n_networks = count_members(model, len(classes.get("classes", ())))
        max_iter, learning_rate = model.max_iter, model.learning_rate
        n_scheduled = defaults.n_epochs(max_iter, learning_rate, len(y), n_networks)
        model.set_params(max_iter=n_scheduled)
    seconds, scores = [], []
    spent = 0.0
    for _ in range(n_epochs):
        start = time.perf_counter()
        model.partial_fit(X, y, **classes)
        spent += time.perf_counter() - start
        seconds.append(spent)
        scores.append(float(scorer(scored, X_test, y_test)))
        classes = {}
    return seconds, scores


class _Unscaled(RegressorMixin, BaseEstimator):
    """A regressor that was trained on scaled targets; its predictions are scaled back."""

    def __init__(self, regressor: Any, scaler: Any) -> None:
        self.regressor = regressor
        self.scaler = scaler

    def predict(self, X: Any) -> np.ndarray:
        scaled = np.asarray(self.regressor.predict(X)).reshape(-1, 1)
        return self.scaler.inverse_transform(scaled).ravel()
