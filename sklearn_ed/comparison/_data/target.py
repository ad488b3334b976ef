"""The target y: class labels or numbers."""

from __future__ import annotations

import numpy as np

from ..._utils.errors import UnusableInput

TASKS = ("classification", "regression")

MIN_ROWS_PER_CLASS = 4
"""So that every class has a held-out row and rows in at least two folds."""

MIN_ROWS = 20
"""For regression."""

_MAX_FREQUENT_VALUES = 20


def guess_task(y: np.ndarray) -> str:
    """ "regression" for numbers with fractions or with many values, some of them rare."""
    if y.dtype.kind not in "iuf":
        return "classification"
    if _has_fractions(y):
        return "regression"
    counts = np.unique(y, return_counts=True)[1]
    are_labels = counts.shape[0] <= _MAX_FREQUENT_VALUES or counts.min() >= MIN_ROWS_PER_CLASS
    return "classification" if are_labels else "regression"


def check_target(y: np.ndarray, task: str, parameter: str, place: str = "") -> None:
    """Raise UnusableInput if y is no target of the task.

    The message begins with the name of the parameter. `place` says where in the data y is, for
    example " in column 'price'".
    """
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        n_bad = int((~np.isfinite(y)).sum())
        raise UnusableInput(
            f"{parameter}: expected finite numbers{place}, got {n_bad} infinite or missing "
            f"values in {y.shape[0]} rows."
        )
    check = _check_numbers if task == "regression" else _check_classes
    check(y, parameter, place)


def _has_fractions(y: np.ndarray) -> bool:
    return bool((y != np.round(y)).any())


def _check_classes(y: np.ndarray, parameter: str, place: str) -> None:
    if y.dtype.kind == "f" and _has_fractions(y):
        raise UnusableInput(
            f"{parameter}: expected class labels{place}, got real numbers such as "
            f"{y[y != np.round(y)][0]:g}; use regression for them."
        )
    classes, counts = np.unique(y, return_counts=True)
    if classes.shape[0] < 2:
        raise UnusableInput(
            f"{parameter}: expected at least 2 classes{place}, got only {classes[0]!s}."
        )
    if counts.min() < MIN_ROWS_PER_CLASS:
        n_rare = int((counts < MIN_ROWS_PER_CLASS).sum())
        hint = "; if y is a quantity, use regression" if y.dtype.kind in "iuf" else ""
        raise UnusableInput(
            f"{parameter}: expected at least {MIN_ROWS_PER_CLASS} rows of each class{place}, "
            f"got {counts.min()} of {classes[counts.argmin()]!s} ({n_rare} of "
            f"{classes.shape[0]} classes are too rare{hint})."
        )


def _check_numbers(y: np.ndarray, parameter: str, place: str) -> None:
    if y.dtype.kind not in "iuf":
        raise UnusableInput(
            f"{parameter}: expected numbers{place} for regression, got {y[0]!r}."
        )
    if y.shape[0] < MIN_ROWS or np.ptp(y) == 0:
        raise UnusableInput(
            f"{parameter}: expected at least {MIN_ROWS} rows and two different numbers{place}, "
            f"got {y.shape[0]} rows from {y.min():g} to {y.max():g}."
        )
