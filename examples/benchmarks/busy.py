"""Time of `fit` on a quiet machine and beside other busy processes, and of a parallel search.

    python examples/benchmarks/busy.py [--rows 20000] [--epochs 2] [--busy 1 2]
        [--repetitions 5] [--threads N] [--only CASE ...] [--data PATH] [--json PATH]

EDClassifier and MLPClassifier learn the digits and the first rows of MNIST (float32) with
default parameters for a fixed number of epochs, on the digits for ten times as many. The number
of threads is the default too: MLPClassifier uses those of BLAS, EDClassifier at most as many of
its own. ``--busy`` are the numbers of processes that compute without end while a fit runs; the
column "time / quiet" is the ratio to the fit without them in the same round.

The search is GridSearchCV on the digits, in one process and in two.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median
from typing import Any

from _datasets import CLASSIFICATION, image_split
from _harness import ALL_EPOCHS, Report, argument_parser, benchmark, is_chosen
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed._utils.timing import TimedCall, Timing

ESTIMATORS = {"EDClassifier": EDClassifier(), "MLPClassifier": MLPClassifier()}
QUIET = "quiet"
# A process whose parent is gone ends.
BUSY_PROCESS = """
import os
parent = os.getppid()
print("busy", flush=True)
while os.getppid() == parent:
    sum(range(100_000))
"""


@contextmanager
def busy_processes(n_processes: int) -> Iterator[None]:
    """Processes that compute without end while the block runs."""
    with ExitStack() as stack:
        for _ in range(n_processes):
            process = stack.enter_context(
                subprocess.Popen([sys.executable, "-c", BUSY_PROCESS], stdout=subprocess.PIPE)
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()
        yield


def seconds_beside(n_processes: int, call: Callable[[], Any]) -> float:
    """Seconds of a call beside so many busy processes."""
    with busy_processes(n_processes):
        start = time.perf_counter()
        call()
        return time.perf_counter() - start


def time_relative_to_quiet(timings: dict[str, Timing]) -> dict[str, dict[str, str]]:
    """A column that compares each fit with the same fit on a quiet machine."""
    cells = {}
    for name, timing in timings.items():
        quiet = timings[f"{name.partition(',')[0]}, {QUIET}"]
        ratios = quiet.speed_relative_to(timing)
        cells[name] = f"{median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})"
    return {"time / quiet": cells}


def run_fits(report: Report, options: argparse.Namespace) -> None:
    X, y = CLASSIFICATION["digits"]
    X_mnist, y_mnist, *_ = image_split("mnist", options.data)
    data = {
        "digits": (X / 16, y, 10 * options.epochs),
        "mnist": (X_mnist[: options.rows], y_mnist[: options.rows], options.epochs),
    }
    for case, (X, y, epochs) in data.items():
        if not is_chosen(case, options.only):
            continue
        calls = {}
        for name, estimator in ESTIMATORS.items():
            fixed = {"max_iter": epochs, "random_state": 0, **ALL_EPOCHS}
            fit = partial(clone(estimator).set_params(**fixed).fit, X, y)
            for n_processes in [0, *options.busy]:
                beside = f"beside {n_processes} busy" if n_processes else QUIET
                call = partial(seconds_beside, n_processes, fit)
                warm_up = fit if n_processes == 0 else lambda: None
                calls[f"{name}, {beside}"] = TimedCall(call, None, warm_up, has_own_clock=True)
        title = f"fit: {case} ({X.shape[0]} rows, {epochs} epochs)"
        report.measure(title, calls, columns=time_relative_to_quiet)


def run_search(report: Report, options: argparse.Namespace) -> None:
    X, y = CLASSIFICATION["digits"]
    fixed = {"max_iter": 10 * options.epochs, "random_state": 0, **ALL_EPOCHS}
    grids = {"EDClassifier": "alpha", "MLPClassifier": "learning_rate_init"}
    for name, estimator in ESTIMATORS.items():
        case = f"search: {name}, digits"
        if not is_chosen(case, options.only):
            continue
        grid = {grids[name]: [0.001, 0.002, 0.004, 0.008]}
        calls = {}
        for n_jobs in (1, 2):
            fixed_estimator = clone(estimator).set_params(**fixed)
            search = GridSearchCV(fixed_estimator, grid, cv=5, n_jobs=n_jobs)
            calls[f"n_jobs={n_jobs}"] = TimedCall(partial(search.fit, X / 16, y))
        report.measure(f"{case} (20 fits of {fixed['max_iter']} epochs)", calls, ["n_jobs=1"])


def main() -> None:
    parser = argument_parser(__doc__, repetitions=5)
    parser.add_argument("--rows", type=int, default=20_000, help="rows of MNIST")
    parser.add_argument("--epochs", type=int, default=2, help="epochs on MNIST")
    parser.add_argument("--busy", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    with benchmark(options) as report:
        run_fits(report, options)
        run_search(report, options)


if __name__ == "__main__":
    main()
