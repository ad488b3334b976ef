"""Error diffusion as Kaneko published it, neuron by neuron: slow, plain, explicit.

Every input and the bias feed a neuron twice, by an excitatory and an inhibitory copy. The tests
hold the package against this; nothing here is shared with it.
"""

import math
import random


class Neuron:
    """A unit of type +1 or -1 with one weight per source, of sign (its type x source's)."""

    def __init__(self, kind, source_kinds, magnitudes):
        self.kind = kind
        self.source_kinds = source_kinds
        self.weights = [
            kind * source * magnitude
            for source, magnitude in zip(source_kinds, magnitudes, strict=True)
        ]

    def pre_activation(self, signals):
        total = 0.0
        for weight, signal in zip(self.weights, signals, strict=True):
            total += weight * signal
        return total


class ReferenceNetwork:
    """One single-output network.

    Parameters
    ----------
    n_features : int
    kinds : list of list of {+1, -1}
        Types of the units of each hidden layer.
    draw : callable
        Returns the magnitude of the next weight; asked neuron by neuron, layer by layer, over
        [bias +, bias -, sources...].
    linear_output : bool
        Whether the output unit is linear, else it is a sigmoid.
    """

    def __init__(
        self,
        n_features,
        kinds,
        draw=random.random,
        *,
        u0=0.4,
        beta=0.8,
        linear_output=False,
        weight_decrement=False,
    ):
        self.u0 = u0
        self.beta = beta
        self.linear_output = linear_output
        self.weight_decrement = weight_decrement
        self.layers = []
        source_kinds = [+1, -1] * n_features
        for layer_kinds in [*kinds, [+1]]:
            layer = []
            for kind in layer_kinds:
                sources = [+1, -1, *source_kinds]
                layer.append(Neuron(kind, sources, [draw() for _ in sources]))
            self.layers.append(layer)
            source_kinds = layer_kinds

    def signals(self, x):
        """For each layer, what its neurons receive; and the output unit's pre-activation."""
        received = []
        z = [copy for value in x for copy in (value, value)]
        for layer in self.layers:
            signals = [self.beta, self.beta, *z]
            received.append(signals)
            a = [neuron.pre_activation(signals) for neuron in layer]
            z = [self.sigmoid(value) for value in a]
        return received, a[0]

    def sigmoid(self, a):
        return 1.0 / (1.0 + math.exp(-2.0 * a / self.u0))

    def output(self, x):
        """The output: y where the output unit is linear, z where it is a sigmoid."""
        a = self.signals(x)[1]
        return a if self.linear_output else self.sigmoid(a)

    def increments(self, x, error, alpha):
        """What each weight of each neuron of each layer gains from one sample."""
        received, _ = self.signals(x)
        result = []
        for depth, (layer, signals) in enumerate(zip(self.layers, received, strict=True)):
            is_output = depth == len(self.layers) - 1
            result.append([])
            for neuron in layer:
                if is_output and self.linear_output:
                    slope = 1.0
                else:
                    z = self.sigmoid(neuron.pre_activation(signals))
                    slope = z * (1.0 - z)
                gains = []
                for index, (signal, source) in enumerate(
                    zip(signals, neuron.source_kinds, strict=True)
                ):
                    is_pair = depth == 0 or index < 2
                    two_way = self.weight_decrement and not is_pair
                    if two_way or (error > 0 and source > 0) or (error < 0 and source < 0):
                        gains.append(alpha * signal * slope * error * neuron.kind)
                    else:
                        gains.append(0.0)
                result[-1].append(gains)
        return result

    def add(self, increments):
        """Change the weights; with weight decrement those between units stop at zero."""
        for depth, (layer, layer_gains) in enumerate(zip(self.layers, increments, strict=True)):
            for neuron, gains in zip(layer, layer_gains, strict=True):
                for index, gain in enumerate(gains):
                    weight = neuron.weights[index] + gain
                    sign = neuron.kind * neuron.source_kinds[index]
                    is_pair = depth == 0 or index < 2
                    if self.weight_decrement and not is_pair and weight * sign < 0:
                        weight = 0.0
                    neuron.weights[index] = weight

    def learn(self, x, target, alpha):
        """One online step with e = t - z; return the error before it."""
        error = target - self.output(x)
        self.add(self.increments(x, error, alpha))
        return error

    def folded(self):
        """Weights (fan_in x fan_out) and biases of each layer, every pair as its sum."""
        weights, biases = [], []
        for depth, layer in enumerate(self.layers):
            biases.append([neuron.weights[0] + neuron.weights[1] for neuron in layer])
            columns = [neuron.weights[2:] for neuron in layer]
            if depth == 0:
                columns = [
                    [pair[0] + pair[1] for pair in zip(column[::2], column[1::2], strict=True)]
                    for column in columns
                ]
            weights.append([list(row) for row in zip(*columns, strict=True)])
        return weights, biases


def softmax_errors(outputs, code_book, label):
    """E of each network from logits = Y C: delta C^T / networks that speak for a class."""
    n_classes = len(code_book[0])
    logits = [
        sum(y * row[k] for y, row in zip(outputs, code_book, strict=True))
        for k in range(n_classes)
    ]
    highest = max(logits)
    exps = [math.exp(logit - highest) for logit in logits]
    delta = [(k == label) - exps[k] / sum(exps) for k in range(n_classes)]
    speakers = max(sum(abs(row[k]) for row in code_book) for k in range(n_classes))
    return [sum(d * c for d, c in zip(delta, row, strict=True)) / speakers for row in code_book]
