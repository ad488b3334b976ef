"""A call of `fit` or `partial_fit`: rounds of tasks on a cluster.

The weights are the client's. Every round sends them to the workers and fetches the combined
ones; a worker keeps nothing but rows, which the scheduler can make again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _chunk, _combining, _plan
from ._cluster import Cluster, naming
from ._collections import chunk_tasks
from ._monitor import Monitor


@dataclass(frozen=True)
class _Shares:
    """What the workers learn: rows that they keep, and how a round works on each.

    Attributes
    ----------
    names : list of str
        The chunks of each share, for errors.
    rows : list
        Tasks with persisted results.
    n_rows : int
        All rows that are learned in an epoch.
    least_rows : int
        Rows of the smallest share.
    places : list
        Second argument of `learn`: the number of the share, or its networks.
    learn : callable
        Learns one share.
    combine : callable
        Makes one estimator of the one that was sent and of those that have learned.
    weights : list
        Third argument of `combine`: the rows of each share, or its networks.
    """

    names: list[str]
    rows: list[Any]
    n_rows: int
    least_rows: int
    places: list[Any]
    learn: Callable[..., Any]
    combine: Callable[..., Any]
    weights: list[Any]


def learn(
    cluster: Cluster,
    estimator: Any,
    data: tuple[Any, Any, Any],
    classes: Any,
    monitor: Monitor,
    *,
    strategy: str,
    sync_every: float,
    is_fit: bool,
) -> Any:
    """Learn X, y and sample weights; return a fitted estimator.

    The estimator is the plain one with the parameters of the call, fitted if the call
    continues. It is not changed.
    """
    chunks = cluster.persist(chunk_tasks(cluster, *data))
    sent = cluster.constant(estimator)
    tasks = [
        cluster.task(f"chunk {place}", _chunk.describe, chunk, sent, classes)
        for place, chunk in enumerate(chunks)
    ]
    described = cluster.results(tasks)
    found = _chunk.summary(described)
    continues = hasattr(estimator, "coefs_")
    start = estimator if continues else _plan.initialized(estimator, found)
    class_weight = _plan.class_weight(estimator, found)
    n_rows = [one.n_rows for one in described]
    shares = _shares(cluster, start, chunks, n_rows, strategy, class_weight)
    del chunks, tasks  # the workers need not keep them
    if not continues and hasattr(start, "target_scale_"):
        n_apart = 1 if strategy == "networks" else len(shares.rows)
        tasks = [
            cluster.task(name, _chunk.statistics, rows)
            for name, rows in zip(shares.names[:n_apart], shares.rows, strict=False)
        ]
        start = _plan.with_statistics(start, cluster.results(tasks))
    is_by_rows = strategy == "rows"
    n_parts = max(1, round(1 / sync_every)) if is_by_rows else 1
    n_parts = min(n_parts, shares.least_rows)
    n_workers = len(shares.rows) if is_by_rows else 1
    state = _plan.learner(start, shares.n_rows, n_workers, n_parts, is_fit=is_fit)
    n_epochs = state.max_iter // n_parts if is_fit else 1
    rounds = _plan.rounds(n_epochs, sync_every, n_parts)

    def result() -> Any:
        return _plan.finished(start, state, n_parts, is_fit=is_fit)

    monitor.begin(len(rounds))
    for number, this in enumerate(rounds):
        monitor.begin_round(result)
        try:
            state = _round(cluster, state, shares, this)
        except KeyboardInterrupt:
            if not is_fit or not number:
                raise
            warnings.warn("Training interrupted; what was learned is kept.", stacklevel=2)
            break
        if monitor.end_round(result, state.loss_curve_[len(start.loss_curve_) :], n_parts):
            break
    else:
        monitor.warn_of_end(n_epochs)
    return result()


def _round(cluster: Cluster, state: Any, shares: _Shares, this: _combining.Round) -> Any:
    sent = cluster.constant(state)
    learned = [
        cluster.task(name, naming, name, shares.learn, sent, rows, place, this)
        for name, rows, place in zip(shares.names, shares.rows, shares.places, strict=True)
    ]
    combined = cluster.task("the combination", shares.combine, sent, learned, shares.weights)
    return cluster.results([combined])[0]


def _shares(
    cluster: Cluster,
    start: Any,
    chunks: Sequence[Any],
    n_rows: Sequence[int],
    strategy: str,
    class_weight: Any,
) -> _Shares:
    """Divide the rows or the networks among the workers; join the chunks of each share."""
    filled = [place for place, n in enumerate(n_rows) if n]
    groups: list[list[int]]
    total = sum(n_rows)
    places: list[Any]
    how: tuple[Callable[..., Any], Callable[..., Any], list[Any]]
    if strategy == "networks":
        places = _combining.network_shares(start, cluster.n_workers)
        groups = [filled] * len(places)
        how = _combining.learn_networks, _combining.joined, places
    else:
        groups = _row_groups(filled, n_rows, cluster.n_workers)
        places = list(range(len(groups)))
        how = (
            _combining.learn_rows,
            _combining.mean,
            [sum(n_rows[place] for place in group) for group in groups],
        )
    names = [_name(group) for group in groups]
    sent = cluster.constant(start)
    tasks = [
        cluster.task(
            name, naming, name, _chunk.join, [chunks[i] for i in group], sent, class_weight
        )
        for name, group in zip(names, groups, strict=True)
    ]
    least = min(sum(n_rows[place] for place in group) for group in groups)
    return _Shares(names, cluster.persist(tasks), total, least, places, *how)


def _row_groups(filled: Sequence[int], n_rows: Sequence[int], n_groups: int) -> list[list[int]]:
    """Consecutive chunks with about the same number of rows, at most so many groups."""
    sizes = np.array([n_rows[place] for place in filled])
    middles = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    groups: dict[int, list[int]] = {}
    for place, middle in zip(filled, middles.tolist(), strict=True):
        groups.setdefault(int(middle * n_groups), []).append(place)
    return list(groups.values())


def _name(group: Sequence[int]) -> str:
    if len(group) == 1:
        return f"chunk {group[0]}"
    return f"chunks {group[0]} to {group[-1]}"
