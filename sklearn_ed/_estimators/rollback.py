"""A call that fails or is interrupted leaves the estimator as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

Undo = list[Callable[[], object]]


@contextmanager
def unchanged_on_error(estimator: Any) -> Iterator[Undo]:
    """Give the estimator its attributes back if the block raises.

    What the block is about to change in place it must be able to undo: by the functions that it
    appends to the list.
    """
    before = vars(estimator).copy()
    undo: Undo = []
    try:
        yield undo
    except BaseException:
        for step in undo:
            step()
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def copied(value: Any) -> Any:
    """A solver's state, or a part of it, with dicts, lists and arrays of its own."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value.copy() if isinstance(value, np.ndarray) else value
