"""Ctrl-C in work that goes through many fits."""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(BaseException):
    """Ctrl-C, by a name that no estimator catches: `fit` would keep what it has and return."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted instead of KeyboardInterrupt while the block runs.

    Outside of the main thread, which alone hears signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(signum: int, frame: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with warnings.catch_warnings():
            # Worker processes hear Ctrl-C too, and their fits would each say so.
            warnings.filterwarnings("ignore", "Training interrupted", UserWarning)
            yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def interrupts_delayed() -> Iterator[Callable[[], bool]]:
    """Let the block, which writes files, come to its end in spite of a first Ctrl-C.

    A second one interrupts it. Outside of the main thread nothing changes.

    Yields
    ------
    callable
        Returns whether Ctrl-C came; it raises nothing of its own.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    before = signal.getsignal(signal.SIGINT)

    def note(signum: int, frame: FrameType | None) -> None:
        came.append(signum)
        if len(came) > 1:
            if not callable(before):
                raise KeyboardInterrupt
            before(signum, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGINT, before)
