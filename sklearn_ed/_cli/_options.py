"""Options that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._utils.errors import UnusableInput


def integer(expected: str, is_valid: Callable[[int], bool]) -> Callable[[str], int]:
    """What converts the value of an option; messages say what was expected."""

    def convert(text: str) -> int:
        value = int(text)
        if not is_valid(value):
            raise ValueError
        return value

    # argparse shows this name: "invalid seed (0 to 2**32 - 1) value: '-1'".
    convert.__name__ = expected
    return convert


seed = integer("seed (0 to 2**32 - 1)", lambda value: 0 <= value < 2**32)
jobs = integer("number of jobs (1, 2, ..., or -1 for all cores)", lambda value: value != 0)
positive = integer("number (1, 2, ...)", lambda value: value >= 1)


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


def add_number(
    parser: argparse.ArgumentParser, name: str, help: str, default: int | None = None
) -> None:
    """Add an option whose value is a positive integer."""
    parser.add_argument(name, type=positive, default=default, metavar="N", help=help)


def add_mnist_folder(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--data FOLDER``."""
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="folder of mnist.npz (default: where load_mnist looks for it)",
    )


def add_common_options(parser: argparse.ArgumentParser, *, out: str) -> argparse.ArgumentParser:
    """Add the options that all commands have, and return the parser."""
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(out),
        metavar="DIR",
        help=f"folder of the files, created if necessary (default: {out})",
    )
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
    """Make the folder of `--out` before any work that takes time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableInput(
            f"out: expected a folder, or a name for a new one, got {folder}: {error.strerror}."
        ) from error
