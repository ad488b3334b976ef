"""X of other libraries than NumPy: what is refused, and where fitted arrays live."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._backend import backend
from .._backend.namespaces import namespace, to_numpy
from ..rules import Backprop, ErrorDiffusion
from ..rules._names import RULES

_NUMPY_RULES = [rule for rule in RULES.values() if rule not in (ErrorDiffusion, Backprop)]


def _not_supported(estimator: Any) -> dict[str, str]:
    """Parameters whose values only NumPy supports, and what is expected instead."""
    expected = {}
    if estimator.batch_size == 1:
        expected["batch_size"] = "'auto' or an integer >= 2"
    if estimator.scale_inputs:
        expected["scale_inputs"] = "False"
    if estimator.replay:
        expected["replay"] = "0"
    rule = estimator.rule
    if (RULES.get(rule) if isinstance(rule, str) else type(rule)) in _NUMPY_RULES:
        expected["rule"] = "'error_diffusion' or 'backprop'"
    return expected


def has_array_api_support(estimator: Any) -> bool:
    """Whether the estimator learns from arrays of other libraries with its parameters."""
    return not _not_supported(estimator)


def checked_array(estimator: Any, X: Any) -> Any:
    """X of another library, without a record of operations.

    Raises
    ------
    ValueError
        If a parameter has a value that only NumPy supports.
    TypeError
        If X is sparse.
    """
    library = backend().xp.__name__.rpartition(".")[2]
    for name, expected in _not_supported(estimator).items():
        raise ValueError(
            f"{name}: expected {expected} with an array of {library}, got "
            f"{getattr(estimator, name)!r}, which needs NumPy arrays."
        )
    if "sparse" in str(getattr(X, "layout", "")):
        raise TypeError(f"X: expected a dense array of {library}, got a sparse one.")
    return X.detach() if getattr(X, "requires_grad", False) else X


def are_foreign(arrays: Any) -> bool:
    """Whether these are arrays of another library than NumPy; the first one tells."""
    first = arrays[0] if arrays else None
    return not isinstance(first, np.ndarray) and hasattr(first, "__dlpack__")


def check_same_library(estimator: Any, X: Any, method: str) -> None:
    """Refuse X of another library, or on another device, than the fitted arrays."""
    coefs, xp = estimator.coefs_, namespace(X)
    is_foreign = are_foreign(coefs)
    if not is_foreign and (xp is None or not coefs):
        return
    name = f"{type(estimator).__name__}.{method}()"
    fitted = coefs[0]
    fitted_xp = namespace(fitted)
    if is_foreign and fitted_xp is None:
        raise ValueError(
            f"{name} needs sklearn.config_context(array_api_dispatch=True), because the "
            f"estimator was fitted with an array of {type(fitted).__module__}."
        )
    if xp is fitted_xp and X.device == fitted.device:
        return
    was, now = _place(fitted_xp, fitted), _place(xp, X)
    raise ValueError(
        f"X: {name} must use the same namespace and the same device as fit, {was}, got {now}. "
        "sklearn.utils._array_api.move_estimator_to makes a copy of the estimator for others."
    )


def _place(xp: Any, array: Any) -> str:
    return "NumPy" if xp is None else f"{xp.__name__} on {array.device}"


def check_is_numpy(estimator: Any, what: str) -> None:
    """Refuse a fitted estimator whose arrays are of another library."""
    if are_foreign(estimator.coefs_):
        fitted = estimator.coefs_[0]
        raise ValueError(
            f"{what}: expected an estimator with NumPy arrays, got one that was fitted with an "
            f"array of {type(fitted).__module__}. sklearn.utils._array_api.move_estimator_to "
            "makes a copy of it with NumPy arrays."
        )


def as_attributes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with the arrays in the library of X, but for the classes, which follow y."""
    arithmetic = backend()
    return {
        name: arithmetic.moved(value)
        if isinstance(value, np.ndarray) and name != "classes_"
        else value
        for name, value in values.items()
    }


def like_labels(classes: np.ndarray, y: Any) -> Any:
    """The classes in the library of the labels, where these are an array of numbers."""
    xp = namespace(y)
    return classes if xp is None else xp.asarray(classes, device=y.device)


def labels_at(classes: Any, places: Any) -> Any:
    """The class labels of indices on a device: there, unless they are text."""
    arithmetic, known = backend(), to_numpy(classes)
    if known.dtype.kind not in "biuf":
        return known[arithmetic.host(places)]
    xp = arithmetic.xp
    return xp.take(xp.asarray(known, device=places.device), places, axis=0)


def own_memory(array: Any) -> Any:
    """A copy of an array of another library, which no array_api_dispatch is needed for."""
    return array.clone() if hasattr(array, "clone") else copy.deepcopy(array)
