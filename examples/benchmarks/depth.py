"""Accuracy against depth: error diffusion and backprop on logistic hidden layers.

    python examples/benchmarks/depth.py [--keras] [--seeds 3] [--rows 10000] [--epochs 10]
        [--depths 1 2 3 5 10 15 20] [--data PATH]

Prints mean and standard deviation of the validation accuracy in percent.

All ten digits of MNIST: training rows are drawn from the first 50,000, the last 10,000 are for
validation. Every estimator learns for the same number of epochs; its other parameters are the
defaults, for EDClassifier the former ones (`FORMER_DEFAULTS` in _harness.py). EDClassifier has
layers of 16 units in each network. With ``rule="backprop"`` the same networks follow the
gradient. MLPClassifier and Keras have layers of 100 units.
"""

import warnings
from typing import Any

import numpy as np
from _datasets import image_split
from _harness import (
    ALL_EPOCHS,
    FORMER_DEFAULTS,
    argument_parser,
    fit_and_score,
    mean_and_deviation,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed.comparison import keras_mlp


def estimators(depth: int, with_keras: bool, **common: Any) -> dict[str, Any]:
    """Estimators with so many hidden layers, by their headings."""
    sizes, ed = (16,) * depth, FORMER_DEFAULTS | common
    found = {
        "EDClassifier": EDClassifier(sizes, **ed),
        "rule='backprop'": EDClassifier(sizes, rule="backprop", **ed),
        "MLPClassifier": MLPClassifier((100,) * depth, "logistic", **common),
    }
    if with_keras:
        # Keras' own default is a batch of 32 rows.
        found["Keras"] = keras_mlp((100,) * depth, batch_size=32, **common)
    return found


def main() -> None:
    parser = argument_parser(__doc__, seeds=3)
    parser.add_argument("--keras", action="store_true", help="also Keras, which is slow")
    parser.add_argument("--rows", type=int, default=10_000, help="training rows")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 2, 3, 5, 10, 15, 20])
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    X, y, X_valid, y_valid = image_split("mnist", options.data)
    for depth in options.depths:
        scores: dict[str, list[float]] = {}
        for seed in range(options.seeds):
            rows = np.random.default_rng(seed).permutation(len(X))[: options.rows]
            common = {"max_iter": options.epochs, "random_state": seed, **ALL_EPOCHS}
            for name, estimator in estimators(depth, options.keras, **common).items():
                score, _ = fit_and_score(estimator, X[rows], y[rows], X_valid, y_valid)
                scores.setdefault(name, []).append(score)
        if depth == options.depths[0]:
            print(f"{'layers':>6}" + "".join(f"{name:>18}" for name in scores))
        cells = [mean_and_deviation(values) for values in scores.values()]
        print(f"{depth:>6}" + "".join(f"{cell:>18}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
