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

The functions are pure, over arrays with the axes (n_networks, n_samples, n_units).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ._activation import logistic_slope
from ._network import n_excitatory, unit_types


def ed_increments(
    X,
    hidden: Sequence[np.ndarray],
    output_slope: np.ndarray | None,
    E: np.ndarray,
    *,
    beta: float,
    weight_decrement: bool,
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

    Returns
    -------
    list of ndarray
        Increments of the weights of layers 1..L+1, then of their biases, with the shapes of
        `NetworkBank.parameters`.
    """
    errors = E.T[:, :, np.newaxis]
    slopes = [logistic_slope(Z) for Z in hidden]
    slopes.append(
        np.ones_like(errors) if output_slope is None else output_slope.T[:, :, np.newaxis]
    )
    inputs = [None, *hidden]
    weights, biases = [], []
    for Z, slope in zip(inputs, slopes, strict=True):
        S = slope * unit_types(slope.shape[-1], dtype=E.dtype)
        D = S * errors
        if Z is None:
            weights.append(_input_increment(X, D))
        elif weight_decrement:
            weights.append(Z.transpose(0, 2, 1) @ D)
        else:
            weights.append(_gated_increment(Z, S, errors))
        biases.append(beta * D.sum(axis=1))
    return weights + biases


def _input_increment(X, D: np.ndarray) -> np.ndarray:
    """X^T D of all networks at once, (n_features, n_networks * h_1)."""
    n_networks, n_samples, n_units = D.shape
    return X.T @ D.transpose(1, 0, 2).reshape(n_samples, n_networks * n_units)


def _gated_increment(Z: np.ndarray, S: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Excitatory inputs learn from errors above zero, inhibitory ones from those below."""
    n_networks, _, fan_in = Z.shape
    excitatory = n_excitatory(fan_in)
    inputs = Z.transpose(0, 2, 1)
    increment = np.empty((n_networks, fan_in, S.shape[-1]), dtype=Z.dtype)
    above, below = np.maximum(errors, 0), np.minimum(errors, 0)
    np.matmul(inputs[:, :excitatory], S * above, out=increment[:, :excitatory])
    np.matmul(inputs[:, excitatory:], S * below, out=increment[:, excitatory:])
    return increment


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
