"""Seconds of training until MNIST's test accuracy is 97 %, epoch by epoch on the same clock.

    python examples/benchmarks/time_to_accuracy.py [--accuracy 0.97] [--seeds 5] [--data FOLDER]

One call of `partial_fit` is one epoch; the clock runs only in it. Prints, for each estimator,
the epochs and seconds until the accuracy is reached for the first time (mean over the seeds,
the estimators in turn), the ratio to MLPClassifier's seconds, and the test accuracy after each
epoch of the last seed. "Quick" was chosen on the last 10,000 training rows: no dropout, which
takes its time, fewer units, more steps.
"""

import argparse
import time

import numpy as np
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_mnist

MAX_EPOCHS = 30
ESTIMATORS = {
    "EDClassifier()": EDClassifier(),
    "EDClassifier, quick": EDClassifier((6,), dropout=0.0, batch_size=150),
    "MLPClassifier()": MLPClassifier(),
}


def until(estimator, accuracy, data):
    """Epochs, seconds, and the accuracy after each epoch."""
    seconds, scores = 0.0, []
    classes = np.arange(10)
    while len(scores) < MAX_EPOCHS:
        start = time.perf_counter()
        estimator.partial_fit(data.X_train, data.y_train, classes=classes)
        seconds += time.perf_counter() - start
        scores.append(estimator.score(data.X_test, data.y_test))
        if scores[-1] >= accuracy:
            return len(scores), seconds, scores
    return len(scores), np.inf, scores


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accuracy", type=float, default=0.97)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", help="folder with mnist.npz")
    options = parser.parse_args()
    data = load_mnist(options.data)
    found = {name: [] for name in ESTIMATORS}
    for seed in range(options.seeds):
        for name, estimator in ESTIMATORS.items():
            fresh = clone(estimator).set_params(random_state=seed)
            found[name].append(until(fresh, options.accuracy, data))
    reference = np.mean([seconds for _, seconds, _ in found["MLPClassifier()"]])
    print(f"{'':<20}{'epochs':>7}{'seconds':>15}{'ratio':>7}  accuracy by epoch, last seed")
    for name, results in found.items():
        epochs = np.mean([epochs for epochs, _, _ in results])
        seconds = np.array([seconds for _, seconds, _ in results])
        curve = " ".join(f"{100 * score:.2f}" for score in results[-1][2])
        spread = f"{seconds.mean():.2f} +- {seconds.std():.2f}"
        print(f"{name:<20}{epochs:7.1f}{spread:>15}{seconds.mean() / reference:7.2f}  {curve}")


if __name__ == "__main__":
    main()
