"""Where the time of a mini-batch step goes, and what is left if only its products remain.

    python examples/benchmarks/step_profile.py [--repetitions 5] [--threads N] [--json PATH]

Fits MNIST under cProfile (Adam, batches of 200, float32, Kaneko's gate, no dropout) and sorts
the time of each step by the function that spent it. The floor is the time of the step's matrix
products alone, on arrays of the same shapes, measured in turn with the fit.
"""

import cProfile
import pstats
from statistics import median

import numpy as np
from _harness import WORKLOAD, Contender, argument_parser, benchmark, is_chosen, print_table

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_mnist

BATCH_SIZE = WORKLOAD["batch_size"]
NETS = {
    "160 networks of 2": {"hidden_layer_sizes": (2,), "code_size": 16},
    "10 networks of 32": {"hidden_layer_sizes": (32,)},
    "10 networks of 32, 32, 32": {"hidden_layer_sizes": (32, 32, 32)},
}
# Function, of which module, and what to call it.
PARTS = {
    ("input_product", "_kernels"): "product, layer 1 forward",
    ("input_increment", "_kernels"): "product, layer 1 increment",
    ("forward", "_network"): "products, deeper layers forward",
    ("_between_units", "_rule"): "products, deeper increments",
    ("activate", "_kernels"): "sigmoid",
    ("broadcast_error", "_kernels"): "errors to the units",
    ("readout", "_kernels"): "output units forward",
    ("readout_increment", "_kernels"): "output units, increment",
    ("softmax_error", "_kernels"): "softmax and code book",
    ("step", "_solvers"): "Adam",
    ("take", "numpy"): "rows of the batch",
}


def profile(estimator, X, y):
    """Seconds of one fit by part, and of the whole fit."""
    profiler = cProfile.Profile()
    profiler.runcall(estimator.fit, X, y)
    stats = pstats.Stats(profiler)
    seconds = dict.fromkeys([*PARTS.values(), "everything else"], 0.0)
    for (file, _, function), (_, _, own, _, _) in stats.stats.items():
        name = "everything else"
        for (wanted, module), part in PARTS.items():
            is_numpy = module == "numpy" and function.startswith(f"<method '{wanted}'")
            if is_numpy or (function == wanted and f"sklearn_ed/{module}.py" in file):
                name = part
        seconds[name] += own
    return seconds, stats.total_tt


def products(estimator, X):
    """A function that does the matrix products of one step, on arrays of the step's shapes."""
    rng = np.random.default_rng(0)
    weights = [np.ascontiguousarray(coef) for coef in estimator.coefs_]
    n_networks = weights[0].shape[0]
    sizes = [weight.shape[1] for weight in weights[1:]]
    X = X[:BATCH_SIZE].copy()
    first = rng.random((X.shape[1], n_networks * sizes[0]), dtype=np.float32)
    increment = np.empty_like(first)
    A = np.empty((BATCH_SIZE, first.shape[1]), dtype=np.float32)
    Z = [rng.random((n_networks, BATCH_SIZE, size), dtype=np.float32) for size in sizes]
    out = [np.empty_like(z) for z in Z]
    increments = [np.empty_like(weight) for weight in weights]

    def run():
        np.matmul(X, first, out=A)
        np.matmul(X.T, A, out=increment)
        for layer in range(1, len(sizes)):
            np.matmul(Z[layer - 1], weights[layer], out=out[layer])
            half = (sizes[layer - 1] + 1) // 2
            inputs = Z[layer - 1].transpose(0, 2, 1)
            for part in (slice(half), slice(half, None)):
                np.matmul(inputs[:, part], out[layer], out=increments[layer][:, part])

    return run


def main():
    parser = argument_parser(__doc__, repetitions=5)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    data = load_mnist(options.data)
    X = data.X_train[: options.rows].astype(np.float32)
    y = data.y_train[: options.rows]
    n_steps = -(-X.shape[0] // BATCH_SIZE)
    with benchmark(options) as report:
        for name, net in NETS.items():
            if not is_chosen(name, options.only):
                continue
            estimator = EDClassifier(**{**WORKLOAD, **net}, max_iter=1, random_state=0)
            estimator.fit(X[:1000], y[:1000])
            floor = Contender(products(estimator, X), inner=n_steps)
            floor.prepare()
            parts, totals, floors = [], [], []
            for _ in range(options.repetitions):
                seconds, total = profile(estimator, X, y)
                parts.append(seconds)
                totals.append(total / n_steps)
                floors.append(floor.sample())
            lines = [["", "us per step", "share"]]
            whole = median(totals)
            for part in parts[0]:
                each = median(seconds[part] for seconds in parts) / n_steps
                if each:
                    lines.append([part, f"{1e6 * each:.0f}", f"{100 * each / whole:.0f} %"])
            lines.append(["whole fit", f"{1e6 * whole:.0f}", ""])
            products_alone = median(floors)
            share = f"{100 * products_alone / whole:.0f} %"
            lines.append(["floor: products alone", f"{1e6 * products_alone:.0f}", share])
            print_table(f"{name}, {X.shape[0]} rows, batches of {BATCH_SIZE}", lines)
            report.add(name, parts=parts, seconds_per_step=totals, products=floors)


if __name__ == "__main__":
    main()
