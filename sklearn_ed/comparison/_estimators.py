"""The estimators to compare: name, parameter grid, and the preprocessing around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from .._estimators import defaults
from .._estimators.classifier import EDClassifier
from .._networks.code_book import count_networks
from .._utils.errors import UnusableInput


@dataclass(frozen=True, eq=False)
class ComparedEstimator:
    """An estimator, its parameter grid, and the model in which it is fitted.

    Attributes
    ----------
    name : str
    estimator : estimator
        Not fitted.
    grid : dict of str -> list, or list of dict
        Values of the estimator's parameters to try, in all combinations.
    preprocessing : transformer or None
        First step of a pipeline around the estimator, unless that is a pipeline itself.
    scale_target : bool
        Whether that pipeline learns standardized targets.
    """

    name: str
    estimator: Any
    grid: Any = field(default_factory=dict)
    preprocessing: Any = None
    scale_target: bool = False

    @property
    def task(self) -> str:
        """ "classification" or "regression"."""
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

    @cached_property
    def model(self) -> Any:
        """The estimator with everything around it, not fitted."""
        if self.preprocessing is None or isinstance(self.estimator, Pipeline):
            return self.estimator
        steps = [("preprocessing", self.preprocessing), ("estimator", self.estimator)]
        if self.scale_target:
            return TransformedTargetRegressor(Pipeline(steps), transformer=StandardScaler())
        return Pipeline(steps)

    @property
    def prefix(self) -> str:
        """What the names of the estimator's parameters begin with in `model`."""
        if self.model is self.estimator:
            return ""
        return "regressor__estimator__" if self.scale_target else "estimator__"

    @property
    def model_grid(self) -> list[dict[str, Any]]:
        """The grid with the names of parameters in `model`."""
        grids = self.grid if isinstance(self.grid, list) else [self.grid]
        return [{self.prefix + name: grid[name] for name in grid} for grid in grids]

    def make_model(self, params: dict[str, Any], seed: int) -> Any:
        """A clone of `model` with these parameters; every `random_state` in it is the seed."""
        model = clone(self.model)
        model.set_params(**{self.prefix + name: value for name, value in params.items()})
        seeded = [n for n in model.get_params() if n.rpartition("__")[2] == "random_state"]
        return model.set_params(**dict.fromkeys(seeded, seed))


def count_members(ed: Any, n_classes: int) -> tuple[int, int]:
    """Members of an estimator for few rows, and networks of each; 0 classes: regression."""
    n_networks = 1
    if isinstance(ed, EDClassifier):
        code_size = defaults.code_size(ed.code_size, n_classes, ed.loss)
        n_networks = count_networks(n_classes, code_size)
    return defaults.n_members(ed.n_members, n_networks, 0, ed.batch_size), n_networks


def innermost(model: Any) -> Any:
    """The estimator at the end of pipelines and inside transformers of the target."""
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
    """Weights and biases of a fitted network or linear model, None for other estimators."""
    estimator = innermost(model)
    if hasattr(estimator, "n_parameters_"):
        return int(estimator.n_parameters_)
    for names in (("coefs_", "intercepts_"), ("coef_", "intercept_")):
        if all(hasattr(estimator, name) for name in names):
            return sum(_size(getattr(estimator, name)) for name in names)
    return None


def _size(values: Any) -> int:
    return sum(map(_size, values)) if isinstance(values, list) else int(np.size(values))


def check_estimators(estimators: Any) -> list[ComparedEstimator]:
    """The `estimators` of :func:`compare`, checked and named.

    Raises
    ------
    UnusableInput
        If they are not estimators or pairs of an estimator and its grid, or if classifiers and
        regressors are mixed.
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
    compared = [ComparedEstimator(name, *pair) for name, pair in zip(names, pairs, strict=True)]
    if len({each.task for each in compared}) != 1:
        raise UnusableInput(
            "estimators: expected only classifiers or only regressors, got both."
        )
    for each in compared:
        _check_grid(each)
    return compared


def _class_names(estimators: list[Any]) -> list[str]:
    """Names of the classes, numbered where a class occurs more than once."""
    names = [type(estimator).__name__ for estimator in estimators]
    counts, seen = Counter(names), Counter[str]()
    for place, name in enumerate(names):
        if counts[name] > 1:
            seen[name] += 1
            names[place] = f"{name} {seen[name]}"
    return names


def _check_grid(compared: ComparedEstimator) -> None:
    try:
        candidates = compared.candidates
    except (TypeError, ValueError) as error:
        raise UnusableInput(
            f"estimators: expected a parameter grid for {compared.name}, got "
            f"{compared.grid!r}: {error}"
        ) from error
    known = compared.estimator.get_params()
    for name in {name: None for params in candidates for name in params}:
        if name not in known:
            raise UnusableInput(
                f"estimators: expected a grid over parameters of {compared.name}, which are "
                f"{sorted(known)}, got {name!r}."
            )
