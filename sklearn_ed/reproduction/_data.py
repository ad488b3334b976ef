"""The article's data: MNIST's zeros and ones."""

from __future__ import annotations

from os import PathLike

import numpy as np

from ..datasets import load_mnist


def zeros_and_ones(
    path: str | PathLike[str] | None = None, n_train: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X_train, y_train, X_test, y_test in file order; float64, exactly pixels / 255.

    Parameters
    ----------
    path : str or path-like, default=None
        As in :func:`~sklearn_ed.datasets.load_mnist`.
    n_train : int, default=None
        Number of training rows, the first ones; None: all.
    """
    data = load_mnist(path)
    parts: list[np.ndarray] = []
    for X, y, n_rows in (
        (data.X_train, data.y_train, n_train),
        (data.X_test, data.y_test, None),
    ):
        chosen = np.flatnonzero(y < 2)[:n_rows]
        # load_mnist returns float32.
        parts += [np.round(X[chosen].astype(np.float64) * 255) / 255, y[chosen]]
    X_train, y_train, X_test, y_test = parts
    return X_train, y_train, X_test, y_test
