"""The article's data: MNIST's zeros and ones."""

from __future__ import annotations

from os import PathLike

import numpy as np

from ..datasets import load_mnist


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
