"""The bank of single-output networks: parameters, initialisation, forward pass.

A bank holds G independent networks of equal shape side by side. Layer 1 of all of them is
one feature-major matrix, so that one matrix product serves the whole bank; the deeper layers
are stacks of G small matrices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ._activation import logistic


def n_excitatory(n_units: int) -> int:
    """Number of excitatory units in a layer of `n_units`; they are stored first."""
    return (n_units + 1) // 2


def unit_types(n_units: int, dtype: np.typing.DTypeLike = np.float64) -> np.ndarray:
    """Types o_j of a layer's units: +1 (excitatory) first, then -1 (inhibitory)."""
    types = np.full(n_units, -1.0, dtype=dtype)
    types[: n_excitatory(n_units)] = 1.0
    return types


def feature_major(coef: np.ndarray) -> np.ndarray:
    """Layer 1 of every network as one matrix.

    Parameters
    ----------
    coef : ndarray of shape (n_networks, n_features, n_units)

    Returns
    -------
    ndarray of shape (n_features, n_networks * n_units)
        A view where `coef` is a view of such a matrix already, else a copy.
    """
    n_networks, n_features, n_units = coef.shape
    return coef.transpose(1, 0, 2).reshape(n_features, n_networks * n_units)


def network_major(weight: np.ndarray, n_networks: int) -> np.ndarray:
    """The inverse view of `feature_major`: (n_networks, n_features, n_units)."""
    return weight.reshape(weight.shape[0], n_networks, -1).transpose(1, 0, 2)


@dataclass
class NetworkBank:
    """G single-output networks of equal shape.

    Attributes
    ----------
    weights : list of ndarray
        ``weights[0]`` of shape (n_features, n_networks * h_1), then
        ``weights[l]`` of shape (n_networks, h_l, h_{l+1}); the last h is 1.
    biases : list of ndarray
        ``biases[l]`` of shape (n_networks, h_{l+1}), fed by the bias input `beta`.
    u0 : float
        Width of the sigmoid.
    beta : float
        Bias input.
    """

    weights: list[np.ndarray]
    biases: list[np.ndarray]
    u0: float
    beta: float

    @classmethod
    def initialize(
        cls,
        n_features: int,
        hidden_layer_sizes: Sequence[int],
        n_networks: int,
        *,
        init: str,
        u0: float,
        beta: float,
        dtype: np.typing.DTypeLike,
        rng: np.random.RandomState,
    ) -> NetworkBank:
        """Draw initial parameters.

        ``init="uniform"`` is Kaneko's: magnitudes U(0, 1) with the sign o_i o_j between
        units, and the difference of two magnitudes, with the sign o_j, where an input or the
        bias feeds a unit by its excitatory and its inhibitory copy. ``init="scaled"``
        multiplies by ``1 / sqrt(fan_in)``.
        """
        sizes = [n_features, *hidden_layer_sizes, 1]
        weights, biases = [], []
        for layer, (fan_in, fan_out) in enumerate(pairwise(sizes)):
            scale = 1.0 if init == "uniform" else 1.0 / np.sqrt(fan_in)
            types_out = scale * unit_types(fan_out)
            if layer == 0:
                pair = rng.uniform(size=(2, fan_in, n_networks, fan_out))
                weight = ((pair[0] - pair[1]) * types_out).reshape(fan_in, -1)
            else:
                magnitudes = rng.uniform(size=(n_networks, fan_in, fan_out))
                weight = magnitudes * np.outer(unit_types(fan_in), types_out)
            pair = rng.uniform(size=(2, n_networks, fan_out))
            bias = (pair[0] - pair[1]) * types_out
            weights.append(weight.astype(dtype, copy=False))
            biases.append(bias.astype(dtype, copy=False))
        return cls(weights, biases, u0=u0, beta=beta)

    @classmethod
    def from_coefs(
        cls,
        coefs: Sequence[np.ndarray],
        intercepts: Sequence[np.ndarray],
        *,
        u0: float,
        beta: float,
    ) -> NetworkBank:
        """The bank over arrays shaped as `coefs` and `intercepts` below, without a copy."""
        return cls([feature_major(coefs[0]), *coefs[1:]], list(intercepts), u0=u0, beta=beta)

    @property
    def n_networks(self) -> int:
        return self.biases[0].shape[0]

    @property
    def parameters(self) -> list[np.ndarray]:
        """Every array that learning changes, weights first."""
        return [*self.weights, *self.biases]

    @property
    def coefs(self) -> list[np.ndarray]:
        """Weights as arrays of shape (n_networks, fan_in, fan_out): views."""
        return [network_major(self.weights[0], self.n_networks), *self.weights[1:]]

    def copy(self) -> NetworkBank:
        """A bank with parameters of its own."""
        return NetworkBank(
            [np.array(w, order="C") for w in self.weights],
            [np.array(b, order="C") for b in self.biases],
            u0=self.u0,
            beta=self.beta,
        )

    def isfinite(self) -> bool:
        return all(bool(np.isfinite(p).all()) for p in self.parameters)

    def _layers(self, X) -> Iterator[np.ndarray]:
        """Yield z^1 to z^L, then a^{L+1}, of shape (n_networks, n_samples, h_l) each."""
        A = X @ self.weights[0]
        A += self.beta * self.biases[0].ravel()
        A = A.reshape(A.shape[0], self.n_networks, -1).transpose(1, 0, 2)
        for weight, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            Z = logistic(A, self.u0)
            yield Z
            A = Z @ weight
            A += self.beta * bias[:, np.newaxis, :]
        yield A

    def forward(self, X) -> tuple[list[np.ndarray], np.ndarray]:
        """Activations of every hidden layer and pre-activations of the output units.

        Parameters
        ----------
        X : {ndarray, CSR array} of shape (n_samples, n_features)

        Returns
        -------
        hidden : list of ndarray of shape (n_networks, n_samples, h_l)
            z^1 to z^L.
        A : ndarray of shape (n_samples, n_networks)
            a^{L+1}.
        """
        *hidden, A = self._layers(X)
        return hidden, A[:, :, 0].T

    def output(self, X) -> np.ndarray:
        """The pre-activations A of `forward` alone."""
        for layer in self._layers(X):
            A = layer
        return A[:, :, 0].T
