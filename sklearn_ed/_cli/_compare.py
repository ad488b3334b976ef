"""``sklearn-ed compare``: estimators side by side on a data set."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from textwrap import fill

from .._utils.extras import import_extra
from ..comparison import BASELINES, PROBLEM_NAMES, compare, csv_problem, named_problem
from ._options import add_common_options, add_number, jobs, make_folder
from ._output import finish, listed

HELP = "error diffusion beside backprop on a data set"

DESCRIPTION = """\
Compare error diffusion with backprop on a data set. EDClassifier (or
EDRegressor) and each baseline go through a grid search on the same folds. The
best candidate of each is fitted on all training rows with several seeds, scored
on held-out rows, and its learning curve is recorded. The estimators take turns,
so that a busy machine favours none of them.

Prints a table and writes to the folder DIR: report.html (a self-contained
page), pictures, results.csv, candidates.csv and results.json."""

EPILOG = """\
examples:
  sklearn-ed compare
      the digits of scikit-learn, against MLPClassifier, in under a minute
  sklearn-ed compare --dataset mnist --baselines mlp keras --out mnist
      MNIST, also against Keras (pip install "sklearn-ed[keras]"), in minutes
  sklearn-ed compare --data shop.csv --target buys --baselines mlp linear
      your own table (numbers, strings, dates, missing values), also against a
      linear model (pip install "sklearn-ed[tables]", unless it is all numbers)
  sklearn-ed compare --data shop.csv --target buys --baselines trees
      the same table, against gradient boosting and a random forest

After Ctrl-C the finished part is printed and written to DIR, if all estimators
have searched at least one fold."""


def add_options(parser: argparse.ArgumentParser) -> None:
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
        help="the column of FILE.csv to predict: class labels or numbers",
    )
    parser.add_argument(
        "--encoding",
        metavar="NAME",
        help="the encoding of FILE.csv, for example latin-1 (default: utf-8)",
    )
    parser.add_argument(
        "--task",
        choices=("auto", "classification", "regression"),
        default="auto",
        help="how to predict COLUMN (default: auto, regression for fractions or many values)",
    )
    parser.add_argument(
        "--baselines",
        nargs="+",
        choices=BASELINES,
        default=["mlp"],
        metavar="NAME",
        help=f"what to compare with: {', '.join(BASELINES)} (default: mlp)",
    )
    add_number(parser, "--folds", "number of folds (default: 5; 3 for more than 10,000 rows)")
    add_number(
        parser,
        "--epochs",
        "maximum number of epochs (default: 300, 100 or 20, by the number of rows)",
    )
    add_number(parser, "--repeats", "number of seeds of the final fits (default: 3)", default=3)
    parser.add_argument(
        "--n-jobs",
        type=jobs,
        default=1,
        metavar="N",
        help="parallel jobs of the search (default: 1)",
    )
    add_common_options(parser, out="comparison")


def run(args: argparse.Namespace) -> bool:
    if (args.data is None) != (args.target is None):
        args.usage_error("--data FILE.csv and --target COLUMN go together.")
    if args.data is None and (args.task != "auto" or args.encoding):
        args.usage_error("--task and --encoding go with --data FILE.csv.")
    # A missing package is reported before the search, not after it.
    import_extra("matplotlib.figure", "The report")
    import_extra("pandas", "The report")
    if args.data is None:
        problem = named_problem(args.dataset or "digits", args.random_state)
    else:
        options = {"task": args.task, "encoding": args.encoding or "utf-8"}
        problem = csv_problem(args.data, args.target, args.random_state, **options)
    make_folder(args.out)
    if not args.quiet:
        args.output.say(fill(problem.description, 80), end="\n\n")
    with warnings.catch_warnings():
        # The command has its own message.
        warnings.filterwarnings("ignore", "The comparison was interrupted", UserWarning)
        comparison = compare(
            problem,
            baselines=list(dict.fromkeys(args.baselines)),
            max_iter=args.epochs,
            cv=args.folds,
            n_repeats=args.repeats,
            n_jobs=args.n_jobs,
            random_state=args.random_state,
            verbose=not args.quiet,
        )

    def text() -> str:
        return comparison.to_text(heading=False, notes=not args.quiet)

    def describe(files: list[Path]) -> str:
        return f"Report: {files[0]}. In the same folder: {listed(files[1:])}."

    return finish(args, comparison.write_report, text, describe) and comparison.complete
