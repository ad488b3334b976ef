"""Preprocessing that suits the columns: numbers, strings, missing values."""

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

from ..._utils.errors import UnusableInput

MAX_CATEGORIES = 30
"""Rarer strings of a column share one category."""


def make_preprocessing(X: Any) -> tuple[Any, str]:
    """The transformer that suits the columns of X, and its description in words.

    Numbers are standardized; missing ones are replaced by the median. Strings, booleans and
    dates are one-hot encoded; missing values are a category of their own. Columns of a data
    frame that are constant are dropped. Sparse columns are divided by their largest magnitude.
    """
    if sp.issparse(X):
        return MaxAbsScaler(), "divided by their largest magnitude"
    if hasattr(X, "columns"):
        return _for_frame(X)
    numbers = np.asarray(X)
    if numbers.dtype.kind not in "iufb":
        raise UnusableInput(
            "X: expected numbers, or a pandas DataFrame if there are strings, got an array of "
            f"dtype {numbers.dtype}."
        )
    if numbers.dtype.kind == "f" and np.isnan(numbers).any():
        return _for_numbers(), "standardized, missing values replaced by the median"
    return StandardScaler(), "standardized"


def as_strings(frame: Any) -> Any:
    """Columns as objects: str, or NaN where the value is missing."""
    frame = frame.astype(object)
    for name in frame.columns:
        # SimpleImputer needs objects, but pandas would make its own string type of them.
        frame[name] = frame[name].map(str, na_action="ignore").astype(object)
    return frame


def _for_numbers() -> Any:
    return make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )


def _for_strings() -> Any:
    return make_pipeline(
        FunctionTransformer(as_strings, feature_names_out="one-to-one"),
        SimpleImputer(strategy="constant", fill_value="(missing)"),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            max_categories=MAX_CATEGORIES,
            sparse_output=False,
        ),
    )


def _for_frame(frame: Any) -> tuple[Any, str]:
    usable = [name for name in frame.columns if frame[name].nunique() >= 2]
    if not usable:
        raise UnusableInput(
            "data: expected at least one column besides the target that is not constant, "
            "got none."
        )
    numeric = [name for name in usable if frame[name].dtype.kind in "iuf"]
    strings = [name for name in usable if name not in numeric]
    _check_variances(frame, numeric)
    steps, words = [], []
    if numeric:
        steps.append(("numbers", _for_numbers(), numeric))
        words.append(f"{len(numeric)} numeric, standardized")
    if strings:
        steps.append(("strings", _for_strings(), strings))
        words.append(f"{len(strings)} categorical, one-hot encoded")
    if n_dropped := len(frame.columns) - len(usable):
        words.append(f"{n_dropped} constant, dropped")
    return ColumnTransformer(steps), ", ".join(words)


def _check_variances(frame: Any, names: list[str]) -> None:
    for name in names:
        column = frame[name].to_numpy(dtype=float, na_value=np.nan)
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(np.nanvar(column)):
                continue
        raise UnusableInput(
            f"data: expected numbers with a finite variance, got {np.nanmax(np.abs(column)):g} "
            f"in column {name!r}."
        )
