"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .._utils.errors import UnusableInput


def seed(text: str) -> int:
    """Convert the value of an option that is a seed."""
    value = int(text)
    if not 0 <= value < 2**32:
        raise ValueError
    return value


def jobs(text: str) -> int:
    """Convert the value of an option that is a number of jobs."""
    n_jobs = int(text)
    if n_jobs == 0:
        raise ValueError
    return n_jobs


def positive(text: str) -> int:
    """Convert the value of an option that is a positive number."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


# argparse shows these names in its messages: "invalid seed (0 to 2**32 - 1) value: '-1'".
seed.__name__ = "seed (0 to 2**32 - 1)"
jobs.__name__ = "number of jobs (1, 2, ..., or -1 for all cores)"
positive.__name__ = "number (1, 2, ...)"


def add_command(
    commands: Any, name: str, *, help: str, description: str, epilog: str
) -> argparse.ArgumentParser:
    """Add a command without options; `add_common_options` adds those that all commands have.

    `commands` is what `add_subparsers` returned, `help` a line for the list of commands.
    `description` and `epilog` are shown above and below the options, with their line breaks.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(usage_error=parser.error)
    return parser


def add_common_options(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add the options that all commands have, and return the parser."""
    parser.add_argument(
        "--random-state",
        type=seed,
        default=0,
        metavar="SEED",
        help="seed of all random choices (default: 0)",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="print only the result: no progress, no notes"
    )
    return parser


def make_folder(folder: Path) -> None:
    """Make the folder of `--out` before any work that takes time.

    Raises
    ------
    UnusableInput
        If the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableInput(
            f"out: expected a folder, or a name for a new one, got {folder}: {error.strerror}."
        ) from error
