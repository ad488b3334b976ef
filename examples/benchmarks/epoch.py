"""Time per epoch, of predictions and of one-row calls, compared with MLPClassifier and Keras.

    python examples/benchmarks/epoch.py [--keras] [--rows N] [--epochs 3] [--repetitions 3]
        [--threads N] [--only CASE ...] [--data PATH] [--json PATH]

MNIST in float32, logistic units, Adam and batches of 200 unless a case says otherwise. An epoch
is a whole `fit` divided by its number of epochs, validation of the input and initialization
included; for Keras it is a call of `partial_fit`, which builds no new model. EDClassifier has
one network per class or a random code book, Kaneko's gate and no dropout. The same networks
with ``rule="backprop"`` follow the gradient. Keras always uses Adam and float32. All of them
use as many threads as they do by default, or ``--threads``.

The main cases use all 60,000 rows, the others fewer; ``--rows`` is the maximum for all of them.
The "published" cases also print what another implementation of error diffusion reports for an
epoch of MNIST on its own machine.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from _harness import ALL_EPOCHS, ONLINE, WORKLOAD, Report, argument_parser, benchmark, is_chosen
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed._utils.formatting import format_seconds
from sklearn_ed._utils.timing import TimedCall
from sklearn_ed.comparison import keras_mlp
from sklearn_ed.datasets import load_mnist

ED, BACKPROP, MLP, KERAS = "EDClassifier", "rule='backprop'", "MLPClassifier", "Keras"
N_CLASSES = 10


@dataclass
class Case:
    """Parameters of EDClassifier in addition to WORKLOAD, and MLPClassifier's hidden layers.

    `common` are parameters of both. `published` has the seconds per epoch of 60,000 rows that
    another implementation reports.
    """

    ed: dict[str, Any]
    units: tuple[int, ...]
    rows: int = 12_000
    common: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float32"
    published: dict[str, float] = field(default_factory=dict)


def per_class(*sizes: int) -> tuple[dict[str, Any], tuple[int, ...]]:
    """One network per class with these layers, and MLPClassifier's layers of as many units."""
    return {"hidden_layer_sizes": sizes}, tuple(N_CLASSES * size for size in sizes)


CODED = ({"hidden_layer_sizes": (2,), "code_size": 16}, (320,))
FITS = {
    "160 networks of 2": Case(*CODED, rows=60_000),
    "10 networks of 32, 32, 32": Case(*per_class(32, 32, 32), rows=60_000),
    "10 networks of 32": Case(*per_class(32), rows=60_000),
    "10 networks of 8": Case(*per_class(8)),
    "10 networks of 100": Case(*per_class(100)),
    "10 networks, depth 2": Case(*per_class(32, 32)),
    "10 networks, depth 5": Case(*per_class(*[32] * 5)),
    "batch of 1, sgd": Case(*per_class(32), rows=1500, common=ONLINE),
    "batch of 20": Case(*per_class(32), common={"batch_size": 20}),
    "batch of 1000": Case(*per_class(32), common={"batch_size": 1000}),
    "float64": Case(*per_class(32), dtype="float64"),
    "published, one layer of 16 pairs, batch of 128": Case(
        *per_class(32),
        rows=60_000,
        common={"batch_size": 128},
        published={"Fujita's EDLA, PyTorch, 2 cores": 17.9},
    ),
    "published, three layers of 32, batch of 512": Case(
        *per_class(32, 32, 32),
        rows=60_000,
        common={"batch_size": 512},
        published={"pocokhc's ED, three layers": 436.0},
    ),
}
SPARSE_FITS = {
    "CSR, 5 % density, batch of 200": Case(*per_class(32), rows=6000),
    "CSR, 5 % density, batch of 1, sgd": Case(*per_class(32), rows=1000, common=ONLINE),
}
PREDICTIONS = ("160 networks of 2", "10 networks of 32, 32, 32")


def estimators(case: Case, epochs: int) -> dict[str, Any]:
    """The estimators of a case, which learn for exactly so many epochs."""
    common = {"max_iter": epochs, "random_state": 0, **ALL_EPOCHS, **case.common}
    parameters = {**WORKLOAD, **case.ed, **common}
    return {
        ED: EDClassifier(**parameters),
        BACKPROP: EDClassifier(**parameters, rule="backprop"),
        MLP: MLPClassifier(case.units, activation="logistic", **common),
    }


def fit_calls(
    case: Case, X: Any, y: np.ndarray, epochs: int, *, keras: bool = False
) -> dict[str, TimedCall]:
    """The timed calls of a case, each counted as one epoch."""
    few = slice(min(X.shape[0], 1000))
    calls = {
        name: TimedCall(
            partial(estimator.fit, X, y),
            warm_up=partial(estimator.fit, X[few], y[few]),
            factor=1 / epochs,
        )
        for name, estimator in estimators(case, epochs).items()
    }
    if keras:
        batch_size = case.common.get("batch_size", 200)
        model = keras_mlp(case.units, batch_size=batch_size, random_state=0)
        classes = np.arange(N_CLASSES)
        calls[KERAS] = TimedCall(
            partial(model.partial_fit, X, y, classes=classes),
            warm_up=partial(model.partial_fit, X[few], y[few], classes=classes),
        )
    return calls


def run_fits(report: Report, data: Any, options: argparse.Namespace) -> None:
    for name, case in FITS.items():
        if not is_chosen(name, options.only):
            continue
        X = data.X_train[: min(case.rows, options.rows)].astype(case.dtype)
        n_rows = X.shape[0]
        calls = fit_calls(case, X, data.y_train[:n_rows], options.epochs, keras=options.keras)
        title = f"fit, time per epoch: {name} ({n_rows} rows, {case.dtype})"
        timings = report.measure(title, calls, [BACKPROP, MLP, KERAS], n_rows=n_rows)
        for source, seconds in case.published.items():
            ours = 60_000 / n_rows * timings[ED].median
            print(
                f"{source}: {seconds:g} s per epoch, as published; here {format_seconds(ours)} "
                f"per 60,000 rows, {seconds / ours:.3g} times as fast"
            )
            report.add(f"published: {source}", theirs=seconds, ours=ours, ratio=seconds / ours)


def run_sparse_fits(report: Report, options: argparse.Namespace) -> None:
    for name, case in SPARSE_FITS.items():
        if not is_chosen(name, options.only):
            continue
        n_rows = min(case.rows, options.rows)
        rng = np.random.default_rng(0)
        X = sp.random_array(
            (n_rows, 784), density=0.05, format="csr", dtype=np.float32, rng=rng
        )
        y = rng.integers(N_CLASSES, size=n_rows)
        no_zeros = rng.standard_normal((n_rows, 784), dtype=np.float32)
        calls = {
            f"{estimator}, {kind}": call
            for kind, rows in (("CSR", X), ("dense", X.toarray()), ("no zeros", no_zeros))
            for estimator, call in fit_calls(case, rows, y, options.epochs).items()
            if estimator != BACKPROP
        }
        report.measure(
            f"fit, time per epoch: {name} ({n_rows} rows)",
            calls,
            [f"{ED}, dense", f"{ED}, no zeros", f"{MLP}, CSR"],
            n_rows=n_rows,
        )


def run_predictions(report: Report, data: Any, options: argparse.Namespace) -> None:
    X = data.X_test[: options.rows]
    for name in PREDICTIONS:
        if not is_chosen(f"predict: {name}", options.only):
            continue
        models = estimators(FITS[name], epochs=1)
        del models[BACKPROP]
        for model in models.values():
            model.fit(data.X_train[:400], data.y_train[:400])
        calls = {label: TimedCall(partial(m.predict, X)) for label, m in models.items()}
        n_rows = X.shape[0]
        report.measure(f"predict: {name} ({n_rows} rows)", calls, [MLP], n_rows=n_rows)


def run_one_row_calls(report: Report, options: argparse.Namespace) -> None:
    """64 features, 10 classes, 130 hidden units of EDClassifier, 128 of MLPClassifier."""
    X, y = load_digits(return_X_y=True)
    X /= 16.0
    small = {**WORKLOAD, "hidden_layer_sizes": (13,), "random_state": 0}
    mlp = {"hidden_layer_sizes": (128,), "activation": "logistic", "random_state": 0}
    models = {
        f"{ED}, adam": EDClassifier(**small),
        f"{ED}, sgd, batch of 1": EDClassifier(**{**small, **ONLINE}),
        f"{MLP}, adam": MLPClassifier(**mlp),
        f"{MLP}, sgd, batch of 1": MLPClassifier(**mlp, **ONLINE),
    }
    for model in models.values():
        model.partial_fit(X[:1], y[:1], classes=np.arange(N_CLASSES))
    methods: dict[str, Callable[[Any], Callable[[], Any]]] = {
        "partial_fit": lambda model: partial(model.partial_fit, X[:1], y[:1]),
        "predict": lambda model: partial(model.predict, X[:1]),
    }
    for method, bind in methods.items():
        name = f"one-row {method}"
        if is_chosen(name, options.only):
            calls = {
                label: TimedCall(bind(model), n_calls=options.calls)
                for label, model in models.items()
            }
            report.measure(f"{name}, time per call", calls, [f"{MLP}, adam"])


def main() -> None:
    parser = argument_parser(__doc__, repetitions=3)
    parser.add_argument("--rows", type=int, default=60_000, help="maximum rows of a fit")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of each fit")
    parser.add_argument("--calls", type=int, default=300, help="one-row calls per sample")
    parser.add_argument("--keras", action="store_true", help="also Keras")
    options = parser.parse_args()
    with benchmark(options) as report:
        run_one_row_calls(report, options)
        run_sparse_fits(report, options)
        data = load_mnist(options.data)
        run_predictions(report, data, options)
        run_fits(report, data, options)


if __name__ == "__main__":
    main()
