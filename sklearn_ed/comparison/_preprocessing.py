"""What stands before an estimator, depending on the estimator and on the columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sklearn.utils import _safe_indexing, check_array, get_tags

from .._estimators.base import BaseErrorDiffusion
from .._utils.extras import import_extra
from ..preprocessing import PiecewiseLinearEncoder
from ..preprocessing._selectors import numeric_columns
from ..preprocessing._table_pipeline import make_table_pipeline


def make_preprocessing(estimator: Any, X: Any) -> Any:
    """A transformer, or None for an estimator that takes the columns as they are.

    Error diffusion has the encoder of `make_table_pipeline`, every other estimator that of
    skrub's `tabular_pipeline`. If all columns are numbers, skrub is not needed: trees take them
    as they are, other estimators standardized.
    """
    if isinstance(estimator, Pipeline):
        return None
    if sp.issparse(X):
        return MaxAbsScaler()
    is_ed = isinstance(estimator, BaseErrorDiffusion)
    if len(numeric_columns(X)) < X.shape[1]:
        if is_ed:
            return make_table_pipeline(estimator)[0]
        skrub = import_extra("skrub", "A table with other columns than numbers", "tables")
        return skrub.tabular_pipeline(estimator)[:-1]
    if is_ed:
        return PiecewiseLinearEncoder(dtype=np.float32)
    if get_tags(estimator).input_tags.allow_nan:
        return None
    imputer = SimpleImputer(add_indicator=True, keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler())


def check_numbers(X: Any) -> None:
    """Raise ValueError if a number is infinite."""
    if columns := numeric_columns(X):
        numbers = _safe_indexing(X, columns, axis=1)
        options = {"ensure_all_finite": "allow-nan", "input_name": "X"}
        check_array(numbers, accept_sparse=True, dtype=np.float64, **options)


def describe_columns(X: Any) -> str:
    """How many columns of X are numbers, in words."""
    n_numbers = len(numeric_columns(X))
    return "numeric" if n_numbers == X.shape[1] else f"{n_numbers} of them numeric"
