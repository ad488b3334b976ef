"""Checks of X and of sample weights beyond those of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array

from .._networks.bank import NetworkBank
from .._utils.validation import is_real
from . import shortcuts


def checked_sparse(X: Any) -> Any:
    """X, with its indices checked and its arrays contiguous if it is sparse.

    Indices out of range are refused: products and conversions would go beyond the arrays. Call
    it before X is converted. What has no index arrays comes back in the CSR format.
    """
    if not sp.issparse(X):
        return X
    try:
        if X.format == "lil":
            for row, values in zip(X.rows, X.data, strict=True):
                if len(row) != len(values):
                    raise ValueError(f"{len(row)} indices and {len(values)} values in a row")
        if X.format not in ("csr", "csc", "bsr", "coo"):
            X = X.tocsr()
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
    if X.format in ("csr", "csc") and not all(
        array.flags.c_contiguous for array in (X.data, X.indices, X.indptr)
    ):
        X = X.copy()
    return X


def check_magnitude(X: Any, bank: NetworkBank) -> None:
    """Refuse values so large that a weighted sum of them may overflow, and be no number.

    X is finite and has the dtype of the networks.
    """
    values = X.data if sp.issparse(X) else X
    if shortcuts.has_finite_square(values):
        return
    largest = float(np.abs(values).max())
    most = np.finfo(values.dtype).max / (bank.weights[0].shape[0] + 1)
    most = float(most) / max(1.0, float(np.abs(bank.weights[0]).max()))
    if largest > most:
        raise ValueError(
            f"X: expected values up to {most:.2g}, whose weighted sums are finite, got values "
            f"up to {largest:.2g}."
        )


def check_sample_weight(
    sample_weight: Any, X: Any, name: str = "sample_weight"
) -> np.ndarray | None:
    """The weights in the dtype of X, or None; `name` is the parameter that they came from."""
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
            input_name=name,
        )
        if weight.ndim != 1:
            raise ValueError(f"{name}: expected a 1D array, got one of shape {weight.shape}.")
        if weight.shape[0] != X.shape[0]:
            raise ValueError(
                f"{name}: expected {X.shape[0]} weights, one for each row of X, got "
                f"{weight.shape[0]}."
            )
    if (weight < 0).any():
        raise ValueError(f"{name}: expected no negative weight, got one of {weight.min():g}.")
    if not np.isfinite(weight.sum()):
        raise ValueError(f"{name}: expected weights with a finite sum, got too large ones.")
    if not weight.any():
        raise ValueError(
            f"{name}: expected at least one positive weight, got only zeros: no sample is left."
        )
    return weight
