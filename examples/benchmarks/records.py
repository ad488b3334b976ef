"""The best documented settings: images, digits, deep networks, on their test rows.

    python examples/benchmarks/records.py [--only NAME ...] [--seeds 5] [--data FOLDER]

Settings and numbers of epochs were fixed before on validation rows (the last 10,000 training
rows of the images). Mean and standard deviation over the seeds, median seconds of one fit.
The digits are 5-fold cross-validated once per seed, their standard deviation is over the folds.
MLPClassifier with the same hidden layers of logistic units stands beside the deep networks.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_fashion_mnist, load_mnist

# All epochs are done, and the learning rate reaches zero at the last of them.
ANNEALED = {"learning_rate": "linear", "tol": 0.0, "n_iter_no_change": np.inf}
TEN_LAYERS = {"hidden_layer_sizes": (16,) * 10, "max_iter": 5}
IMAGES = {
    "mnist": (
        load_mnist,
        EDClassifier((8,), code_size=32, dropout=0.3, alpha=0.001, max_iter=30, **ANNEALED),
    ),
    "fashion_mnist": (
        load_fashion_mnist,
        EDClassifier((8,), code_size=32, dropout=0.2, alpha=0.002, max_iter=25, **ANNEALED),
    ),
    "ten layers, defaults": (load_mnist, EDClassifier(**TEN_LAYERS)),
    "ten layers, best": (
        load_mnist,
        EDClassifier(**TEN_LAYERS, batch_size=100, **ANNEALED),
    ),
    "ten layers, backprop": (load_mnist, MLPClassifier(activation="logistic", **TEN_LAYERS)),
}
DIGITS = make_pipeline(MinMaxScaler(), EDClassifier(u0=0.05, code_size=8, dropout=0.0))


def images(name, n_seeds, path):
    """Test accuracy and fit seconds of each seed."""
    load, estimator = IMAGES[name]
    data = load(path)
    for seed in range(n_seeds):
        start = time.perf_counter()
        estimator.set_params(random_state=seed).fit(data.X_train, data.y_train)
        seconds = time.perf_counter() - start
        yield estimator.score(data.X_test, data.y_test), seconds


def digits(n_seeds):
    """Accuracy and fit seconds of each fold of each seed."""
    X, y = load_digits(return_X_y=True)
    for seed in range(n_seeds):
        DIGITS[-1].set_params(random_state=seed)
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        for train, test in folds.split(X, y):
            start = time.perf_counter()
            DIGITS.fit(X[train], y[train])
            yield DIGITS.score(X[test], y[test]), time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=[*IMAGES, "digits"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", help="folder with mnist.npz and fashion_mnist.npz")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in options.only or [*IMAGES, "digits"]:
        of_seeds = name in IMAGES
        found = images(name, options.seeds, options.data) if of_seeds else digits(options.seeds)
        scores, seconds = np.array(list(found)).T
        print(
            f"{name:<22}{100 * scores.mean():6.2f} +- {100 * scores.std():4.2f} %"
            f"{np.median(seconds):8.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
