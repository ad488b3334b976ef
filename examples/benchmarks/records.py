"""The best documented settings: images, digits, deep networks, on their test rows.

    python examples/benchmarks/records.py [--only NAME ...] [--seeds 5] [--data FOLDER]

Settings and numbers of epochs were fixed before on validation rows (the last 10,000 training
rows of the images, splits of four fifths of the digits), those of MLPClassifier by
search_backprop.py on the same rows. Mean and standard deviation over the seeds, median seconds
of one fit. The digits are 5-fold cross-validated once per seed; their standard deviation is
over the folds. "Shifted" learns in every epoch images that are moved anew by up to a pixel,
"jittered" ten copies of every digit, moved by up to 0.7 pixels, turned by up to 15 degrees and
zoomed by up to 15 %.
"""

import argparse
import time
import warnings

import numpy as np
from _augment import OnJittered, OnShifted
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_fashion_mnist, load_mnist

# All epochs are done, and the learning rate reaches zero at the last of them.
ANNEALED = {"learning_rate": "linear", "tol": 0.0, "n_iter_no_change": np.inf}
# The best of search_backprop.py: alpha=0.0001, its default, and three hundred units.
BACKPROP = {"max_iter": 20, "tol": 0.0, "n_iter_no_change": np.inf}
MANY_NETWORKS = {"hidden_layer_sizes": (8,), "code_size": 32, "batch_size": 200}
TEN_LAYERS = {"hidden_layer_sizes": (16,) * 10, "max_iter": 5}
SHIFTED = EDClassifier((16,), dropout=0.1, learning_rate="linear", batch_size=200, max_iter=20)
IMAGES = {
    "mnist": (
        load_mnist,
        EDClassifier(**MANY_NETWORKS, dropout=0.3, alpha=0.001, max_iter=30, **ANNEALED),
    ),
    "mnist, shifted": (load_mnist, OnShifted(SHIFTED)),
    "fashion_mnist": (
        load_fashion_mnist,
        EDClassifier(**MANY_NETWORKS, dropout=0.2, alpha=0.002, max_iter=25, **ANNEALED),
    ),
    "mnist, shifted, backprop": (load_mnist, OnShifted(MLPClassifier((300,), **BACKPROP))),
    "fashion_mnist, backprop": (load_fashion_mnist, MLPClassifier((300,), **BACKPROP)),
    "ten layers, defaults": (load_mnist, EDClassifier(**TEN_LAYERS)),
    "ten layers, best": (
        load_mnist,
        EDClassifier(**TEN_LAYERS, batch_size=100, **ANNEALED),
    ),
    "ten layers, backprop": (load_mnist, MLPClassifier(activation="logistic", **TEN_LAYERS)),
}
DIGITS = {
    "digits": EDClassifier(u0=0.05, code_size=8, dropout=0.0),
    "digits, jittered": OnJittered(
        EDClassifier(u0=0.1, code_size=8, dropout=0.0, weight_decay=0.3)
    ),
}


def images(name, n_seeds, path):
    """Test accuracy and fit seconds of each seed."""
    load, estimator = IMAGES[name]
    data = load(path)
    for seed in range(n_seeds):
        start = time.perf_counter()
        estimator.set_params(random_state=seed).fit(data.X_train, data.y_train)
        seconds = time.perf_counter() - start
        yield estimator.score(data.X_test, data.y_test), seconds


def digits(name, n_seeds):
    """Accuracy and fit seconds of each fold of each seed; pixels in [0, 1]."""
    X, y = load_digits(return_X_y=True)
    X /= 16
    for seed in range(n_seeds):
        estimator = DIGITS[name].set_params(random_state=seed)
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        for train, test in folds.split(X, y):
            start = time.perf_counter()
            estimator.fit(X[train], y[train])
            seconds = time.perf_counter() - start
            yield estimator.score(X[test], y[test]), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=[*IMAGES, *DIGITS])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--data", help="folder with mnist.npz and fashion_mnist.npz")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in options.only or [*IMAGES, *DIGITS]:
        if name in IMAGES:
            found = images(name, options.seeds, options.data)
        else:
            found = digits(name, options.seeds)
        scores, seconds = np.array(list(found)).T
        print(
            f"{name:<26}{100 * scores.mean():6.2f} +- {100 * scores.std():4.2f} %"
            f"{np.median(seconds):8.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
