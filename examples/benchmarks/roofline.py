"""How near the training loops come to what the machine can do: FLOP/s and bytes/s.

    python examples/benchmarks/roofline.py [--repetitions 3] [--threads N] [--only CASE ...]
        [--data FOLDER] [--json PATH]

The peaks are measured: NumPy's matrix product, and np.copyto within working sets of several
sizes (bytes read plus bytes written, less the time of a call that copies 8 bytes). An epoch is
the difference between fits of 1 and of 1 + n epochs, divided by n, so that validating the
input, initialising and all else that a fit does once cancels out; n is 2, or as many more as
take half a second.

Counted per row: forward, 2 FLOPs per weight; increments, 2 per weight of layer 1 and 2 per
weight between units whose gate is open, which is half of them; Adam, 12 per parameter and step.
Bytes are the fewest possible: mini-batches read the rows once and read and write weights and
moments once per step; online, each row is read, the weights of its non-zero inputs and the open
half of the deeper weights are read and written once, the closed half is read. Activation
functions and output errors are not counted. The limit named is the one that is nearer; copying
is compared with the smallest working set that holds the arrays. The online loop runs on one
core, so it is held against one thread's matrix product.
"""

import time
from dataclasses import dataclass
from math import ceil
from statistics import median

import numpy as np
from _harness import (
    WORKLOAD,
    Contender,
    argument_parser,
    benchmark,
    is_chosen,
    measure,
    print_table,
    usable_cores,
)
from sklearn.base import clone
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_mnist

KIB = 2**10
WORKING_SETS = {
    "16 KiB": 16 * KIB,
    "256 KiB": 256 * KIB,
    "1 MiB": KIB**2,
    "8 MiB": 8 * KIB**2,
    "256 MiB": 256 * KIB**2,
}
GEMM_SIZES = (512, 1024, 2048)
LEAST_MORE_EPOCHS, MORE_SECONDS = 2, 0.5
BATCH_SIZE = WORKLOAD["batch_size"]
ONLINE = {"solver": "sgd", "batch_size": 1}
ARTICLE = {"init": "uniform", "loss": "squared_error", "shuffle": False, "alpha": 0.1}


def best_seconds(run, inner=1, repetitions=5):
    """The shortest of several samples, per call: for peaks."""
    run()
    samples = []
    for _ in range(repetitions):
        start = time.perf_counter()
        for _ in range(inner):
            run()
        samples.append((time.perf_counter() - start) / inner)
    return min(samples)


def gemm_peak(dtype, threads):
    """FLOP/s of the fastest matrix product."""
    rng = np.random.default_rng(0)
    rates = []
    with threadpool_limits(threads, "blas"):
        for n in GEMM_SIZES:
            A, B = (rng.uniform(size=(n, n)).astype(dtype) for _ in range(2))
            out = np.empty_like(A)
            seconds = best_seconds(lambda A=A, B=B, out=out: np.matmul(A, B, out=out))
            rates.append(2 * n**3 / seconds)
    return max(rates)


def copy_seconds(working_set):
    """Seconds to copy one half of a working set to the other."""
    source, target = np.zeros(working_set // 2, np.uint8), np.ones(working_set // 2, np.uint8)
    inner = max(1, 2**27 // working_set)
    return best_seconds(lambda: np.copyto(target, source), min(inner, 5000))


def measure_peaks(report, threads):
    """GEMM peaks by (dtype, threads), bandwidths by working set; all printed."""
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
    """FLOPs and bytes of one epoch, and the bytes of the arrays that are gone through."""

    flops: float
    n_bytes: float
    working_set: int


def weights_of(estimator):
    """Weights of layer 1, deeper weights, and all parameters."""
    first, *deeper = (coef.size for coef in estimator.coefs_)
    biases = sum(intercept.size for intercept in estimator.intercepts_)
    return first, sum(deeper), first + sum(deeper) + biases


def batch_work(estimator, X):
    first, deeper, parameters = weights_of(estimator)
    n_steps = -(-X.shape[0] // BATCH_SIZE)
    flops = X.shape[0] * (4 * first + 3 * deeper) + 12 * parameters * n_steps
    n_bytes = X.nbytes + 6 * parameters * X.itemsize * n_steps
    return Work(flops, n_bytes, 3 * parameters * X.itemsize)


def online_work(estimator, X):
    first, deeper, parameters = weights_of(estimator)
    shown = np.count_nonzero(X) * (first // X.shape[1])
    flops = 4 * shown + 3 * deeper * X.shape[0]
    n_bytes = X.nbytes + X.itemsize * (2 * shown + 1.5 * deeper * X.shape[0])
    return Work(flops, n_bytes, parameters * X.itemsize)


@dataclass
class Case:
    """A net beside WORKLOAD, its data ("mnist", "zeros and ones", "dense"), the rows."""

    parameters: dict
    data: str
    rows: int

    @property
    def is_online(self):
        return self.parameters.get("batch_size") == 1


CASES = {
    "mini-batch, 160 networks of 2": Case(
        {"hidden_layer_sizes": (2,), "code_size": 16}, "mnist", 20_000
    ),
    "mini-batch, 10 networks of 32, 32, 32": Case(
        {"hidden_layer_sizes": (32,) * 3}, "mnist", 20_000
    ),
    "online, ten layers of 16": Case(
        {"hidden_layer_sizes": (16,) * 10, **ARTICLE, **ONLINE}, "zeros and ones", 4000
    ),
    "online, 10 networks of 32": Case({"hidden_layer_sizes": (32,), **ONLINE}, "mnist", 4000),
    "online, 160 networks of 2": Case(
        {"hidden_layer_sizes": (2,), "code_size": 16, **ONLINE}, "mnist", 4000
    ),
    "online, dense 1000 features, 1024 units": Case(
        {"hidden_layer_sizes": (1024,), **ONLINE}, "dense", 400
    ),
}


def make_data(case, mnist):
    if case.data == "dense":
        rng = np.random.default_rng(0)
        X = rng.standard_normal((case.rows, 1000), dtype=np.float32)
        return X, np.arange(case.rows) % 2
    rows = slice(case.rows)
    if case.data == "zeros and ones":
        rows = np.flatnonzero(mnist.y_train < 2)[: case.rows]
    return mnist.X_train[rows], mnist.y_train[rows]


def epoch_seconds(case, X, y, repetitions):
    """Seconds of each round: the difference of a longer and a shorter fit, per epoch."""
    common = {"tol": 0.0, "n_iter_no_change": np.inf, "random_state": 0}
    first = EDClassifier(**{**WORKLOAD, **case.parameters}, **common, max_iter=1)
    seconds = best_seconds(lambda: first.fit(X, y), repetitions=1)
    more = max(LEAST_MORE_EPOCHS, ceil(MORE_SECONDS / seconds))
    fits = {n: clone(first).set_params(max_iter=n) for n in (1, 1 + more)}
    contenders = {str(n): Contender(lambda e=e: e.fit(X, y)) for n, e in fits.items()}
    timings = measure(contenders, repetitions, warm_up=False)
    short, long = (timing.samples for timing in timings.values())
    samples = [(b - a) / more for a, b in zip(short, long, strict=True)]
    return samples, fits[1]


def run_case(name, case, mnist, gemm, copying, threads, options):
    """One line of the table, and the raw figures."""
    X, y = make_data(case, mnist)
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
    facts = {
        "rows": X.shape[0],
        "seconds_per_epoch": samples,
        "flops": work.flops,
        "bytes": work.n_bytes,
        "working_set": work.working_set,
        "share_of_gemm": compute,
        "share_of_copy": memory,
        "limit": limit,
    }
    return line, facts


def main():
    options = argument_parser(__doc__).parse_args()
    with benchmark(options) as report:
        pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        threads = max((pool["num_threads"] for pool in pools), default=1)
        gemm, copying = measure_peaks(report, threads)
        mnist = load_mnist(options.data)
        headings = ["", "rows/s", "GFLOP/s", "% of GEMM", "GB/s", "% of copy", "limit", "%"]
        lines = [headings]
        for name, case in CASES.items():
            if is_chosen(name, options.only):
                line, facts = run_case(name, case, mnist, gemm, copying, threads, options)
                lines.append(line)
                report.add(name, **facts)
        print_table("EDClassifier, float32, against the peaks", lines)


if __name__ == "__main__":
    main()
