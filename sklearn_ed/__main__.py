"""The command line: ``sklearn-ed``, or ``python -m sklearn_ed``."""

from __future__ import annotations

import argparse
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import __version__
from .comparison import (
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
from .comparison._errors import import_extra

EXIT_UNUSABLE_INPUT = 2
EXIT_INTERRUPTED = 130


class _Interrupted(BaseException):
    """Ctrl-C, by a name that no estimator catches: `fit` would keep what it has and return."""


@contextmanager
def _interruptible() -> Iterator[None]:
    def interrupt(signum, frame):
        raise _Interrupted

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        with warnings.catch_warnings():
            # Worker processes hear Ctrl-C too, and their fits would each say so.
            warnings.filterwarnings("ignore", "Training interrupted", UserWarning)
            yield
    finally:
        signal.signal(signal.SIGINT, before)


def _seed(text: str) -> int:
    seed = int(text)
    if not 0 <= seed < 2**32:
        raise ValueError
    return seed


def _jobs(text: str) -> int:
    n_jobs = int(text)
    if n_jobs == 0:
        raise ValueError
    return n_jobs


# argparse names them in its messages: "invalid seed (0 to 2**32 - 1) value: '-1'".
_seed.__name__ = "seed (0 to 2**32 - 1)"
_jobs.__name__ = "number of jobs (1, 2, ..., or -1 for all cores)"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sklearn-ed",
        description="Neural networks that learn by error diffusion instead of backprop.",
    )
    parser.add_argument("--version", action="version", version=f"sklearn-ed {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    comparison = commands.add_parser(
        "compare",
        help="EDClassifier beside MLPClassifier on a data set",
        description="Grid search of EDClassifier and MLPClassifier on the same folds, then a "
        "fit on all training rows and a held-out test. Prints a table and saves a picture.",
    )
    data = comparison.add_mutually_exclusive_group()
    data.add_argument(
        "--dataset", choices=PROBLEM_NAMES, help="a named data set (default: digits)"
    )
    data.add_argument("--data", metavar="FILE.csv", help="a CSV file with a header")
    comparison.add_argument(
        "--target", metavar="COLUMN", help="the column of class labels in FILE.csv"
    )
    comparison.add_argument(
        "--n-jobs", type=_jobs, default=1, metavar="N", help="jobs of a search (default: 1)"
    )
    comparison.add_argument(
        "--random-state", type=_seed, default=0, metavar="SEED", help="default: 0"
    )
    comparison.add_argument(
        "--out",
        type=Path,
        default=Path("comparison"),
        metavar="DIR",
        help="folder of the picture, made if need be (default: comparison)",
    )
    comparison.set_defaults(usage_error=comparison.error)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, default=None
        Arguments; those of the process by default.

    Returns
    -------
    int
        Exit code: 0, 2 if the input is unusable, 130 if interrupted.

    Raises
    ------
    SystemExit
        With code 2 if the arguments are wrong; with code 0 after ``--help``.
    """
    args = _parser().parse_args(argv)
    if (args.data is None) != (args.target is None):
        args.usage_error("--data FILE.csv and --target COLUMN go together.")
    try:
        with _interruptible():
            _compare(args)
    except UnusableInput as error:
        print(f"sklearn-ed: {error}", file=sys.stderr)
        return EXIT_UNUSABLE_INPUT
    except (_Interrupted, KeyboardInterrupt):
        print("sklearn-ed: interrupted, the comparison is not finished.", file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def _compare(args: argparse.Namespace) -> None:
    # What can be missing is looked for before the search, not after it.
    import_extra("matplotlib.figure", "The picture")
    problem = _problem(args)
    _make_folder(args.out)
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


def _problem(args: argparse.Namespace) -> Problem:
    if args.data is not None:
        return csv_problem(args.data, args.target, args.random_state)
    return named_problem(args.dataset or "digits", args.random_state)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableInput(
            f"out: expected a folder, or a name for a new one, got {folder}: {error.strerror}."
        ) from error


if __name__ == "__main__":
    sys.exit(main())
