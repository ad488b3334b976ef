"""What stands before an estimator: columns of numbers and of strings, some values missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    OneHotEncoder,
    StandardScaler,
)

from .._utils.errors import UnusableInput

MAX_CATEGORIES = 30
"""Strings rarer than the most frequent ones of a column share one category."""


def make_preprocessing(X: Any) -> tuple[Any, str]:
    """The transformer that suits X, and what it does in words.

    Columns of numbers are standardized, with the median for missing values; columns of strings,
    booleans and dates are one-hot encoded, with a category of its own for missing values. Of a
    data frame, columns without two different values are left out. Sparse columns are divided
    by their largest magnitude.

    Parameters
    ----------
    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_columns)
        Looked at for its kinds of columns only.

    Raises
    ------
    UnusableInput
        If no column is of use, or numbers are too large.
    """
    if sp.issparse(X):
        return MaxAbsScaler(), "divided by their largest magnitude"
    if hasattr(X, "columns"):
        return _for_frame(X)
    numbers = np.asarray(X)
    if numbers.dtype.kind not in "iufb":
        raise UnusableInput(
            f"X: expected numbers, or a pandas DataFrame with columns of strings, got an array "
            f"of dtype {numbers.dtype}."
        )
    if numbers.dtype.kind == "f" and np.isnan(numbers).any():
        return _numbers(), "standardized, medians for missing values"
    return StandardScaler(), "standardized"


def as_strings(frame: Any) -> Any:
    """Columns of strings, booleans or dates as objects: str, or NaN where missing."""
    frame = frame.astype(object)
    for name in frame.columns:
        # SimpleImputer wants objects, which pandas would make strings of its own again.
        frame[name] = frame[name].map(str, na_action="ignore").astype(object)
    return frame


def _numbers() -> Any:
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )


def _for_frame(frame: Any) -> tuple[Any, str]:
    usable = [name for name in frame.columns if frame[name].nunique() >= 2]
    if not usable:
        raise UnusableInput(
            "data: expected a column besides the target that has two different values, "
            "got none."
        )
    numeric = [name for name in usable if frame[name].dtype.kind in "iuf"]
    strings = [name for name in usable if name not in numeric]
    _check_numbers(frame, numeric)
    steps, words = [], []
    if numeric:
        steps.append(("numbers", _numbers(), numeric))
        words.append(f"{len(numeric)} of numbers, standardized")
    if strings:
        encoder = make_pipeline(
            FunctionTransformer(as_strings, feature_names_out="one-to-one"),
            SimpleImputer(strategy="constant", fill_value="(missing)"),
            OneHotEncoder(
                handle_unknown="infrequent_if_exist",
                max_categories=MAX_CATEGORIES,
                sparse_output=False,
            ),
        )
        steps.append(("strings", encoder, strings))
        words.append(f"{len(strings)} of strings, one-hot encoded")
    left_out = len(frame.columns) - len(usable)
    if left_out:
        words.append(f"{left_out} without two different values, left out")
    return ColumnTransformer(steps), ", ".join(words)


def _check_numbers(frame: Any, names: list[str]) -> None:
    for name in names:
        column = frame[name].to_numpy(dtype=float, na_value=np.nan)
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(np.nanvar(column)):
                continue
        raise UnusableInput(
            f"data: expected numbers with a finite variance, got {np.nanmax(np.abs(column)):g} "
            f"in column {name!r}."
        )
