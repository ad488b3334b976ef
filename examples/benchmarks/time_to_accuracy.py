"""Seconds of training until the accuracy on MNIST's test rows is 97 %.

    python examples/benchmarks/time_to_accuracy.py [--accuracy 0.97] [--seeds 5]
        [--max-epochs 30] [--data PATH]

Prints, for each estimator, the mean number of epochs and the seconds until the accuracy is
reached for the first time, the ratio to MLPClassifier's seconds, and the accuracy after each
epoch for the last seed.

One call of `partial_fit` is one epoch; only these calls are timed, the estimators in turns. The
parameters of "quick" were chosen on the last 10,000 training rows: no dropout, which costs
time, fewer units, smaller batches. With ``rule="backprop"`` the same networks follow the
gradient.
"""

import time
from typing import Any

import numpy as np
from _harness import argument_parser
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_mnist

BASELINE = "MLPClassifier()"
ESTIMATORS = {
    "EDClassifier()": EDClassifier(),
    "EDClassifier, quick": EDClassifier((6,), dropout=0.0, batch_size=150),
    "rule='backprop'": EDClassifier(rule="backprop"),
    BASELINE: MLPClassifier(),
}


def train_until(
    estimator: Any, accuracy: float, max_epochs: int, data: Any
) -> tuple[float, list[float]]:
    """Seconds until the accuracy is reached, and the accuracy after each epoch."""
    seconds, scores = 0.0, []
    classes = np.arange(10)
    while len(scores) < max_epochs:
        start = time.perf_counter()
        estimator.partial_fit(data.X_train, data.y_train, classes=classes)
        seconds += time.perf_counter() - start
        scores.append(estimator.score(data.X_test, data.y_test))
        if scores[-1] >= accuracy:
            return seconds, scores
    return np.inf, scores


def main() -> None:
    parser = argument_parser(__doc__, seeds=5)
    parser.add_argument("--accuracy", type=float, default=0.97)
    parser.add_argument("--max-epochs", type=int, default=30)
    options = parser.parse_args()
    data = load_mnist(options.data)
    found: dict[str, list[tuple[float, list[float]]]] = {name: [] for name in ESTIMATORS}
    for seed in range(options.seeds):
        for name, estimator in ESTIMATORS.items():
            fresh = clone(estimator).set_params(random_state=seed)
            found[name].append(train_until(fresh, options.accuracy, options.max_epochs, data))
    baseline = np.mean([seconds for seconds, _ in found[BASELINE]])
    print(f"{'':<20}{'epochs':>7}{'seconds':>15}{'ratio':>7}  accuracy by epoch, last seed")
    for name, results in found.items():
        epochs = np.mean([len(scores) for _, scores in results])
        seconds = np.array([seconds for seconds, _ in results])
        curve = " ".join(f"{100 * score:.2f}" for score in results[-1][1])
        spread = f"{seconds.mean():.2f} +- {seconds.std():.2f}"
        print(f"{name:<20}{epochs:7.1f}{spread:>15}{seconds.mean() / baseline:7.2f}  {curve}")


if __name__ == "__main__":
    main()
