"""The arithmetic of a bank in compiled kernels; products of dense arrays are NumPy's."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import scipy.sparse as sp

from .blas import share_columns
from .numpy_backend import NumpyBackend

_batch = import_module(f"{__package__}._batch")
_online = import_module(f"{__package__}._online")


class CompiledBackend(NumpyBackend):
    """`NumpyBackend` with a kernel wherever one is faster."""

    name = "compiled"
    steps_are_atomic = True
    # The kernel counts features in 32 bits.
    max_online_features = 2**31 - 65

    activate = staticmethod(_batch.activate)
    readout = staticmethod(_batch.readout)
    broadcast_error = staticmethod(_batch.broadcast_error)
    readout_increment = staticmethod(_batch.readout_increment)
    carry_error = staticmethod(_batch.carry_error)
    apply_slope = staticmethod(_batch.apply_slope)
    clamp_signs = staticmethod(_batch.clamp_signs)
    sgd = staticmethod(_batch.sgd)
    momentum = staticmethod(_batch.momentum)
    adam = staticmethod(_batch.adam)
    shrink = staticmethod(_batch.shrink)
    count_saturated = staticmethod(_batch.count_saturated)
    learn_online = staticmethod(_online.learn)
    draw_rows = staticmethod(_online.draw_rows)
    scale_rows = staticmethod(_online.scale_rows)

    def input_product(self, X: Any, weights: np.ndarray, out: np.ndarray) -> None:
        if sp.issparse(X):
            _sparse_product(X, X.has_sorted_indices, weights, out)
        else:
            super().input_product(X, weights, out)

    def input_increment(self, X: Any, D: np.ndarray, out: np.ndarray) -> None:
        if sp.issparse(X):
            # The CSC form of X is the CSR form of its transpose.
            _sparse_product(X.tocsc(), True, D, out)
        else:
            super().input_increment(X, D, out)

    def row_compressor(self, shape: tuple[int, int], dtype: np.dtype) -> RowCompressor:
        return RowCompressor(shape, dtype)

    def sum_of_magnitudes(self, array: np.ndarray, memory: np.ndarray) -> float:
        found: float = _batch.sum_of_magnitudes(array)
        return found

    def softmax_error(
        self, A: np.ndarray, code: np.ndarray | None, scale: float, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        E, loss = np.empty_like(A), np.empty(A.shape[0], dtype=A.dtype)
        _batch.softmax_error(A, code, scale, targets.astype(np.intp, copy=False), E, loss)
        return E, loss

    def drop_inputs(
        self, X: Any, feature_keys: np.ndarray, seeds: np.ndarray, n_dropped: int
    ) -> None:
        if sp.issparse(X):
            _batch.drop_csr(X.data, X.indices, X.indptr, feature_keys, seeds, n_dropped)
        else:
            _batch.drop_dense(X, feature_keys, seeds, n_dropped)


class RowCompressor:
    """Makes CSR arrays of dense rows, in memory that the next rows reuse.

    Parameters
    ----------
    shape : tuple of int
        Of the largest array.
    dtype : dtype
        float32 or float64.
    """

    def __init__(self, shape: tuple[int, int], dtype: np.dtype) -> None:
        # The kernel also writes the item after the last one.
        n_items = shape[0] * shape[1] + 1
        self._data, self._indices = np.empty(n_items, dtype), np.empty(n_items, np.int32)
        self._indptr = np.empty(shape[0] + 1, np.int32)

    def __call__(self, X: np.ndarray) -> sp.csr_array:
        """The CSR form of X, which is valid until the next call."""
        X = np.ascontiguousarray(X)
        indptr = self._indptr[: X.shape[0] + 1]
        n_items = _batch.compress(X, self._data, self._indices, indptr)
        parts = self._data[:n_items], self._indices[:n_items], indptr
        found = sp.csr_array(parts, shape=X.shape)
        found.has_canonical_format = True
        return found


def _sparse_product(X: Any, is_sorted: bool, weights: np.ndarray, out: np.ndarray) -> None:
    """Write X W, where the arrays of X are those of the CSR form; threads share the columns."""

    def product(columns: slice) -> None:
        arrays = X.data, X.indices, X.indptr, is_sorted, weights, out
        _batch.csr_product(*arrays, columns.start, columns.stop)

    # A multiplication takes twice as long as in a dense product.
    share_columns(out.shape[1], 2 * X.nnz * weights.shape[1], product)
