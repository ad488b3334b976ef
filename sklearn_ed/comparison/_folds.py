"""The plan's numbers: folds of the search, maximum number of epochs."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, check_cv, train_test_split
from sklearn.utils import _safe_indexing

from .._utils.errors import UnusableInput

SEARCH_SIZE = 10_000
"""With more training rows the search sees a sample; the best candidate is fitted on all."""

Fold = tuple[np.ndarray, np.ndarray]


def choose_max_iter(n_rows: int) -> int:
    """Maximum number of epochs: fewer for many rows, whose epochs have many steps."""
    return 300 if n_rows < 1000 else 100 if n_rows < SEARCH_SIZE else 20


def make_folds(
    X: Any, y: np.ndarray, *, task: str, cv: Any, search_size: int | None, random_state: int
) -> list[Fold]:
    """Training and test rows of each fold, as indices into all rows.

    With more than `search_size` rows, the folds split a random sample of so many. `cv` is as in
    GridSearchCV, but a number of folds means shuffled ones. None means 5 folds, 3 of a sample,
    or fewer if a class has fewer rows.
    """
    rows = np.arange(y.shape[0])
    is_sampled = search_size is not None and rows.shape[0] > search_size
    if is_sampled:
        strata = y if task == "classification" else None
        rows, _ = train_test_split(
            rows, train_size=search_size, stratify=strata, random_state=random_state
        )
        rows.sort()
    if cv is None:
        cv = 3 if is_sampled else 5
        if task == "classification":
            cv = int(np.clip(np.unique(y[rows], return_counts=True)[1].min(), 2, cv))
    splitter = cv
    try:
        if isinstance(cv, (int, np.integer)):
            kind = StratifiedKFold if task == "classification" else KFold
            splitter = kind(int(cv), shuffle=True, random_state=random_state)
        splitter = check_cv(splitter, y[rows], classifier=task == "classification")
        folds = list(splitter.split(_safe_indexing(X, rows), y[rows]))
        return [(rows[train], rows[test]) for train, test in folds]
    except (ValueError, TypeError, IndexError) as error:
        raise UnusableInput(
            f"cv: expected a number of folds, a splitter or folds for {rows.shape[0]} rows, "
            f"got {cv!r}: {error}"
        ) from error
