"""Matrix products by BLAS, with one thread for BLAS and threads that sleep for large products.

The threads of OpenBLAS wait for each other in a loop that keeps their cores busy. Where another
process wants one of these cores, a product takes milliseconds instead of microseconds. So BLAS
has one thread while networks learn or predict, and large products are divided among as many
threads as BLAS had before, or as many as the caller asks for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import cache, partial
from pathlib import Path
from threading import RLock, current_thread, get_ident, main_thread
from typing import Any

import numpy as np
from joblib import cpu_count
from joblib.parallel import get_active_backend
from threadpoolctl import ThreadpoolController

from .threads import share

SERIAL_DOT, SERIAL_PRODUCT = 10_000, 200_000
"""Multiplications for which OpenBLAS uses one thread: of a dot product, of a matrix product."""

PART = 10_000_000
"""Multiplications that are worth a thread: a quarter of a millisecond in single precision."""

COLUMNS = 16
"""The columns of a part are a multiple of it: whole vectors of the processor."""

_UNLIMITED = nullcontext()

# Threads that share a product: a number that was asked for, or None for those of BLAS.
_asked: ContextVar[int | None] = ContextVar("threads", default=None)


def count_threads(n_jobs: int) -> int:
    """The number of threads that the parameter `n_jobs` asks for in this thread.

    A negative number counts from the processors, but in a worker of joblib or Dask from the
    threads of BLAS: these limit them to the worker's share of the processors.
    """
    if n_jobs > 0:
        return n_jobs
    n_threads, limit = cpu_count(), blas_limit()
    if limit is not None and _is_worker():
        n_threads = min(n_threads, limit.n_outside)
    return max(1, n_threads + 1 + n_jobs)


def _is_worker() -> bool:
    """Whether this thread works for somebody else: joblib, Dask or another pool of threads."""
    return current_thread() is not main_thread() or bool(get_active_backend()[0].nesting_level)


def sharing_among(n_jobs: int | None) -> AbstractContextManager[None]:
    """A block whose large products are shared among the threads that `n_jobs` asks for.

    None, and in a worker -1: as many as BLAS has outside of `one_blas_thread`. All threads that
    are in such blocks at the same time have that many together.
    """
    if n_jobs is None or (n_jobs == -1 and _is_worker()):
        return _UNLIMITED
    return _sharing_among(count_threads(n_jobs))


@contextmanager
def _sharing_among(n_threads: int) -> Iterator[None]:
    before = _asked.get()
    try:
        _asked.set(n_threads)
        yield
    finally:
        try:
            _asked.set(before)
        except BaseException:
            # Interrupted.
            _asked.set(before)
            raise


def one_blas_thread(is_needed: bool = True) -> AbstractContextManager[None]:
    """A block in which BLAS has one thread; `matmul` uses as many as BLAS had before.

    Parameters
    ----------
    is_needed : bool
        False for a block so small that BLAS uses one thread in any case: nothing is done.
    """
    limit = blas_limit() if is_needed else None
    return _UNLIMITED if limit is None else limit.block()


def matmul(A: np.ndarray, B: np.ndarray, out: np.ndarray) -> None:
    """Write the matrix product A B, or a stack of products, to `out`.

    Within `one_blas_thread`, a large product is shared among threads: each computes some of the
    columns, or some products of a stack. The parts depend on the shapes and on the number of
    threads alone.
    """
    if A.shape[-1] == 1:
        # An outer product takes BLAS four times as long.
        np.multiply(A, B, out=out)
        return
    limit, n_parts, n_threads = _division(A.size * B.shape[-1])
    if limit is None:
        np.matmul(A, B, out=out)
        return
    if out.ndim == 3:
        parts = [(A[s], B[s], out[s]) for s in _slices(out.shape[0], n_parts, 1)]
    else:
        columns = _slices(out.shape[1], n_parts, COLUMNS)
        parts = [(A, B[:, s], out[:, s]) for s in columns]
    n_threads = min(n_threads, len(parts))
    share([partial(_multiply, limit, parts[k::n_threads]) for k in range(n_threads)])


def _division(n_multiplications: int) -> tuple[BlasLimit | None, int, int]:
    """The limit, the number of parts of a product and of the threads that compute them.

    The parts do not depend on what other threads do.
    """
    n_parts = n_multiplications // PART
    limit = blas_limit() if n_parts > 1 else None
    if limit is None or not limit.n_callers:
        return limit, 1, 1
    asked = _asked.get()
    n_parts = min(n_parts, limit.n_threads if asked is None else asked)
    return limit, n_parts, max(1, n_parts // limit.n_callers) if asked is None else n_parts


def share_columns(n: int, n_multiplications: int, call: Callable[[slice], None]) -> None:
    """Make a call for all columns of a product, or for parts of them in several threads."""
    *_, n_threads = _division(n_multiplications)
    if n_threads == 1:
        call(slice(0, n))
        return
    share([partial(call, columns) for columns in _slices(n, n_threads, COLUMNS)])


def _slices(n: int, n_parts: int, multiple: int) -> list[slice]:
    """At most `n_parts` parts of n items; the sizes of all but the last are multiples."""
    size = -(-n // (n_parts * multiple)) * multiple
    return [slice(start, min(n, start + size)) for start in range(0, n, size)]


def _multiply(
    limit: BlasLimit, parts: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]
) -> None:
    limit.join()
    for A, B, out in parts:
        np.matmul(A, B, out=out)


class BlasLimit:
    """One thread for a BLAS library while there are blocks that want it.

    Blocks of several threads may overlap in any order: the first to enter saves the number of
    threads, and the last to leave restores it. With OpenMP, each calling thread has a number of
    its own and restores it for itself.

    Parameters
    ----------
    library : LibController
        threadpoolctl's controller of the library.
    """

    def __init__(self, library: Any) -> None:
        self._library = library
        # From 3.8 on, threadpoolctl lets one thread of the process set the number, and ignores
        # the others in silence: they would have no limit, and could not restore it.
        self._set = getattr(library, "_real_set_num_threads", library.set_num_threads)
        self._has_own_numbers = library.threading_layer == "openmp"
        self._n_threads = 1
        self._is_limited = self._is_forking = False
        # The thread of each block.
        self._blocks: dict[object, int] = {}
        self._n_callers = 0
        self._lock = RLock()

    @property
    def n_threads(self) -> int:
        """Threads that may work within a block: the number outside of it."""
        return self._n_threads if self._is_limited else 1

    @property
    def n_outside(self) -> int:
        """Threads of the library outside of all blocks."""
        return self._n_threads if self._is_limited else self._library.get_num_threads()

    @property
    def n_callers(self) -> int:
        """Number of threads that are in blocks."""
        return self._n_callers

    @contextmanager
    def block(self) -> Iterator[None]:
        """A block of code that wants one thread."""
        block = object()
        try:
            self._enter(block)
            yield
        finally:
            try:
                self._leave(block)
            except BaseException:
                # Interrupted; what was done is not done twice.
                self._leave(block)
                raise

    def join(self) -> None:
        """Called by a thread that works for a block of another thread."""
        if self._has_own_numbers:
            self._set(1)

    def before_fork(self) -> None:
        """No other thread sets the number meanwhile: BLAS would stay locked in the child."""
        self._lock.acquire()
        self._is_forking = True

    def after_fork_in_parent(self) -> None:
        """Let other threads go on; the limit may be younger than the fork."""
        if self._is_forking:
            self._is_forking = False
            self._lock.release()

    def after_fork(self) -> None:
        """Called in a child process, where the blocks of other threads do not go on."""
        self._lock, self._is_forking = RLock(), False
        self._blocks = {b: t for b, t in self._blocks.items() if t == get_ident()}
        self._restore()

    def _enter(self, block: object) -> None:
        with self._lock:
            if not self._is_limited:
                self._n_threads = self._library.get_num_threads()
                self._is_limited = self._n_threads > 1
            self._blocks[block] = get_ident()
            self._n_callers = len({*self._blocks.values()})
            if self._is_limited:
                self._set(1)

    def _leave(self, block: object) -> None:
        with self._lock:
            self._blocks.pop(block, None)
            self._restore()

    def _restore(self) -> None:
        if self._is_limited:
            threads = self._blocks.values()
            self._n_callers = len({*threads})
            if not threads or (self._has_own_numbers and get_ident() not in threads):
                self._set(self._n_threads)
            self._is_limited = bool(threads)


@cache
def blas_limit() -> BlasLimit | None:
    """The limit of NumPy's BLAS; None if threadpoolctl does not find or know it."""
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    # SciPy may have a library of its own.
    numpys = [b for b in found if {"numpy", "numpy.libs"} & {*Path(b.filepath).parts}]
    found = numpys or found
    limit = BlasLimit(found[0]) if len(found) == 1 else None
    # Threads that come here at the same time must share one limit.
    return _limits.setdefault("numpy", limit)


_limits: dict[str, BlasLimit | None] = {}


def _at_fork(call: Callable[[BlasLimit], None]) -> None:
    limit = blas_limit() if _limits else None
    if limit is not None:
        call(limit)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=partial(_at_fork, BlasLimit.before_fork),
        after_in_parent=partial(_at_fork, BlasLimit.after_fork_in_parent),
        after_in_child=partial(_at_fork, BlasLimit.after_fork),
    )
