"""Checks of X and of sample weights beyond those of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array

from .._backend import backend
from .._backend.namespaces import to_numpy
from .._networks.bank import NetworkBank
from .._utils.validation import is_real
from . import shortcuts

_INDEX_DTYPES = (np.dtype(np.int32), np.dtype(np.int64))


def checked_sparse(X: Any) -> Any:
    """X, with its indices checked and its arrays contiguous if it is sparse.

    Indices out of range are refused: products and conversions would go beyond the arrays. Call
    it before X is converted. What has no index arrays comes back in the CSR format.
    """
    if not sp.issparse(X):
        return X
    try:
        if X.format in ("lil", "dia", "dok"):
            X = _with_indices(X)
        if X.format == "coo":
            _check_coordinates(X)
        else:
            _check_compressed(X)
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
        raise ValueError(
            f"X: expected a sparse array whose indices fit its shape, got this one: {error}."
        ) from error
    if X.format in ("csr", "csc"):
        arrays = X.data, X.indices, X.indptr
        if X.indices.dtype != X.indptr.dtype or X.indices.dtype not in _INDEX_DTYPES:
            return type(X)(arrays, shape=X.shape, copy=True)
        if not all(array.flags.c_contiguous for array in arrays):
            return X.copy()
    return X


def _with_indices(X: Any) -> Any:
    """X in a format with index arrays, not checked yet."""
    if X.format == "dok":
        return X.tocoo()
    if X.format == "dia":
        if X.data.ndim != 2 or X.offsets.shape != X.data.shape[:1]:
            raise ValueError(f"{X.data.shape} values and offsets of shape {X.offsets.shape}")
        return X.tocsr()
    if not len(X.rows) == len(X.data) == X.shape[0]:
        raise ValueError(f"{len(X.rows)} rows of indices and {len(X.data)} of values")
    for row, values in zip(X.rows, X.data, strict=True):
        if len(row) != len(values):
            raise ValueError(f"{len(row)} indices and {len(values)} values in a row")
    return X.tocsr()


def _check_compressed(X: Any) -> None:
    """SciPy's check misses unsigned pointers, and any pointers of an array without values."""
    indices, indptr = X.indices, X.indptr
    if indices.ndim != 1 or indptr.ndim != 1:
        raise ValueError(f"indices and pointers of {indices.ndim} and {indptr.ndim} dimensions")
    if indices.dtype.kind not in "iu" or indptr.dtype.kind not in "iu":
        raise ValueError(f"indices of dtype {indices.dtype}, pointers of {indptr.dtype}")
    if X.data.ndim != (3 if X.format == "bsr" else 1) or len(indices) != len(X.data):
        raise ValueError(f"{len(indices)} indices, and values of the shape {X.data.shape}")
    n_rows, n_columns = X.shape if X.format != "csc" else X.shape[::-1]
    if X.format == "bsr":
        height, width = X.blocksize
        if n_rows % height or n_columns % width:
            raise ValueError(f"blocks of the shape {X.blocksize}")
        n_rows, n_columns = n_rows // height, n_columns // width
    if len(indptr) != n_rows + 1 or indptr[0] != 0 or indptr[-1] > len(indices):
        raise ValueError(f"{len(indptr)} pointers from {indptr[0]} to {indptr[-1]}")
    if (indptr[1:] < indptr[:-1]).any():
        raise ValueError("indptr must be a non-decreasing sequence")
    _check_range(indices, n_columns)


def _check_coordinates(X: Any) -> None:
    for index, size in zip((X.row, X.col), X.shape, strict=True):
        if index.dtype.kind not in "iu" or index.shape != X.data.shape or index.ndim != 1:
            raise ValueError(f"{X.data.shape} values, {index.dtype} of the shape {index.shape}")
        _check_range(index, size)


def _check_range(indices: np.ndarray, size: int) -> None:
    if indices.size and indices.max() >= size:
        raise ValueError(f"indices must be < {size}, and one is {indices.max()}")
    if indices.size and indices.min() < 0:
        raise ValueError(f"indices must be >= 0, and one is {indices.min()}")


def check_magnitude(X: Any, bank: NetworkBank) -> None:
    """Refuse values so large that a weighted sum of them may overflow, and be no number.

    X is finite and has the dtype of the networks.
    """
    values, arithmetic = X.data if sp.issparse(X) else X, backend()
    is_checked = arithmetic.holds_numpy and bank.is_moderate
    if is_checked and shortcuts.has_finite_square(values):
        return
    largest = arithmetic.largest(values)
    most = np.finfo(arithmetic.numpy_dtype(values)).max / (bank.weights[0].shape[0] + 1)
    most = float(most) / max(1.0, arithmetic.largest(bank.weights[0]))
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
    sample_weight, dtype = to_numpy(sample_weight), backend().numpy_dtype(X)
    if is_real(sample_weight):
        sample_weight = np.full(X.shape[0], sample_weight)
    if shortcuts.is_plain_weight(sample_weight, X.shape[0], dtype):
        weight = sample_weight
    else:
        weight = check_array(
            sample_weight,
            ensure_2d=False,
            dtype=dtype,
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
