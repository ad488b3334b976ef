"""How time per epoch and memory of `fit` grow: EDClassifier and MLPClassifier.

    OPENBLAS_NUM_THREADS=1 python examples/benchmarks/scaling.py [--repetitions 3]
        [--only rows features units depth classes predict] [--no-memory] [--json PATH]

Random float32 rows, Adam, batches of 200; one quantity at a time is doubled, the others stay at
4000 rows, 64 features, 32 units per network, one hidden layer and 10 classes. EDClassifier has
one network per class, Kaneko's gate and no dropout; MLPClassifier has as many units per layer
as EDClassifier with 10 classes. The exponent is the slope of log-log least squares over the
larger half of the grid.

Memory is measured in a fresh process per point, beyond X and y: what arrays took at most
(tracemalloc, which NumPy reports to; memory that compiled code takes by itself is not in it)
and by how much the resident set grew at most. The budget of `fit` is four times the parameters
plus twice a batch of activations, of the input, hidden and output units; that of `predict` is
scikit-learn's working_memory.
"""

import argparse
import json
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path
from statistics import median

import numpy as np
import sklearn
from _harness import (
    WORKLOAD,
    Contender,
    argument_parser,
    benchmark,
    duration,
    is_chosen,
    measure,
    print_table,
)
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier

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
ESTIMATORS = ("EDClassifier", "MLPClassifier")


def make_data(point):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((point["rows"], point["features"]), dtype=np.float32)
    y = rng.integers(point["classes"], size=point["rows"])
    y[: point["classes"]] = np.arange(point["classes"])
    return X, y


def make_estimator(name, point, epochs):
    common = {"max_iter": epochs, "batch_size": BATCH_SIZE, "random_state": 0}
    common |= {"tol": 0.0, "n_iter_no_change": np.inf}
    units, depth = point["units"], point["depth"]
    if name == "EDClassifier":
        common |= {"hidden_layer_sizes": (units,) * depth}
        return EDClassifier(**{**WORKLOAD, **common})
    return MLPClassifier((10 * units,) * depth, activation="logistic", **common)


def fit_budget(estimator, point):
    """Bytes of four times the parameters and of two batches of activations."""
    parameters = sum(array.nbytes for array in [*estimator.coefs_, *estimator.intercepts_])
    widths = point["features"] + sum(bias.size for bias in estimator.intercepts_)
    batch = min(BATCH_SIZE, point["rows"])
    return 4 * parameters + 2 * batch * widths * estimator.coefs_[0].itemsize


def resident(field):
    """VmRSS or VmHWM in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))


def resident_growth(action):
    """Bytes by which the resident set grew at most during `action`."""
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


def array_peak(action):
    """Bytes that arrays made during `action` took at most."""
    tracemalloc.start()
    result = action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, result


def measure_memory(name, point, task):
    """Peaks of one point in this process; call it in a fresh one."""
    X, y = make_data(point)
    small = {**BASE, "rows": 50, "features": 4, "units": 2}
    make_estimator(name, small, 1).fit(*make_data(small)).predict(X[:1, :4])
    if task == "fit":

        def action():
            return make_estimator(name, point, 1).fit(X, y)

        growth, estimator = resident_growth(action)
        budget, extra = fit_budget(estimator, point), 0
        del estimator
    else:
        fitted = make_estimator(name, point, 1).fit(X[:1000], y[:1000])

        def action():
            with sklearn.config_context(working_memory=WORKING_MEMORY):
                return fitted.predict(X)

        growth, predictions = resident_growth(action)
        budget, extra = WORKING_MEMORY * MIB, predictions.nbytes
        del predictions
    peak, _ = array_peak(action)
    return {"arrays": peak - extra, "resident": growth - extra, "budget": budget}


def memory(name, point, task="fit"):
    """`measure_memory` in a fresh process."""
    request = json.dumps({"name": name, "point": point, "task": task})
    command = [sys.executable, "-W", "ignore", __file__, "--memory-of", request]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"memory of {request} could not be measured:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def exponent(sizes, values):
    """Slope of log values over log sizes, over the larger half of the grid."""
    half = len(sizes) // 2
    logs = np.log(np.maximum([sizes[half:], values[half:]], 1e-12))
    return float(np.polyfit(*logs, 1)[0])


def seconds_per_epoch(point, options):
    X, y = make_data(point)

    def contender(name):
        estimator = make_estimator(name, point, options.epochs)
        return Contender(
            lambda: estimator.fit(X, y),
            warm_up=lambda: estimator.fit(X[:1000], y[:1000]),
            factor=1 / options.epochs,
        )

    return measure({name: contender(name) for name in ESTIMATORS}, options.repetitions)


def run_fits(report, quantity, options):
    """One table: a line per size, and the exponents."""
    sizes, lines, series = GRIDS[quantity], [], {}
    for size in sizes:
        point = {**BASE, quantity: size}
        timings = seconds_per_epoch(point, options)
        speed = median(timings["EDClassifier"].speed(timings["MLPClassifier"]))
        line = [str(size), *(duration(timings[n].median) for n in ESTIMATORS), f"{speed:.3g}"]
        facts = {"seconds": {n: timings[n].as_dict() for n in ESTIMATORS}, "speed": speed}
        for name in ESTIMATORS:
            series.setdefault(f"{name}, s", []).append(timings[name].median)
            if not options.no_memory:
                peak = facts[f"memory of {name}"] = memory(name, point)
                series.setdefault(f"{name}, MiB", []).append(peak["arrays"] / MIB)
                line += [f"{peak[key] / MIB:.2f}" for key in ("arrays", "resident")]
                line.append(f"{peak['arrays'] / peak['budget']:.2f}")
        lines.append(line)
        report.add(f"{quantity}={size}", point=point, **facts)
    slopes = {name: exponent(sizes, values) for name, values in series.items()}
    report.add(f"{quantity}, exponents", **slopes)
    last = ["exponent", *(f"{slopes[f'{name}, s']:.2f}" for name in ESTIMATORS), ""]
    headings = [quantity, "ED, s/epoch", "MLP, s/epoch", "ED speed / MLP"]
    if not options.no_memory:
        for name, short in zip(ESTIMATORS, ("ED", "MLP"), strict=True):
            headings += [f"{short}, MiB of arrays", "resident", "arrays / budget"]
            last += [f"{slopes[f'{name}, MiB']:.2f}", "", ""]
    print_table(f"fit, growing {quantity}", [headings, *lines, last])


def run_predictions(report):
    lines, peaks = [], {name: [] for name in ESTIMATORS}
    for rows in PREDICT_ROWS:
        line = [str(rows)]
        for name in ESTIMATORS:
            peak = memory(name, {**BASE, "rows": rows}, "predict")
            peaks[name].append(peak["arrays"])
            line += [f"{peak[key] / MIB:.2f}" for key in ("arrays", "resident")]
            line.append(f"{peak['arrays'] / peak['budget']:.2f}")
            report.add(f"predict, rows={rows}", **{name: peak})
        lines.append(line)
    headings, last = ["rows"], ["exponent"]
    for name, short in zip(ESTIMATORS, ("ED", "MLP"), strict=True):
        headings += [f"{short}, MiB of arrays", "resident", "arrays / budget"]
        last += [f"{exponent(PREDICT_ROWS, peaks[name]):.2f}", "", ""]
    title = f"predict, beyond X and the result, working_memory={WORKING_MEMORY} MiB"
    print_table(title, [headings, *lines, last])


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--epochs", type=int, default=2, help="of each timed fit")
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
            run_predictions(report)


if __name__ == "__main__":
    main()
