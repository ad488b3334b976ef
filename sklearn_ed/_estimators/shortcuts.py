"""Fast checks for calls with few rows, where the general checks would take most of the time.

A function returns True only if the general check would pass and return its input unchanged.
After False the general check decides, and raises the error if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from operator import is_
from typing import Any

import numpy as np

from .._backend.blas import SERIAL_DOT, one_blas_thread

BLOCK = 2**16
"""Values of an array without a contiguous layout that are looked at, and copied, at a time."""

_IMMUTABLE = (str, int, float, np.number, np.bool_, type(None))


def are_same(values: Sequence[Any], checked: Sequence[Any]) -> bool:
    """Whether values are the same objects as those checked before, which are immutable."""
    return len(values) == len(checked) and all(map(is_, values, checked))


def are_immutable(values: Sequence[Any]) -> bool:
    return all(isinstance(value, _IMMUTABLE) for value in values)


def is_finite(array: np.ndarray) -> bool:
    """Whether all entries of a C-contiguous array of numbers are finite.

    The sum of squares is finite only if every entry is. If it overflows, every entry is tested.
    """
    return has_finite_square(array) or bool(np.isfinite(array).all())


def has_finite_square(array: np.ndarray) -> bool:
    """Whether the sum of squares is finite: then the weighted sums of the networks are."""
    with one_blas_thread(array.size > SERIAL_DOT):
        if array.flags.c_contiguous:
            return isfinite(np.vdot(array, array))
        return all(isfinite(np.vdot(part, part)) for part in _blocks(array))


def _blocks(array: np.ndarray) -> Iterable[np.ndarray]:
    """An array that is not C-contiguous in blocks, of which `vdot` makes small copies."""
    if array.flags.f_contiguous:
        return (array.T,)
    n_rows = max(1, BLOCK * array.shape[0] // array.size)
    return (array[start : start + n_rows] for start in range(0, array.shape[0], n_rows))


def is_plain_X(X: Any, n_features: int, dtype: np.dtype) -> bool:
    """Whether X is an array of moderate numbers with the dtype and features of the fit.

    Several rows must be contiguous; a row of an array in column order is as good as another.
    """
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.shape[0] > 0
        and X.shape[1] == n_features
        and X.dtype == dtype
        and (X.flags.c_contiguous or X.shape[0] == 1)
        and has_finite_square(X)
    )


def is_plain_y(y: Any, n_samples: int) -> bool:
    """Whether y is an array of targets, of finite numbers or strings, one for each sample."""
    return (
        type(y) is np.ndarray
        and y.ndim in (1, 2)
        and y.shape[0] == n_samples
        and y.size > 0
        and (y.dtype.kind in "biuU" or (y.dtype.kind == "f" and is_finite(y)))
    )


def is_plain_weight(weight: Any, n_samples: int, dtype: np.dtype) -> bool:
    """Whether weight is a contiguous array of finite numbers, one for each sample."""
    return (
        is_plain_y(weight, n_samples)
        and weight.ndim == 1
        and weight.dtype == dtype
        and weight.flags.c_contiguous
    )
