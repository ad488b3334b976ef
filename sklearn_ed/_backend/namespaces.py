"""Arrays of other libraries than NumPy, by the array API standard."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import get_config

from .._utils.extras import import_extra


def namespace(X: Any) -> Any:
    """The functions for the library of an array, or None where NumPy does the work.

    It is NumPy's work unless scikit-learn's `array_api_dispatch` is on and X is an array of
    another library.

    Raises
    ------
    MissingExtra
        If array-api-compat is not installed.
    TypeError
        If the arrays of the library cannot be changed.
    """
    if isinstance(X, np.ndarray) or not hasattr(X, "__dlpack__"):
        return None
    if not get_config()["array_api_dispatch"]:
        return None
    compat = import_extra("array_api_compat", f"An array of {_library(X)}", "array-api")
    if not compat.is_writeable_array(X):
        raise TypeError(
            f"X: expected an array that can be changed in place, got one of {_library(X)}."
        )
    return compat.array_namespace(X)


def to_numpy(array: Any) -> np.ndarray:
    """An array of any library and device as a NumPy array; anything else as it is."""
    if isinstance(array, np.ndarray) or not hasattr(array, "__dlpack__"):
        return array
    if hasattr(array, "detach"):
        # An array of PyTorch may record operations.
        array = array.detach()
    for move in ("cpu", "get", "asnumpy"):
        # PyTorch, CuPy, dpnp.
        if hasattr(array, move):
            return np.asarray(getattr(array, move)())
    if hasattr(array, "__array_namespace__"):
        # array-api-strict has devices that are not the host in name only.
        xp = array.__array_namespace__()
        if hasattr(xp, "Device"):
            array = xp.asarray(array, device=xp.Device("CPU_DEVICE"))
    return np.asarray(array)


def _library(X: Any) -> str:
    return type(X).__module__.partition(".")[0]
