"""Who competes: the estimators and the candidates of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import ParameterGrid
from sklearn.neural_network import MLPClassifier, MLPRegressor

from .._estimators import defaults as auto
from .._estimators.classifier import EDClassifier
from .._estimators.regressor import EDRegressor
from .._networks.code_book import count_networks
from .._utils.errors import UnusableInput
from ._keras import keras_mlp

LEARNING_RATES = (0.001, 0.003, 0.01, 0.03)
HIDDEN_UNITS = {"classification": (80, 320), "regression": (32, 128)}
"""Of all networks together, rounded up to as many for each."""


@dataclass(frozen=True)
class Contestant:
    """An estimator and its candidates.

    Attributes
    ----------
    name : str
    estimator : estimator
        Not fitted.
    grid : dict of str -> list, or list of dict
        Values of its parameters to try, in all combinations.
    """

    name: str
    estimator: Any
    grid: Any

    @property
    def kind(self) -> str:
        """The task: "classification" or "regression"."""
        if is_classifier(self.estimator):
            return "classification"
        if is_regressor(self.estimator):
            return "regression"
        raise UnusableInput(
            "estimators: expected classifiers or regressors, got "
            f"{type(self.estimator).__name__}."
        )

    @property
    def candidates(self) -> list[dict[str, Any]]:
        """Parameters of each candidate."""
        return list(ParameterGrid(self.grid))


@dataclass(frozen=True)
class Terms:
    """What the contestants of the package get, all the same.

    Attributes
    ----------
    task : {"classification", "regression"}
    n_classes : int
        0 for regression.
    max_iter : int
        Most epochs of a fit.
    tol : float
        Least improvement of the training loss that counts.
    """

    task: str
    n_classes: int
    max_iter: int
    tol: float

    @property
    def networks_and_sizes(self) -> tuple[int, list[int]]:
        """ED's number of networks, and the units of each for all of HIDDEN_UNITS."""
        n_networks = 1
        if self.task == "classification":
            ed = EDClassifier()
            code_size = auto.code_size(ed.code_size, self.n_classes, ed.loss)
            n_networks = count_networks(self.n_classes, code_size)
        return n_networks, [ceil(units / n_networks) for units in HIDDEN_UNITS[self.task]]


def default_contestants(terms: Terms, baselines: Sequence[str] = ("mlp",)) -> list[Contestant]:
    """ED and the named baselines, networks with the same learning rates and as many units.

    ED's sizes are those of each of its networks; the hidden layer of the others gets as many
    units as all of them together. Whatever the grids do not name is each estimator's default.

    Parameters
    ----------
    terms : Terms
    baselines : sequence of str, default=("mlp",)
        Keys of BASELINES.
    """
    return [_ed(terms), *(BASELINES[name](terms) for name in baselines)]


def _ed(terms: Terms) -> Contestant:
    Estimator: Any = EDClassifier if terms.task == "classification" else EDRegressor
    estimator = Estimator(max_iter=terms.max_iter, tol=terms.tol)
    sizes = [(size,) for size in terms.networks_and_sizes[1]]
    grid = {"alpha": list(LEARNING_RATES), "hidden_layer_sizes": sizes}
    return Contestant(Estimator.__name__, estimator, grid)


def _mlp(terms: Terms) -> Contestant:
    Estimator: Any = MLPClassifier if terms.task == "classification" else MLPRegressor
    estimator = Estimator(max_iter=terms.max_iter, tol=terms.tol)
    return Contestant(Estimator.__name__, estimator, _backprop_grid(terms))


def _keras(terms: Terms) -> Contestant:
    estimator = keras_mlp(
        task=terms.task, activation="relu", max_iter=terms.max_iter, tol=terms.tol
    )
    return Contestant("Keras", estimator, _backprop_grid(terms))


def _linear(terms: Terms) -> Contestant:
    if terms.task == "classification":
        estimator = LogisticRegression(max_iter=1000)
        return Contestant("LogisticRegression", estimator, {"C": [0.01, 0.1, 1.0, 10.0]})
    return Contestant("Ridge", Ridge(), {"alpha": [0.1, 1.0, 10.0, 100.0]})


def _backprop_grid(terms: Terms) -> dict[str, list]:
    n_networks, sizes = terms.networks_and_sizes
    return {
        "learning_rate_init": list(LEARNING_RATES),
        "hidden_layer_sizes": [(n_networks * size,) for size in sizes],
    }


BASELINES: dict[str, Callable[[Terms], Contestant]] = {
    "mlp": _mlp,
    "keras": _keras,
    "linear": _linear,
}
"""Whom `sklearn-ed compare` can set against ED."""


def given_contestants(estimators: Any) -> list[Contestant]:
    """The user's own: a sequence, or a mapping from names, of estimators or pairs.

    Parameters
    ----------
    estimators : sequence or mapping
        Of estimators, or of pairs of an estimator and its grid.

    Raises
    ------
    UnusableInput
        If it is something else, or some are classifiers and others are not.
    """
    if not isinstance(estimators, (Mapping, Sequence)) or not len(estimators):
        raise UnusableInput(
            "estimators: expected a sequence of estimators, or a dict from names to "
            f"estimators, got {estimators!r}."
        )
    entries = estimators.values() if isinstance(estimators, Mapping) else estimators
    pairs = [entry if isinstance(entry, tuple) else (entry, {}) for entry in entries]
    for pair in pairs:
        if len(pair) != 2 or not isinstance(pair[0], BaseEstimator):
            raise UnusableInput(
                "estimators: expected an estimator, or a tuple of an estimator and its "
                f"parameter grid, got {pair[0] if len(pair) == 2 else pair!r}."
            )
    names = (
        [str(name) for name in estimators]
        if isinstance(estimators, Mapping)
        else _class_names([estimator for estimator, _ in pairs])
    )
    contestants = [
        Contestant(name, estimator, grid)
        for name, (estimator, grid) in zip(names, pairs, strict=True)
    ]
    if len({contestant.kind for contestant in contestants}) != 1:
        raise UnusableInput(
            "estimators: expected classifiers alone or regressors alone, got both."
        )
    for contestant in contestants:
        _check_grid(contestant)
    return contestants


def _class_names(estimators: list[Any]) -> list[str]:
    names = [type(estimator).__name__ for estimator in estimators]
    counts, seen = Counter(names), Counter[str]()
    for place, name in enumerate(names):
        if counts[name] > 1:
            seen[name] += 1
            names[place] = f"{name} {seen[name]}"
    return names


def _check_grid(contestant: Contestant) -> None:
    try:
        candidates = contestant.candidates
    except (TypeError, ValueError) as error:
        raise UnusableInput(
            f"estimators: expected a parameter grid for {contestant.name}, got "
            f"{contestant.grid!r}: {error}"
        ) from error
    known = contestant.estimator.get_params()
    for params in candidates:
        for name in params:
            if name not in known:
                raise UnusableInput(
                    f"estimators: expected parameters of {contestant.name} in its grid, one of "
                    f"{sorted(known)}, got {name!r}."
                )
