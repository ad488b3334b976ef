"""Predictions of collections, made where the chunks are, and scores of chunks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import accuracy_score

from .._estimators.target_scale import TargetStatistics
from ._chunk import Chunk, n_rows_of
from ._cluster import dask_module, naming
from ._collections import is_array, single_columns


def predict(estimator: Any, X: Any, method: str) -> Any:
    """A lazy array of Dask with what a method of the fitted estimator returns for X."""
    dask, da = dask_module("dask"), dask_module("dask.array")
    sample = _no_rows(estimator, method)
    sent = dask.delayed(estimator, pure=False, traverse=False)
    if is_array(X):
        X = single_columns(X)
        columns = (sample.shape[1:],) if sample.ndim > 1 else ()
        return da.map_blocks(
            _predict_block,
            X,
            sent,
            method,
            dtype=sample.dtype,
            chunks=(X.chunks[0], *columns),
            drop_axis=() if columns else 1,
            meta=sample,
        )
    chunks = X.to_delayed() if hasattr(X, "to_delayed") else X
    shape = (np.nan, *sample.shape[1:])
    call = dask.delayed(_predict_chunk, pure=False)
    return da.concatenate(
        [
            da.from_delayed(call(chunk, sent, method, place), shape, meta=sample)
            for place, chunk in enumerate(chunks)
        ]
    )


def _no_rows(estimator: Any, method: str) -> np.ndarray:
    """What the method returns, without rows."""
    with warnings.catch_warnings():
        # The row has no names of features.
        warnings.simplefilter("ignore", UserWarning)
        result: np.ndarray = getattr(estimator, method)(np.zeros((1, estimator.n_features_in_)))
    return result[:0]


def _predict_block(X: Any, estimator: Any, method: str, block_id: Any = None) -> Any:
    return _predict_chunk(X, estimator, method, block_id[0])


def _predict_chunk(X: Any, estimator: Any, method: str, place: int) -> Any:
    if not n_rows_of(X):
        return _no_rows(estimator, method)
    return naming(f"chunk {place}", getattr(estimator, method), X)


class Sums(NamedTuple):
    """What the score of a chunk is made of.

    Attributes
    ----------
    weight : float
        Sum of the weights of the rows.
    amount : float or ndarray of shape (n_targets,)
        Weight of the rows that are classified correctly; of a regressor, the weighted sum of
        the squared errors of each target.
    statistics : TargetStatistics or None
        Of the targets of a regressor.
    """

    weight: float
    amount: Any
    statistics: Any = None


def chunk_sums(chunk: Chunk, estimator: Any, place: int) -> Sums | None:
    """The sums of a chunk, None without rows or without weight."""
    return naming(f"chunk {place}", _sums, chunk, estimator)


def _sums(chunk: Chunk, estimator: Any) -> Sums | None:
    X, y, weight = chunk
    n_rows = n_rows_of(X)
    weight = np.ones(n_rows) if weight is None else np.asarray(weight, np.float64)
    if not weight.any():
        return None
    predictions = estimator.predict(X)
    if is_classifier(estimator):
        right = accuracy_score(y, predictions, normalize=False, sample_weight=weight)
        return Sums(float(weight.sum()), float(right))
    targets = np.asarray(y, np.float64).reshape(n_rows, -1)
    errors = np.square(targets - predictions.reshape(targets.shape))
    return Sums(float(weight.sum()), weight @ errors, TargetStatistics.of(targets, weight))


def score(sums: Sequence[Sums | None]) -> float:
    """Accuracy or R2 of all chunks.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    found = [one for one in sums if one is not None]
    if not found:
        raise ValueError("X: expected rows to score, got none with a positive weight.")
    amount = np.sum([one.amount for one in found], axis=0)
    if found[0].statistics is None:
        return float(amount / sum(one.weight for one in found))
    statistics = reduce(TargetStatistics.with_more, (one.statistics for one in found))
    total = statistics.weight * np.square(statistics.std)
    # As r2_score, where all targets are equal.
    unexplained = np.where(total > 0, amount / np.where(total > 0, total, 1), amount > 0)
    return float(np.mean(1 - unexplained))
