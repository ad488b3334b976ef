"""Where the time of a mini-batch step goes, and how much of it the matrix products need.

    python examples/benchmarks/step_profile.py [--rows 20000] [--repetitions 5]
        [--threads N] [--only CASE ...] [--data PATH] [--json PATH]

Fits MNIST (Adam, batches of 200, float32, Kaneko's gate, no dropout) and measures how long each
function of the backend takes. "products alone" is the time of the step's matrix products on
arrays of the same shapes, measured in turns with the fit: a step cannot be faster than that.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
from _harness import WORKLOAD, argument_parser, benchmark, is_chosen, print_table

from sklearn_ed import EDClassifier
from sklearn_ed._backend import backend
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.units import n_excitatory
from sklearn_ed._utils.timing import TimedCall, time_in_turns
from sklearn_ed.datasets import load_mnist

BATCH_SIZE = WORKLOAD["batch_size"]
NETS = {
    "160 networks of 2": {"hidden_layer_sizes": (2,), "code_size": 16},
    "10 networks of 32": {"hidden_layer_sizes": (32,)},
    "10 networks of 32, 32, 32": {"hidden_layer_sizes": (32, 32, 32)},
}
PARTS = {
    "input_product": "product, layer 1 forward",
    "input_increment": "product, layer 1 increment",
    "forward": "products, deeper layers forward",
    "unit_increment": "products, deeper increments",
    "activate": "sigmoid",
    "broadcast_error": "errors to the units",
    "readout": "output units forward",
    "readout_increment": "output units, increment",
    "softmax_error": "softmax and code book",
    "adam": "Adam",
    "take": "rows of the batch",
}
"""Functions, and what they do; the others count as "everything else"."""


class Profile:
    """Seconds of some functions, without those of the functions that they call."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._inner = [0.0]

    def timed(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        """The function, whose seconds are added to a part."""

        def call(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            start = time.perf_counter()
            result = function(*args, **kwargs)
            seconds = time.perf_counter() - start
            self.seconds[part] += seconds - self._inner.pop()
            self._inner[-1] += seconds
            return result

        return call


@contextmanager
def profiled() -> Iterator[Profile]:
    """Time the functions of PARTS within the block."""
    profile = Profile()
    owners = {"forward": NetworkBank, "take": np}
    with ExitStack() as stack:
        for name, part in PARTS.items():
            owner = owners.get(name, backend())
            timed = profile.timed(getattr(owner, name), part)
            stack.enter_context(patch.object(owner, name, timed))
        yield profile


def matrix_products(estimator: EDClassifier, X: np.ndarray) -> Callable[[], None]:
    """A function that computes the matrix products of one step, with arrays of its shapes."""
    rng = np.random.default_rng(0)
    weights = [np.ascontiguousarray(coef) for coef in estimator.coefs_]
    n_networks = weights[0].shape[0]
    sizes = [weight.shape[1] for weight in weights[1:]]
    X = X[:BATCH_SIZE].copy()
    first = rng.random((X.shape[1], n_networks * sizes[0]), dtype=np.float32)
    increment = np.empty_like(first)
    A = np.empty((X.shape[0], first.shape[1]), dtype=np.float32)
    Z = [rng.random((n_networks, X.shape[0], size), dtype=np.float32) for size in sizes]
    out = [np.empty_like(z) for z in Z]
    increments = [np.empty_like(weight) for weight in weights]

    def run() -> None:
        np.matmul(X, first, out=A)
        np.matmul(X.T, A, out=increment)
        for layer in range(1, len(sizes)):
            np.matmul(Z[layer - 1], weights[layer], out=out[layer])
            half = n_excitatory(sizes[layer - 1])
            inputs = Z[layer - 1].transpose(0, 2, 1)
            for part in (slice(half), slice(half, None)):
                np.matmul(inputs[:, part], out[layer], out=increments[layer][:, part])

    return run


def main() -> None:
    parser = argument_parser(__doc__, repetitions=5)
    parser.add_argument("--rows", type=int, default=20_000)
    options = parser.parse_args()
    data = load_mnist(options.data)
    X, y = data.X_train[: options.rows], data.y_train[: options.rows]
    n_steps = -(-X.shape[0] // BATCH_SIZE)
    with benchmark(options) as report:
        for name, net in NETS.items():
            if not is_chosen(name, options.only):
                continue
            estimator = EDClassifier(**{**WORKLOAD, **net}, max_iter=1, random_state=0)
            estimator.fit(X[:1000], y[:1000])
            samples: list[Counter[str]] = []

            def fit(estimator: EDClassifier = estimator, samples: list = samples) -> None:
                with profiled() as profile:
                    estimator.fit(X, y)
                samples.append(profile.seconds)

            calls = {
                "fit": TimedCall(fit),
                "products": TimedCall(matrix_products(estimator, X), n_calls=n_steps),
            }
            timings = time_in_turns(calls, options.repetitions)
            step, products = timings["fit"].median / n_steps, timings["products"].median
            parts = {
                part: median(seconds[part] for seconds in samples) / n_steps
                for part in PARTS.values()
            }
            parts["everything else"] = step - sum(parts.values())
            lines = [["", "us per step", "share"]]
            for part, seconds in {**parts, "products alone": products}.items():
                if not seconds:
                    continue
                lines.append([part, f"{1e6 * seconds:.0f}", f"{100 * seconds / step:.0f} %"])
            lines.insert(-1, ["whole fit", f"{1e6 * step:.0f}", ""])
            print_table(f"{name}, {X.shape[0]} rows, batches of {BATCH_SIZE}", lines)
            report.add(name, seconds_per_step=step, parts=parts, products=products)


if __name__ == "__main__":
    main()
