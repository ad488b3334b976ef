"""The best documented settings: images, digits and deep networks, on their test rows.

    python examples/benchmarks/records.py [--only NAME ...] [--seeds 5] [--data PATH]

Prints mean and standard deviation over the seeds, and the median seconds of one fit. The digits
are cross-validated with five folds for every seed; their standard deviation is over the folds.

Settings and numbers of epochs were chosen on validation rows: the last 10,000 training rows of
the images, splits of four fifths of the digits. Those of MLPClassifier were chosen on the same
rows by search_backprop.py. "Shifted": in every epoch, each image gets a new random shift of up
to one pixel. "Jittered": ten copies of each digit, shifted by up to 0.7 pixels, rotated by up
to 15 degrees and zoomed by up to 15 %. Other parameters of EDClassifier are `FORMER_DEFAULTS`.
"""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from _augment import JitteredCopies, ShiftedImages
from _datasets import Split
from _harness import (
    ALL_EPOCHS,
    FORMER_DEFAULTS,
    argument_parser,
    fit_and_score,
    former_hidden_layer_sizes,
    mean_and_deviation,
)
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_fashion_mnist, load_mnist

# The learning rate falls to zero at the last epoch.
ANNEALED = {"learning_rate": "linear", **ALL_EPOCHS}
# The best candidate of search_backprop.py: 300 units, and alpha=0.0001, which is the default.
BACKPROP = {"max_iter": 20, **ALL_EPOCHS}
MANY_NETWORKS = {"hidden_layer_sizes": (8,), "code_size": 32, "batch_size": 200}
TEN_LAYERS = {"hidden_layer_sizes": (16,) * 10, "max_iter": 5}
SHIFTED = {"dropout": 0.1, "learning_rate": "linear", "batch_size": 200, "max_iter": 20}


def classifier(**parameters: Any) -> EDClassifier:
    """EDClassifier with the defaults that it had when the results were published."""
    return EDClassifier(**(FORMER_DEFAULTS | parameters))


IMAGES = {
    "mnist": (
        load_mnist,
        classifier(**MANY_NETWORKS, dropout=0.3, alpha=0.001, max_iter=30, **ANNEALED),
    ),
    "mnist, shifted": (
        load_mnist,
        ShiftedImages(classifier(hidden_layer_sizes=(16,), **SHIFTED)),
    ),
    "fashion_mnist": (
        load_fashion_mnist,
        classifier(**MANY_NETWORKS, dropout=0.2, alpha=0.002, max_iter=25, **ANNEALED),
    ),
    "mnist, shifted, backprop": (load_mnist, ShiftedImages(MLPClassifier((300,), **BACKPROP))),
    "fashion_mnist, backprop": (load_fashion_mnist, MLPClassifier((300,), **BACKPROP)),
    "ten layers, defaults": (load_mnist, classifier(**TEN_LAYERS)),
    "ten layers, best": (
        load_mnist,
        classifier(**TEN_LAYERS, batch_size=100, **ANNEALED),
    ),
    "ten layers, backprop": (load_mnist, MLPClassifier(activation="logistic", **TEN_LAYERS)),
}
EIGHT_CODES = {
    "code_size": 8,
    "hidden_layer_sizes": former_hidden_layer_sizes(8 * 10),
    "dropout": 0.0,
}
DIGITS = {
    "digits": classifier(u0=0.05, **EIGHT_CODES),
    "digits, jittered": JitteredCopies(classifier(u0=0.1, weight_decay=0.3, **EIGHT_CODES)),
}


def splits(name: str, seed: int, path: str | None) -> Iterator[Split]:
    """The rows to learn from and to score on: five folds of the digits, pixels in [0, 1]."""
    if name in IMAGES:
        data = IMAGES[name][0](path)
        yield data.X_train, data.y_train, data.X_test, data.y_test
        return
    X, y = load_digits(return_X_y=True)
    X /= 16
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(X, y):
        yield X[train], y[train], X[test], y[test]


def main() -> None:
    parser = argument_parser(__doc__, seeds=5)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*IMAGES, *DIGITS],
        metavar="NAME",
        help="; ".join([*IMAGES, *DIGITS]),
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in options.only or [*IMAGES, *DIGITS]:
        estimator = IMAGES[name][1] if name in IMAGES else DIGITS[name]
        results = [
            fit_and_score(clone(estimator).set_params(random_state=seed), *split)
            for seed in range(options.seeds)
            for split in splits(name, seed, options.data)
        ]
        scores, seconds = zip(*results, strict=True)
        print(
            f"{name:<26}{mean_and_deviation(scores)} %{np.median(seconds):8.1f} s", flush=True
        )


if __name__ == "__main__":
    main()
