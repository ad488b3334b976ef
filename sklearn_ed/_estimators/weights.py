"""Networks without training data: new ones, and weights that a user has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .._networks.bank import NetworkBank
from .._networks.units import unit_types
from .._training.data import TrainingData
from .._training.history import History
from .._training.running_scale import RunningScale
from .._utils.validation import Check, check_parameters, integer, is_integer
from ..rules import ErrorDiffusion
from . import starting
from .calls import Call
from .parameters import make_rule
from .rollback import unchanged_on_error

_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))
_at_least_one: Check = integer(1)


def initialize(
    estimator: Any, n_features: Any, labels: Any, n_outputs: int, n_rows: Any, dtype: Any
) -> None:
    """Make the networks of the first `partial_fit` with `n_rows` rows, and every attribute."""
    with unchanged_on_error(estimator):
        sizes = estimator._check_parameters(Call.FIRST_PARTIAL_FIT)
        n_features, names = _features(n_features)
        counts = {"n_features": n_features, "n_rows": n_rows}
        check_parameters(counts, dict.fromkeys(counts, _at_least_one))
        if np.dtype(dtype) not in _DTYPES:
            raise ValueError(f"dtype: expected float32 or float64, got {np.dtype(dtype)}.")
        scale, n_inputs = None, n_features
        if estimator.scale_inputs:
            scale = vars(RunningScale.start(n_features, estimator.recent_rows))
            n_inputs = 2 * n_features if estimator.recent_rows else n_features
        # The shapes and dtypes of rows, but no rows.
        X = np.broadcast_to(np.zeros((), dtype), (n_rows, n_inputs))
        targets, rows = np.empty((0, n_outputs), dtype), np.broadcast_to(0, n_rows)
        data = TrainingData(X, targets, None, rows)
        start = starting.initialize(estimator, data, labels, sizes)
        call = Call.FIRST_PARTIAL_FIT
        trainer = starting.make_trainer(estimator, start, data, call, in_place=True)
        trained = estimator._trained(start.bank, trainer, History(), call)
        vars(estimator).update(start.attributes, **trained)
        # Not those of an earlier fit.
        estimator.best_loss_, estimator.n_features_in_ = np.inf, n_features
        estimator._running_scale, estimator._memory = scale, None
        for name in ("feature_names_in_", "history_", "_solver_state"):
            vars(estimator).pop(name, None)
        if names is not None:
            estimator.feature_names_in_ = names
        estimator._keep_bank(start.bank)


def _features(n_features: Any) -> tuple[Any, np.ndarray | None]:
    """The number of features, and their names if these are given."""
    if is_integer(n_features):
        return int(n_features), None
    names = np.asarray(n_features, dtype=object)
    if names.ndim != 1 or not all(isinstance(name, str) for name in names):
        raise ValueError(
            f"n_features: expected an integer >= 1 or names of features, got {n_features!r}."
        )
    return len(names), names


def get_weights(estimator: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Copies of the weights and biases."""
    bank = estimator._bank()
    return [coef.copy() for coef in bank.coefs], [bias.copy() for bias in bank.biases]


def set_weights(estimator: Any, coefs: Iterable[Any], intercepts: Iterable[Any]) -> None:
    """Check weights and biases and make copies of them the fitted ones."""
    bank = estimator._bank()
    new_coefs = _checked("coefs", coefs, bank.coefs)
    new_intercepts = _checked("intercepts", intercepts, bank.biases)
    _check_sums(bank, new_coefs, new_intercepts)
    if isinstance(make_rule(estimator.rule, estimator.weight_decrement), ErrorDiffusion):
        for layer, coef in enumerate(new_coefs[1:], start=1):
            _check_signs(f"coefs[{layer}]", coef)
    bank = NetworkBank.from_coefs(
        new_coefs,
        new_intercepts,
        n_features=len(bank.weights[0]),
        n_networks=bank.n_networks,
        u0=bank.u0,
        beta=bank.beta,
    ).copy()
    with unchanged_on_error(estimator):
        estimator._keep_bank(bank)
        # The optimizer's moments belong to other weights, and so does the start at the mean.
        for name in ("_solver_state", "_begins_at_mean"):
            vars(estimator).pop(name, None)


def _checked(name: str, arrays: Iterable[Any], present: list[np.ndarray]) -> list[np.ndarray]:
    """The arrays in the dtype of the present ones, whose shapes they must have."""
    arrays = list(arrays)
    if len(arrays) != len(present):
        raise ValueError(
            f"{name}: expected {len(present)} arrays, one per layer, got {len(arrays)}."
        )
    checked = []
    for layer, (array, old) in enumerate(zip(arrays, present, strict=True)):
        place, array = f"{name}[{layer}]", np.asarray(array)
        if array.dtype.kind not in "iuf":
            raise ValueError(f"{place}: expected real numbers, got the dtype {array.dtype}.")
        if array.shape != old.shape:
            raise ValueError(f"{place}: expected shape {old.shape}, got {array.shape}.")
        with np.errstate(over="ignore"):
            array = array.astype(old.dtype)
        if not np.isfinite(array).all():
            raise ValueError(f"{place}: expected finite numbers in the range of {old.dtype}.")
        checked.append(array)
    return checked


def _check_sums(bank: NetworkBank, coefs: list[np.ndarray], biases: list[np.ndarray]) -> None:
    """Refuse weights whose sums over units and networks may overflow, and be no number."""
    most = np.finfo(bank.biases[0].dtype).max / bank.n_networks / max(1.0, bank.beta)
    for name, arrays in (("coefs", coefs), ("intercepts", biases)):
        for layer, array in enumerate(arrays):
            limit = float(most) / (coefs[layer].shape[1] + 1)
            if array.size and (largest := float(np.abs(array).max())) > limit:
                raise ValueError(
                    f"{name}[{layer}]: expected numbers up to {limit:.2g}, whose sums are "
                    f"finite, got {largest:.2g}."
                )


def _check_signs(place: str, coef: np.ndarray) -> None:
    """Refuse weights between units whose sign error diffusion does not allow."""
    before, after = map(unit_types, coef.shape[1:])
    wrong = np.argwhere(coef * np.outer(before, after) < 0)
    if len(wrong):
        network, source, target = wrong[0].tolist()
        sign = ">= 0 between units of the same type"
        if before[source] != after[target]:
            sign = "<= 0 between units of different types"
        raise ValueError(
            f"{place}: expected weights {sign}, as rule='error_diffusion' keeps them, got "
            f"{coef[network, source, target]:g} from unit {source} to unit {target} of network "
            f"{network}, and {len(wrong)} wrong signs in all."
        )
