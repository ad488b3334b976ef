"""How the arrays of a backend are made, moved and shaped: NumPy's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


class NumpyArrays:
    """The part of a backend that knows where its arrays live.

    Attributes
    ----------
    xp : module
        The functions for arrays whose names NumPy and the array API standard share.
    holds_numpy : bool
        Whether the arrays are NumPy's.
    float_dtypes : list of dtype
        The dtypes that X can have, the preferred one first.
    """

    xp: Any = np
    holds_numpy = True
    float_dtypes: Sequence[Any] = (np.float64, np.float32)

    # From the host, and to it

    def moved(self, array: Any) -> Any:
        """A NumPy array as an array of the backend; integers may become wider."""
        return array

    def host(self, array: Any) -> np.ndarray:
        """An array of the backend as a NumPy array, after all that is computed before."""
        found: np.ndarray = array
        return found

    def numbers(self, scalars: list[Any]) -> list[float]:
        """What `total` returned, as numbers."""
        return scalars

    def numpy_dtype(self, array: Any) -> np.dtype:
        """The dtype as NumPy has it."""
        found: np.dtype = array.dtype
        return found

    def dtype(self, dtype: Any) -> Any:
        """The dtype of the backend for one of NumPy."""
        return dtype

    def as_dtype(self, array: Any, dtype: Any) -> Any:
        """The array in a dtype of NumPy, if the device has it."""
        return array.astype(dtype, copy=False)

    def has(self, array: Any) -> bool:
        """Whether this is an array of the backend."""
        return isinstance(array, np.ndarray)

    # New arrays

    def empty(self, shape: Any, dtype: Any) -> Any:
        """New memory."""
        return np.empty(shape, dtype)

    def zeros_like(self, array: Any) -> Any:
        """Zeros."""
        return np.zeros_like(array)

    def copied(self, array: Any) -> Any:
        """A contiguous copy."""
        return array.copy()

    def contiguous(self, array: Any, dtype: Any = None) -> Any:
        """The array as the kernels need it; a copy only where it is not like that."""
        return np.ascontiguousarray(array, dtype)

    def concatenated(self, arrays: Sequence[Any]) -> Any:
        """The arrays one after the other."""
        return np.concatenate(arrays)

    # Views

    reshaped: Any = staticmethod(np.ndarray.reshape)

    def exchanged(self, array: Any) -> Any:
        """The array with its first two axes exchanged."""
        return array.swapaxes(0, 1)

    def transposed(self, array: Any) -> Any:
        """The array with its last two axes exchanged."""
        return array.swapaxes(-1, -2)

    def view(self, array: Any) -> Any:
        """The same memory as another array object."""
        return array.view()

    def rows(self, X: Any, rows: np.ndarray) -> Any:
        """These rows of an array of the backend; the indices are NumPy's."""
        return X[rows]

    def repeated(self, array: Any, n_times: int) -> Any:
        """Each row `n_times`."""
        return np.repeat(array, n_times, axis=0)

    # Numbers, which wait for what is computed before

    def largest(self, array: Any) -> float:
        """The largest magnitude."""
        return float(np.abs(array).max())

    def all_finite(self, array: Any) -> bool:
        """Whether all numbers are finite."""
        return bool(np.isfinite(array).all())

    def sum_of_magnitudes(self, array: Any, memory: Any) -> float:
        """The sum of the magnitudes, in memory of the same size."""
        return float(np.abs(array, out=memory).sum())

    def count_saturated(self, Z: Any, margin: float) -> int:
        """Number of activations that are nearer to 0 or 1 than `margin`."""
        distance = Z - 0.5
        return int(np.count_nonzero(np.abs(distance, out=distance) > 0.5 - margin))
