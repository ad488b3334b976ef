"""The article's problem: MNIST's zeros and ones, and estimators with its layers."""

from __future__ import annotations

from os import PathLike

import numpy as np
from sklearn.neural_network import MLPClassifier

from .._estimators.classifier import EDClassifier
from ..datasets import load_mnist
from ._settings import ARTICLE_SETTINGS


def zeros_and_ones(
    path: str | PathLike[str] | None = None, n_train: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X_train, y_train, X_test, y_test in file order; float64, exactly pixels / 255.

    The training rows are the first `n_train`, or all. `path` is that of `load_mnist`.
    """
    data = load_mnist(path)
    train = np.flatnonzero(data.y_train < 2)[:n_train]
    test = np.flatnonzero(data.y_test < 2)
    # load_mnist returns float32.
    X_train, X_test = (
        np.round(X.astype(np.float64) * 255) / 255
        for X in (data.X_train[train], data.X_test[test])
    )
    return X_train, data.y_train[train], X_test, data.y_test[test]


def ed_classifier_from(
    X: np.ndarray, y: np.ndarray, coefs: list[np.ndarray], intercepts: list[np.ndarray]
) -> EDClassifier:
    """The article's EDClassifier, ready to learn from given weights in the dtype of X.

    The weights are those of `NeuronByNeuronNetwork.folded`. The first row of X and y fixes the
    dtype and the shapes; what is learned from it is overwritten.
    """
    classifier = EDClassifier(**ARTICLE_SETTINGS, random_state=0)
    classifier.partial_fit(X[:1], y[:1], classes=[0, 1])
    for stacks, values in ((classifier.coefs_, coefs), (classifier.intercepts_, intercepts)):
        for stack, value in zip(stacks, values, strict=True):
            stack[0] = value
    return classifier


def mlp_classifier(solver: str, random_state: int) -> MLPClassifier:
    """MLPClassifier with the article's layers, which also learns row by row."""
    return MLPClassifier(
        ARTICLE_SETTINGS["hidden_layer_sizes"],
        activation="logistic",
        solver=solver,
        batch_size=1,
        learning_rate_init=ARTICLE_SETTINGS["alpha"] if solver == "sgd" else 0.001,
        max_iter=1,
        random_state=random_state,
    )
