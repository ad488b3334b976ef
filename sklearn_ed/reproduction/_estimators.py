"""The article's network as estimators."""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier

from .._estimators.classifier import EDClassifier
from ._settings import ARTICLE_SETTINGS


def ed_classifier_from(
    X: np.ndarray, y: np.ndarray, coefs: list[np.ndarray], intercepts: list[np.ndarray]
) -> EDClassifier:
    """The article's EDClassifier, ready to learn from given weights in the dtype of X.

    Parameters
    ----------
    X, y : ndarray
        The first row fixes dtype and shapes; what is learned from it is overwritten.
    coefs, intercepts : list of ndarray
        As `PerNeuronNetwork.folded` returns them.
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
