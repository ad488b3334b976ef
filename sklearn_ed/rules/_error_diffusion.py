"""The error diffusion (ED) rule of Isamu Kaneko (1999).

A network has hidden layers 1..L and one output unit. Unit j has a fixed type o_j, +1
(excitatory) or -1 (inhibitory); the output unit is excitatory. With z^0 = x::

    a^l = z^{l-1} W^l + beta b^l        z^l = f(a^l)        f(a) = 1 / (1 + exp(-2 a / u0))
    sign(W^l_ij) = o_i o_j              (l >= 2)

After one sample, with the scalar error e = t - y of the network, every unit hears the same e::

    dW^l_ij = alpha z^{l-1}_i f'(a^l_j) e o_j     if o_i == sign(e), else 0      (l >= 2)
    dW^1_ij = alpha x_i       f'(a^1_j) e o_j
    db^l_j  = alpha beta      f'(a^l_j) e o_j

with f' = z (1 - z), and f' = 1 for a linear output unit. Nothing is propagated backwards:
each increment is made of what stands at its two ends and of e.

Layer 1 has no gate because each input feeds a unit twice, by an excitatory and an inhibitory
copy (so does the bias, in every layer). Both copies carry the same x, so only the sum of the
pair's weights matters, and whichever copy the gate opens, the sum moves by the same amount.

``weight_decrement=True`` (Kaneko's option) opens the gate between units for every i; then a
weight that would pass zero stops there (`clamp_signs`).

Property: for one sample every increment has the sign of the negative gradient of that network's
loss, or is zero, since every path from unit j to the output has the sign o_j.

A batch is the sum of its samples' increments, each with its own weight. With
D = f'(A) o E no per-sample tensor is made: layer 1 is the product X^T D for the whole
bank, a deeper layer two products, its excitatory rows with the errors above zero and its
inhibitory rows with those below.

Arrays have the axes (n_networks, n_samples, n_units). `_online` is the same rule compiled, one
sample after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from .._backend.kernels import broadcast_error, input_increment, readout_increment
from .._networks.bank import parameter_shapes
from .._networks.buffers import Buffers, split
from .._networks.units import n_excitatory


def ed_increments(
    X,
    hidden: Sequence[np.ndarray],
    output_slope: np.ndarray | None,
    E: np.ndarray,
    *,
    beta: float,
    weight_decrement: bool,
    buffers: Buffers | None = None,
    out: np.ndarray | None = None,
) -> list[np.ndarray]:
    """The ED increments of a bank for alpha = 1, summed over a batch.

    Parameters
    ----------
    X : {ndarray, CSR array} of shape (n_samples, n_features)
    hidden : sequence of ndarray of shape (n_networks, n_samples, h_l)
        Activations z^1 to z^L.
    output_slope : ndarray of shape (n_samples, n_networks), or None
        f' of the output units; None for linear ones, whose slope is 1.
    E : ndarray of shape (n_samples, n_networks)
        Errors e = t - y, times the weight of each sample.
    beta : float
        Bias input.
    weight_decrement : bool
        Whether the weights between units move both ways.
    buffers : Buffers, default=None
        Those which `hidden` was made in; None: new ones.
    out : ndarray of shape (n_parameters,), default=None
        What the increments are views of, as parameters are of `NetworkBank.flat`; None: a new
        array.

    Returns
    -------
    list of ndarray
        Increments of the weights of layers 1..L+1, then of their biases, with the shapes of
        `NetworkBank.parameters`.
    """
    E = np.ascontiguousarray(E)
    n_samples, n_networks = E.shape
    sizes = [Z.shape[2] for Z in hidden]
    shapes = parameter_shapes(X.shape[1], sizes, n_networks)
    if out is None:
        out = np.empty(sum(map(prod, shapes)), dtype=E.dtype)
    if buffers is None:
        buffers = Buffers(n_samples, n_networks, sizes, E.dtype)
    increments = split(out, shapes)
    weights, biases = increments[: len(sizes) + 1], increments[len(sizes) + 1 :]
    for layer, Z in enumerate(hidden):
        D, below = buffers.changes(layer, n_samples)
        if weight_decrement:
            below = None
        broadcast_error(Z, E, D, below, biases[layer])
        if layer == 0:
            input_increment(X, D.transpose(1, 0, 2).reshape(n_samples, -1), weights[0])
        else:
            _between_units(hidden[layer - 1], D, below, weights[layer])
    E_out = E if output_slope is None else E * output_slope
    if hidden:
        readout_increment(hidden[-1], E_out, not weight_decrement, weights[-1][:, :, 0])
    else:
        input_increment(X, E_out, weights[0])
    E_out.sum(axis=0, out=biases[-1][:, 0])
    for bias in biases:
        bias *= beta
    return increments


def _between_units(
    Z: np.ndarray, D: np.ndarray, below: np.ndarray | None, out: np.ndarray
) -> None:
    """Z^T D; with `below`, the excitatory inputs meet D, errors above zero, others `below`."""
    inputs = Z.transpose(0, 2, 1)
    if below is None:
        np.matmul(inputs, D, out=out)
        return
    excitatory = n_excitatory(Z.shape[2])
    np.matmul(inputs[:, :excitatory], D, out=out[:, :excitatory])
    np.matmul(inputs[:, excitatory:], below, out=out[:, excitatory:])


def clamp_signs(weights: Sequence[np.ndarray]) -> None:
    """Stop at zero, in place, the weights between units that would change sign.

    Parameters
    ----------
    weights : sequence of ndarray of shape (n_networks, fan_in, fan_out)
        Layers 2..L+1.
    """
    for weight in weights:
        p, q = n_excitatory(weight.shape[1]), n_excitatory(weight.shape[2])
        for same_type in (weight[:, :p, :q], weight[:, p:, q:]):
            np.maximum(same_type, 0, out=same_type)
        for other_type in (weight[:, :p, q:], weight[:, p:, :q]):
            np.minimum(other_type, 0, out=other_type)
