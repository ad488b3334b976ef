"""Checks of X and of sample weights beyond those of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length

from .._utils.validation import is_real
from . import shortcuts


def check_sparse_structure(X: Any) -> None:
    """Refuse indices out of range: products and conversions would go beyond the arrays.

    Call it before X is converted.
    """
    if not sp.issparse(X):
        return
    try:
        if X.format in ("csr", "csc", "bsr"):
            X.check_format(full_check=True)
        elif X.format == "coo" and X.nnz:
            for index, size in zip((X.row, X.col), X.shape, strict=True):
                if index.min() < 0 or index.max() >= size:
                    raise ValueError(f"index {index.max()} or {index.min()} of {size}")
    except ValueError as error:
        raise ValueError(
            f"X: expected a sparse array whose indices fit its shape, got this one: {error}."
        ) from error


def check_sample_weight(sample_weight: Any, X: Any) -> np.ndarray | None:
    """The weights in the dtype of X, or None."""
    if sample_weight is None:
        return None
    if is_real(sample_weight):
        sample_weight = np.full(X.shape[0], sample_weight)
    if shortcuts.is_plain_weight(sample_weight, X.shape[0], X.dtype):
        weight = sample_weight
    else:
        weight = check_array(
            sample_weight,
            ensure_2d=False,
            dtype=X.dtype,
            order="C",
            input_name="sample_weight",
        )
        if weight.ndim != 1:
            raise ValueError(
                f"sample_weight: expected a 1D array, got one of shape {weight.shape}."
            )
        check_consistent_length(X, weight)
    if (weight < 0).any():
        raise ValueError(
            f"sample_weight: expected no negative weight, got one of {weight.min():g}."
        )
    if not np.isfinite(weight.sum()):
        raise ValueError(
            "sample_weight: expected weights with a finite sum, got too large ones."
        )
    if not weight.any():
        raise ValueError(
            "sample_weight: expected at least one positive weight, got only zeros: "
            "no sample is left."
        )
    return weight
