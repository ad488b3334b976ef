"""The end of a command: the files that it writes, and what it says about them."""

from __future__ import annotations

import sys
from pathlib import Path

from .._utils.errors import UnusableInput
from ..reproduction import ArticleResult, CostResult


def save_result(result: ArticleResult | CostResult, folder: Path, *, quiet: bool) -> bool:
    """Save a result in the folder of `--out`; return whether it is complete.

    Raises
    ------
    UnusableInput
        If a file cannot be written.
    """
    try:
        files = result.save(folder)
    except OSError as error:
        raise UnusableInput(
            f"out: expected a file that can be written, got {error}."
        ) from error
    if not quiet:
        print(f"\nIn {folder}: {', '.join(file.name for file in files)}.")
    if not result.complete:
        print(
            f"sklearn-ed: interrupted; what was finished is above and in {folder}.",
            file=sys.stderr,
        )
    return result.complete
