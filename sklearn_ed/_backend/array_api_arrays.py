"""How the arrays of a library with the array API are made, moved and shaped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from .namespaces import namespace, to_numpy
from .numpy_arrays import NumpyArrays

Array = Any
"""An array of the library that X is from."""


class ArrayAPIArrays(NumpyArrays):
    """The interface of `NumpyArrays` for the arrays of a library on a device.

    Parameters
    ----------
    xp : module
        Functions of the library, by the standard.
    device : object
        The device of all arrays.
    """

    holds_numpy = False

    def __init__(self, xp: Any, device: Any) -> None:
        self.xp, self.device = xp, device
        # The library's functions without conversions of dtypes: what meets here has one dtype.
        self._own = import_module(xp.__name__.removeprefix("array_api_compat."))
        self._takes_out = _takes_out(self._own)
        self._zeros: dict[Any, Array] = {}
        self._dtypes = xp.__array_namespace_info__().dtypes(device=device)
        names = [name for name in ("float64", "float32") if name in self._dtypes]
        self.float_dtypes = [self._dtypes[name] for name in names]

    def moved(self, array: Any) -> Array:
        if array is None:
            return None
        if array.dtype.kind in "iu":
            array = array.astype(np.int64)
        elif array.dtype == np.float64 and "float64" not in self._dtypes:
            array = array.astype(np.float32)
        # The memory may be shared: PyTorch takes no read-only one.
        array = np.ascontiguousarray(array)
        if not array.flags.writeable:
            array = array.copy()
        return self.xp.asarray(array, device=self.device)

    def host(self, array: Array) -> np.ndarray:
        """Waits for the device."""
        return to_numpy(array)

    def numbers(self, scalars: list[Array]) -> list[float]:
        """Waits for the device."""
        numbers: list[float] = self.host(self.xp.stack(scalars)).tolist() if scalars else []
        return numbers

    def numpy_dtype(self, array: Array) -> np.dtype:
        dtypes = self._dtypes.items()
        return next(np.dtype(name) for name, dtype in dtypes if dtype == array.dtype)

    def dtype(self, dtype: Any) -> Any:
        return self._dtypes[np.dtype(dtype).name]

    def as_dtype(self, array: Array, dtype: Any) -> Array:
        found = self._dtypes.get(np.dtype(dtype).name, array.dtype)
        return self.xp.astype(array, found, copy=False)

    def has(self, array: Any) -> bool:
        return namespace(array) is self.xp and array.device == self.device

    def empty(self, shape: Any, dtype: Any) -> Array:
        return self.xp.empty(shape, dtype=dtype, device=self.device)

    def zeros_like(self, array: Array) -> Array:
        return self.xp.zeros_like(array)

    def copied(self, array: Array) -> Array:
        return self.xp.asarray(array, copy=True)

    def contiguous(self, array: Array, dtype: Any = None) -> Array:
        return array if dtype is None else self.xp.astype(array, dtype, copy=False)

    def concatenated(self, arrays: Sequence[Array]) -> Array:
        return self.xp.concat(arrays)

    def reshaped(self, array: Array, shape: Any) -> Array:
        return self.xp.reshape(array, shape)

    def exchanged(self, array: Array) -> Array:
        return self.xp.permute_dims(array, (1, 0, *range(2, array.ndim)))

    def transposed(self, array: Array) -> Array:
        return self.xp.matrix_transpose(array)

    def view(self, array: Array) -> Array:
        return array

    def rows(self, X: Array, rows: Any) -> Array:
        if isinstance(rows, np.ndarray):
            rows = self.moved(rows)
        return self.xp.take(X, rows, axis=0)

    def repeated(self, array: Array, n_times: int) -> Array:
        return self.xp.repeat(array, n_times, axis=0)

    def largest(self, array: Array) -> float:
        """Waits for the device; a second array of the size of X is not made."""
        return max(float(self.xp.max(array)), -float(self.xp.min(array)))

    def all_finite(self, array: Array) -> bool:
        """Waits for the device."""
        return bool(self.xp.all(self.xp.isfinite(array)))

    def sum_of_magnitudes(self, array: Array, memory: Array) -> float:
        """Waits for the device."""
        return float(self._own.sum(self.xp.abs(array)))

    def count_saturated(self, Z: Array, margin: float) -> int:
        """Waits for the device."""
        return int(self.xp.count_nonzero(self.xp.abs(Z - 0.5) > 0.5 - margin))

    # For the functions of the backend

    def _write(self, out: Array, function: Any, *arrays: Array) -> None:
        """The result of a function, written to memory that is there."""
        if self._takes_out:
            function(*arrays, out=out)
        else:
            out[...] = function(*arrays)

    def _zero(self, array: Array) -> Array:
        """Zero in the dtype of the array."""
        if array.dtype not in self._zeros:
            self._zeros[array.dtype] = self.xp.zeros((), dtype=array.dtype, device=self.device)
        return self._zeros[array.dtype]

    def _like(self, array: Array, other: Array) -> Array:
        """The array in the dtype of the other one."""
        return self.xp.astype(array, other.dtype, copy=False)

    def _with_axes(self, array: Array, ndim: int) -> Array:
        """The array with as many axes, the new ones at the end."""
        return self.reshaped(array, (*array.shape, *[1] * (ndim - array.ndim)))


@cache
def _takes_out(library: Any) -> bool:
    """Whether its functions have the argument `out`."""
    one = library.ones(1)
    try:
        library.multiply(one, one, out=one)
    except TypeError:
        return False
    return True
