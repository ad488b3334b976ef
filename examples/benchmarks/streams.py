"""Streams, test then train: accuracy, rows per second, latency and size in memory.

    python examples/benchmarks/streams.py [--streams NAME ...] [--rows N] [--chunks 1 100]
        [--only NAME ...] [--set NAME=VALUE ...] [--seed 0] [--json PATH] [--data PATH]

Every estimator predicts the next rows of the stream, one row or a chunk, and then learns them
with their labels. Accuracy counts all predictions; labels of earlier rows are no inputs. Rows
per second and latency are those of predicting and learning together; latency is of one call of
each. The size is that of the pickled model after the last row. The first rows are learned
without a prediction.

The estimators of river and the generators need river; ``SKLEARN_ED_DATA`` or ``--data`` names
the folder with streams/electricity.npz, else river downloads this stream. ``--set`` changes
parameters of EDClassifier.
"""

import ast
import pickle
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from _harness import argument_parser, benchmark, is_chosen, print_table
from _streams import STREAMS, river
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier
from sklearn_ed._utils.extras import MissingExtra
from sklearn_ed._utils.formatting import format_number


class Scaled:
    """A scikit-learn classifier behind a scaler; both learn every row."""

    def __init__(self, classifier: Any) -> None:
        self.scaler, self.classifier = StandardScaler(), classifier

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.classifier.predict(self.scaler.transform(X))

    def partial_fit(self, X: np.ndarray, y: np.ndarray, classes: np.ndarray) -> Self:
        self.scaler.partial_fit(X)
        self.classifier.partial_fit(self.scaler.transform(X), y, classes=classes)
        return self


class ClassBefore:
    """The label of the row before, the least that a stream in the order of time allows."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.full(len(X), self.label)

    def partial_fit(self, X: np.ndarray, y: np.ndarray, classes: np.ndarray) -> Self:
        self.label = y[-1]
        return self


class River:
    """A model of river, row by row. It gets the rows as it wants them: see `rows_for`."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, rows: list[dict[int, float]]) -> list[int]:
        # Some models know no class before they have learned one.
        return [self.model.predict_one(x) or 0 for x in rows]

    def partial_fit(
        self, rows: list[dict[int, float]], y: list[int], classes: np.ndarray
    ) -> Self:
        for x, label in zip(rows, y, strict=True):
            self.model.learn_one(x, label)
        return self


def logistic_regression(n_classes: int) -> Any:
    """River's logistic regression, one per class where there are more than two."""
    model = river("linear_model").LogisticRegression()
    if n_classes > 2:
        model = river("multiclass").OneVsRestClassifier(model)
    return river("preprocessing").StandardScaler() | model


ED = "EDClassifier.for_streams"
# What makes an estimator, given the number of classes and the seed.
ESTIMATORS: dict[str, Callable[[int, int], Any]] = {
    "class before": lambda n, seed: ClassBefore(),
    ED: lambda n, seed: EDClassifier.for_streams(random_state=seed),
    "SGDClassifier": lambda n, seed: SGDClassifier(loss="log_loss", random_state=seed),
    "SGDClassifier, scaled": lambda n, seed: Scaled(
        SGDClassifier(loss="log_loss", random_state=seed)
    ),
    "MLPClassifier, scaled": lambda n, seed: Scaled(MLPClassifier(random_state=seed)),
    "river logistic, scaled": lambda n, seed: River(logistic_regression(n)),
    "river Hoeffding tree": lambda n, seed: River(river("tree").HoeffdingTreeClassifier()),
    "river adaptive forest": lambda n, seed: River(river("forest").ARFClassifier(seed=seed)),
}


class Result(NamedTuple):
    """What a stream comes to; latencies are in seconds."""

    accuracy: float
    rows_per_second: float
    latencies: np.ndarray
    size: int


def chunks(estimator: Any, X: np.ndarray, y: np.ndarray, size: int) -> Iterator[Any]:
    """The stream in chunks, as the estimator takes it."""
    for start in range(0, len(X), size):
        part = slice(start, start + size)
        if isinstance(estimator, River):
            yield [dict(enumerate(row)) for row in X[part].tolist()], y[part].tolist()
        else:
            yield X[part], y[part]


def test_then_train(estimator: Any, X: np.ndarray, y: np.ndarray, size: int) -> Result:
    """Predict each chunk, then learn it."""
    classes, n_correct, latencies = np.unique(y), 0, []
    stream = chunks(estimator, X, y, size)
    estimator.partial_fit(*next(stream), classes=classes)
    for rows, labels in stream:
        start = time.perf_counter()
        predicted = estimator.predict(rows)
        estimator.partial_fit(rows, labels, classes=classes)
        latencies.append(time.perf_counter() - start)
        n_correct += int(np.equal(predicted, labels).sum())
    n_rows = len(X) - min(size, len(X))
    return Result(
        n_correct / n_rows,
        n_rows / sum(latencies),
        np.array(latencies),
        len(pickle.dumps(estimator.__getstate__())),
    )


def cells(name: str, result: Result) -> list[str]:
    """A line of the table."""
    p50, p99 = 1e6 * np.quantile(result.latencies, [0.5, 0.99])
    return [
        name,
        f"{100 * result.accuracy:.2f}",
        f"{result.rows_per_second:,.0f}",
        *map(format_number, (p50, p99, result.size / 2**10)),
    ]


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--streams", nargs="+", choices=STREAMS, default=[*STREAMS])
    parser.add_argument("--rows", type=int, help="first rows of each stream; default: all")
    parser.add_argument("--chunks", type=int, nargs="+", default=[1], help="rows per call")
    parser.add_argument("--only", nargs="+", default=[], help="parts of estimators' names")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="parameters of EDClassifier"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="threads of BLAS")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write all figures")
    options = parser.parse_args()
    pairs = [change.partition("=") for change in options.set]
    changes = {name: ast.literal_eval(value) for name, _, value in pairs}
    heading = ["", "accuracy, %", "rows/s", "p50, us", "p99, us", "KiB"]
    with benchmark(options) as report, warnings.catch_warnings():
        # Inputs without a scaler let SGDClassifier overflow.
        warnings.simplefilter("ignore", RuntimeWarning)
        for stream in options.streams:
            X, y = STREAMS[stream](options.data)
            X, y = X[: options.rows], y[: options.rows]
            n_classes = len(np.unique(y))
            for size in options.chunks:
                lines = [heading]
                for name, make in ESTIMATORS.items():
                    if is_chosen(name, options.only):
                        model = make(n_classes, options.seed)
                        if name == ED:
                            model.set_params(**changes)
                        result = test_then_train(model, X, y, size)
                        lines.append(cells(name, result))
                        print(end=".", file=sys.stderr, flush=True)
                        report.add(
                            f"{stream}, chunks of {size}",
                            **{name: dict(zip(heading[1:], lines[-1][1:], strict=True))},
                        )
                rows = f"{len(X):,} rows, {X.shape[1]} features, {n_classes} classes"
                print_table(f"{stream}: {rows}; {size} per call", lines)


if __name__ == "__main__":
    try:
        main()
    except MissingExtra as error:
        sys.exit(str(error))
