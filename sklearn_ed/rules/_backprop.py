"""Backprop: the gradient that error diffusion does without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._backend import backend
from .._backend.blas import matmul
from .._networks.bank import NetworkBank
from .._networks.buffers import Buffers
from ._rule import Rule


@dataclass(frozen=True)
class Backprop:
    """Backprop: the error is carried back through the weights, whose signs are free.

    With this rule the same networks, training loop and optimizers follow the negative gradient
    of the loss, so that a comparison with :class:`ErrorDiffusion` differs in the rule alone.

    Notes
    -----
    With the log-loss, the errors of a classifier are divided by the number of networks that
    contribute to the logit of a class, for every rule. The increments are then the negative
    gradient divided by that number.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier((8,), rule="backprop", random_state=0).fit(X, y)
    >>> bool(clf.score(X, y) > 0.9)
    True
    """

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
        arithmetic, gain = backend(), 2.0 / bank.u0
        if output_slope is not None:
            E = gain * E * output_slope
        E = np.ascontiguousarray(E)
        n_samples, last = E.shape[0], len(hidden) - 1
        buffers = buffers or bank.buffers(n_samples)
        increments = bank.split(out)
        weights, biases = increments[: len(hidden) + 1], increments[len(hidden) + 1 :]
        E.sum(axis=0, out=biases[-1][:, 0])
        if hidden:
            arithmetic.readout_increment(hidden[-1], E, 0, False, weights[-1][:, :, 0])
        else:
            arithmetic.input_increment(X, E, weights[0])
        delta = E
        for layer in range(last, -1, -1):
            Z = hidden[layer]
            # Two layers in turn share the memory: one is read while the other is written.
            D = buffers.changes(layer, n_samples)[layer % 2]
            assert D is not None
            if layer == last:
                readout = bank.weights[-1][:, :, 0]
                arithmetic.carry_error(Z, delta, readout, gain, D, biases[layer])
            else:
                matmul(delta, bank.weights[layer + 1].transpose(0, 2, 1), D)
                arithmetic.apply_slope(Z, gain, D, biases[layer])
            if layer == 0:
                side_by_side = D.transpose(1, 0, 2).reshape(n_samples, -1)
                arithmetic.input_increment(X, side_by_side, weights[0])
            else:
                arithmetic.unit_increment(hidden[layer - 1], D, None, 0, weights[layer])
            delta = D
        for bias in biases:
            bias *= bank.beta
        return increments

    increments.__doc__ = Rule.increments.__doc__

    def project(self, bank: NetworkBank) -> None:
        """Leave the parameters as they are.

        Parameters
        ----------
        bank : NetworkBank
            The networks.
        """
