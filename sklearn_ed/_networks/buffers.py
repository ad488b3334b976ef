"""Working memory of a bank, allocated once per fit and used for every batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from .._backend import backend

MOST_BATCHES = 4
"""Sizes of batches whose views are kept: an epoch has two, the last batch being shorter."""


def split(flat: np.ndarray, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
    """Views of consecutive parts of `flat` with these shapes."""
    reshaped, parts, start = backend().reshaped, [], 0
    for shape in shapes:
        stop = start + prod(shape)
        parts.append(reshaped(flat[start:stop], shape))
        start = stop
    return parts


@dataclass
class _Batch:
    """Views for a number of samples; changes by layer, where they were asked for."""

    activations: list[np.ndarray]
    input_layer: np.ndarray
    output: np.ndarray
    changes: dict[int, tuple[np.ndarray, np.ndarray | None]] = field(default_factory=dict)


class Buffers:
    """Memory for the activations and the error terms of up to `n_samples` samples.

    Parameters
    ----------
    n_samples, n_networks : int
    sizes : sequence of int
        Units of the hidden layers of each network.
    dtype : dtype
    """

    def __init__(
        self,
        n_samples: int,
        n_networks: int,
        sizes: Sequence[int],
        dtype: np.typing.DTypeLike,
    ) -> None:
        self.n_samples = n_samples
        self._arithmetic = arithmetic = backend()
        self._n_networks = n_networks
        self._sizes = tuple(sizes)
        self._dtype = dtype
        n_rows = n_samples * n_networks
        self._activations = [arithmetic.empty(n_rows * size, dtype) for size in sizes]
        self._output = arithmetic.empty((n_samples, n_networks), dtype)
        self._changes: list[np.ndarray] | None = None
        self._batches: dict[int, _Batch] = {}

    def activations(self, n_samples: int) -> list[np.ndarray]:
        """Memory for z^1 to z^L of `n_samples` samples, (n_networks, n_samples, h_l) each."""
        return self._batch(n_samples).activations

    def input_layer(self, n_samples: int) -> np.ndarray:
        """z^1 as (n_samples, n_networks * h_1)."""
        return self._batch(n_samples).input_layer

    def output(self, n_samples: int) -> np.ndarray:
        """Memory for the pre-activations of the output units, (n_samples, n_networks)."""
        return self._batch(n_samples).output

    def changes(self, layer: int, n_samples: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Memory for D of a layer, with the strides of its activations, and a second part.

        The second part is None for layer 1, which has no gate. All layers share the memory.
        """
        changes = self._batch(n_samples).changes
        if layer not in changes:
            first, second = self._memory_of_changes()
            below = self._layer(second, layer, n_samples) if layer else None
            changes[layer] = self._layer(first, layer, n_samples), below
        return changes[layer]

    def _batch(self, n_samples: int) -> _Batch:
        """The views for a batch: making them takes as long as a product of a small table."""
        if n_samples not in self._batches:
            if len(self._batches) == MOST_BATCHES:
                self._batches.clear()
            self._batches[n_samples] = self._views(n_samples)
        return self._batches[n_samples]

    def _views(self, n_samples: int) -> _Batch:
        layers = enumerate(self._activations)
        activations = [self._layer(memory, layer, n_samples) for layer, memory in layers]
        output = self._output[:n_samples, ...]
        if not activations:
            # Layer 1 is the output layer.
            return _Batch(activations, output, output)
        width = self._n_networks * self._sizes[0]
        memory = self._activations[0][: n_samples * width]
        first = self._arithmetic.reshaped(memory, (n_samples, width))
        return _Batch(activations, first, output)

    def _layer(self, memory: np.ndarray, layer: int, n_samples: int) -> np.ndarray:
        """(n_networks, n_samples, h_l); in layer 1 a row of memory holds all networks."""
        arithmetic = self._arithmetic
        n_networks, size = self._n_networks, self._sizes[layer]
        memory = memory[: n_networks * n_samples * size]
        if layer == 0:
            first = arithmetic.reshaped(memory, (n_samples, n_networks, size))
            return arithmetic.exchanged(first)
        return arithmetic.reshaped(memory, (n_networks, n_samples, size))

    def _memory_of_changes(self) -> list[np.ndarray]:
        if self._changes is None:
            n_rows = self.n_samples * self._n_networks
            deeper = max(self._sizes[1:], default=0)
            self._changes = [
                self._arithmetic.empty(n_rows * size, self._dtype)
                for size in (max(self._sizes[0], deeper), deeper)
            ]
        return self._changes
