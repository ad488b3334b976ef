"""The best MLPClassifier of a grid, on the rows that chose error diffusion's settings.

    python examples/benchmarks/search_backprop.py [--sets mnist ...] [--data FOLDER]

The images: 50,000 training rows to learn from in 20 epochs, the last 10,000 to validate on,
one seed, and MNIST also with shifted images. The digits: three splits of four fifths of the
rows, and the same with jittered copies. Prints every candidate, in percent of validation
accuracy, with the seconds of a fit. records.py has the winners.
"""

import argparse
import time
import warnings

import numpy as np
from _augment import OnJittered, OnShifted
from accuracy import IMAGES
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ParameterGrid
from sklearn.neural_network import MLPClassifier
from study_rule import split

GRID = {
    "images": {"hidden_layer_sizes": [(100,), (300,)], "alpha": [1e-4, 1e-2]},
    "digits": {"hidden_layer_sizes": [(100,), (300,), (300, 100)], "alpha": [1e-4, 1e-2, 1.0]},
}
N_EPOCHS, N_DIGIT_SPLITS = 20, 3


def image_parts(name, path):
    data = IMAGES[name](path)
    X, y = data.X_train, data.y_train
    return [(X[:50_000], y[:50_000], X[50_000:], y[50_000:])]


def digit_parts():
    for seed in range(N_DIGIT_SPLITS):
        X, y, X_valid, y_valid = split("digits", seed, None)
        yield X / 16, y, X_valid / 16, y_valid


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [*IMAGES, "digits"]
    parser.add_argument("--sets", nargs="+", choices=names, default=names)
    parser.add_argument("--data", help="folder with mnist.npz and fashion_mnist.npz")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in options.sets:
        is_images = name in IMAGES
        fixed = {"max_iter": N_EPOCHS, "tol": 0.0, "n_iter_no_change": np.inf}
        moved = OnShifted if is_images else OnJittered
        for values in ParameterGrid(GRID["images" if is_images else "digits"]):
            mlp = MLPClassifier(**values, **(fixed if is_images else {"max_iter": 500}))
            kinds = {"as it is": mlp}
            if name != "fashion_mnist":
                kinds[moved.__name__] = moved(mlp)
            for kind, estimator in kinds.items():
                scores, seconds = [], []
                parts = image_parts(name, options.data) if is_images else digit_parts()
                for seed, (X, y, X_valid, y_valid) in enumerate(parts):
                    start = time.perf_counter()
                    model = clone(estimator).set_params(random_state=seed).fit(X, y)
                    seconds.append(time.perf_counter() - start)
                    scores.append(100 * np.mean(model.predict(X_valid) == y_valid))
                print(
                    f"{name:<14}{kind:<11}{values!s:<56}{np.mean(scores):6.2f}"
                    f"{np.median(seconds):8.1f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
