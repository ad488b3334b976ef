"""Online learning: rows per second of one epoch of the article's network.

    python examples/benchmarks/online.py [--rows 4000] [--repetitions 3] [--threads N]
        [--all-rows] [--no-keras] [--only NAME ...] [--data PATH] [--json PATH]

Ten hidden layers of 16 units, MNIST's zeros and ones in file order, one row per step. The whole
`fit` is timed, validation of the input and initialization included. Slow estimators learn only
the first rows, and their time is multiplied accordingly; the column "rows timed" shows how
many. With ``--all-rows`` all of them learn all rows. Keras continues with one compiled model,
so that building it does not count.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from typing import Any, Self

import numpy as np
from _harness import argument_parser, benchmark, is_chosen
from sklearn.metrics import accuracy_score

from sklearn_ed import EDClassifier
from sklearn_ed._backend import use_backend
from sklearn_ed._utils.extras import MissingExtra
from sklearn_ed._utils.timing import TimedCall, Timing
from sklearn_ed.comparison import ARTICLE_SETTINGS as KERAS_SETTINGS
from sklearn_ed.comparison import keras_mlp
from sklearn_ed.reproduction import ARTICLE_SETTINGS
from sklearn_ed.reproduction._article_problem import mlp_classifier, zeros_and_ones
from sklearn_ed.reproduction._neuron_by_neuron import (
    ArrayNeuron,
    Neuron,
    NeuronByNeuronNetwork,
    alternating,
)

MLP, KERAS = "MLPClassifier, sgd", "Keras, adam"


class OneOperationNeuron(ArrayNeuron):
    """A unit that changes its weights, an array, by one NumPy operation."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.weights = np.array(self.weights)
        self.above, self.below = np.array(self.above), np.array(self.below)

    def add_increments(self, error: float, alpha: float, totals: Any) -> None:
        sources = self.above if error > 0 else self.below
        totals[sources] += alpha * self.slope * error * self.kind * self.signals[sources]


class NeuronByNeuron(NeuronByNeuronNetwork):
    """The article's network, with the `fit` of an estimator."""

    def __init__(self, n_features: int, neuron: type[Neuron]) -> None:
        kinds = [alternating(size) for size in ARTICLE_SETTINGS["hidden_layer_sizes"]]
        super().__init__(n_features, kinds, random.Random(0).random, neuron=neuron)

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        super().fit(X, y, ARTICLE_SETTINGS["alpha"])
        return self


class ContinuedKeras:
    """The article's Keras network; every `fit` is another epoch of one compiled model."""

    def __init__(self) -> None:
        self.model = keras_mlp(**KERAS_SETTINGS, random_state=0)

    def fit(self, X: np.ndarray, y: np.ndarray) -> Any:
        return self.model.partial_fit(X, y, classes=[0, 1])


# What makes an estimator, its rows as float32 or float64, rows to learn, backend.
Entry = tuple[Callable[[], Any], np.ndarray, int, str | None]


def entries(X: np.ndarray, with_keras: bool) -> Iterator[tuple[str, Entry]]:
    """The estimators by name."""
    n_rows, n_features = X.shape
    for name, neuron, few in (
        ("per neuron, Python lists", Neuron, 50),
        ("per neuron, weight by weight", ArrayNeuron, 50),
        ("per neuron, one operation", OneOperationNeuron, 100),
    ):
        yield name, (partial(NeuronByNeuron, n_features, neuron), X, few, None)
    ed = partial(EDClassifier, **ARTICLE_SETTINGS, random_state=0)
    single = X.astype(np.float32)
    yield "EDClassifier, NumPy, float32", (ed, single, n_rows, "numpy")
    yield "EDClassifier, float32", (ed, single, n_rows, None)
    yield "EDClassifier, float64", (ed, X, n_rows, None)
    yield MLP, (partial(mlp_classifier, "sgd", 0), single, n_rows, None)
    yield "MLPClassifier, adam", (partial(mlp_classifier, "adam", 0), single, n_rows, None)
    if with_keras:
        try:
            keras = ContinuedKeras()
        except MissingExtra as error:
            print(f"Without Keras: {error}")
            return
        yield KERAS, (lambda: keras, single, 1000, None)


def fit(
    make: Callable[[], Any], X: np.ndarray, y: np.ndarray, name_of_backend: str | None
) -> Any:
    with use_backend(name_of_backend) if name_of_backend else nullcontext():
        return make().fit(X, y)


def main() -> None:
    parser = argument_parser(__doc__, repetitions=3)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--all-rows", action="store_true", help="scale nothing; takes minutes")
    parser.add_argument("--no-keras", action="store_true")
    options = parser.parse_args()
    with benchmark(options) as report:
        X, y, X_test, y_test = zeros_and_ones(options.data, options.rows)
        calls, n_timed = {}, {}
        with_keras = not options.no_keras and is_chosen(KERAS, options.only)
        for name, (make, rows, n_rows, backend) in entries(X, with_keras):
            if not is_chosen(name, options.only):
                continue
            n_rows = len(X) if options.all_rows else min(n_rows, len(X))
            n_timed[name] = n_rows
            calls[name] = TimedCall(
                partial(fit, make, rows[:n_rows], y[:n_rows], backend),
                warm_up=partial(fit, make, rows[:20], y[:20], backend),
                factor=len(X) / n_rows,
            )

        def rows_and_accuracy(timings: dict[str, Timing]) -> dict[str, dict[str, str]]:
            accuracy = {
                name: f"{100 * accuracy_score(y_test, timing.result.predict(X_test)):.2f}"
                for name, timing in timings.items()
                if n_timed[name] == len(X)
            }
            timed = {name: str(n_rows) for name, n_rows in n_timed.items()}
            return {"rows timed": timed, "test, %": accuracy}

        baselines = [name for name in calls if name.startswith("per neuron")] + [MLP]
        report.measure(
            f"one epoch of {len(X)} rows",
            calls,
            baselines,
            n_rows=len(X),
            columns=rows_and_accuracy,
        )


if __name__ == "__main__":
    main()
