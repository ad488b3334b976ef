"""``sklearn-ed compare``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .._extras import import_extra
from ..comparison import (
    PROBLEM_NAMES,
    Problem,
    UnusableInput,
    compare,
    csv_problem,
    describe,
    named_problem,
    report,
    save_picture,
)
from ._options import add_command, jobs, make_folder


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser = add_command(
        commands,
        "compare",
        help="EDClassifier beside MLPClassifier on a data set",
        description="Grid search of EDClassifier and MLPClassifier on the same folds, then a "
        "fit on all training rows and a held-out test. Prints a table and saves a picture.",
        epilog="",
    )
    data = parser.add_mutually_exclusive_group()
    data.add_argument(
        "--dataset", choices=PROBLEM_NAMES, help="a named data set (default: digits)"
    )
    data.add_argument("--data", metavar="FILE.csv", help="a CSV file with a header")
    parser.add_argument(
        "--target", metavar="COLUMN", help="the column of class labels in FILE.csv"
    )
    parser.add_argument(
        "--n-jobs", type=jobs, default=1, metavar="N", help="jobs of a search (default: 1)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("comparison"),
        metavar="DIR",
        help="folder of the picture, made if need be (default: comparison)",
    )
    return parser


def run(args: argparse.Namespace) -> bool:
    if (args.data is None) != (args.target is None):
        args.usage_error("--data FILE.csv and --target COLUMN go together.")
    # What can be missing is looked for before the search, not after it.
    import_extra("matplotlib.figure", "The picture")
    problem = _problem(args)
    make_folder(args.out)
    print(describe(problem), end="\n\n", flush=True)
    budget, outcomes = compare(problem, n_jobs=args.n_jobs, random_state=args.random_state)
    print(report(problem, budget, outcomes, args.n_jobs), flush=True)
    picture = args.out / f"{problem.name}.png"
    try:
        save_picture(
            outcomes, f"{problem.name}: every candidate, with its learning rate", picture
        )
    except OSError as error:
        raise UnusableInput(
            f"out: expected a file that can be written, got {error}."
        ) from error
    print(f"Picture: {picture}")
    return True


def _problem(args: argparse.Namespace) -> Problem:
    if args.data is not None:
        return csv_problem(args.data, args.target, args.random_state)
    return named_problem(args.dataset or "digits", args.random_state)
