"""Dask's collections as chunks of rows, one task for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import gen_even_slices

from ._chunk import n_rows_of
from ._cluster import Cluster, dask_module


def is_collection(X: Any) -> bool:
    """Whether X is an array or a data frame of Dask, or a list of delayed chunks."""
    is_dask = dask_module("dask").is_dask_collection
    listed = isinstance(X, (list, tuple)) and len(X) > 0
    return bool(is_dask(X)) or (listed and all(map(is_dask, X)))


def chunk_tasks(cluster: Cluster, X: Any, y: Any, sample_weight: Any) -> list[Any]:
    """One task per chunk, which returns X, y and the sample weights of its rows.

    What is no collection is cut into as many chunks as there are workers, or as X has.

    Raises
    ------
    ValueError
        If X and y, or the weights, do not have the same number of chunks or rows.
    """
    lengths = _lengths(X, cluster)
    parts = _delayed(X, lengths, "X")
    columns = [parts]
    for name, values in (("y", y), ("sample_weight", sample_weight)):
        if values is None:
            if name == "y":
                raise ValueError("y: expected targets, got None.")
            columns.append([None] * len(parts))
            continue
        pieces = _delayed(values, lengths, name)
        if len(pieces) != len(parts):
            raise ValueError(
                f"{name}: expected {len(parts)} chunks as X has, got {len(pieces)}."
            )
        columns.append(pieces)
    return [
        cluster.task(f"chunk {place}", _together, *chunk)
        for place, chunk in enumerate(zip(*columns, strict=True))
    ]


def _together(X: Any, y: Any, weight: Any) -> tuple[Any, Any, Any]:
    return X, y, weight


def single_columns(X: Any) -> Any:
    """An array of Dask whose chunks have all columns; anything else as it is."""
    is_wide = is_array(X) and X.ndim > 1 and X.numblocks[1] > 1
    return X.rechunk({1: -1}) if is_wide else X


def is_array(X: Any) -> bool:
    """Whether X is an array of Dask."""
    return isinstance(X, dask_module("dask.array").Array)


def _lengths(X: Any, cluster: Cluster) -> list[int] | None:
    """Number of rows of each chunk of X, None where that is not known."""
    if is_array(X):
        lengths = list(X.chunks[0])
        return None if np.isnan(lengths).any() else lengths
    if is_collection(X):
        return None
    n_rows = n_rows_of(X)
    slices = gen_even_slices(n_rows, min(cluster.n_workers, n_rows)) if n_rows else []
    return [one.stop - one.start for one in slices] or [0]


def _delayed(values: Any, lengths: list[int] | None, name: str) -> list[Any]:
    """The chunks of an argument, with these numbers of rows if they are known."""
    if is_array(values):
        values = single_columns(values)
        if lengths is not None and not np.isnan(values.chunks[0]).any():
            if values.shape[0] != sum(lengths):
                raise ValueError(
                    f"{name}: expected {sum(lengths)} rows as X has, got {values.shape[0]}."
                )
            values = values.rechunk({0: tuple(lengths)})
        return list(values.to_delayed().ravel())
    if is_collection(values):
        return list(values.to_delayed() if hasattr(values, "to_delayed") else values)
    if lengths is None:
        raise TypeError(
            f"{name}: expected a collection of Dask, because the chunks of X have unknown "
            f"numbers of rows, got {type(values).__name__}."
        )
    if np.ndim(values) == 0:
        return [values] * len(lengths)
    if n_rows_of(values) != sum(lengths):
        raise ValueError(
            f"{name}: expected {sum(lengths)} rows as X has, got {n_rows_of(values)}."
        )
    ends = np.cumsum(lengths).tolist()
    values = getattr(values, "iloc", values)
    starts: Sequence[int] = [0, *ends[:-1]]
    return [_piece(values, start, end) for start, end in zip(starts, ends, strict=True)]


def _piece(values: Any, start: int, end: int) -> Any:
    return dask_module("dask").delayed(values[start:end], pure=False, traverse=False)
