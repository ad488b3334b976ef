"""Defaults against defaults: EDClassifier and MLPClassifier, EDRegressor and MLPRegressor.

    python examples/benchmarks/accuracy.py [--seeds 3] [--set NAME=VALUE ...]
        [--images mnist ...] [--data FOLDER]

Five folds times the seeds, inputs (and regression targets) standardized, same folds for both,
the contestants in turn. Mean and standard deviation over the folds of all seeds; seconds are
the median of one fit. With --images one fit per seed on the own split of those sets instead.
"""

import argparse
import ast
import time
import warnings

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_circles,
    make_friedman1,
    make_gaussian_quantiles,
    make_moons,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.datasets import load_fashion_mnist, load_mnist

CLASSIFICATION = {
    "digits": load_digits(return_X_y=True),
    "breast_cancer": load_breast_cancer(return_X_y=True),
    "wine": load_wine(return_X_y=True),
    "iris": load_iris(return_X_y=True),
    "moons (noise 0.2)": make_moons(600, noise=0.2, random_state=0),
    "rings (noise 0.1)": make_circles(600, noise=0.1, factor=0.5, random_state=0),
    "shells, 4 features": make_gaussian_quantiles(
        n_samples=800, n_features=4, n_classes=3, random_state=0
    ),
}
IMAGES = {"mnist": load_mnist, "fashion_mnist": load_fashion_mnist}
REGRESSION = {
    "diabetes": load_diabetes(return_X_y=True),
    "friedman1": make_friedman1(600, noise=1.0, random_state=0),
}


def pipeline(estimator):
    scaled = make_pipeline(StandardScaler(), estimator)
    if is_classifier(estimator):
        return scaled
    return TransformedTargetRegressor(scaled, transformer=StandardScaler())


def cross_validate(estimators, X, y, n_seeds):
    """Scores and fit seconds, one list per estimator, the estimators in turn."""
    scores, seconds = [[] for _ in estimators], [[] for _ in estimators]
    for seed in range(n_seeds):
        kind = StratifiedKFold if is_classifier(estimators[0]) else KFold
        for train, test in kind(5, shuffle=True, random_state=seed).split(X, y):
            for index, estimator in enumerate(estimators):
                model = pipeline(clone(estimator).set_params(random_state=seed))
                start = time.perf_counter()
                model.fit(X[train], y[train])
                seconds[index].append(time.perf_counter() - start)
                scores[index].append(model.score(X[test], y[test]))
    return scores, seconds


def print_row(name, scores, seconds, factor):
    cells = [
        f"{factor * np.mean(s):6.2f} +- {factor * np.std(s):4.2f} {np.median(t):7.2f} s"
        for s, t in zip(scores, seconds, strict=True)
    ]
    print(f"{name:<20}" + "   ".join(cells), flush=True)


def image_split(load, path, n_seeds, changes):
    data = load(path)
    scores, seconds = [[], []], [[], []]
    for seed in range(n_seeds):
        for index, estimator in enumerate((EDClassifier(**changes), MLPClassifier())):
            start = time.perf_counter()
            estimator.set_params(random_state=seed).fit(data.X_train, data.y_train)
            seconds[index].append(time.perf_counter() - start)
            scores[index].append(estimator.score(data.X_test, data.y_test))
    return scores, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="of ED")
    parser.add_argument("--images", nargs="+", choices=IMAGES, default=[])
    parser.add_argument("--data", help="folder with mnist.npz and fashion_mnist.npz")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    written = ", ".join(options.set)
    changes = {
        name: ast.literal_eval(value)
        for name, _, value in (change.partition("=") for change in options.set)
    }
    name = f"EDClassifier({written})"
    print(f"{'accuracy, %':<20}{name:<26} MLPClassifier()")
    for name in options.images:
        print_row(name, *image_split(IMAGES[name], options.data, options.seeds, changes), 100)
    if options.images:
        return
    for name, (X, y) in CLASSIFICATION.items():
        estimators = (EDClassifier(**changes), MLPClassifier())
        print_row(name, *cross_validate(estimators, X, y, options.seeds), 100)
    name = f"EDRegressor({written})"
    print(f"{'R2':<20}{name:<26} MLPRegressor()")
    for name, (X, y) in REGRESSION.items():
        estimators = (EDRegressor(**changes), MLPRegressor())
        print_row(name, *cross_validate(estimators, X, y, options.seeds), 1)


if __name__ == "__main__":
    main()
