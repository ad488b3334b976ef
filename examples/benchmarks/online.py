"""Online learning: rows per second of one epoch on the article's net, ten layers of 16 units.

    OPENBLAS_NUM_THREADS=1 python examples/benchmarks/online.py [--rows 4000]
        [--repetitions 3] [--all-rows] [--only NAME ...] [--data FOLDER] [--json PATH]

MNIST's zeros and ones in file order, one row per step, learning rate 0.1; the whole `fit` call
is timed, validation of the input and initialisation included. Slow contenders go through their
first rows only and are scaled, as a column says; with --all-rows none is. EDClassifier
without the compiled engine runs in a process of its own, which is started once and takes its
turn in every round. Keras goes on with one compiled model, so that its tracing does not count.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time
from functools import partial

import numpy as np
from _harness import (
    Contender,
    argument_parser,
    benchmark,
    import_keras,
    is_chosen,
    loaded_extensions,
)

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_mnist
from sklearn_ed.reproduction import ARTICLE_SETTINGS
from sklearn_ed.reproduction._article_problem import mlp_classifier
from sklearn_ed.reproduction._per_neuron import (
    ArrayNeuron,
    Neuron,
    PerNeuronNetwork,
    alternating,
)

ALPHA, SIZES = ARTICLE_SETTINGS["alpha"], ARTICLE_SETTINGS["hidden_layer_sizes"]

WORKER = "EDClassifier, NumPy, float32"
MLP = "MLPClassifier, sgd"


class OneOperationNeuron(ArrayNeuron):
    """A unit that changes its weights, an array, by one operation."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.weights = np.array(self.weights)
        self.above, self.below = np.array(self.above), np.array(self.below)

    def add_increments(self, error, alpha, totals):
        sources = self.above if error > 0 else self.below
        totals[sources] += alpha * self.slope * error * self.kind * self.signals[sources]


class NeuronNetwork(PerNeuronNetwork):
    """The article's network, neuron by neuron, with a score."""

    def __init__(self, n_features, neuron):
        kinds = [alternating(size) for size in SIZES]
        super().__init__(n_features, kinds, random.Random(0).random, neuron=neuron)

    def fit(self, X, y):
        return super().fit(X, y, ALPHA)

    def score(self, X, y):
        return np.mean(self.predict(X) == y)


class KerasNetwork:
    """The same net in Keras, batches of one row."""

    def __init__(self, keras, n_features):
        layers = [keras.layers.Dense(size, activation="sigmoid") for size in (*SIZES, 1)]
        self.model = keras.Sequential([keras.layers.Input((n_features,)), *layers])
        self.model.compile(keras.optimizers.SGD(ALPHA), loss="binary_crossentropy")

    def fit(self, X, y):
        self.model.fit(X, y, batch_size=1, epochs=1, shuffle=False, verbose=0)
        return self

    def score(self, X, y):
        return np.mean((self.model.predict(X, verbose=0)[:, 0] > 0.5) == y)


def ed_classifier():
    return EDClassifier(**ARTICLE_SETTINGS, random_state=0)


def load_zeros_and_ones(options):
    data = load_mnist(options.data)
    train = np.flatnonzero(data.y_train < 2)[: options.rows]
    test = np.flatnonzero(data.y_test < 2)
    return data.X_train[train], data.y_train[train], data.X_test[test], data.y_test[test]


def work(options):
    """Fit once per line of standard input and answer with seconds and accuracy."""
    X, y, X_test, y_test = load_zeros_and_ones(options)
    ed_classifier().fit(X[:20], y[:20])
    print(json.dumps({"extensions": loaded_extensions()}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        estimator = ed_classifier().fit(X, y)
        seconds = time.perf_counter() - start
        accuracy = estimator.score(X_test, y_test)
        print(json.dumps({"seconds": seconds, "accuracy": accuracy}), flush=True)


class Worker:
    """A process with the compiled engine switched off, which fits when it is asked to."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, *sys.argv, "--worker"],
            env={**os.environ, "SKLEARN_ED_COMPILED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.extensions = self.answer()["extensions"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("The process without the compiled engine ended early.")
        return json.loads(line)

    def fit(self):
        print("fit", file=self.process.stdin, flush=True)
        answer = self.answer()
        self.accuracy = answer["accuracy"]
        return answer["seconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def in_process_contenders(options, X, y, fitted):
    """Name and contender; the last fitted network of each name is left in `fitted`."""

    def contender(name, make, X, n_rows, *, keeps_model=False):
        n_rows = X.shape[0] if options.all_rows else min(n_rows, X.shape[0])
        model = make() if keeps_model else None

        def fit(n_rows=n_rows):
            network = model or make()
            network.fit(X[:n_rows], y[:n_rows])
            if n_rows == X.shape[0]:
                fitted[name] = network

        factor, warm_up = X.shape[0] / n_rows, lambda: fit(20)
        return name, Contender(fit, warm_up=warm_up, factor=factor, rows=X.shape[0])

    features, n = X.shape[1], X.shape[0]
    wide = X.astype(np.float64)
    for name, neuron, n_rows in (
        ("per neuron, Python lists", Neuron, 50),
        ("per neuron, weight by weight", ArrayNeuron, 50),
        ("per neuron, one operation", OneOperationNeuron, 100),
    ):
        make = partial(NeuronNetwork, features, neuron)
        yield contender(name, make, wide, n_rows)
    yield contender("EDClassifier, float32", ed_classifier, X, n)
    yield contender("EDClassifier, float64", ed_classifier, wide, n)
    yield contender(MLP, lambda: mlp_classifier("sgd", 0), X, n)
    yield contender("MLPClassifier, adam", lambda: mlp_classifier("adam", 0), X, n)
    if options.no_keras:
        return
    keras = import_keras(options.threads)
    if keras is None:
        print("TensorFlow is absent: no Keras below.")
        return
    yield contender("Keras", lambda: KerasNetwork(keras, features), X, 1000, keeps_model=True)


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--all-rows", action="store_true", help="scale nothing; takes minutes")
    parser.add_argument("--no-keras", action="store_true")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    with benchmark(options, quiet=options.worker) as report:
        if options.worker:
            options.json = None
            work(options)
            return
        X, y, X_test, y_test = load_zeros_and_ones(options)
        fitted = {}
        contenders = {
            name: contender
            for name, contender in in_process_contenders(options, X, y, fitted)
            if is_chosen(name, options.only)
        }
        worker = Worker() if is_chosen(WORKER, options.only) else None
        if worker is not None:
            contenders[WORKER] = Contender(worker.fit, own_clock=True, rows=X.shape[0])

        def rows_and_accuracy(timings):
            timed = {n: f"{c.rows / c.factor:.0f}" for n, c in contenders.items()}
            scores = {name: model.score(X_test, y_test) for name, model in fitted.items()}
            if worker is not None:
                scores[WORKER] = worker.accuracy
            accuracy = {name: f"{100 * score:.2f}" for name, score in scores.items()}
            return {"rows timed": timed, "test, %": accuracy}

        baselines = [n for n in contenders if n.startswith("per neuron")] + [MLP]
        case = f"one epoch of {X.shape[0]} rows"
        report.measure(case, contenders, baselines, columns=rows_and_accuracy)
        modules = {"EDClassifier": loaded_extensions()}
        if worker is not None:
            modules[WORKER] = worker.extensions
        print(f"compiled modules loaded: {modules}")
        report.add(case, compiled_modules=modules)
        if worker is not None:
            worker.close()


if __name__ == "__main__":
    main()
