"""Who does the arithmetic of a bank: compiled kernels, NumPy, or the library of X.

Every caller asks `backend` for the one in use. The compiled backend is the default where its
kernels were built. ``SKLEARN_ED_COMPILED=0`` in the environment makes NumPy the default;
`use_backend` switches for a block, and `backend_for` to the array API where X asks for it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from .namespaces import namespace
from .numpy_backend import NumpyBackend


def _load() -> dict[str, NumpyBackend]:
    """The backends that this installation has, the default one first."""
    numpy_alone = {"numpy": NumpyBackend()}
    try:
        from .compiled_backend import CompiledBackend
    except ImportError as error:
        if os.environ.get("SKLEARN_ED_COMPILED", "1") != "0":
            warnings.warn(
                f"The compiled kernels are missing ({error}). NumPy does their work, more "
                "slowly, above all for batch_size=1. Install sklearn_ed again where GCC or "
                "Clang is available, or set SKLEARN_ED_COMPILED=0 to silence this warning.",
                RuntimeWarning,
                stacklevel=2,
            )
        return numpy_alone
    compiled: dict[str, NumpyBackend] = {"compiled": CompiledBackend()}
    if os.environ.get("SKLEARN_ED_COMPILED", "1") == "0":
        return numpy_alone | compiled
    return compiled | numpy_alone


_BACKENDS = _load()
BACKENDS = tuple(_BACKENDS)
"""Names of the available backends, the default one first."""

_current: ContextVar[NumpyBackend] = ContextVar("backend", default=_BACKENDS[BACKENDS[0]])


def backend() -> NumpyBackend:
    """The backend in use."""
    return _current.get()


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Use a backend within the block, in this thread; for tests and benchmarks.

    Parameters
    ----------
    name : {"compiled", "numpy"}

    Raises
    ------
    ValueError
        If this installation does not have it.
    """
    if name not in _BACKENDS:
        raise ValueError(f"name: expected one of {BACKENDS}, got {name!r}.")
    with _within(_BACKENDS[name]):
        yield


_AS_BEFORE = nullcontext()


def backend_for(X: Any) -> AbstractContextManager[None]:
    """A block with the backend for arrays like X.

    That is the array API's where `namespace` finds the library of X, else the one in use.
    """
    xp = namespace(X)
    if xp is None:
        if _current.get().holds_numpy:
            return _AS_BEFORE
        # Within a block for arrays of another library.
        return _within(_BACKENDS[BACKENDS[0]])
    from .array_api import ArrayAPIBackend

    return _within(ArrayAPIBackend(xp, X.device))


def on_host() -> AbstractContextManager[None]:
    """A block with the backend for NumPy arrays."""
    return backend_for(None)


@contextmanager
def _within(chosen: NumpyBackend) -> Iterator[None]:
    token = _current.set(chosen)
    try:
        yield
    finally:
        _current.reset(token)
