"""What each contestant may spend on the search, by the number of rows alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import train_test_split

MAX_SEARCH_ROWS = 10_000
"""Beyond this the search sees a stratified sample; the best candidate is fitted on all rows."""


@dataclass(frozen=True)
class Budget:
    """The same for every contestant.

    Attributes
    ----------
    rows : ndarray of int
        Indices of the training rows that the search sees.
    n_folds : int
        Folds of the cross-validation.
    max_iter : int
        Most epochs of a fit.
    tol : float
        Least improvement of the training loss that counts.
    """

    rows: np.ndarray
    n_folds: int
    max_iter: int
    tol: float = 1e-3


def plan_budget(y_train: np.ndarray, random_state: int) -> Budget:
    """Few epochs for many rows: an epoch of many rows has many steps.

    Parameters
    ----------
    y_train : ndarray of shape (n_rows,)
        Class labels.
    random_state : int
        Seed of the sample of rows.
    """
    rows = np.arange(y_train.shape[0])
    most_folds = 5
    if rows.shape[0] > MAX_SEARCH_ROWS:
        rows, _ = train_test_split(
            rows, train_size=MAX_SEARCH_ROWS, stratify=y_train, random_state=random_state
        )
        rows.sort()
        most_folds = 3
    smallest_class = np.unique(y_train[rows], return_counts=True)[1].min()
    n_folds = int(np.clip(smallest_class, 2, most_folds))
    max_iter = 300 if rows.shape[0] < 1000 else 100 if rows.shape[0] < MAX_SEARCH_ROWS else 20
    return Budget(rows, n_folds, max_iter)
