"""Seconds per epoch, predict and one-row calls: EDClassifier against MLPClassifier and Keras.

    OPENBLAS_NUM_THREADS=1 python examples/benchmarks/epoch.py [--keras] [--rows N]
        [--epochs 3] [--repetitions 3] [--only CASE ...] [--data FOLDER] [--json PATH]

MNIST as float32, logistic units, Adam and batches of 200 where a case says nothing else; a
whole `fit` of some epochs, input validation and initialisation included, divided by their
number. EDClassifier has one network per class or a random code book, Kaneko's gate and no
dropout. The main cases take all 60,000 rows, the others fewer; --rows is the most that any
takes. "published" cases print beside it what another implementation of ED reports for an epoch
of MNIST on its own machine.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from _harness import (
    WORKLOAD,
    Contender,
    argument_parser,
    benchmark,
    duration,
    import_keras,
    is_chosen,
)
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_mnist

ED, MLP, KERAS = "EDClassifier", "MLPClassifier", "Keras"
N_CLASSES = 10


@dataclass
class Case:
    """One net of each kind.

    Attributes
    ----------
    ed : dict
        Parameters of EDClassifier, beside WORKLOAD.
    units : tuple of int
        Hidden layers of the equally wide MLPClassifier.
    rows : int
        Rows to fit on.
    common : dict
        Parameters of both.
    dtype : str
    published : dict of str to float
        Source and seconds per epoch of 60,000 rows that it reports.
    """

    ed: dict
    units: tuple
    rows: int = 12_000
    common: dict = field(default_factory=dict)
    dtype: str = "float32"
    published: dict = field(default_factory=dict)


def per_class(*sizes):
    """One network per class with these hidden layers, and as many units in MLPClassifier."""
    return {"hidden_layer_sizes": sizes}, tuple(N_CLASSES * size for size in sizes)


CODED = ({"hidden_layer_sizes": (2,), "code_size": 16}, (320,))
ONLINE = {"solver": "sgd", "batch_size": 1}
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


def estimators(case, epochs):
    """EDClassifier and MLPClassifier that learn for exactly so many epochs."""
    common = {"max_iter": epochs, "tol": 0.0, "n_iter_no_change": np.inf, "random_state": 0}
    common |= case.common
    return {
        ED: EDClassifier(**{**WORKLOAD, **case.ed, **common}),
        MLP: MLPClassifier(case.units, activation="logistic", **common),
    }


def keras_network(keras, case, n_features):
    layers = [keras.layers.Dense(size, activation="sigmoid") for size in case.units]
    output = keras.layers.Dense(N_CLASSES, activation="softmax")
    model = keras.Sequential([keras.layers.Input((n_features,)), *layers, output])
    optimizer = keras.optimizers.SGD() if case.common.get("solver") == "sgd" else "adam"
    model.compile(optimizer, loss="sparse_categorical_crossentropy")
    return model


def fit_contenders(case, X, y, options, keras=None):
    """Each a fit of `options.epochs` epochs, counted as one."""
    share, n_rows = 1 / options.epochs, X.shape[0]
    first = slice(min(n_rows, 1000))

    def contender(estimator):
        return Contender(
            lambda: estimator.fit(X, y),
            warm_up=lambda: estimator.fit(X[first], y[first]),
            factor=share,
            rows=n_rows,
        )

    contenders = {name: contender(e) for name, e in estimators(case, options.epochs).items()}
    if keras is not None:
        model = keras_network(keras, case, X.shape[1])
        batch_size = case.common.get("batch_size", 200)
        contenders[KERAS] = Contender(
            lambda: model.fit(
                X, y, batch_size=batch_size, epochs=options.epochs, verbose=0, shuffle=True
            ),
            warm_up=lambda: model.fit(X[first], y[first], batch_size=batch_size, verbose=0),
            factor=share,
            rows=n_rows,
        )
    return contenders


def run_fits(report, data, options, keras):
    for name, case in FITS.items():
        if not is_chosen(name, options.only):
            continue
        n_rows = min(case.rows, options.rows)
        X = data.X_train[:n_rows].astype(case.dtype)
        contenders = fit_contenders(case, X, data.y_train[:n_rows], options, keras)
        timings = report.measure(
            f"fit, s per epoch: {name} ({n_rows} rows, {case.dtype})", contenders, [MLP, KERAS]
        )
        for source, seconds in case.published.items():
            ours = 60_000 / n_rows * timings[ED].median
            print(
                f"{source}: {seconds:g} s per epoch by its own figure; here {duration(ours)} "
                f"per 60,000 rows, {seconds / ours:.3g} times as fast"
            )
            report.add(f"published: {source}", theirs=seconds, ours=ours, ratio=seconds / ours)


def run_sparse_fits(report, options):
    for name, case in SPARSE_FITS.items():
        if not is_chosen(name, options.only):
            continue
        n_rows = min(case.rows, options.rows)
        rng = np.random.default_rng(0)
        X = sp.random_array(
            (n_rows, 784), density=0.05, format="csr", dtype=np.float32, rng=rng
        )
        y = rng.integers(N_CLASSES, size=n_rows)
        full = rng.standard_normal((n_rows, 784), dtype=np.float32)
        contenders = {
            f"{estimator}, {kind}": contender
            for kind, rows in (("CSR", X), ("dense", X.toarray()), ("no zeros", full))
            for estimator, contender in fit_contenders(case, rows, y, options).items()
        }
        report.measure(
            f"fit, s per epoch: {name} ({n_rows} rows)",
            contenders,
            [f"{ED}, dense", f"{ED}, no zeros", f"{MLP}, CSR"],
        )


def run_predictions(report, data, options):
    for name in PREDICTIONS:
        if not is_chosen(f"predict: {name}", options.only):
            continue
        models = estimators(FITS[name], epochs=1)
        for model in models.values():
            model.fit(data.X_train[:400], data.y_train[:400])
        X = data.X_test[: options.rows]
        report.measure(
            f"predict: {name} ({X.shape[0]} rows)",
            {
                label: Contender(lambda m=model, X=X: m.predict(X), rows=X.shape[0])
                for label, model in models.items()
            },
            [MLP],
        )


def run_one_row_calls(report, options):
    """64 features, 10 classes, 130 hidden units against 128."""
    X, y = load_digits(return_X_y=True)
    X /= 16.0
    small = {**WORKLOAD, "hidden_layer_sizes": (13,), "random_state": 0}
    models = {
        f"{ED}, adam": EDClassifier(**small),
        f"{ED}, sgd, batch of 1": EDClassifier(**{**small, **ONLINE}),
        f"{MLP}, adam": MLPClassifier((128,), activation="logistic", random_state=0),
        f"{MLP}, sgd, batch of 1": MLPClassifier(
            (128,), activation="logistic", random_state=0, **ONLINE
        ),
    }
    for model in models.values():
        model.partial_fit(X[:1], y[:1], classes=np.arange(N_CLASSES))
    for method, call in {
        "partial_fit": lambda model: model.partial_fit(X[:1], y[:1]),
        "predict": lambda model: model.predict(X[:1]),
    }.items():
        name = f"one-row {method}"
        if is_chosen(name, options.only):
            contenders = {
                label: Contender(lambda m=model, call=call: call(m), inner=options.calls)
                for label, model in models.items()
            }
            report.measure(f"{name}, s per call", contenders, [f"{MLP}, adam"])


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--rows", type=int, default=60_000, help="most rows of a fit")
    parser.add_argument("--epochs", type=int, default=3, help="of each fit")
    parser.add_argument("--calls", type=int, default=300, help="one-row calls per sample")
    parser.add_argument("--keras", action="store_true")
    options = parser.parse_args()
    keras = import_keras(options.threads) if options.keras else None
    if options.keras and keras is None:
        parser.error("--keras needs TensorFlow, which is not installed")
    with benchmark(options) as report:
        run_one_row_calls(report, options)
        run_sparse_fits(report, options)
        data = load_mnist(options.data)
        run_predictions(report, data, options)
        run_fits(report, data, options, keras)


if __name__ == "__main__":
    main()
