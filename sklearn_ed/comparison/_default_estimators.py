"""The estimators that are compared by default: error diffusion and its baselines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from math import ceil
from typing import Any

from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

from .._estimators.classifier import EDClassifier
from .._estimators.regressor import EDRegressor
from ._estimators import ComparedEstimator, count_members
from ._keras import keras_mlp

BASELINES = ("mlp", "keras", "linear", "trees")
"""Names of the baselines that :func:`compare` accepts."""

LEARNING_RATES = [0.001, 0.003, 0.01, 0.03]
HIDDEN_UNITS = (80, 320)
"""Of all ED networks together, rounded up so that all networks have the same size."""

TOL = 1e-3
"""`tol` of all networks: the smallest improvement of the training loss that counts."""

_CLASSES: dict[str, tuple[Any, ...]] = {
    "classification": (
        EDClassifier,
        MLPClassifier,
        HistGradientBoostingClassifier,
        RandomForestClassifier,
    ),
    "regression": (
        EDRegressor,
        MLPRegressor,
        HistGradientBoostingRegressor,
        RandomForestRegressor,
    ),
}
_BOOSTING_GRID = {"learning_rate": [0.03, 0.1], "max_leaf_nodes": [15, 31]}
_FOREST_GRID = {"max_features": ["sqrt", 0.5], "min_samples_leaf": [1, 4]}


def default_estimators(
    task: str, n_classes: int, max_iter: int, baselines: Sequence[str] = ("mlp",)
) -> list[ComparedEstimator]:
    """Error diffusion and the named baselines; `n_classes` is ignored for regression.

    All networks have the same learning rates, numbers of hidden units, `max_iter` and `tol`.
    Every other parameter has the estimator's default.
    """
    ED, MLP, Boosting, Forest = _CLASSES[task]
    n_members, n_networks = count_members(ED(), n_classes)
    n_networks *= n_members
    sizes = [ceil(units / n_networks) for units in HIDDEN_UNITS]
    # The one hidden layer of backprop has as many units as all networks of ED together.
    backprop_grid = {
        "learning_rate_init": LEARNING_RATES,
        "hidden_layer_sizes": [(n_networks * size,) for size in sizes],
    }
    shared: dict[str, Any] = {"max_iter": max_iter, "tol": TOL}

    def named(estimator: Any, grid: Any) -> ComparedEstimator:
        return ComparedEstimator(type(estimator).__name__, estimator, grid)

    def make(name: str) -> list[ComparedEstimator]:
        if name == "mlp":
            return [named(MLP(**shared), backprop_grid)]
        if name == "keras":
            network = keras_mlp(task=task, activation="relu", **shared)
            return [ComparedEstimator("Keras", network, backprop_grid)]
        if name == "trees":
            return [named(Boosting(), _BOOSTING_GRID), named(Forest(), _FOREST_GRID)]
        if name != "linear":
            raise ValueError(f"baselines: expected names among {BASELINES}, got {name!r}.")
        if task == "classification":
            logistic = LogisticRegression(max_iter=1000)
            return [named(logistic, {"C": [0.01, 0.1, 1.0, 10.0]})]
        return [named(Ridge(), {"alpha": [0.1, 1.0, 10.0, 100.0]})]

    ed_grid = {"alpha": LEARNING_RATES, "hidden_layer_sizes": [(size,) for size in sizes]}
    ed = ED(n_members=n_members, **shared)
    return [named(ed, ed_grid), *chain.from_iterable(map(make, baselines))]


def remark_on(task: str, n_classes: int, max_iter: int) -> list[str]:
    """What a reader should know about the default estimators."""
    ED = _CLASSES[task][0]
    n_members, n_networks = count_members(ED(), n_classes)
    networks = f"{n_networks} network{'s' if n_networks > 1 else ''}"
    if n_members > 1:
        networks = f"{n_members} members with {networks} each"
    remarks = [
        "All networks have the same learning rates, numbers of hidden units and maximum number "
        f"of epochs ({max_iter}). {ED.__name__} has {networks}; its sizes are those of each "
        "network."
    ]
    if n_members > 1:
        remarks.append(
            f"In a fit of 50 rows or more, each member of {ED.__name__} holds out a part of "
            "the rows, which decides when training stops. For its learning curve, the members "
            "learn from all rows of the fold."
        )
    return remarks
