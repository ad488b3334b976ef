"""One line on a terminal that says how far a search is."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

REFRESH_SECONDS = 0.2


class FitCounter:
    """Callback of a search that counts its fits, also those of worker processes.

    Each finished fit adds one byte to a file: that needs no connection to the workers, and a
    copy of the callback counts as well as the original.

    Parameters
    ----------
    file : Path
        An empty file.
    """

    def __init__(self, file: Path):
        self.file = file

    @property
    def n_fits(self) -> int:
        return self.file.stat().st_size

    def setup(self, estimator: Any, context: Any) -> None:
        pass

    def teardown(self, estimator: Any, context: Any) -> None:
        pass

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        pass

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        is_fit = context.max_subtasks == 0
        if is_fit:
            with self.file.open("ab") as stream:
                stream.write(b".")


@contextmanager
def progress_line(stream: TextIO, text: Callable[[], str]) -> Iterator[None]:
    """Show `text()` and the seconds since the start while the block runs; then erase it.

    Parameters
    ----------
    stream : text stream
        Nothing is written unless it is a terminal.
    text : callable
        Called from another thread.
    """
    if not stream.isatty():
        yield
        return
    start = time.perf_counter()
    finished = threading.Event()
    width = 0

    def show() -> None:
        nonlocal width
        while True:
            line = f"{text()}, {time.perf_counter() - start:.0f} s"
            width = max(width, len(line))
            stream.write("\r" + line.ljust(width))
            stream.flush()
            if finished.wait(REFRESH_SECONDS):
                return

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
        stream.write("\r" + " " * width + "\r")
        stream.flush()


@contextmanager
def search_progress(stream: TextIO, search: Any, name: str, n_candidates: int, n_folds: int):
    """Show the candidate that `search`, a GridSearchCV, is at while the block runs it."""
    if not stream.isatty():
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fits"
        file.touch()
        counter = FitCounter(file)

        def text() -> str:
            candidate = min(counter.n_fits // n_folds + 1, n_candidates)
            return f"{name}: candidate {candidate} of {n_candidates}"

        search.set_callbacks(counter)
        with progress_line(stream, text):
            yield
