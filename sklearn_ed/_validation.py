"""Checks of parameters and data: an error names the parameter, what was expected, what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length

from . import _shortcuts as shortcuts

Check = tuple[Callable[[Any], bool], str]


def _is_integer(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def one_of(*options: str) -> Check:
    listed = ", ".join(repr(option) for option in options)
    return (lambda value: isinstance(value, str) and value in options), f"one of {listed}"


def real(low: float, high: float = np.inf, *, closed: str) -> Check:
    """A real number of an interval; `closed` is one of "left", "right", "both", "neither".

    An end at infinity belongs to the interval only where `closed` is "both".
    """
    includes_low, includes_high = closed in ("left", "both"), closed in ("right", "both")
    if high == np.inf:
        wanted = f"a real number {'>=' if includes_low else '>'} {low:g}"
        wanted += "" if includes_high else ", finite"
    else:
        wanted = f"a real number in {'[' if includes_low else '('}{low:g}, {high:g}"
        wanted += "]" if includes_high else ")"

    def is_inside(value: Any) -> bool:
        return (
            _is_real(value)
            and (value >= low if includes_low else value > low)
            and (value <= high if includes_high else value < high)
        )

    return is_inside, wanted


def integer(low: int) -> Check:
    return (lambda value: _is_integer(value) and value >= low), f"an integer >= {low}"


def either(first: Check, second: Check) -> Check:
    return (
        lambda value: first[0](value) or second[0](value),
        f"{first[1]}, or {second[1]}",
    )


boolean: Check = (lambda value: isinstance(value, (bool, np.bool_))), "True or False"
nothing: Check = (lambda value: value is None), "None"
infinity: Check = (lambda value: _is_real(value) and value == np.inf), "infinity"
jobs: Check = (
    lambda value: value is None or (_is_integer(value) and value != 0),
    "an integer other than 0, or None",
)
verbosity: Check = either(boolean, integer(0))
seed: Check = (
    lambda value: _is_integer(value) and 0 <= value < 2**32,
    "an integer from 0 to 2**32 - 1",
)

# Of the parameters that both estimators have.
PARAMETER_CHECKS: dict[str, Check] = {
    "activation": one_of("logistic"),
    "alpha": real(0, closed="neither"),
    "beta": real(0, closed="left"),
    "u0": real(0, closed="neither"),
    "weight_decrement": boolean,
    "init": one_of("scaled", "uniform"),
    "solver": one_of("sgd", "adam"),
    "learning_rate": one_of("constant", "invscaling", "linear"),
    "power_t": real(0, closed="left"),
    "weight_decay": either(one_of("auto"), real(0, closed="left")),
    "dropout": either(one_of("auto"), real(0, 1, closed="left")),
    "batch_size": either(one_of("auto"), integer(1)),
    "max_iter": integer(1),
    "shuffle": boolean,
    "tol": real(0, closed="left"),
    "verbose": verbosity,
    "warm_start": boolean,
    "momentum": real(0, 1, closed="left"),
    "early_stopping": boolean,
    "validation_fraction": real(0, 1, closed="neither"),
    "beta_1": real(0, 1, closed="left"),
    "beta_2": real(0, 1, closed="left"),
    "epsilon": real(0, closed="neither"),
    "n_jobs": jobs,
    "n_iter_no_change": either(integer(1), infinity),
}


def check_parameters(values: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Raise ValueError for the first of `values` that fails its check."""
    for name, (is_valid, expected) in checks.items():
        if not is_valid(values[name]):
            raise ValueError(f"{name}: expected {expected}, got {values[name]!r}.")


def check_hidden_layer_sizes(hidden_layer_sizes: Any) -> tuple[int, ...] | None:
    """The sizes as a tuple of int; an int alone is one layer, ``()`` is none.

    None stands for "auto".

    Raises
    ------
    ValueError
        If it is no integer >= 1 and no sequence of such.
    """
    if isinstance(hidden_layer_sizes, str) and hidden_layer_sizes == "auto":
        return None
    is_array = isinstance(hidden_layer_sizes, np.ndarray) and hidden_layer_sizes.ndim == 1
    if is_array or isinstance(hidden_layer_sizes, (list, tuple, range)):
        sizes = tuple(hidden_layer_sizes)
    else:
        sizes = (hidden_layer_sizes,)
    if not all(_is_integer(size) and size >= 1 for size in sizes):
        raise ValueError(
            "hidden_layer_sizes: expected an integer >= 1, a sequence of them, or 'auto', "
            f"got {hidden_layer_sizes!r}."
        )
    return tuple(int(size) for size in sizes)


def check_sparse_structure(X: Any) -> None:
    """Refuse indices out of range: products and conversions would go beyond the arrays.

    To be called before anything converts X.
    """
    if not sp.issparse(X):
        return
    try:
        if X.format in ("csr", "csc", "bsr"):
            X.check_format(full_check=True)
        elif X.format == "coo" and X.nnz:
            for index, size in zip((X.row, X.col), X.shape, strict=True):
                if index.min() < 0 or index.max() >= size:
                    raise ValueError(f"index {index.max()} or {index.min()} of {size}")
    except ValueError as error:
        raise ValueError(
            f"X: expected a sparse array whose indices fit its shape, got this one: {error}."
        ) from error


def check_sample_weight(sample_weight: Any, X: Any) -> np.ndarray | None:
    """The weights in the dtype of X, or None."""
    if sample_weight is None:
        return None
    if _is_real(sample_weight):
        sample_weight = np.full(X.shape[0], sample_weight)
    if shortcuts.is_plain_weight(sample_weight, X.shape[0], X.dtype):
        weight = sample_weight
    else:
        weight = check_array(
            sample_weight,
            ensure_2d=False,
            dtype=X.dtype,
            order="C",
            input_name="sample_weight",
        )
        if weight.ndim != 1:
            raise ValueError(
                f"sample_weight: expected a 1D array, got one of shape {weight.shape}."
            )
        check_consistent_length(X, weight)
    if (weight < 0).any():
        raise ValueError(
            f"sample_weight: expected no negative weight, got one of {weight.min():g}."
        )
    if not np.isfinite(weight.sum()):
        raise ValueError(
            "sample_weight: expected weights with a finite sum, got too large ones."
        )
    if not weight.any():
        raise ValueError(
            "sample_weight: expected at least one positive weight, got only zeros: "
            "no sample is left."
        )
    return weight
