"""How far a long piece of work is, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .extras import import_extra


@contextmanager
def progress(total: int, *, show: bool) -> Iterator[Callable[[str], None]]:
    """A bar on standard error, if that is a terminal, or in a notebook.

    It is gone when the block ends.

    Parameters
    ----------
    total : int
        Steps of the work.
    show : bool
        False: nothing is shown, and nothing need be installed.

    Yields
    ------
    callable
        To be called with a few words before every step.

    Raises
    ------
    MissingExtra
        If something is to be shown and rich is missing.
    """
    if not show:
        yield lambda text: None
        return
    rich = import_extra("rich.progress", "The progress bar")
    console = import_extra("rich.console", "The progress bar").Console(stderr=True)
    bar: Any = rich.Progress(
        rich.SpinnerColumn(),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
        rich.TextColumn("{task.description}", markup=False),
        console=console,
        transient=True,
        disable=not (console.is_terminal or console.is_jupyter),
    )
    with bar:
        task = bar.add_task("", total=total)
        steps = iter(range(total))

        def step(text: str) -> None:
            bar.update(task, description=text, completed=next(steps, total))

        yield step
