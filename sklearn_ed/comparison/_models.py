"""A contestant as a model: preprocessing before it, scaled targets around it, one seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler


@dataclass(frozen=True)
class Model:
    """What is fitted for a contestant.

    Attributes
    ----------
    whole : estimator
        Not fitted: the contestant's estimator with what stands around it.
    prefix : str
        What the names of the estimator's parameters begin with in `whole`.
    """

    whole: Any
    prefix: str

    def with_params(self, params: dict[str, Any], seed: int) -> Any:
        """A clone of `whole` with these parameters of the estimator and this seed."""
        model = clone(self.whole)
        model.set_params(**{self.prefix + name: value for name, value in params.items()})
        return seeded(model, seed)


def make_model(estimator: Any, preprocessing: Any, scale_target: bool) -> Model:
    """Put preprocessing before an estimator, unless it is a pipeline or there is none.

    Parameters
    ----------
    estimator : estimator
    preprocessing : transformer or None
    scale_target : bool
        Whether the model learns standardized targets, as regressors may want.
    """
    if preprocessing is None or isinstance(estimator, Pipeline):
        return Model(estimator, "")
    pipeline = Pipeline([("preprocessing", preprocessing), ("estimator", estimator)])
    if not scale_target:
        return Model(pipeline, "estimator__")
    model = TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    return Model(model, "regressor__estimator__")


def seeded(model: Any, seed: int) -> Any:
    """Set every `random_state` of a model, deep ones too; return it."""
    names = [n for n in model.get_params() if n.rpartition("__")[2] == "random_state"]
    return model.set_params(**dict.fromkeys(names, seed))


def innermost(model: Any) -> Any:
    """The estimator at the end of pipelines and inside of target transformers."""
    while True:
        if isinstance(model, Pipeline):
            model = model[-1]
        elif isinstance(model, TransformedTargetRegressor):
            model = getattr(model, "regressor_", model.regressor)
        else:
            return model


def count_epochs(model: Any) -> float:
    """The fitted estimator's `n_iter_`, NaN if it has none."""
    n_iter = getattr(innermost(model), "n_iter_", None)
    return np.nan if n_iter is None else float(np.max(n_iter))


def count_parameters(model: Any) -> int | None:
    """Weights and biases of a fitted estimator: networks, linear models; None for others."""
    estimator = innermost(model)
    if hasattr(estimator, "n_parameters_"):
        return int(estimator.n_parameters_)
    for names in (("coefs_", "intercepts_"), ("coef_", "intercept_")):
        if all(hasattr(estimator, name) for name in names):
            return sum(_size(getattr(estimator, name)) for name in names)
    return None


def _size(values: Any) -> int:
    return sum(map(_size, values)) if isinstance(values, list) else int(np.size(values))
