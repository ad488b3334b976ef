"""How time per epoch and memory of `fit` grow: EDClassifier and MLPClassifier.

    python examples/benchmarks/scaling.py [--repetitions 3] [--threads N]
        [--only rows features units depth classes predict] [--sizes 5] [--no-memory]
        [--json PATH]

Random float32 rows, Adam, batches of 200. One quantity at a time is doubled; the others stay at
4000 rows, 64 features, 32 units per network, one hidden layer and 10 classes. EDClassifier has
one network per class, Kaneko's gate and no dropout. MLPClassifier has as many units per layer
as EDClassifier has with 10 classes. The exponent is the slope of a least-squares fit to the
logarithms of the larger half of the sizes.

Memory is measured in a new process for every point, in addition to X and y: the peak of the
arrays (tracemalloc, to which NumPy reports; memory that compiled code allocates itself is not
included), and the growth of the resident set. The budget of `fit` is four times the parameters
plus twice a batch of activations of the input, hidden and output units. The budget of `predict`
is scikit-learn's working_memory.
"""

import argparse
import json
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import sklearn
from _harness import (
    ALL_EPOCHS,
    WORKLOAD,
    Report,
    argument_parser,
    benchmark,
    is_chosen,
    print_table,
    statistics,
)
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed._utils.formatting import format_seconds
from sklearn_ed._utils.timing import TimedCall, Timing, time_in_turns

BASE = {"rows": 4000, "features": 64, "units": 32, "depth": 1, "classes": 10}
GRIDS = {
    "rows": (2000, 4000, 8000, 16_000, 32_000),
    "features": (64, 128, 256, 512, 1024),
    "units": (16, 32, 64, 128, 256),
    "depth": (1, 2, 4, 8, 16),
    "classes": (4, 8, 16, 32, 64),
}
PREDICT_ROWS = (25_000, 50_000, 100_000, 200_000)
BATCH_SIZE = WORKLOAD["batch_size"]
WORKING_MEMORY = 16
MIB = 2**20
ESTIMATORS = {"EDClassifier": "ED", "MLPClassifier": "MLP"}
"""Names and abbreviations."""

Point = dict[str, int]


def make_data(point: Point) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.standard_normal((point["rows"], point["features"]), dtype=np.float32)
    y = rng.integers(point["classes"], size=point["rows"])
    y[: point["classes"]] = np.arange(point["classes"])
    return X, y


def make_estimator(name: str, point: Point, epochs: int) -> Any:
    common = {"max_iter": epochs, "batch_size": BATCH_SIZE, "random_state": 0, **ALL_EPOCHS}
    units, depth = point["units"], point["depth"]
    if name == "EDClassifier":
        common |= {"hidden_layer_sizes": (units,) * depth}
        return EDClassifier(**{**WORKLOAD, **common})
    return MLPClassifier((10 * units,) * depth, activation="logistic", **common)


def fit_budget(estimator: Any, point: Point) -> int:
    """Bytes of four times the parameters and of two batches of activations."""
    parameters = sum(array.nbytes for array in [*estimator.coefs_, *estimator.intercepts_])
    widths = point["features"] + sum(bias.size for bias in estimator.intercepts_)
    batch = min(BATCH_SIZE, point["rows"])
    return 4 * parameters + 2 * batch * widths * estimator.coefs_[0].itemsize


def resident(field: str) -> int:
    """VmRSS or VmHWM in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))


def resident_growth(action: Callable[[], Any]) -> tuple[int, Any]:
    """Maximum growth of the resident set during `action`, and its result."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        before = unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = action()
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, result
    before = resident("VmRSS")
    result = action()
    return resident("VmHWM") - before, result


def array_peak(action: Callable[[], Any]) -> int:
    """Maximum number of bytes of the arrays that `action` creates."""
    tracemalloc.start()
    action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def measure_memory(name: str, point: Point, task: str) -> dict[str, int]:
    """Peaks of one point in this process, which should be new."""
    X, y = make_data(point)
    small = {**BASE, "rows": 50, "features": 4, "units": 2}
    make_estimator(name, small, 1).fit(*make_data(small)).predict(X[:1, :4])
    if task == "fit":

        def action() -> Any:
            return make_estimator(name, point, 1).fit(X, y)

        growth, estimator = resident_growth(action)
        budget, extra = fit_budget(estimator, point), 0
        del estimator
    else:
        fitted = make_estimator(name, point, 1).fit(X[:1000], y[:1000])

        def action() -> Any:
            with sklearn.config_context(working_memory=WORKING_MEMORY):
                return fitted.predict(X)

        growth, predictions = resident_growth(action)
        budget, extra = WORKING_MEMORY * MIB, predictions.nbytes
        del predictions
    return {"arrays": array_peak(action) - extra, "resident": growth - extra, "budget": budget}


def memory(name: str, point: Point, task: str = "fit") -> dict[str, int]:
    """Call `measure_memory` in a new process."""
    request = json.dumps({"name": name, "point": point, "task": task})
    command = [sys.executable, "-W", "ignore", __file__, "--memory-of", request]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"memory of {request} could not be measured:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    """Slope of the logarithms of the values, over the larger half of the sizes."""
    half = len(sizes) // 2 if len(sizes) > 2 else 0
    logs = np.log(np.maximum([sizes[half:], values[half:]], 1e-12))
    return float(np.polyfit(*logs, 1)[0])


def seconds_per_epoch(point: Point, options: argparse.Namespace) -> dict[str, Timing]:
    X, y = make_data(point)
    calls = {}
    for name in ESTIMATORS:
        estimator = make_estimator(name, point, options.epochs)
        calls[name] = TimedCall(
            partial(estimator.fit, X, y),
            warm_up=partial(estimator.fit, X[:1000], y[:1000]),
            factor=1 / options.epochs,
        )
    return time_in_turns(calls, options.repetitions)


def memory_headings() -> list[str]:
    """Headings of the columns of `memory_cells`, for both estimators."""
    return [
        heading
        for short in ESTIMATORS.values()
        for heading in (f"{short}, MiB of arrays", "resident", "arrays / budget")
    ]


def memory_cells(peak: dict[str, int]) -> list[str]:
    """MiB of arrays and of the resident set, and the share of the budget."""
    cells = [f"{peak[key] / MIB:.2f}" for key in ("arrays", "resident")]
    return [*cells, f"{peak['arrays'] / peak['budget']:.2f}"]


def run_fits(report: Report, quantity: str, options: argparse.Namespace) -> None:
    """Print one table: a line for each size, and the exponents."""
    sizes, lines = GRIDS[quantity][: options.sizes], []
    series: dict[str, list[float]] = {}
    for size in sizes:
        point = {**BASE, quantity: size}
        timings = seconds_per_epoch(point, options)
        speed = median(timings["EDClassifier"].speed_relative_to(timings["MLPClassifier"]))
        line = [
            str(size),
            *(format_seconds(timings[n].median) for n in ESTIMATORS),
            f"{speed:.3g}",
        ]
        facts = {"seconds": {n: statistics(timings[n]) for n in ESTIMATORS}, "speed": speed}
        for name in ESTIMATORS:
            series.setdefault(f"{name}, s", []).append(timings[name].median)
            if not options.no_memory:
                peak = facts[f"memory of {name}"] = memory(name, point)
                series.setdefault(f"{name}, MiB", []).append(peak["arrays"] / MIB)
                line += memory_cells(peak)
        lines.append(line)
        report.add(f"{quantity}={size}", point=point, **facts)
    slopes = {name: exponent(sizes, values) for name, values in series.items()}
    report.add(f"{quantity}, exponents", **slopes)
    last = ["exponent", *(f"{slopes[f'{name}, s']:.2f}" for name in ESTIMATORS), ""]
    headings = [quantity, "ED, epoch", "MLP, epoch", "ED speed / MLP"]
    if not options.no_memory:
        headings += memory_headings()
        for name in ESTIMATORS:
            last += [f"{slopes[f'{name}, MiB']:.2f}", "", ""]
    print_table(f"fit, growing {quantity}", [headings, *lines, last])


def run_predictions(report: Report, n_sizes: int) -> None:
    """Print the table of the memory of `predict`."""
    sizes, lines = PREDICT_ROWS[:n_sizes], []
    peaks: dict[str, list[int]] = {name: [] for name in ESTIMATORS}
    for rows in sizes:
        line = [str(rows)]
        for name in ESTIMATORS:
            peak = memory(name, {**BASE, "rows": rows}, "predict")
            peaks[name].append(peak["arrays"])
            line += memory_cells(peak)
            report.add(f"predict, rows={rows}", **{name: peak})
        lines.append(line)
    last = ["exponent"]
    for name in ESTIMATORS:
        last += [f"{exponent(sizes, peaks[name]):.2f}", "", ""]
    title = f"predict, in addition to X and the result, working_memory={WORKING_MEMORY} MiB"
    print_table(title, [["rows", *memory_headings()], *lines, last])


def main() -> None:
    parser = argument_parser(__doc__, repetitions=3)
    parser.add_argument("--epochs", type=int, default=2, help="epochs of each timed fit")
    parser.add_argument(
        "--sizes", type=int, default=5, help="how many of the sizes, smallest first"
    )
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        print(json.dumps(measure_memory(**json.loads(options.memory_of))))
        return
    with benchmark(options) as report:
        for quantity in GRIDS:
            if is_chosen(quantity, options.only):
                run_fits(report, quantity, options)
        if not options.no_memory and is_chosen("predict", options.only):
            run_predictions(report, options.sizes)


if __name__ == "__main__":
    main()
