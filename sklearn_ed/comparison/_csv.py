"""A problem from a CSV file: columns of numbers and of strings, some of them missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.multiclass import type_of_target

from .._extras import import_extra
from ._errors import UnusableInput
from ._problem import Problem, split_problem

MIN_ROWS_PER_CLASS = 4
"""So that each class has rows in the test split and in at least two folds."""

MAX_CATEGORIES = 30
"""Strings rarer than the most frequent ones of a column share one category."""


def csv_problem(path: Any, target: str, random_state: int = 0) -> Problem:
    """A classification problem from a CSV file with a header.

    Columns of numbers are standardized, with the median for missing values; columns of
    strings are one-hot encoded, with a category of its own for missing values. Columns without
    two different values are left out.

    Parameters
    ----------
    path : str or path-like
        The file, as :func:`pandas.read_csv` reads it.
    target : str
        Name of the column of class labels, numbers or strings.
    random_state : int, default=0
        Seed of the test split, a stratified quarter of the rows.

    Returns
    -------
    Problem

    Raises
    ------
    UnusableInput
        If pandas is missing, the file cannot be read, the column is not there, or the data is
        no classification problem.
    """
    frame = _read(Path(path))
    if target not in frame.columns:
        raise UnusableInput(
            f"target: expected a column of {path}, one of {_listed(frame.columns)}, "
            f"got {target!r}."
        )
    y = _labels(frame[target], target)
    X, numeric, categorical = _features(frame.drop(columns=target), str(path))
    preprocessing, inputs = _preprocessing(numeric, categorical)
    return split_problem(Path(path).stem, X, y, preprocessing, inputs, random_state)


def _read(path: Path) -> Any:
    pandas = import_extra("pandas", "Reading a CSV file")
    if not path.is_file():
        raise UnusableInput(f"data: expected a CSV file, got {path}, which is no file.")
    try:
        frame = pandas.read_csv(path, low_memory=False)
    except (OSError, ValueError) as error:
        # pandas' parser errors are ValueErrors.
        reason = str(error).strip().rstrip(".")
        raise UnusableInput(
            f"data: expected a CSV file, got {path}, which cannot be read: {reason}."
        ) from error
    if frame.empty:
        raise UnusableInput(f"data: expected a CSV file with rows, got {path}, which has none.")
    return frame


def _listed(names: Any, most: int = 10) -> str:
    listed = ", ".join(repr(name) for name in names[:most])
    return listed + (f" and {len(names) - most} more" if len(names) > most else "")


def _labels(column: Any, target: str) -> np.ndarray:
    n_missing = int(column.isna().sum())
    if n_missing:
        raise UnusableInput(
            f"target: expected a label in every row of column {target!r}, "
            f"got {n_missing} of {len(column)} rows without one."
        )
    is_number = column.dtype.kind in "iuf"
    y = column.to_numpy() if is_number else column.astype(str).to_numpy(dtype=object)
    if is_number and not np.isfinite(y).all():
        raise UnusableInput(f"target: expected finite labels in column {target!r}, got inf.")
    if type_of_target(y) == "continuous":
        raise UnusableInput(
            f"target: expected class labels in column {target!r}, got real numbers "
            f"such as {y[y != np.round(y)][0]:g}."
        )
    classes, counts = np.unique(y, return_counts=True)
    if classes.shape[0] < 2:
        raise UnusableInput(
            f"target: expected at least 2 classes in column {target!r}, "
            f"got only {classes[0]!s}."
        )
    if counts.min() < MIN_ROWS_PER_CLASS:
        n_rare = int((counts < MIN_ROWS_PER_CLASS).sum())
        raise UnusableInput(
            f"target: expected at least {MIN_ROWS_PER_CLASS} rows of each class in column "
            f"{target!r}, got {counts.min()} of {classes[counts.argmin()]!s}"
            f" ({n_rare} of {classes.shape[0]} classes are too rare)."
        )
    return y


def _features(frame: Any, path: str) -> tuple[Any, list[str], list[str]]:
    """The usable columns, and the names of those of numbers and those of categories."""
    frame = frame.loc[:, frame.nunique() >= 2]
    if frame.shape[1] == 0:
        raise UnusableInput(
            "data: expected a column besides the target that has two different values, "
            f"got none in {path}."
        )
    numeric = [name for name in frame.columns if frame[name].dtype.kind in "iuf"]
    categorical = [name for name in frame.columns if name not in numeric]
    with np.errstate(over="ignore", invalid="ignore"):
        too_large = [name for name in numeric if not np.isfinite(np.nanvar(frame[name]))]
    if too_large:
        largest = frame[too_large[0]].abs().max()
        raise UnusableInput(
            f"data: expected numbers with a finite variance, got {largest:g} "
            f"in column {too_large[0]!r} of {path}."
        )
    frame = frame.astype(dict.fromkeys(categorical, object))
    for name in categorical:
        # SimpleImputer wants objects, which pandas would make strings of its own again.
        frame[name] = frame[name].map(str, na_action="ignore").astype(object)
    return frame, numeric, categorical


def _preprocessing(numeric: list[str], categorical: list[str]) -> tuple[Any, str]:
    steps, words = [], []
    if numeric:
        numbers = make_pipeline(
            SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
        )
        steps.append(("numbers", numbers, numeric))
        words.append(f"{len(numeric)} of numbers, standardized")
    if categorical:
        strings = make_pipeline(
            SimpleImputer(strategy="constant", fill_value="(missing)"),
            OneHotEncoder(
                handle_unknown="infrequent_if_exist",
                max_categories=MAX_CATEGORIES,
                sparse_output=False,
            ),
        )
        steps.append(("strings", strings, categorical))
        words.append(f"{len(categorical)} of strings, one-hot encoded")
    return ColumnTransformer(steps), ", ".join(words)
