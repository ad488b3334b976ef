"""A call that fails or is interrupted leaves the estimator as it was, or at a finished step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from .._backend import backend


class Transaction:
    """What to do if a call does not come to its end.

    Attributes
    ----------
    undo : list of callable
        They revert what was changed in place.
    complete : callable or None
        Given once a step in place may have begun: makes the estimator consistent if the step
        was made and returns whether it was; then nothing is reverted.
    """

    def __init__(self) -> None:
        self.undo: list[Callable[[], object]] = []
        self.complete: Callable[[], bool] | None = None

    def keep_state(self, rng: np.random.RandomState) -> None:
        """Revert the draws of a generator."""
        self.undo.append(partial(rng.set_state, rng.get_state(legacy=False)))


@contextmanager
def unchanged_on_error(estimator: Any) -> Iterator[Transaction]:
    """Give the estimator its attributes back if the block raises."""
    before = vars(estimator).copy()
    transaction = Transaction()
    try:
        yield transaction
    except BaseException:
        if transaction.complete is None or not transaction.complete():
            for step in transaction.undo:
                step()
            vars(estimator).clear()
            vars(estimator).update(before)
        raise


def copied(value: Any) -> Any:
    """An optimizer's state, or a part of it, with dicts, lists and arrays of its own."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return backend().copied(value) if hasattr(value, "dtype") else value
