"""Error diffusion neuron by neuron, each with a list of its weights, as the article has it.

The rule is that of :mod:`sklearn_ed._rule`, before inputs are folded: every input and the bias
come as two copies, an excitatory and an inhibitory one, and a step opens one copy of each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

SIZES = (16,) * 10
ALPHA, BETA, U0 = 0.1, 0.8, 0.4


def alternating(n: int) -> list[int]:
    """Types of n units: excitatory, inhibitory, excitatory, ..."""
    return [1 if k % 2 == 0 else -1 for k in range(n)]


class Neuron:
    """A unit that holds its weights in a list and changes them one by one.

    Parameters
    ----------
    kind : {1, -1}
        Excitatory or inhibitory.
    source_kinds : sequence of {1, -1}
        Types of what it hears.
    draw : callable
        Gives the magnitude of each weight, in order.
    """

    signals: Any
    z: float

    def __init__(self, kind: int, source_kinds: Sequence[int], draw: Callable[[], float]):
        self.kind = kind
        self.source_kinds = list(source_kinds)
        self.weights = [kind * source * draw() for source in source_kinds]
        self.above = [k for k, source in enumerate(source_kinds) if source > 0]
        self.below = [k for k, source in enumerate(source_kinds) if source < 0]

    def forward(self, signals: Any) -> float:
        raise NotImplementedError

    def learn(self, error: float) -> None:
        """Change weights from excitatory sources if the error is above 0, else the others."""
        slope = self.z * (1.0 - self.z)
        size = abs(error)
        for k in self.above if error > 0 else self.below:
            gain = ALPHA * self.signals[k] * slope
            self.weights[k] += gain * size * self.kind * self.source_kinds[k]


class ListNeuron(Neuron):
    """All of it in Python's numbers."""

    def forward(self, signals: list[float]) -> float:
        self.signals = signals
        a = 0.0
        for signal, weight in zip(signals, self.weights, strict=True):
            a += signal * weight
        self.z = 1.0 / (1.0 + math.exp(-2.0 * a / U0))
        return self.z


class ArrayNeuron(Neuron):
    """Signals are an array, and NumPy multiplies them with the list of weights."""

    def forward(self, signals: np.ndarray) -> float:
        self.signals = signals
        a = np.dot(signals, self.weights)
        self.z = 1.0 / (1.0 + np.exp(-2.0 * a / U0))
        return self.z


class PerNeuronNetwork:
    """One output, layers of neurons whose types alternate.

    Parameters
    ----------
    neuron : {ListNeuron, ArrayNeuron}
    n_features : int
    draw : callable
        Gives the magnitudes of the weights: neuron by neuron, layer by layer, those of the two
        copies of the bias first.
    paired : bool
        Whether the copies of an input stand side by side, as the alternating types of the
        sources expect. As printed they do not, but in two blocks, so that an input meets two
        sources of the same type.
    sizes : sequence of int
        Units of the hidden layers.
    """

    def __init__(
        self,
        neuron: type[Neuron],
        n_features: int,
        draw: Callable[[], float],
        *,
        paired: bool,
        sizes: Sequence[int] = SIZES,
    ):
        self.uses_arrays = issubclass(neuron, ArrayNeuron)
        self.paired = paired
        self.layers: list[list[Neuron]] = []
        kinds = alternating(2 * n_features)
        for size in (*sizes, 1):
            sources = [1, -1, *kinds]
            kinds = alternating(size)
            self.layers.append([neuron(kind, sources, draw) for kind in kinds])

    def output(self, x: np.ndarray) -> float:
        """The output unit's z for one row."""
        return self._output_of_arrays(x) if self.uses_arrays else self._output_of_lists(x)

    def _output_of_arrays(self, x: np.ndarray) -> float:
        z = np.repeat(x, 2) if self.paired else np.concatenate((x, x))
        for layer in self.layers:
            signals = np.concatenate(([BETA, BETA], z))
            z = np.array([neuron.forward(signals) for neuron in layer])
        return z[0]

    def _output_of_lists(self, x: np.ndarray) -> float:
        values = x.tolist()
        z = [v for v in values for _ in range(2)] if self.paired else values * 2
        for layer in self.layers:
            signals = [BETA, BETA, *z]
            z = [neuron.forward(signals) for neuron in layer]
        return z[0]

    def learn(self, x: np.ndarray, target: float) -> float:
        """One step; return the error before it."""
        error = target - self.output(x)
        for layer in self.layers:
            for neuron in layer:
                neuron.learn(error)
        return error

    def fit(self, X: np.ndarray, y: np.ndarray) -> list[float]:
        """One epoch in the order of the rows; return the error met at each."""
        return [float(self.learn(x, target)) for x, target in zip(X, y, strict=True)]

    def predict(self, X: np.ndarray) -> np.ndarray:
        """1 where the output is above a half, else 0."""
        return np.array([int(self.output(x) > 0.5) for x in X])

    def folded(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The weights as one network of :class:`~sklearn_ed.EDClassifier` has them.

        Pairs are folded into their sums, and units sorted, excitatory ones first.

        Returns
        -------
        coefs : list of ndarray of shape (fan_in, fan_out)
        intercepts : list of ndarray of shape (fan_out,)
        """
        coefs, intercepts = [], []
        order: Any = slice(None)
        for depth, layer in enumerate(self.layers):
            weights = np.array([neuron.weights for neuron in layer])
            kinds = np.array([neuron.kind for neuron in layer])
            new_order = np.argsort(-kinds, kind="stable")
            incoming = weights[:, 2:]
            if depth == 0:
                incoming = incoming[:, ::2] + incoming[:, 1::2]
            coefs.append(incoming.T[order][:, new_order])
            intercepts.append(weights[:, :2].sum(axis=1)[new_order])
            order = new_order
        return coefs, intercepts
