"""Seconds of learning the article's rows once."""

from __future__ import annotations

import time
from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.base import clone


def seconds_of_partial_fit(
    classifier: Any, X: np.ndarray, y: np.ndarray, n_repeats: int
) -> tuple[float, Any]:
    """Median seconds of one epoch from the same weights, after an untimed one; who learned."""
    copies = [deepcopy(classifier) for _ in range(n_repeats + 1)]
    seconds = []
    for copy in copies:
        start = time.perf_counter()
        copy.partial_fit(X, y)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds[1:])), copies[-1]


def seconds_of_fit(
    estimator: Any, X: np.ndarray, y: np.ndarray, n_repeats: int
) -> tuple[float, Any]:
    """Median seconds of `fit` after one on few rows that does not count; who learned."""
    clone(estimator).fit(X[:50], y[:50])
    seconds, learned = [], estimator
    for _ in range(n_repeats):
        learned = clone(estimator)
        start = time.perf_counter()
        learned.fit(X, y)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)), learned
