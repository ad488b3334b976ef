"""The layout of the parameters of a bank: shapes, views, and a check of a user's arrays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .._backend import backend

_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def feature_major(coef: np.ndarray) -> np.ndarray:
    """Layer 1 of every network as one matrix.

    Parameters
    ----------
    coef : ndarray of shape (n_networks, n_features, n_units)

    Returns
    -------
    ndarray of shape (n_features, n_networks * n_units)
        A view where `coef` is a view of such a matrix already, else a copy.
    """
    n_networks, n_features, n_units = coef.shape
    arithmetic = backend()
    side_by_side = (n_features, n_networks * n_units)
    return arithmetic.reshaped(arithmetic.exchanged(coef), side_by_side)


def network_major(weight: np.ndarray, n_networks: int) -> np.ndarray:
    """The inverse view of `feature_major`: (n_networks, n_features, n_units)."""
    arithmetic = backend()
    apart = arithmetic.reshaped(weight, (weight.shape[0], n_networks, -1))
    return arithmetic.exchanged(apart)


def parameter_shapes(
    n_features: int, sizes: Sequence[int], n_networks: int
) -> list[tuple[int, ...]]:
    """Shapes of `NetworkBank.parameters` for hidden layers of `sizes`."""
    fan_out = [*sizes, 1]
    first = (n_features, n_networks * fan_out[0])
    deeper = [(n_networks, *pair) for pair in pairwise(fan_out)]
    return [first, *deeper, *((n_networks, size) for size in fan_out)]


def check_arrays(
    coefs: Sequence[Any],
    intercepts: Sequence[Any],
    n_features: int,
    n_networks: int,
) -> None:
    """Refuse arrays that are no bank: the kernels would read beyond their ends.

    Raises
    ------
    ValueError
        If an array does not fit the others, `n_features` or `n_networks`, or if it has no real
        numbers. The first array decides about the dtype of all: float32 or float64.
    """
    n_layers = len(coefs)
    if len(intercepts) != n_layers or not n_layers:
        raise ValueError(
            "coefs_ and intercepts_: expected one array per layer in each, got "
            f"{n_layers} and {len(intercepts)} arrays."
        )
    arrays = [*coefs, *intercepts]
    for place, array in enumerate(arrays):
        arithmetic, known = backend(), False
        if arithmetic.has(array):
            dtype = arithmetic.numpy_dtype(array)
            known = dtype in _DTYPES if place == 0 else dtype.kind in "iuf"
        if not known:
            wanted = "float32 or float64" if place == 0 else "real numbers"
            found = getattr(array, "dtype", type(array).__name__)
            raise ValueError(f"{_name(place, n_layers)}: expected {wanted}, got {found}.")
    sizes = [n_features, *(array.shape[-1] if array.ndim else 0 for array in intercepts)]
    sizes[-1] = 1
    shapes: list[tuple[int, ...]] = [(n_networks, *layer) for layer in pairwise(sizes)]
    shapes += [(n_networks, size) for size in sizes[1:]]
    for place, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        if array.shape != shape or 0 in shape:
            raise ValueError(
                f"{_name(place, n_layers)}: expected shape {shape} for {n_features} inputs, "
                f"{n_networks} networks and the units in intercepts_, got {array.shape}."
            )


def _name(place: int, n_layers: int) -> str:
    """The name of an array of a bank, by its place among all of them."""
    layer = place % n_layers
    return f"coefs_[{layer}]" if place < n_layers else f"intercepts_[{layer}]"
