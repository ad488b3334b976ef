"""Who does the arithmetic of a bank: compiled kernels, or NumPy.

Every caller asks `backend` for the one in use. The compiled backend is the default where its
kernels were built. ``SKLEARN_ED_COMPILED=0`` in the environment makes NumPy the default;
`use_backend` switches for a block.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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
    token = _current.set(_BACKENDS[name])
    try:
        yield
    finally:
        _current.reset(token)
