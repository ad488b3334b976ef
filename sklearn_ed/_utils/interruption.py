"""Ctrl-C in work that goes through many fits."""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


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
