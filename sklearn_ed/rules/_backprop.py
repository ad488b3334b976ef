"""Backprop through a bank: the gradient that error diffusion does without."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from .._backend.kernels import input_increment, readout_increment
from .._networks.bank import NetworkBank
from .._networks.buffers import split


def negative_gradients(
    X, bank: NetworkBank, hidden: Sequence[np.ndarray], output_slope: np.ndarray | None, E
) -> list[np.ndarray]:
    """Minus the gradient of the networks' losses, summed over a batch.

    Parameters
    ----------
    X : {ndarray, CSR array} of shape (n_samples, n_features)
    bank : NetworkBank
    hidden : sequence of ndarray of shape (n_networks, n_samples, h_l)
        Activations z^1 to z^L, as `NetworkBank.forward` returns them.
    output_slope : ndarray of shape (n_samples, n_networks), or None
        z (1 - z) of the output units; None for linear ones.
    E : ndarray of shape (n_samples, n_networks)
        Errors e = t - y.

    Returns
    -------
    list of ndarray
        As `ed_increments` returns: weights of layers 1..L+1, then their biases.
    """
    if output_slope is not None:
        E = 2.0 / bank.u0 * E * output_slope
    backward = BackwardPass(bank, E.shape[0])
    backward(X, hidden, E)
    return backward.parts


class BackwardPass:
    """The way back through a bank's weights, in memory that is made once.

    Parameters
    ----------
    bank : NetworkBank
    n_samples : int
        Rows of every batch.

    Attributes
    ----------
    flat : ndarray of shape (n_parameters,)
        The result of the last call, in the order of `NetworkBank.flat`.
    parts : list of ndarray
        The same: weights of layers 1..L+1, then their biases.
    """

    def __init__(self, bank: NetworkBank, n_samples: int) -> None:
        self._bank = bank
        shapes = [parameter.shape for parameter in bank.parameters]
        self.flat = np.empty(sum(map(prod, shapes)), dtype=bank.weights[0].dtype)
        self.parts = split(self.flat, shapes)
        self._deltas = bank.buffers(n_samples).activations(n_samples)
        self._slopes = bank.buffers(n_samples).activations(n_samples)

    def __call__(self, X, hidden: Sequence[np.ndarray], delta: np.ndarray) -> np.ndarray:
        """Minus the gradient, summed over the rows.

        Parameters
        ----------
        X : {ndarray, CSR array} of shape (n_samples, n_features)
        hidden : sequence of ndarray of shape (n_networks, n_samples, h_l)
            Activations, as `NetworkBank.forward` returns them.
        delta : ndarray of shape (n_samples, n_networks)
            Minus the derivatives of the losses by the output units' pre-activations.

        Returns
        -------
        ndarray of shape (n_parameters,)
            `flat`.
        """
        bank, gain = self._bank, 2.0 / self._bank.u0
        weights, biases = self.parts[: len(bank.weights)], self.parts[len(bank.weights) :]
        last = len(hidden) - 1
        delta.sum(axis=0, out=biases[-1][:, 0])
        if hidden:
            readout_increment(hidden[-1], delta, False, weights[-1][:, :, 0])
        else:
            input_increment(X, delta, weights[0])
        for layer in range(last, -1, -1):
            Z, D, slope = hidden[layer], self._deltas[layer], self._slopes[layer]
            way_back = gain * bank.weights[layer + 1].transpose(0, 2, 1)
            if layer == last:
                np.multiply(delta.T[:, :, np.newaxis], way_back, out=D)
            else:
                np.matmul(self._deltas[layer + 1], way_back, out=D)
            np.subtract(1.0, Z, out=slope)
            slope *= Z
            D *= slope
            D.sum(axis=1, out=biases[layer])
            if layer == 0:
                side_by_side = D.transpose(1, 0, 2).reshape(delta.shape[0], -1)
                input_increment(X, side_by_side, weights[0])
            else:
                np.matmul(hidden[layer - 1].transpose(0, 2, 1), D, out=weights[layer])
        for bias in biases:
            bias *= bank.beta
        return self.flat
