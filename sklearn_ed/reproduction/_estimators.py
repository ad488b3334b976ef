"""The article's network as estimators: EDClassifier, MLPClassifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from .._estimators.classifier import EDClassifier
from ._per_neuron import ALPHA, BETA, SIZES, U0


def article_classifier(random_state: int | None = None) -> EDClassifier:
    """EDClassifier with the article's network and algorithm, weights U(0, 1)."""
    return EDClassifier(
        SIZES,
        alpha=ALPHA,
        beta=BETA,
        u0=U0,
        weight_decrement=False,
        init="uniform",
        loss="squared_error",
        solver="sgd",
        learning_rate="constant",
        batch_size=1,
        shuffle=False,
        max_iter=1,
        random_state=random_state,
    )


def with_weights(
    X: np.ndarray, y: np.ndarray, coefs: list[np.ndarray], intercepts: list[np.ndarray]
) -> EDClassifier:
    """An article_classifier that goes on from these weights, in the dtype of X.

    Parameters
    ----------
    X, y : ndarray
        Rows it is made ready with: what it learns from them is overwritten.
    coefs, intercepts : list of ndarray
        As `PerNeuronNetwork.folded` gives them.
    """
    classifier = article_classifier(0).partial_fit(X[:1], y[:1], classes=[0, 1])
    for kept, values in ((classifier.coefs_, coefs), (classifier.intercepts_, intercepts)):
        for layer, value in zip(kept, values, strict=True):
            layer[0] = value
    return classifier


def backprop_classifier(solver: str, random_state: int) -> Any:
    """MLPClassifier with the same layers, row by row."""
    return MLPClassifier(
        SIZES,
        activation="logistic",
        solver=solver,
        batch_size=1,
        learning_rate_init=ALPHA if solver == "sgd" else 0.001,
        max_iter=1,
        random_state=random_state,
    )
