"""The fitted estimator that a user hands in."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._estimators.arrays import check_is_numpy
from .._estimators.base import BaseErrorDiffusion


def fitted_networks(estimator: Any) -> BaseErrorDiffusion:
    """The estimator.

    Raises
    ------
    TypeError
        If it is neither EDClassifier nor EDRegressor.
    NotFittedError
        If it is not fitted.
    """
    if not isinstance(estimator, BaseErrorDiffusion):
        raise TypeError(
            "estimator: expected an EDClassifier or EDRegressor, got "
            f"{type(estimator).__name__}."
        )
    check_is_fitted(estimator, "coefs_")
    check_is_numpy(estimator, "estimator")
    return estimator


def last_step(estimator: Any) -> Any:
    """The last step of a pipeline; another estimator is returned as it is."""
    while isinstance(estimator, Pipeline):
        estimator = estimator[-1]
    return estimator
