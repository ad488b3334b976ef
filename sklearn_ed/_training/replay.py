"""A memory of recent rows, some of which are learned again with every new row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from .._backend import backend
from .data import TrainingData

REPLAY_WEIGHT = 0.25
"""Weight of a row of the memory relative to its weight as a new row."""


@dataclass
class Memory:
    """The last `size` rows of a stream.

    Row number t of the stream is in place ``t % len(X)`` of the arrays. These have room for
    more than `size` rows: new rows overwrite only rows that are no longer in the memory, so
    that a call that fails has changed nothing, as long as the memory before it is kept.

    Attributes
    ----------
    X : ndarray of shape (n_places, n_inputs)
    targets : ndarray of shape (n_places,) or (n_places, n_outputs)
    weight : ndarray of shape (n_places,)
    n_rows : int
        Number of rows of the stream so far.
    size : int
    """

    X: np.ndarray
    targets: np.ndarray
    weight: np.ndarray
    n_rows: int
    size: int

    @classmethod
    def start(cls, data: TrainingData, size: int) -> Self:
        """An empty memory for rows like those of `data`."""
        X, targets = data.X[:0], data.targets[:0]
        return cls(X, targets, np.empty(0, X.dtype), 0, size)

    def replay(
        self, data: TrainingData, n_replayed: int, key: int
    ) -> tuple[Memory, TrainingData]:
        """The memory after the rows of `data`, and each of them followed by earlier rows.

        Which rows are drawn depends on the key and on the number of the new row alone: rows in
        one call or in many give the same sequence.

        Parameters
        ----------
        data : TrainingData
            Every row is used.
        n_replayed : int
            Rows of the memory to draw after each row, with replacement. The first row of the
            stream has none before it.
        key : int
            Seed of the draws.
        """
        n_new = data.X.shape[0]
        memory = self
        if self.X.shape[0] - self.size < n_new or not self.X.flags.writeable:
            memory = self.moved(self.size, max(n_new, self.size))
        memory._put(data)
        sequence, weight = memory._sequence(n_new, n_replayed, key)
        extended = TrainingData(
            memory.X.take(sequence, axis=0),
            memory.targets.take(sequence, axis=0),
            weight,
            np.arange(sequence.shape[0]),
        )
        memory = Memory(memory.X, memory.targets, memory.weight, self.n_rows + n_new, self.size)
        return (memory.moved(self.size, self.size) if n_new > self.size else memory), extended

    def _put(self, data: TrainingData) -> None:
        """Write the rows of `data`, which are new, into their places."""
        n_new, n_places = data.X.shape[0], self.X.shape[0]
        first = self.n_rows % n_places
        places: Any = slice(first, first + n_new)
        if first + n_new > n_places:
            # At the end of the arrays, the rest begins at their start again.
            places = (first + np.arange(n_new)) % n_places
        self.X[places] = data.X
        self.targets[places] = data.targets
        self.weight[places] = 1 if data.weight is None else data.weight

    def _sequence(self, n_new: int, n_replayed: int, key: int) -> tuple[np.ndarray, np.ndarray]:
        """Places of the rows to learn, each new row before its draws, and their weights."""
        places = np.empty((n_new, 1 + n_replayed), np.intp)
        backend().draw_rows(self.n_rows, self.size, self.X.shape[0], key, places)
        weight = self.weight.take(places)
        weight[:, 1:] *= REPLAY_WEIGHT
        sequence, weight = places.ravel(), weight.ravel()
        if self.n_rows > 0:
            return sequence, weight
        # No row comes before the first one.
        later = np.r_[0, 1 + n_replayed : sequence.size]
        return sequence[later], weight[later]

    def moved(self, size: int, room: int) -> Memory:
        """The last `size` rows in new arrays, with room for so many new rows."""
        n_places = size + room
        kept = np.arange(max(0, self.n_rows - min(size, self.size)), self.n_rows)

        def move(array: np.ndarray) -> np.ndarray:
            moved = np.zeros((n_places, *array.shape[1:]), array.dtype)
            if kept.size:
                moved[kept % n_places] = array[kept % array.shape[0]]
            return moved

        X, targets, weight = move(self.X), move(self.targets), move(self.weight)
        return Memory(X, targets, weight, self.n_rows, size)
