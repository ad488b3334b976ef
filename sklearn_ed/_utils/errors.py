"""What the user can mend: wrong data, a missing file, a wrong option."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class UnusableInput(ValueError):
    """The work cannot start; the message says what was expected and what came."""


@contextmanager
def unwritable_refused() -> Iterator[None]:
    """Raise UnusableInput for an OSError of the block, which writes the files of a command."""
    try:
        yield
    except OSError as error:
        raise UnusableInput(
            f"out: expected a file that can be written, got {error}."
        ) from error


@contextmanager
def named(name: str, *kinds: type[Exception]) -> Iterator[None]:
    """Begin the message of an error of these kinds with the name of what the block works on.

    A subclass may need other arguments than a message, so the kind itself is raised.
    """
    try:
        yield
    except kinds as error:
        kind = next(kind for kind in kinds if isinstance(error, kind))
        raise kind(f"{name}: {error}") from error
