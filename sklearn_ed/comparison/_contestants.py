"""Who competes: the two estimators and the candidates of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sklearn.neural_network import MLPClassifier

from .._classifier import EDClassifier

LEARNING_RATES = (0.001, 0.003, 0.01, 0.03)
UNITS_PER_NETWORK = (8, 32)


@dataclass(frozen=True)
class Contestant:
    """An estimator and its candidates.

    Attributes
    ----------
    name : str
        Name of the class.
    estimator : classifier
        Not fitted.
    grid : dict of str -> list
        Values of its parameters to try, in all combinations.
    """

    name: str
    estimator: Any
    grid: dict[str, list]


def make_contestants(
    n_classes: int, *, max_iter: int, tol: float, random_state: int
) -> list[Contestant]:
    """EDClassifier and MLPClassifier with the same learning rates and as many hidden units.

    ED has one network per class, or one alone for two classes, and its sizes are those of each
    network; the hidden layer of MLPClassifier gets as many units as all of them together.
    Whatever the grids do not name is each estimator's default.
    """
    n_networks = 1 if n_classes == 2 else n_classes
    common = {"max_iter": max_iter, "tol": tol, "random_state": random_state}
    return [
        Contestant(
            "EDClassifier",
            EDClassifier(**common),
            {
                "alpha": list(LEARNING_RATES),
                "hidden_layer_sizes": [(units,) for units in UNITS_PER_NETWORK],
            },
        ),
        Contestant(
            "MLPClassifier",
            MLPClassifier(**common),
            {
                "learning_rate_init": list(LEARNING_RATES),
                "hidden_layer_sizes": [(n_networks * units,) for units in UNITS_PER_NETWORK],
            },
        ),
    ]
