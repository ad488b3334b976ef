"""Threads that share work, and sleep while there is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import RLock, Thread
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


def share(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make the calls in several threads; return their results.

    The calling thread makes the first call, and then those that no other thread has begun: it
    never waits for a thread to start. If a call fails or is interrupted, the error is raised
    when no thread works on the calls any more.
    """
    first, *others = calls
    if not others:
        return [first()]
    futures: list[Future[T]] = [Future() for _ in others]
    try:
        _workers.take(futures, others)
        results = [first()]
        own = {k: call() for k, call in enumerate(others) if futures[k].cancel()}
        results += [own[k] if k in own else futures[k].result() for k in range(len(others))]
    finally:
        _finish(futures)
    return results


def _finish(futures: Sequence[Future[Any]]) -> None:
    """Cancel what has not begun and wait for the rest, even if interrupted."""
    interrupt = None
    while True:
        try:
            begun = [future for future in futures if not (future.done() or future.cancel())]
            if not begun:
                break
            wait(begun)
        except BaseException as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt


class _Workers:
    """The threads of this process that wait for calls.

    There is one group of them for all fits, so that fits in several threads do not start more
    threads than one fit. They are started when they are needed first.
    """

    def __init__(self) -> None:
        self._threads: list[Thread] = []
        self._lock = RLock()
        # A future, its call and what to do about an overflow; None ends a thread.
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any], Any] | None]
        self._queue = SimpleQueue()

    def take(self, futures: Sequence[Future[Any]], calls: Sequence[Callable[[], Any]]) -> None:
        """Begin each call as soon as a thread is free."""
        self._start(len(calls))
        handling = np.geterr()
        for future, call in zip(futures, calls, strict=True):
            self._queue.put((future, call, handling))

    def _start(self, n_threads: int) -> None:
        """Have so many threads. Where none can be started, the caller makes all calls."""
        with self._lock:
            while len(self._threads) < n_threads:
                thread = Thread(target=self._work, name="sklearn_ed", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    return
                self._threads.append(thread)

    def stop(self) -> None:
        """End all threads; they are started again when they are needed."""
        with self._lock:
            for _ in self._threads:
                self._queue.put(None)
            while self._threads:
                self._threads.pop().join()

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            future, call, handling = item
            if future.set_running_or_notify_cancel():
                try:
                    with np.errstate(**handling):
                        future.set_result(call())
                except BaseException as error:
                    future.set_exception(error)
            # A thread that sleeps keeps no arrays.
            del item, future, call


def _before_fork() -> None:
    """Python warns of a fork while there are other threads."""
    _workers.stop()


def _after_fork() -> None:
    """In a child process, nobody releases a lock that another thread held."""
    global _workers
    _workers = _Workers()


_workers = _Workers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)
