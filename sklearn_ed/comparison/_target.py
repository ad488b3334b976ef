"""The target y: class labels or numbers."""

from __future__ import annotations

import numpy as np

from .._utils.errors import UnusableInput

TASKS = ("classification", "regression")

MIN_ROWS_PER_CLASS = 4
"""So that every class has a held-out row and rows in at least two folds."""

MAX_TARGET = 1e150
"""For regression: scores square the targets."""

MIN_ROWS = 20
"""For regression."""

_MAX_FREQUENT_VALUES = 20


def guess_task(y: np.ndarray) -> str:
    """ "regression" for numbers with fractions or with many values, some of them rare."""
    if y.dtype.kind not in "iuf":
        return "classification"
    counts = np.unique(y, return_counts=True)[1]
    is_rare = counts.shape[0] > _MAX_FREQUENT_VALUES and counts.min() < MIN_ROWS_PER_CLASS
    return "regression" if is_rare or _fractions(y).size else "classification"


def check_target(y: np.ndarray, task: str, parameter: str, place: str = "") -> None:
    """Raise UnusableInput if y is no target of the task.

    The message begins with the name of the parameter. `place` says where in the data y is, for
    example " in column 'price'".
    """
    problem = _find_problem(y, task, place)
    if problem is not None:
        raise UnusableInput(f"{parameter}: expected {problem}.")


def _find_problem(y: np.ndarray, task: str, place: str) -> str | None:
    is_number = y.dtype.kind in "iuf"
    if is_number and (n_bad := int((~np.isfinite(y)).sum())):
        found = f"{n_bad} infinite or missing values in {y.shape[0]} rows"
        return f"finite numbers{place}, got {found}"
    if task == "regression":
        if not is_number:
            return f"numbers{place} for regression, got {y[0]!r}"
        if not np.abs(y).max() <= MAX_TARGET:
            return f"numbers up to {MAX_TARGET:g}{place}, got {np.abs(y).max():g}"
        if y.shape[0] < MIN_ROWS or np.ptp(y) == 0:
            found = f"{y.shape[0]} rows from {y.min():g} to {y.max():g}"
            return f"at least {MIN_ROWS} rows and two different numbers{place}, got {found}"
        return None
    if is_number and (fractions := _fractions(y)).size:
        found = f"real numbers such as {fractions[0]:g}; use regression for them"
        return f"class labels{place}, got {found}"
    classes, counts = np.unique(y, return_counts=True)
    if classes.shape[0] < 2:
        return f"at least 2 classes{place}, got only {classes[0]!s}"
    if counts.min() < MIN_ROWS_PER_CLASS:
        n_rare = int((counts < MIN_ROWS_PER_CLASS).sum())
        hint = "; if y is a quantity, use regression" if is_number else ""
        return (
            f"at least {MIN_ROWS_PER_CLASS} rows of each class{place}, got {counts.min()} of "
            f"{classes[counts.argmin()]!s} ({n_rare} of {classes.shape[0]} classes are too "
            f"rare{hint})"
        )
    return None


def _fractions(y: np.ndarray) -> np.ndarray:
    return y[y != np.round(y)]
