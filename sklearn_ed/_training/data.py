"""The rows to learn from, and their batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from .._backend import backend
from .dropout import InputDropout

COMPRESSED_PRODUCT, COMPRESSED_OUTPUTS, COMPRESSED_DENSITY = 10_000_000, 64, 1 / 3
"""Multiplications and columns of a product from which a dense batch becomes a CSR array, if the
share of its items that are not zero is below the last number: this saves time."""


@dataclass
class TrainingData:
    """Rows to learn from.

    Attributes
    ----------
    X : {ndarray, CSR array} of shape (n_samples, n_features)
        Or an array of the backend; the others are NumPy's.
    targets : ndarray
        In the form that the outputs expect, one entry or row per sample.
    weight : ndarray of shape (n_samples,) or (n_samples, n_members), or None
        Sample weights; the members of a bank may have weights of their own.
    rows : ndarray of int
        Indices of the rows to learn from.
    """

    X: Any
    targets: np.ndarray
    weight: np.ndarray | None
    rows: np.ndarray

    @property
    def dtype(self) -> np.dtype:
        """The dtype of X as NumPy has it."""
        return backend().numpy_dtype(self.X)

    @property
    def total_weight(self) -> float:
        """Sum of the weights of the rows, per member; without weights, their number."""
        if self.weight is None:
            return float(self.rows.size)
        are_all = self.rows.size == self.weight.shape[0]
        weight = self.weight if are_all else self.weight[self.rows]
        return float(weight.sum() / self.weight[:1].size)

    def order(self, rng: np.random.RandomState | None) -> np.ndarray:
        """The rows, in a new random order if `rng` is given."""
        if rng is None:
            return self.rows
        rows = self.rows.copy()
        rng.shuffle(rows)
        return rows

    def batches(
        self,
        batch_size: int,
        rng: np.random.RandomState | None,
        dropout: InputDropout | None = None,
        n_outputs: int = 0,
    ) -> Iterator[tuple[Any, np.ndarray, np.ndarray | None]]:
        """Yield (X, targets, weight) of one epoch, in a new random order if `rng` is given.

        All batches may share memory: X is valid until the next batch is requested. X is a CSR
        array, also of dense rows, where this makes products with `n_outputs` columns faster.
        """
        rows = self.order(rng)
        batch_size = min(batch_size, rows.shape[0])
        if not backend().holds_numpy:
            yield from self._moved_batches(rows, batch_size, dropout)
            return
        in_place = rng is None and dropout is None and rows.shape[0] == self.targets.shape[0]
        reuses_memory = (
            not in_place and isinstance(self.X, np.ndarray) and self.X.flags.c_contiguous
        )
        memory = (
            np.empty((batch_size, self.X.shape[1]), self.X.dtype) if reuses_memory else None
        )
        compressed = self._row_compressor(batch_size, dropout, n_outputs)
        for start in range(0, rows.shape[0], batch_size):
            batch = slice(start, start + batch_size)
            chosen = batch if in_place else rows[batch]
            weight = None if self.weight is None else self.weight[chosen]
            if memory is None:
                X = self.X[chosen]
            else:
                # Without a check of the indices, which would take a second copy.
                X = memory[: rows[batch].shape[0]]
                np.take(self.X, rows[batch], axis=0, out=X, mode="clip")
            if compressed is not None:
                X = compressed(X)
            if dropout is not None:
                dropout.apply(X)
                if compressed is not None:
                    X.eliminate_zeros()
            yield X, self.targets[chosen], weight

    def _row_compressor(
        self, batch_size: int, dropout: InputDropout | None, n_outputs: int
    ) -> Callable[[np.ndarray], Any] | None:
        """What makes CSR arrays of the batches; None where these would not save time."""
        n_features = self.X.shape[1]
        n_multiplications = batch_size * n_features * n_outputs
        if not isinstance(self.X, np.ndarray) or n_multiplications < COMPRESSED_PRODUCT:
            return None
        kept = 1.0 if dropout is None else 1.0 - dropout.rate
        if n_outputs < COMPRESSED_OUTPUTS or kept * self._density >= COMPRESSED_DENSITY:
            return None
        return backend().row_compressor((batch_size, n_features), self.X.dtype)

    @cached_property
    def _density(self) -> float:
        """The share of items of X that are not zero, in about a thousand of the rows."""
        rows = self.rows[:: max(1, self.rows.shape[0] // 1000)]
        return float(np.count_nonzero(self.X[rows]) / (rows.shape[0] * self.X.shape[1]))

    def _moved_batches(
        self, rows: np.ndarray, batch_size: int, dropout: InputDropout | None
    ) -> Iterator[tuple[Any, Any, Any]]:
        """`batches` as arrays of the backend; the host hands over what it has at once."""
        arithmetic = backend()
        order, targets = arithmetic.moved(rows), arithmetic.moved(self.targets[rows])
        weight = None if self.weight is None else arithmetic.moved(self.weight[rows])
        n_rows = rows.shape[0]
        for start in range(0, n_rows, batch_size):
            batch = slice(start, min(start + batch_size, n_rows))
            X = arithmetic.rows(self.X, order[batch])
            if dropout is not None:
                dropout.apply(X)
            yield X, targets[batch, ...], None if weight is None else weight[batch, ...]
