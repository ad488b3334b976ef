"""Backprop through a bank: the gradient that error diffusion does without."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._kernels import input_increment
from ._network import NetworkBank
from ._units import logistic_slope


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
    gain = 2.0 / bank.u0
    n_samples = E.shape[0]
    delta = E if output_slope is None else gain * E * output_slope
    D = np.ascontiguousarray(delta.T)[:, :, np.newaxis]
    weights: list[np.ndarray] = []
    biases: list[np.ndarray] = []
    for layer in reversed(range(len(bank.weights))):
        biases.insert(0, bank.beta * D.sum(axis=1))
        if layer == 0:
            side_by_side = np.ascontiguousarray(D.transpose(1, 0, 2)).reshape(n_samples, -1)
            first = np.empty_like(bank.weights[0])
            input_increment(X, side_by_side, first)
            weights.insert(0, first)
        else:
            Z = hidden[layer - 1]
            weights.insert(0, Z.transpose(0, 2, 1) @ D)
            D = D @ bank.weights[layer].transpose(0, 2, 1)
            D *= gain * logistic_slope(Z)
    return [*weights, *biases]
