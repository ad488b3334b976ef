"""What the rules share: the increments of a layer from what its units receive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._backend import backend
from .._networks.bank import NetworkBank
from .._networks.units import n_excitatory


def hidden_increment(
    X: Any,
    hidden: Sequence[np.ndarray],
    layer: int,
    D: np.ndarray,
    weight: np.ndarray,
    below: np.ndarray | None = None,
) -> None:
    """Write the increment of the weights of a hidden layer, whose units receive D.

    Its shape is (n_networks, n_samples, h_l). With `below`, inhibitory units of the layer
    before meet it, and excitatory ones meet D.
    """
    if layer == 0:
        arithmetic = backend()
        side_by_side = arithmetic.reshaped(arithmetic.exchanged(D), (D.shape[1], -1))
        arithmetic.input_increment(X, side_by_side, weight)
    else:
        Z = hidden[layer - 1]
        backend().unit_increment(Z, D, below, n_excitatory(Z.shape[2]), weight)


def output_increments(
    X: Any,
    hidden: Sequence[np.ndarray],
    E: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    *,
    gated: bool = False,
) -> None:
    """Write the increments of the output layer, that of the bias without the factor beta."""
    arithmetic = backend()
    arithmetic.sum_over_samples(E, bias[:, 0])
    if hidden:
        Z = hidden[-1]
        arithmetic.readout_increment(Z, E, n_excitatory(Z.shape[2]), gated, weight[:, :, 0])
    else:
        arithmetic.input_increment(X, E, weight)


def output_delta(
    bank: NetworkBank, E: np.ndarray, output_slope: np.ndarray | None
) -> np.ndarray:
    """The negative derivative of the loss by the pre-activations of the output units."""
    if output_slope is not None:
        E = 2.0 / bank.u0 * E * output_slope
    return backend().contiguous(E)
