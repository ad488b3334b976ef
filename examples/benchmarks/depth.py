"""Accuracy against depth: logistic hidden layers, error diffusion beside backprop.

    python examples/benchmarks/depth.py [--keras] [--seeds 3] [--rows 10000] [--epochs 10]
        [--depths 1 2 3 5 10 15 20] [--data FOLDER]

MNIST, all ten digits: so many of the first 50,000 training rows to learn from, the last 10,000
training rows to validate on, a fixed number of epochs; the other parameters are each
estimator's defaults. Layers of 16 units for error diffusion (in each network), of 100 for
backprop. Mean and standard deviation over the seeds.
"""

import argparse
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed.datasets import load_mnist


def keras_score(depth, n_epochs, seed, X, y, X_valid, y_valid):
    """Keras' own defaults: Glorot's initial weights, Adam, batches of 32."""
    import keras

    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Dense(100, activation="sigmoid") for _ in range(depth)]
    model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, y, epochs=n_epochs, verbose=0)
    return model.evaluate(X_valid, y_valid, verbose=0)[1]


def scikit_score(estimator, X, y, X_valid, y_valid):
    return estimator.fit(X, y).score(X_valid, y_valid)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras", action="store_true", help="also Keras, which takes long")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 2, 3, 5, 10, 15, 20])
    parser.add_argument("--data", help="folder with mnist.npz")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    data = load_mnist(options.data)
    X_valid, y_valid = data.X_train[50_000:], data.y_train[50_000:]
    names = ["EDClassifier", "MLPClassifier", *(["Keras"] if options.keras else [])]
    print(f"{'layers':>6}" + "".join(f"{name:>18}" for name in names))
    fixed = {"max_iter": options.epochs, "tol": 0.0, "n_iter_no_change": np.inf}
    for depth in options.depths:
        scores = {name: [] for name in names}
        for seed in range(options.seeds):
            rows = np.random.default_rng(seed).permutation(50_000)[: options.rows]
            parts = data.X_train[rows], data.y_train[rows], X_valid, y_valid
            ed = EDClassifier((16,) * depth, random_state=seed, **fixed)
            mlp = MLPClassifier((100,) * depth, "logistic", random_state=seed, **fixed)
            scores["EDClassifier"].append(scikit_score(ed, *parts))
            scores["MLPClassifier"].append(scikit_score(mlp, *parts))
            if options.keras:
                scores["Keras"].append(keras_score(depth, options.epochs, seed, *parts))
        cells = [f"{100 * np.mean(s):.2f} +- {100 * np.std(s):.2f}" for s in scores.values()]
        print(f"{depth:>6}" + "".join(f"{cell:>18}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
