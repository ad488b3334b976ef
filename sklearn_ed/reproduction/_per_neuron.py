"""Error diffusion neuron by neuron: slow, explicit, independent of the vectorized networks.

This is Kaneko's rule before two copies of an input are folded into one weight. Every input and
the bias feed a neuron twice, as an excitatory and as an inhibitory source. An error above zero
changes the weights from excitatory sources, an error below zero those from inhibitory sources.

The article's experiment trains such networks, and the tests compare the package's networks with
them. This module therefore shares no code with `_networks`, `_backend` and `rules`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from ._settings import KANEKO_SETTINGS

U0: float = KANEKO_SETTINGS["u0"]
BETA: float = KANEKO_SETTINGS["beta"]


def alternating(n_units: int) -> list[int]:
    """Types of units: excitatory, inhibitory, excitatory, ..."""
    return [1 if k % 2 == 0 else -1 for k in range(n_units)]


class Neuron:
    """A unit that holds its weights in a list and changes them one by one.

    Parameters
    ----------
    kind : {1, -1}
        Excitatory or inhibitory.
    source_kinds : sequence of {1, -1}
        Types of the sources. A weight has the sign of the two types' product.
    draw : callable
        Returns the magnitude of the next weight.
    u0 : float
        Width of the sigmoid.
    linear : bool
        Whether the output is the weighted sum itself.
    bidirectional : collection of int
        Indices of sources whose weights learn from errors of either sign. These weights stop at
        zero instead of changing their signs.
    """

    signals: Any
    slope: Any
    exp: Callable[[float], float] = staticmethod(math.exp)

    def __init__(
        self,
        kind: int,
        source_kinds: Sequence[int],
        draw: Callable[[], float],
        *,
        u0: float = U0,
        linear: bool = False,
        bidirectional: Collection[int] = (),
    ) -> None:
        self.kind = kind
        self.source_kinds = list(source_kinds)
        self.weights = [kind * source * draw() for source in source_kinds]
        self.u0 = u0
        self.linear = linear
        self.bidirectional = bidirectional
        self.above, self.below = (
            [k for k, s in enumerate(source_kinds) if s == sign or k in bidirectional]
            for sign in (1, -1)
        )

    @staticmethod
    def as_signals(values: list[float]) -> Any:
        """The values in the form that `forward` receives."""
        return values

    def weighted_sum(self) -> Any:
        total = 0.0
        for signal, weight in zip(self.signals, self.weights, strict=True):
            total += signal * weight
        return total

    def forward(self, signals: Any) -> Any:
        """The unit's output."""
        self.signals = signals
        a = self.weighted_sum()
        if self.linear:
            self.slope = 1.0
            return a
        z = 1.0 / (1.0 + self.exp(-2.0 * a / self.u0))
        self.slope = z * (1.0 - z)
        return z

    def add_increments(self, error: float, alpha: float, totals: list[float]) -> None:
        """Add the increment of each weight for the last signals to `totals`, in place.

        `totals` are the weights themselves, or sums over the samples of a batch.
        """
        for k in self.above if error > 0 else self.below:
            totals[k] += alpha * self.signals[k] * self.slope * error * self.kind

    def clamp(self) -> None:
        """Set to zero the bidirectional weights that changed sign."""
        for k in self.bidirectional:
            if self.weights[k] * self.kind * self.source_kinds[k] < 0:
                self.weights[k] = 0.0


class ArrayNeuron(Neuron):
    """A neuron whose signals are an array, so that NumPy computes the weighted sum."""

    exp: Callable[[float], float] = staticmethod(np.exp)

    @staticmethod
    def as_signals(values: list[float]) -> Any:
        return np.array(values)

    def weighted_sum(self) -> Any:
        return np.dot(self.signals, self.weights)


class PerNeuronNetwork:
    """A network with one output unit.

    Parameters
    ----------
    n_features : int
    kinds : sequence of sequences of {1, -1}
        Types of the units of each hidden layer. The output unit is excitatory.
    draw : callable
        Returns the magnitude of the next weight: neuron by neuron, layer by layer, over the two
        copies of the bias and then the sources in order.
    neuron : {Neuron, ArrayNeuron}
    u0, beta : float
        Width of the sigmoid, and the bias input.
    paired : bool
        Whether the two copies of an input are an excitatory and an inhibitory source. The
        article's code passes all inputs twice in a row although the types of the sources
        alternate, so that an input meets two sources of one type: ``paired=False``.
    linear_output : bool
        Whether the output unit is linear instead of a sigmoid.
    weight_decrement : bool
        Whether weights between units are bidirectional.
    """

    def __init__(
        self,
        n_features: int,
        kinds: Sequence[Sequence[int]],
        draw: Callable[[], float],
        *,
        neuron: type[Neuron] = Neuron,
        u0: float = U0,
        beta: float = BETA,
        paired: bool = True,
        linear_output: bool = False,
        weight_decrement: bool = False,
    ) -> None:
        self.u0 = u0
        self.beta = beta
        self.paired = paired
        self.layers: list[list[Neuron]] = []
        sources: Sequence[int] = [1, -1] * n_features
        for depth, layer_kinds in enumerate([*kinds, [1]]):
            sources = [1, -1, *sources]
            # Weights from copies of inputs, and of the bias (sources 0 and 1), keep the gate.
            n_copies = 2 if weight_decrement and depth > 0 else len(sources)
            options: dict[str, Any] = {
                "u0": u0,
                "linear": linear_output and depth == len(kinds),
                "bidirectional": range(n_copies, len(sources)),
            }
            layer = [neuron(kind, sources, draw, **options) for kind in layer_kinds]
            self.layers.append(layer)
            sources = layer_kinds

    def output(self, x: np.ndarray) -> Any:
        """The output unit's value for one sample."""
        z = (np.repeat(x, 2) if self.paired else np.tile(x, 2)).tolist()
        for layer in self.layers:
            signals = layer[0].as_signals([self.beta, self.beta, *z])
            z = [neuron.forward(signals) for neuron in layer]
        return z[0]

    def learn(self, x: np.ndarray, target: float, alpha: float) -> float:
        """Make one step; return the error before it."""
        error = target - self.output(x)
        for layer in self.layers:
            for neuron in layer:
                neuron.add_increments(error, alpha, neuron.weights)
                neuron.clamp()
        return float(error)

    def increments(self, x: np.ndarray, error: float, alpha: float) -> list[list[list[float]]]:
        """The increment of each weight of each neuron of each layer, for one sample."""
        self.output(x)
        increments = [[[0.0] * len(n.weights) for n in layer] for layer in self.layers]
        for layer, layer_totals in zip(self.layers, increments, strict=True):
            for neuron, totals in zip(layer, layer_totals, strict=True):
                neuron.add_increments(error, alpha, totals)
        return increments

    def add(self, increments: list[list[list[float]]]) -> None:
        """Add increments, or their sum over a batch, to the weights."""
        for layer, layer_totals in zip(self.layers, increments, strict=True):
            for neuron, totals in zip(layer, layer_totals, strict=True):
                pairs = zip(neuron.weights, totals, strict=True)
                neuron.weights = [weight + increment for weight, increment in pairs]
                neuron.clamp()

    def fit(self, X: np.ndarray, y: np.ndarray, alpha: float) -> list[float]:
        """Learn one epoch in the order of the rows; return the error before each step."""
        return [self.learn(x, target, alpha) for x, target in zip(X, y, strict=True)]

    def predict(self, X: np.ndarray) -> np.ndarray:
        """1 where the output exceeds 0.5, else 0."""
        return np.array([int(self.output(x) > 0.5) for x in X])

    def folded(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The weights as one network of :class:`~sklearn_ed.EDClassifier` stores them.

        The weights of a pair of copies are summed, and units are sorted: excitatory first.

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
