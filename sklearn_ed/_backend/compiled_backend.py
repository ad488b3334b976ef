"""The arithmetic of a bank in compiled kernels; products of dense arrays are NumPy's."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import scipy.sparse as sp

from .blas import share_rows
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

            def product(rows: slice) -> None:
                indptr = X.indptr[rows.start : rows.stop + 1]
                _batch.csr_product(X.data, X.indices, indptr, weights, out[rows])

            share_rows(X.shape[0], X.nnz * weights.shape[1], product)
        else:
            super().input_product(X, weights, out)

    def input_increment(self, X: Any, D: np.ndarray, out: np.ndarray) -> None:
        if sp.issparse(X):
            _batch.csr_increment(X.data, X.indices, X.indptr, D, out)
        else:
            super().input_increment(X, D, out)

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
