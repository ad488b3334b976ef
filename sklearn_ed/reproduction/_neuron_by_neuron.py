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
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from ._settings import KANEKO_SETTINGS

U0: float = KANEKO_SETTINGS["u0"]
BETA: float = KANEKO_SETTINGS["beta"]


def alternating(n_units: int) -> list[int]:
    """Types of units: excitatory, inhibitory, excitatory, ..."""
    return [1 if k % 2 == 0 else -1 for k in range(n_units)]


class Neuron:
    """A unit of error diffusion that holds its weights in a list and changes them one by one.

    Subclass it for other units, and pass the class to :class:`NeuronByNeuronNetwork`.

    Parameters
    ----------
    kind : int
        Type of the unit: 1 for excitatory, -1 for inhibitory.
    source_kinds : sequence of int
        Types of its sources.
    draw : callable
        Returns the magnitude of an initial weight; its sign is the product of the two types.
    u0 : float, default=0.4
        Width of the sigmoid.
    linear : bool, default=False
        Whether the output is the weighted sum, without a sigmoid.
    bidirectional : collection of int, default=()
        Indices of the sources whose weights learn from errors of either sign.

    Attributes
    ----------
    weights : list of float
        The weights of the sources.
    signals : list of float
        The last signals.
    slope : float
        The derivative of the sigmoid z, z (1 - z), at the last signals; 1 for a linear unit.

    See Also
    --------
    NeuronByNeuronNetwork : Layers of neurons.

    Examples
    --------
    >>> from sklearn_ed.reproduction import Neuron
    >>> neuron = Neuron(1, [1, -1], lambda: 0.5)
    >>> neuron.weights
    [0.5, -0.5]
    >>> neuron.forward([1.0, 1.0])
    0.5

    An error above zero changes the weights from excitatory sources alone:

    >>> neuron.add_increments(0.4, 1.0, neuron.weights)
    >>> neuron.weights
    [0.6, -0.5]
    """

    signals: Any
    slope: Any
    _exp: Callable[[float], float] = staticmethod(math.exp)

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
        self.kind, self.source_kinds = kind, source_kinds
        self.weights = [kind * source * draw() for source in source_kinds]
        self.u0, self.linear, self.bidirectional = u0, linear, bidirectional
        self.above, self.below = (
            [k for k, s in enumerate(source_kinds) if s == sign or k in bidirectional]
            for sign in (1, -1)
        )

    @staticmethod
    def as_signals(values: list[float]) -> Any:
        """Convert values to the form that `forward` receives.

        Parameters
        ----------
        values : list of float
            Outputs of the layer below.

        Returns
        -------
        list of float
            The same list; a subclass may return an array.
        """
        return values

    def weighted_sum(self) -> Any:
        """Compute the pre-activation.

        Returns
        -------
        float
            The sum of the signals times their weights.
        """
        total = 0.0
        for signal, weight in zip(self.signals, self.weights, strict=True):
            total += signal * weight
        return total

    def forward(self, signals: Any) -> Any:
        """Compute the output.

        Parameters
        ----------
        signals : list of float
            One signal from each source.

        Returns
        -------
        float
            The output, between 0 and 1 unless the unit is linear.
        """
        self.signals = signals
        a = self.weighted_sum()
        if self.linear:
            self.slope = 1.0
            return a
        z = 1.0 / (1.0 + self._exp(-2.0 * a / self.u0))
        self.slope = z * (1.0 - z)
        return z

    def add_increments(self, error: float, alpha: float, totals: list[float]) -> None:
        """Add the increment of each weight for the last signals.

        Parameters
        ----------
        error : float
            The error of the network, target minus output.
        alpha : float
            Learning rate.
        totals : list of float
            What the increments are added to, in place: `weights`, or sums over the samples of a
            batch.
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

    _exp: Callable[[float], float] = staticmethod(np.exp)

    @staticmethod
    def as_signals(values: list[float]) -> Any:
        return np.array(values)

    def weighted_sum(self) -> Any:
        return np.dot(self.signals, self.weights)


class NeuronByNeuronNetwork:
    """Error diffusion as neurons with lists of weights: slow, explicit, easy to read.

    One network with one excitatory output unit, as Kaneko describes it, before two copies of an
    input are folded into one weight. Every input and the bias feed a neuron twice, as an
    excitatory and as an inhibitory source. It shares no code with
    :class:`~sklearn_ed.EDClassifier`, which computes the same networks as matrix products, so
    that each can be tested by the other.

    Parameters
    ----------
    n_features : int
        Number of inputs.
    kinds : sequence of sequences of int
        Types of the units of each hidden layer: 1 for excitatory, -1 for inhibitory.
    draw : callable
        Returns the magnitude of an initial weight, for example ``random.Random(0).random``. It
        is called neuron by neuron, layer by layer, over the two copies of the bias and then the
        sources in order.
    neuron : type, default=Neuron
        The class of the neurons: :class:`Neuron` or a subclass. The default uses no NumPy.
    u0 : float, default=0.4
        Width of the sigmoid.
    beta : float, default=0.8
        Bias input.
    paired : bool, default=True
        Whether an input feeds one excitatory and one inhibitory source. False is the slip of
        the article's code (:func:`reproduce_article`), which passes all inputs twice in a row
        although the types of the sources alternate, so that an input meets two sources of one
        type.
    linear_output : bool, default=False
        Whether the output unit is linear.
    weight_decrement : bool, default=False
        Whether weights between units are bidirectional.

    Attributes
    ----------
    layers : list of list of Neuron
        The hidden layers, and a last layer with the output unit.

    Raises
    ------
    ValueError
        If `n_features` or a type is invalid.

    See Also
    --------
    Neuron : One unit.
    sklearn_ed.EDClassifier : The same networks as matrix products.
    reproduce_article : An experiment with these networks.

    Examples
    --------
    XOR with Kaneko's settings:

    >>> import random
    >>> from sklearn_ed.reproduction import NeuronByNeuronNetwork
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> kinds = [[1, -1, 1, -1, 1, -1, 1, -1]]
    >>> network = NeuronByNeuronNetwork(2, kinds, random.Random(0).random)
    >>> for _ in range(100):
    ...     errors = network.fit(X, y, alpha=0.8)
    >>> network.predict(X)
    array([0, 1, 1, 0])
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
        if n_features < 1:
            raise ValueError(f"n_features: expected an integer >= 1, got {n_features!r}.")
        for kind in chain.from_iterable(kinds):
            if kind not in (1, -1):
                raise ValueError(f"kinds: expected 1 or -1 for each unit, got {kind!r}.")
        self.n_features = n_features
        self.u0, self.beta, self.paired = u0, beta, paired
        self.layers: list[list[Neuron]] = []
        sources: Sequence[int] = [1, -1] * n_features
        for depth, layer_kinds in enumerate([*kinds, [1]]):
            sources = [1, -1, *sources]
            # Weights from copies of inputs, and of the bias (sources 0 and 1), keep the gate.
            n_copies = 2 if weight_decrement and depth > 0 else len(sources)
            new_neuron = partial(
                neuron,
                u0=u0,
                linear=linear_output and depth == len(kinds),
                bidirectional=range(n_copies, len(sources)),
            )
            self.layers.append([new_neuron(kind, sources, draw) for kind in layer_kinds])
            sources = layer_kinds

    def output(self, x: Sequence[float] | np.ndarray) -> Any:
        """The output unit's value for one sample.

        Parameters
        ----------
        x : array-like of shape (n_features,)
            The sample.

        Returns
        -------
        float
            The value.

        Raises
        ------
        ValueError
            If the sample has another number of features.
        """
        if len(x) != self.n_features:
            raise ValueError(f"x: expected {self.n_features} features, got {len(x)}.")
        z = (np.repeat(x, 2) if self.paired else np.tile(x, 2)).tolist()
        for layer in self.layers:
            signals = layer[0].as_signals([self.beta, self.beta, *z])
            z = [neuron.forward(signals) for neuron in layer]
        return z[0]

    def learn(self, x: Sequence[float] | np.ndarray, target: float, alpha: float) -> float:
        """Make one step.

        Parameters
        ----------
        x : array-like of shape (n_features,)
            The sample.
        target : float
            The target of the output unit.
        alpha : float
            Learning rate.

        Returns
        -------
        float
            The error, target minus output, before the step.
        """
        error = target - self.output(x)
        for layer in self.layers:
            for neuron in layer:
                neuron.add_increments(error, alpha, neuron.weights)
                neuron.clamp()
        return float(error)

    def fit(self, X: Any, y: Any, alpha: float) -> list[float]:
        """Learn one epoch in the order of the rows; each call continues.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The samples.
        y : array-like of shape (n_samples,)
            Their targets.
        alpha : float
            Learning rate.

        Returns
        -------
        list of float
            The error before each step.
        """
        return [self.learn(x, target, alpha) for x, target in zip(X, y, strict=True)]

    def predict(self, X: Any) -> np.ndarray:
        """Predict classes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The samples.

        Returns
        -------
        ndarray of shape (n_samples,), int64
            1 where the output exceeds 0.5, else 0.
        """
        return np.array([int(self.output(x) > 0.5) for x in X])

    def folded(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Weights and biases as :class:`~sklearn_ed.EDClassifier` stores them.

        The weights of a pair of copies are summed, and units are sorted: excitatory first.

        Returns
        -------
        coefs : list of ndarray of shape (fan_in, fan_out)
            Weights of each layer.
        intercepts : list of ndarray of shape (fan_out,)
            Biases of each layer.
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
