"""Data sets of the benchmarks of accuracy, and how they are split and scaled."""

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_circles,
    make_classification,
    make_friedman1,
    make_gaussian_quantiles,
    make_hastie_10_2,
    make_moons,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

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
REGRESSION = {
    "diabetes": load_diabetes(return_X_y=True),
    "friedman1": make_friedman1(600, noise=1.0, random_state=0),
}
# Larger sets, which take minutes.
LARGER = {
    "hastie": make_hastie_10_2(4000, random_state=0),
    **{
        f"{n_classes} classes": make_classification(
            15_000,
            64,
            n_informative=32,
            n_classes=n_classes,
            n_clusters_per_class=1,
            class_sep=2.0,
            random_state=0,
        )
        for n_classes in (64, 200)
    },
}
SYNTHETIC = {
    "10 classes, 20 features": make_classification(
        3000,
        20,
        n_informative=10,
        n_classes=10,
        n_clusters_per_class=2,
        class_sep=1.5,
        random_state=0,
    ),
    "2 classes, 200 features": make_classification(
        2000,
        200,
        n_informative=20,
        n_redundant=30,
        n_classes=2,
        n_clusters_per_class=4,
        class_sep=1.5,
        random_state=0,
    ),
}
TABLES = CLASSIFICATION | SYNTHETIC | REGRESSION
IMAGES = {"mnist": load_mnist, "fashion_mnist": load_fashion_mnist}

# X and y to learn from, X and y to score on.
Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def scaled(estimator: Any, *, scale_target: bool = True) -> Any:
    """The estimator on standardized inputs, and targets if it is a regressor."""
    pipeline = make_pipeline(StandardScaler(), estimator)
    if is_classifier(estimator) or not scale_target:
        return pipeline
    return TransformedTargetRegressor(pipeline, transformer=StandardScaler())


def image_split(name: str, path: str | None) -> Split:
    """The first 50,000 training images, and the last 10,000 for validation."""
    data = IMAGES[name](path)
    n_train = len(data.X_train) * 5 // 6
    return (
        data.X_train[:n_train],
        data.y_train[:n_train],
        data.X_train[n_train:],
        data.y_train[n_train:],
    )


def table_split(name: str, seed: int) -> Split:
    """Three quarters of the rows to learn from, a quarter for validation.

    A fifth of the rows is put aside before, the same for every seed, and never used.
    """
    X, y = TABLES[name]
    is_regression = name in REGRESSION
    X, _, y, _ = train_test_split(
        X, y, test_size=0.2, stratify=None if is_regression else y, random_state=1234
    )
    X, X_valid, y, y_valid = train_test_split(
        X, y, test_size=0.25, stratify=None if is_regression else y, random_state=seed
    )
    return X, y, X_valid, y_valid
