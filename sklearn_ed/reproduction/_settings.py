"""The published settings: parameters of `EDClassifier`."""

from __future__ import annotations

from typing import Any

KANEKO_SETTINGS: dict[str, Any] = {
    "weight_decrement": False,
    "init": "uniform",
    "loss": "squared_error",
    "solver": "sgd",
    "learning_rate": "constant",
    "batch_size": 1,
    "shuffle": False,
    "u0": 0.4,
    "beta": 0.8,
}
"""Parameters that make :class:`~sklearn_ed.EDClassifier` the algorithm that Kaneko published.

The learning rate and the hidden layers depend on the problem. For XOR and parity, Kaneko used
one hidden layer and ``alpha=0.8``, the default of his program:
``EDClassifier((8,), alpha=0.8, **KANEKO_SETTINGS)``.
"""

ARTICLE_SETTINGS: dict[str, Any] = {
    **KANEKO_SETTINGS,
    "hidden_layer_sizes": (16,) * 10,
    "alpha": 0.1,
    "max_iter": 1,
}
"""Parameters of the article's network: ten hidden layers of 16 units, one epoch, row by row.

See :func:`reproduce_article`.
"""
