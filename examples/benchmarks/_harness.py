"""What the benchmarks share: options, tables and JSON files."""

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from math import ceil
from pathlib import Path
from statistics import mean, median, pstdev
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from sklearn_ed._utils.environment import describe_environment
from sklearn_ed._utils.formatting import format_seconds
from sklearn_ed._utils.timing import TimedCall, Timing, time_in_turns

# Parameters of EDClassifier in the speed benchmarks. They do not rely on the defaults, so that
# figures stay comparable when a default changes.
WORKLOAD = {
    "hidden_layer_sizes": (32,),
    "alpha": 0.003,
    "weight_decrement": False,
    "code_size": None,
    "learning_rate": "constant",
    "dropout": 0.0,
    "weight_decay": 0.0,
    "batch_size": 200,
    "early_stopping": False,
    "beta_2": 0.999,
    "n_members": 1,
}
ONLINE = {"solver": "sgd", "batch_size": 1}
# With these parameters, an estimator never stops before `max_iter` epochs.
ALL_EPOCHS = {"tol": 0.0, "n_iter_no_change": np.inf}
# The defaults of EDClassifier and EDRegressor when the study, the best results and the accuracy
# by depth were measured. "auto" had the same values as now for the other parameters.
FORMER_DEFAULTS = {
    "alpha": 0.004,
    "learning_rate": "invscaling",
    "weight_decay": 0.0,
    "max_iter": 200,
    "early_stopping": False,
    "beta_2": 0.999,
    "n_members": 1,
}
FORMER_REGRESSOR = FORMER_DEFAULTS | {
    "alpha": 0.003,
    "hidden_layer_sizes": (32,),
    "dropout": 0.0,
    "weight_decay": 0.5,
    "tol": 1e-4,
}


def former_hidden_layer_sizes(n_networks: int) -> tuple[int]:
    """The former "auto" of EDClassifier: 500 units divided among the networks."""
    return (max(8, ceil(500 / n_networks)),)


def former_batch_size(n_rows: int) -> int:
    """The former "auto" of both estimators."""
    return min(n_rows, 300, max(64, n_rows // 20))


def argument_parser(
    doc: str, *, seeds: int | None = None, repetitions: int | None = None
) -> argparse.ArgumentParser:
    """A parser with the options that benchmarks have in common, and their defaults.

    Without `seeds` there is no such option; without `repetitions`, no option of a speed
    benchmark. The first line of `doc`, the docstring of the script, is the description.
    """
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument(
        "--data",
        metavar="PATH",
        help="folder with mnist.npz and fashion_mnist.npz, or one of these files",
    )
    if seeds is not None:
        parser.add_argument("--seeds", type=int, default=seeds, help="number of seeds")
    if repetitions is not None:
        parser.add_argument("--json", type=Path, metavar="PATH", help="write all samples")
        parser.add_argument(
            "--repetitions", type=int, default=repetitions, help="rounds of measurement"
        )
        parser.add_argument(
            "--threads",
            type=int,
            help="threads of BLAS and TensorFlow; default: their own choice",
        )
        parser.add_argument(
            "--only",
            nargs="+",
            default=[],
            metavar="SUBSTRING",
            help="only cases whose name contains one of these",
        )
    return parser


def is_chosen(case: str, only: Sequence[str]) -> bool:
    """Whether the option ``--only`` selects the case."""
    return not only or any(part in case for part in only)


def fit_and_score(
    estimator: Any, X: np.ndarray, y: np.ndarray, X_test: np.ndarray, y_test: np.ndarray
) -> tuple[float, float]:
    """Score on the test rows, and seconds of `fit`."""
    start = time.perf_counter()
    estimator.fit(X, y)
    seconds = time.perf_counter() - start
    return estimator.score(X_test, y_test), seconds


def mean_and_deviation(values: Iterable[float], factor: float = 100.0) -> str:
    """Mean and standard deviation, in percent by default."""
    values = [factor * value for value in values]
    return f"{mean(values):6.2f} +- {pstdev(values):4.2f}"


def print_table(title: str, lines: Sequence[Sequence[str]]) -> None:
    """Print a title and columns: the first is aligned left, the others right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"\n{title}")
    for first, *others in lines:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        print("   ".join([first.ljust(widths[0]), *cells]).rstrip(), flush=True)


def timing_table(
    timings: Mapping[str, Timing],
    baselines: Iterable[str],
    columns: Mapping[str, Mapping[str, str]],
    format_time: Callable[[float], str],
) -> list[list[str]]:
    """Median, range and speed relative to each baseline that was timed, a line per timing.

    `columns` are additional cells by heading and name of the timing.
    """
    baselines = [name for name in baselines if name in timings]
    lines = [["", "median", "min .. max", *columns, *(f"speed / {b}" for b in baselines)]]
    for name, timing in timings.items():
        low, high = format_time(min(timing.samples)), format_time(max(timing.samples))
        line = [name, format_time(timing.median), f"{low} .. {high}"]
        line += [cells.get(name, "") for cells in columns.values()]
        for baseline in baselines:
            ratios = timing.speed_relative_to(timings[baseline])
            spread = f" ({min(ratios):.3g}..{max(ratios):.3g})" if name != baseline else ""
            line.append(f"{median(ratios):.3g}{spread}")
        lines.append(line)
    return lines


def statistics(timing: Timing) -> dict[str, Any]:
    """A timing for the JSON file."""
    samples = timing.samples
    low, high = min(samples), max(samples)
    return {"samples": samples, "median": timing.median, "min": low, "max": high}


class Report:
    """Times case by case, prints each table and writes all figures to a file."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.cases: dict[str, dict[str, Any]] = {}

    def measure(
        self,
        case: str,
        calls: Mapping[str, TimedCall],
        baselines: Sequence[str] = (),
        *,
        n_rows: int | None = None,
        columns: Callable[[dict[str, Timing]], dict[str, dict[str, str]]] | None = None,
        format_time: Callable[[float], str] = format_seconds,
    ) -> dict[str, Timing]:
        """Time the calls of one case in turns, print a table and keep the samples.

        With `n_rows`, the rows that every call processes, the table shows rows per second.
        `columns` returns additional columns.
        """
        timings = time_in_turns(calls, self.options.repetitions)
        more: dict[str, dict[str, str]] = {}
        if n_rows is not None:
            more["rows/s"] = {name: f"{n_rows / t.median:,.0f}" for name, t in timings.items()}
        if columns is not None:
            more |= columns(timings)
        print_table(case, timing_table(timings, baselines, more, format_time))
        self.add(
            case,
            seconds={name: statistics(timing) for name, timing in timings.items()},
            speed={
                f"{name} / {baseline}": timing.speed_relative_to(timings[baseline])
                for baseline in baselines
                if baseline in timings
                for name, timing in timings.items()
            },
            columns=more,
        )
        return timings

    def add(self, case: str, **figures: Any) -> None:
        """Keep figures of a case for the file."""
        self.cases.setdefault(case, {}).update(figures)

    def write(self) -> None:
        """Write the file that the option ``--json`` names."""
        if self.options.json is None:
            return
        settings = {name: str(value) for name, value in vars(self.options).items()}
        content = {
            "environment": describe_environment(),
            "settings": settings,
            "cases": self.cases,
        }
        self.options.json.write_text(json.dumps(content, indent=1, default=float) + "\n")


@contextmanager
def benchmark(options: argparse.Namespace) -> Iterator[Report]:
    """A report, with the number of threads of the options and without convergence warnings."""
    threads = options.threads
    if threads:
        # TensorFlow reads these variables when it is imported.
        os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
        os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    limits = threadpool_limits(threads, "blas") if threads else nullcontext()
    with limits, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        report = Report(options)
        print_environment()
        yield report
        report.write()


def print_environment() -> None:
    """Print processor, BLAS and versions."""
    found = describe_environment()
    blas = f"{', '.join(found['blas'])} x{found['blas_threads']}"
    kernels = "compiled kernels" if found["compiled_kernels"] else "NumPy only"
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    print(f"{found['cpu']}, {found['cores']} cores; {blas}\n{versions} ({kernels})")
    print("speed / X: how many times as fast as X, median (and range) over the rounds")
