"""The estimators that are compared by default: error diffusion and its baselines."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

from .._estimators import defaults
from .._estimators.classifier import EDClassifier
from .._estimators.regressor import EDRegressor
from .._networks.code_book import count_networks
from ._estimators import ComparedEstimator
from ._keras import keras_mlp

BASELINES = ("mlp", "keras", "linear")
"""Names of the baselines that :func:`compare` accepts."""

LEARNING_RATES = [0.001, 0.003, 0.01, 0.03]
HIDDEN_UNITS = {"classification": (80, 320), "regression": (32, 128)}
"""Of all ED networks together, rounded up so that all networks have the same size."""

TOL = 1e-3
"""`tol` of all networks: the smallest improvement of the training loss that counts."""


def default_estimators(
    task: str, n_classes: int, max_iter: int, baselines: Sequence[str] = ("mlp",)
) -> list[ComparedEstimator]:
    """Error diffusion and the named baselines; `n_classes` is ignored for regression.

    All networks have the same learning rates, numbers of hidden units, `max_iter` and `tol`.
    Every other parameter has the estimator's default.
    """
    is_classification = task == "classification"
    n_networks = _count_ed_networks(n_classes) if is_classification else 1
    sizes = [ceil(units / n_networks) for units in HIDDEN_UNITS[task]]
    ed_grid = {"alpha": LEARNING_RATES, "hidden_layer_sizes": [(size,) for size in sizes]}
    # The one hidden layer of backprop has as many units as all networks of ED together.
    backprop_grid = {
        "learning_rate_init": LEARNING_RATES,
        "hidden_layer_sizes": [(n_networks * size,) for size in sizes],
    }
    shared: dict[str, Any] = {"max_iter": max_iter, "tol": TOL}

    def make(name: str) -> ComparedEstimator:
        if name == "mlp":
            MLP = MLPClassifier if is_classification else MLPRegressor
            return ComparedEstimator(MLP.__name__, MLP(**shared), backprop_grid)
        if name == "keras":
            network = keras_mlp(task=task, activation="relu", **shared)
            return ComparedEstimator("Keras", network, backprop_grid)
        if name != "linear":
            raise ValueError(f"baselines: expected names among {BASELINES}, got {name!r}.")
        if is_classification:
            grid = {"C": [0.01, 0.1, 1.0, 10.0]}
            logistic = LogisticRegression(max_iter=1000)
            return ComparedEstimator("LogisticRegression", logistic, grid)
        return ComparedEstimator("Ridge", Ridge(), {"alpha": [0.1, 1.0, 10.0, 100.0]})

    ED: Any = EDClassifier if is_classification else EDRegressor
    ed = ComparedEstimator(ED.__name__, ED(**shared), ed_grid)
    return [ed, *(make(name) for name in baselines)]


def remark_on(task: str, max_iter: int) -> str:
    """What a reader should know about the default estimators."""
    networks = (
        "EDClassifier trains one network per pair of classes (up to ten classes), one per "
        "class (more classes), or a single one (two classes); its sizes are those of each "
        "network"
        if task == "classification"
        else "EDRegressor trains one network"
    )
    return (
        "All networks have the same learning rates, numbers of hidden units and maximum number "
        f"of epochs ({max_iter}). {networks}."
    )


def _count_ed_networks(n_classes: int) -> int:
    ed = EDClassifier()
    return count_networks(n_classes, defaults.code_size(ed.code_size, n_classes, ed.loss))
