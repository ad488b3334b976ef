"""``sklearn-ed compare``: estimators side by side on a data set."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from textwrap import fill
from typing import Any

from .._utils.extras import import_extra
from ..comparison import (
    BASELINES,
    PROBLEM_NAMES,
    Problem,
    compare_problem,
    csv_problem,
    named_problem,
    write_files,
)
from ..comparison._text import WIDTH, describe
from ._options import add_command, add_common_options, jobs, make_folder, positive

_DESCRIPTION = """\
Is error diffusion worth using on your data? Grid search of EDClassifier (or
EDRegressor) and of each baseline on the same folds; the best of each is fitted
on all training rows with several seeds, scored on rows held out, and followed
from epoch to epoch. They take turns, so that a busy machine favours none.
Prints a table; the folder DIR gets report.html, a page that needs nothing else,
the pictures, results.csv, candidates.csv and results.json."""

_EPILOG = """\
examples:
  sklearn-ed compare
      the embedded digits against MLPClassifier, in under a minute
  sklearn-ed compare --dataset mnist --baselines mlp keras --out mnist
      MNIST, also against Keras (pip install "sklearn-ed[keras]"), in minutes
  sklearn-ed compare --data shop.csv --target buys --baselines mlp linear
      your own table: numbers, strings, missing values; also a linear model

Ctrl-C keeps what was finished: once each contestant has searched a fold, DIR
gets it."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser = add_command(
        commands,
        "compare",
        help="error diffusion beside backprop on a data set",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    data = parser.add_mutually_exclusive_group()
    data.add_argument(
        "--dataset",
        choices=PROBLEM_NAMES,
        metavar="NAME",
        help=f"a named data set: {', '.join(PROBLEM_NAMES)} (default: digits)",
    )
    data.add_argument("--data", metavar="FILE.csv", help="a CSV file with a header")
    parser.add_argument(
        "--target",
        metavar="COLUMN",
        help="the column of FILE.csv to predict: class labels, or numbers",
    )
    parser.add_argument(
        "--task",
        choices=("auto", "classification", "regression"),
        default="auto",
        help="what COLUMN is (default: auto, regression if it has fractions or many values)",
    )
    parser.add_argument(
        "--baselines",
        nargs="+",
        choices=tuple(BASELINES),
        default=["mlp"],
        metavar="NAME",
        help="whom to compare with: mlp, keras, linear (default: mlp)",
    )
    parser.add_argument(
        "--folds", type=positive, metavar="N", help="folds (default: 5; 3 beyond 10,000 rows)"
    )
    parser.add_argument(
        "--epochs",
        type=positive,
        metavar="N",
        help="most epochs of a fit (default: 300, 100 or 20 by the number of rows)",
    )
    parser.add_argument(
        "--repeats", type=positive, default=3, metavar="N", help="seeds (default: 3)"
    )
    parser.add_argument(
        "--n-jobs", type=jobs, default=1, metavar="N", help="jobs of a search (default: 1)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("comparison"),
        metavar="DIR",
        help="folder of the files, made if need be (default: comparison)",
    )
    return add_common_options(parser)


def run(args: argparse.Namespace) -> bool:
    if (args.data is None) != (args.target is None):
        args.usage_error("--data FILE.csv and --target COLUMN go together.")
    if args.data is None and args.task != "auto":
        args.usage_error("--task goes with --data FILE.csv.")
    # What can be missing is looked for before the search, not after it.
    import_extra("matplotlib.figure", "The report")
    import_extra("pandas", "The report")
    problem = _problem(args)
    make_folder(args.out)
    if not args.quiet:
        heading = describe(problem.name, problem.task, problem.facts())
        print(fill(heading, WIDTH), end="\n\n", flush=True)
    comparison = compare_problem(
        problem,
        baselines=list(dict.fromkeys(args.baselines)),
        max_iter=args.epochs,
        cv=args.folds,
        n_repeats=args.repeats,
        n_jobs=args.n_jobs,
        random_state=args.random_state,
        verbose=not args.quiet,
    )
    print(comparison.to_text(heading=False, notes=not args.quiet), flush=True)
    report, *others = write_files(comparison, args.out)
    if not args.quiet:
        names = ", ".join(file.name for file in others)
        print(f"\nReport: {report} (beside it {names}).")
    if not comparison.complete:
        print(
            f"sklearn-ed: interrupted; what was finished is above and in {args.out}.",
            file=sys.stderr,
        )
    return comparison.complete


def _problem(args: argparse.Namespace) -> Problem:
    if args.data is not None:
        return csv_problem(args.data, args.target, args.random_state, task=args.task)
    return named_problem(args.dataset or "digits", args.random_state)
