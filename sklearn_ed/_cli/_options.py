"""Options that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

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


def add_dataset(parser: argparse.ArgumentParser, help: str) -> None:
    """Add the options ``--dataset`` and ``--data``, which `check_dataset` checks."""
    parser.add_argument(
        "--dataset",
        choices=("digits", "mnist"),
        default="digits",
        help=f"{help} (default: digits)",
    )
    add_mnist_folder(parser)


def check_dataset(args: argparse.Namespace) -> None:
    """Refuse ``--data`` without ``--dataset mnist``."""
    if args.data is not None and args.dataset != "mnist":
        args.usage_error("--data FOLDER goes with --dataset mnist.")


def add_common_options(parser: argparse.ArgumentParser, *, out: str) -> None:
    """Add the options that all commands have; `out` is the default folder."""
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


def make_folder(folder: Path) -> None:
    """Make the folder of `--out` before any work that takes time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableInput(
            f"out: expected a folder, or a name for a new one, got {folder}: {error.strerror}."
        ) from error
