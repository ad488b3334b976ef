"""FLOP/s and bytes/s of training, compared with the peaks of the machine.

    python examples/benchmarks/roofline.py [--repetitions 3] [--threads N] [--only CASE ...]
        [--rows N] [--data PATH] [--json PATH]

The peaks are measured: NumPy's matrix product, and np.copyto within working sets of several
sizes (bytes read plus bytes written, minus the time of a call that copies 8 bytes). An epoch is
the difference between fits of 1 and of 1 + n epochs, divided by n, so that the work that a fit
does once cancels out; n is 2 or more, such that n epochs take half a second.

Counted per row: 2 FLOPs per weight for the forward pass; for the increments, 2 per weight of
layer 1 and 2 per weight between units whose gate is open, which are half of them; for Adam, 12
per parameter and step. Activation functions and output errors are not counted. Bytes are the
minimum: mini-batches read the rows once, and read and write weights and moments once per step;
online, each row is read, the weights of its non-zero inputs and the open half of the deeper
weights are read and written, the closed half is read. The limit in the table is the nearer of
the two peaks. Copying is that of the smallest working set that holds the arrays. The online
kernel uses one core and is compared with the matrix product on one thread.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import median
from typing import Any

import numpy as np
from _harness import (
    ALL_EPOCHS,
    ONLINE,
    WORKLOAD,
    Report,
    argument_parser,
    benchmark,
    is_chosen,
    print_table,
)
from sklearn.base import clone
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_ed import EDClassifier
from sklearn_ed._utils.environment import usable_cores
from sklearn_ed._utils.timing import TimedCall, time_in_turns
from sklearn_ed.datasets import load_mnist
from sklearn_ed.reproduction import ARTICLE_SETTINGS

KIB = 2**10
WORKING_SETS = {
    "16 KiB": 16 * KIB,
    "256 KiB": 256 * KIB,
    "1 MiB": KIB**2,
    "8 MiB": 8 * KIB**2,
    "256 MiB": 256 * KIB**2,
}
GEMM_SIZES = (512, 1024, 2048)
MIN_MORE_EPOCHS, MORE_SECONDS = 2, 0.5
BATCH_SIZE = WORKLOAD["batch_size"]

# Matrix products by dtype and number of threads, copying by working set.
Peaks = tuple[dict[tuple[str, int], float], dict[str, float]]


def best_seconds(run: Callable[[], Any], n_calls: int = 1, repetitions: int = 5) -> float:
    """The shortest of several samples, per call."""
    timing = time_in_turns({"run": TimedCall(run, n_calls=n_calls)}, repetitions)["run"]
    return min(timing.samples)


def gemm_peak(dtype: str, threads: int) -> float:
    """FLOP/s of the fastest matrix product."""
    rng = np.random.default_rng(0)
    rates = []
    with threadpool_limits(threads, "blas"):
        for n in GEMM_SIZES:
            A, B = (rng.uniform(size=(n, n)).astype(dtype) for _ in range(2))
            out = np.empty_like(A)
            rates.append(2 * n**3 / best_seconds(partial(np.matmul, A, B, out=out)))
    return max(rates)


def copy_seconds(working_set: int) -> float:
    """Seconds to copy one half of a working set to the other."""
    source, target = np.zeros(working_set // 2, np.uint8), np.ones(working_set // 2, np.uint8)
    n_calls = min(5000, max(1, 2**27 // working_set))
    return best_seconds(partial(np.copyto, target, source), n_calls)


def measure_peaks(report: Report, threads: int) -> Peaks:
    """Measure and print the peaks, in FLOP/s and bytes/s."""
    gemm = {
        (dtype, n): gemm_peak(dtype, n)
        for dtype in ("float32", "float64")
        for n in sorted({1, threads, usable_cores()})
    }
    empty = copy_seconds(16)
    copying = {
        name: size / max(copy_seconds(size) - empty, 1e-9)
        for name, size in WORKING_SETS.items()
    }
    lines = [["peak", "GFLOP/s or GB/s"]]
    lines += [[f"GEMM, {d}, {n} thread(s)", f"{r / 1e9:.1f}"] for (d, n), r in gemm.items()]
    lines += [[f"copy within {name}", f"{rate / 1e9:.1f}"] for name, rate in copying.items()]
    print_table("measured peaks", lines)
    report.add("peaks", **{line[0]: float(line[1]) for line in lines[1:]})
    return gemm, copying


@dataclass
class Work:
    """FLOPs and bytes of one epoch, and the bytes of the arrays that every step uses."""

    flops: float
    n_bytes: float
    working_set: int


def weights_of(estimator: EDClassifier) -> tuple[int, int, int]:
    """Numbers of weights of layer 1, of deeper weights and of all parameters."""
    first, *deeper = (coef.size for coef in estimator.coefs_)
    biases = sum(intercept.size for intercept in estimator.intercepts_)
    return first, sum(deeper), first + sum(deeper) + biases


def batch_work(estimator: EDClassifier, X: np.ndarray) -> Work:
    first, deeper, parameters = weights_of(estimator)
    n_steps = -(-X.shape[0] // BATCH_SIZE)
    flops = X.shape[0] * (4 * first + 3 * deeper) + 12 * parameters * n_steps
    n_bytes = X.nbytes + 6 * parameters * X.itemsize * n_steps
    return Work(flops, n_bytes, 3 * parameters * X.itemsize)


def online_work(estimator: EDClassifier, X: np.ndarray) -> Work:
    first, deeper, parameters = weights_of(estimator)
    shown = np.count_nonzero(X) * (first // X.shape[1])
    flops = 4 * shown + 3 * deeper * X.shape[0]
    n_bytes = X.nbytes + X.itemsize * (2 * shown + 1.5 * deeper * X.shape[0])
    return Work(flops, n_bytes, parameters * X.itemsize)


@dataclass
class Case:
    """Parameters in addition to WORKLOAD, data ("mnist", "zeros and ones", "dense"), rows."""

    parameters: dict[str, Any]
    data: str
    rows: int

    @property
    def is_online(self) -> bool:
        return self.parameters.get("batch_size") == 1


CASES = {
    "mini-batch, 160 networks of 2": Case(
        {"hidden_layer_sizes": (2,), "code_size": 16}, "mnist", 20_000
    ),
    "mini-batch, 10 networks of 32, 32, 32": Case(
        {"hidden_layer_sizes": (32,) * 3}, "mnist", 20_000
    ),
    "online, ten layers of 16": Case(ARTICLE_SETTINGS, "zeros and ones", 4000),
    "online, 10 networks of 32": Case({"hidden_layer_sizes": (32,), **ONLINE}, "mnist", 4000),
    "online, 160 networks of 2": Case(
        {"hidden_layer_sizes": (2,), "code_size": 16, **ONLINE}, "mnist", 4000
    ),
    "online, dense 1000 features, 1024 units": Case(
        {"hidden_layer_sizes": (1024,), **ONLINE}, "dense", 400
    ),
}


def make_data(case: Case, mnist: Any, max_rows: int) -> tuple[np.ndarray, np.ndarray]:
    n_rows = min(case.rows, max_rows)
    if case.data == "dense":
        rng = np.random.default_rng(0)
        X = rng.standard_normal((n_rows, 1000), dtype=np.float32)
        return X, np.arange(n_rows) % 2
    chosen = np.arange(len(mnist.X_train))
    if case.data == "zeros and ones":
        chosen = np.flatnonzero(mnist.y_train < 2)
    return mnist.X_train[chosen[:n_rows]], mnist.y_train[chosen[:n_rows]]


def epoch_seconds(
    case: Case, X: np.ndarray, y: np.ndarray, repetitions: int
) -> tuple[list[float], EDClassifier]:
    """Seconds per epoch of each round, and an estimator that was fitted."""
    parameters = {**WORKLOAD, **case.parameters, **ALL_EPOCHS, "max_iter": 1}
    first = EDClassifier(**parameters, random_state=0)
    seconds = best_seconds(partial(first.fit, X, y), repetitions=1)
    more = max(MIN_MORE_EPOCHS, ceil(MORE_SECONDS / seconds))
    fits = {n: clone(first).set_params(max_iter=n) for n in (1, 1 + more)}
    calls = {str(n): partial(estimator.fit, X, y) for n, estimator in fits.items()}
    timings = time_in_turns(calls, repetitions, warm_up=False)
    short, long = (timing.samples for timing in timings.values())
    samples = [(b - a) / more for a, b in zip(short, long, strict=True)]
    return samples, fits[1]


def run_case(
    name: str, case: Case, mnist: Any, peaks: Peaks, threads: int, options: argparse.Namespace
) -> tuple[list[str], dict[str, Any]]:
    """One line of the table, and the figures for the file."""
    gemm, copying = peaks
    X, y = make_data(case, mnist, options.rows)
    samples, estimator = epoch_seconds(case, X, y, options.repetitions)
    work = (online_work if case.is_online else batch_work)(estimator, X)
    seconds = median(samples)
    threads = 1 if case.is_online else threads
    holding = [
        (size, label) for label, size in WORKING_SETS.items() if size >= work.working_set
    ]
    label = min(holding)[1] if holding else list(WORKING_SETS)[-1]
    compute = work.flops / seconds / gemm[str(X.dtype), threads]
    memory = work.n_bytes / seconds / copying[label]
    limit = f"GEMM x{threads}" if compute >= memory else f"copy {label}"
    line = [
        name,
        f"{X.shape[0] / seconds:,.0f}",
        f"{work.flops / seconds / 1e9:.2f}",
        f"{100 * compute:.1f}",
        f"{work.n_bytes / seconds / 1e9:.2f}",
        f"{100 * memory:.1f}",
        limit,
        f"{100 * max(compute, memory):.1f}",
    ]
    shares = {"share_of_gemm": compute, "share_of_copy": memory, "limit": limit}
    facts = {"rows": X.shape[0], "seconds_per_epoch": samples, **vars(work), **shares}
    return line, facts


def main() -> None:
    parser = argument_parser(__doc__, repetitions=3)
    parser.add_argument("--rows", type=int, default=20_000, help="maximum rows of a case")
    options = parser.parse_args()
    with benchmark(options) as report:
        pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        threads = max((pool["num_threads"] for pool in pools), default=1)
        peaks = measure_peaks(report, threads)
        mnist = load_mnist(options.data)
        lines = [["", "rows/s", "GFLOP/s", "% of GEMM", "GB/s", "% of copy", "limit", "%"]]
        for name, case in CASES.items():
            if is_chosen(name, options.only):
                line, facts = run_case(name, case, mnist, peaks, threads, options)
                lines.append(line)
                report.add(name, **facts)
        print_table("EDClassifier, float32, compared with the peaks", lines)


if __name__ == "__main__":
    main()
