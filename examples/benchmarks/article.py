"""The article's experiment: ten hidden layers of 16 units on MNIST's zeros and ones.

    python examples/benchmarks/article.py [--seeds 20] [--data FOLDER]

The first 1000 training images in file order, one epoch, online, alpha 0.1; 2115 test images.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_mnist

SIZES = (16,) * 10


def contestants(seed):
    common = {"hidden_layer_sizes": SIZES, "batch_size": 1, "max_iter": 1, "random_state": seed}
    return {
        "EDClassifier, float64": EDClassifier(
            alpha=0.1,
            beta=0.8,
            u0=0.4,
            weight_decrement=False,
            init="uniform",
            loss="squared_error",
            solver="sgd",
            learning_rate="constant",
            shuffle=False,
            **common,
        ),
        "MLPClassifier, sgd": MLPClassifier(
            activation="logistic", solver="sgd", learning_rate_init=0.1, **common
        ),
        "MLPClassifier, adam": MLPClassifier(activation="logistic", **common),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--data", help="folder or file with mnist.npz")
    options = parser.parse_args()
    data = load_mnist(options.data)
    parts = []
    for X, y, n_rows in (
        (data.X_train, data.y_train, 1000),
        (data.X_test, data.y_test, None),
    ):
        chosen = np.flatnonzero(y < 2)[:n_rows]
        parts += [X[chosen].astype(np.float64), y[chosen]]
    X_train, y_train, X_test, y_test = parts

    warnings.simplefilter("ignore", ConvergenceWarning)
    scores, seconds = {}, {}
    for seed in range(options.seeds):
        for name, estimator in contestants(seed).items():
            start = time.perf_counter()
            estimator.fit(X_train, y_train)
            seconds.setdefault(name, []).append(time.perf_counter() - start)
            scores.setdefault(name, []).append(100 * estimator.score(X_test, y_test))
    print(f"{options.seeds} seeds             test accuracy, %       samples/s (median)")
    for name, values in scores.items():
        rate = 1000 / np.median(seconds[name])
        print(
            f"{name:<22} {np.mean(values):6.2f} +- {np.std(values):5.2f} "
            f"(min {min(values):.2f}) {rate:8.0f}"
        )


if __name__ == "__main__":
    main()
