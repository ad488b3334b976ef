"""Rows of dense and of sparse arrays."""

from __future__ import annotations

from typing import Any

import scipy.sparse as sp


def part_of(X: Any, rows: slice) -> Any:
    """Consecutive rows, without a copy of their values also for a CSR array."""
    if not sp.issparse(X):
        return X[rows, :]
    first, last, _ = rows.indices(X.shape[0])
    start, stop = X.indptr[first], X.indptr[last]
    values, indices = X.data[start:stop], X.indices[start:stop]
    pointers = X.indptr[first : last + 1] - start
    return sp.csr_array((values, indices, pointers), shape=(last - first, X.shape[1]))
