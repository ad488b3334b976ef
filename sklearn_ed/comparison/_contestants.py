"""Who competes: the two estimators and the candidates of each."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from sklearn.neural_network import MLPClassifier

from .. import _auto as auto
from .._classifier import EDClassifier
from .._outputs import count_networks

LEARNING_RATES = (0.001, 0.003, 0.01, 0.03)
HIDDEN_UNITS = (80, 320)
"""Of all networks together, rounded up to as many for each."""


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

    ED's sizes are those of each of its networks; the hidden layer of MLPClassifier gets as many
    units as all of them together. Whatever the grids do not name is each estimator's default.
    """
    ed = EDClassifier(max_iter=max_iter, tol=tol, random_state=random_state)
    n_networks = count_networks(n_classes, auto.code_size(ed.code_size, n_classes, ed.loss))
    sizes = [ceil(units / n_networks) for units in HIDDEN_UNITS]
    return [
        Contestant(
            "EDClassifier",
            ed,
            {
                "alpha": list(LEARNING_RATES),
                "hidden_layer_sizes": [(size,) for size in sizes],
            },
        ),
        Contestant(
            "MLPClassifier",
            MLPClassifier(max_iter=max_iter, tol=tol, random_state=random_state),
            {
                "learning_rate_init": list(LEARNING_RATES),
                "hidden_layer_sizes": [(n_networks * size,) for size in sizes],
            },
        ),
    ]
