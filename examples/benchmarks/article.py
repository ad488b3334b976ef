"""The article's experiment with several seeds: ten hidden layers of 16 units, MNIST's 0 and 1.

    python examples/benchmarks/article.py [--seeds 20] [--data FOLDER]

The first 1000 training images in file order, one epoch, online, alpha 0.1; 2115 test images.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_ed import EDClassifier
from sklearn_ed.reproduction import ARTICLE_SETTINGS
from sklearn_ed.reproduction._data import zeros_and_ones
from sklearn_ed.reproduction._estimators import mlp_classifier


def estimators(seed):
    return {
        "EDClassifier, float64": EDClassifier(**ARTICLE_SETTINGS, random_state=seed),
        "MLPClassifier, sgd": mlp_classifier("sgd", seed),
        "MLPClassifier, adam": mlp_classifier("adam", seed),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--data", help="folder or file with mnist.npz")
    options = parser.parse_args()
    X_train, y_train, X_test, y_test = zeros_and_ones(options.data, 1000)
    warnings.simplefilter("ignore", ConvergenceWarning)
    scores, seconds = {}, {}
    for seed in range(options.seeds):
        for name, estimator in estimators(seed).items():
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
