"""What a command prints: never in the way of the result and its files."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .._utils.interruption import interrupts_delayed


class Output:
    """Standard output. Once it fails, nothing more is printed, and the command goes on.

    Attributes
    ----------
    error : OSError or None
        Why it failed.
    """

    def __init__(self) -> None:
        self.error: OSError | None = None

    def say(self, text: str, end: str = "\n") -> None:
        """Print; characters that the encoding lacks are escaped."""
        if self.error is not None:
            return
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        shown = text.encode(encoding, "backslashreplace").decode(encoding)
        try:
            print(shown, end=end, flush=True)
        except OSError as error:
            self.error = error

    def close(self) -> None:
        """Give up what could not be printed; Python would fail again at exit."""
        if self.error is None:
            return
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)


def listed(files: list[Path]) -> str:
    """The names of files."""
    return ", ".join(file.name for file in files)


def finish(
    args: argparse.Namespace,
    save: Callable[[Path], list[Path]],
    make_text: Callable[[], str],
    describe: Callable[[list[Path]], str],
) -> bool:
    """Write the files, then print a text and what `describe` says about the files.

    A closed pipe, a full disk or Ctrl-C loses neither the files nor the text.

    Returns
    -------
    bool
        False if Ctrl-C came.
    """
    output: Output = args.output
    with interrupts_delayed() as was_interrupted:
        try:
            files = save(args.out)
        finally:
            args.has_result = True
            if text := make_text():
                output.say(text)
        if not args.quiet:
            output.say("\n" + describe(files))
    return not was_interrupted()
