"""The error diffusion (ED) rule of Isamu Kaneko (1999)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._backend import backend
from .._networks.bank import NetworkBank
from .._networks.buffers import Buffers
from .._networks.units import n_excitatory
from ._layers import hidden_increment, output_increments
from ._rule import Rule


@dataclass(frozen=True)
class ErrorDiffusion:
    r"""Error diffusion: every unit of a network receives the same error.

    A network has hidden layers :math:`1, \dots, L` and one output unit. Unit :math:`j` has a
    fixed type :math:`o_j`, :math:`+1` (excitatory) or :math:`-1` (inhibitory); the output unit
    is excitatory. With :math:`z^0 = x`,

    .. math::

        a^l = z^{l-1} W^l + \beta b^l, \qquad z^l = f(a^l), \qquad
        f(a) = \frac{1}{1 + \exp(-2 a / u_0)}

    and the weights between units have fixed signs,
    :math:`\operatorname{sign}(W^l_{ij}) = o_i o_j` for :math:`l \ge 2`.

    Let :math:`e = t - y` be the scalar error of the network for one sample. The increments are

    .. math::

        \Delta W^l_{ij} &= \alpha\, z^{l-1}_i\, f'(a^l_j)\, e\, o_j
            \quad \text{if } o_i = \operatorname{sign}(e), \text{ else } 0 \qquad (l \ge 2)

        \Delta W^1_{ij} &= \alpha\, x_i\, f'(a^1_j)\, e\, o_j

        \Delta b^l_j &= \alpha \beta\, f'(a^l_j)\, e\, o_j

    with :math:`f' = z (1 - z)`, and :math:`f' = 1` for a linear output unit. Nothing is
    propagated backwards: an increment depends on the activations at its two ends and on
    :math:`e`.

    Parameters
    ----------
    weight_decrement : bool, default=True
        Kaneko's option of this name. If True, the weights between units are bidirectional:
        they learn from every error, and a weight that would change its sign stops at zero. If
        False, the condition on :math:`o_i` above, the gate, holds and these weights only grow
        in magnitude.

    See Also
    --------
    DirectFeedbackAlignment : A random number in the place of the type of a unit.
    Backprop : The gradient.

    Notes
    -----
    *Layer 1 has no gate.* Kaneko feeds every input to a unit twice, by an excitatory and by an
    inhibitory copy, and the bias too in every layer. Both copies carry the same value, so that
    only the sum of their two weights matters, and the sum moves by the same amount whichever
    copy the gate opens. One weight of free sign replaces the pair.

    *Signs.* For one sample, every increment has the sign of the negative gradient of the
    network's loss or is zero, because every path from unit :math:`j` to the output has the
    sign :math:`o_j`.

    *Batches.* The increments of a batch are the sum over its samples. With
    :math:`D = f'(A) \circ o \circ E`, no tensor of samples times weights is needed: layer 1 is
    the matrix product :math:`X^\top D` for all networks together, and a deeper layer is two
    products, its excitatory rows with the errors above zero, its inhibitory rows with the
    errors below zero.

    References
    ----------
    .. [1] Isamu Kaneko, "Error diffusion learning (ED)", 1999 (in Japanese), web page and C
       program.

    Examples
    --------
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.rules import ErrorDiffusion
    >>> EDClassifier(rule=ErrorDiffusion(weight_decrement=False))
    EDClassifier(rule=ErrorDiffusion(weight_decrement=False))
    """

    weight_decrement: bool = True

    def increments(
        self,
        bank: NetworkBank,
        X: Any,
        hidden: Sequence[np.ndarray],
        E: np.ndarray,
        output_slope: np.ndarray | None,
        *,
        buffers: Buffers | None = None,
        out: np.ndarray | None = None,
    ) -> list[np.ndarray]:
        arithmetic = backend()
        E = arithmetic.contiguous(E)
        n_samples = E.shape[0]
        buffers = buffers or bank.buffers(n_samples)
        increments = bank.split(out)
        weights, biases = increments[: len(hidden) + 1], increments[len(hidden) + 1 :]
        for layer, Z in enumerate(hidden):
            D, below = buffers.changes(layer, n_samples)
            if self.weight_decrement:
                below = None
            arithmetic.broadcast_error(Z, E, n_excitatory(Z.shape[2]), D, below, biases[layer])
            hidden_increment(X, hidden, layer, D, weights[layer], below)
        E_out = E if output_slope is None else E * output_slope
        gated = not self.weight_decrement
        output_increments(X, hidden, E_out, weights[-1], biases[-1], gated=gated)
        for bias in biases:
            bias *= bank.beta
        return increments

    increments.__doc__ = Rule.increments.__doc__

    def project(self, bank: NetworkBank) -> None:
        """Stop at zero the weights between units that moved beyond it.

        Parameters
        ----------
        bank : NetworkBank
            The networks, changed in place.
        """
        if self.weight_decrement:
            for weight in bank.weights[1:]:
                n_in, n_out = n_excitatory(weight.shape[1]), n_excitatory(weight.shape[2])
                backend().clamp_signs(weight, n_in, n_out)
