"""Rules that disturb weights or units, and see what the output errors make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np

from .._backend import backend
from .._networks.bank import NetworkBank
from .._networks.buffers import Buffers
from .._utils.validation import check_parameters, real, seed
from ._layers import hidden_increment, output_delta, output_increments
from ._rule import FreeParameters, Rule

_CHECKS = {"sigma": real(0, closed="neither"), "seed": seed}


class _Perturbation(FreeParameters):
    """Base of the rules of this module, which check their parameters alike."""

    def __post_init__(self) -> None:
        check_parameters(vars(self), _CHECKS)


@dataclass(frozen=True)
class WeightPerturbation(_Perturbation):
    r"""Weight perturbation: a random change of all weights is rewarded by the loss it saves.

    In every step all parameters of a network are disturbed once by :math:`\sigma\, \xi` with
    standard normal :math:`\xi`. If :math:`y'` is the output of the disturbed network,

    .. math::

        \Delta W^l_{ij} = \frac{\alpha}{\sigma}\, \xi^l_{ij} \sum_n e_n (y'_n - y_n)

    over the samples of the batch. The sum is the loss that the disturbance saves, to first
    order in :math:`\sigma`, and the expectation of the increment is the negative gradient.
    Only the noise and one number per network reach a weight.

    Parameters
    ----------
    sigma : float, default=0.001
        Standard deviation of the noise.
    seed : int, default=0
        Determines the noise, together with the errors of the batch.

    See Also
    --------
    NodePerturbation : Noise in the units.

    Notes
    -----
    A rule receives errors and not the loss. The difference of losses follows from both outputs:
    with :math:`e` held fixed it is :math:`-e\, (y' - y)` but for terms of second order. Every
    network of a bank thus has a difference of its own, which has less variance than that of a
    loss for the whole bank.

    The variance still grows with the number of parameters of a network, so that learning is
    slow: a much smaller learning rate and many more steps than with backprop are necessary.

    A rule has no state. The seed of the noise of a step is a function of `seed` and of the
    errors, so that training can be continued or repeated with the same result.

    References
    ----------
    .. [1] Ronald J. Williams, "Simple statistical gradient-following algorithms for
       connectionist reinforcement learning", Machine Learning 8, 1992.
    .. [2] Justin Werfel, Xiaohui Xie and H. Sebastian Seung, "Learning curves for stochastic
       gradient descent in linear feedforward networks", Neural Computation 17, 2005.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier((8,), rule="weight_perturbation", max_iter=200, random_state=0)
    >>> bool(clf.fit(X, y).score(X, y) > 0.8)
    True
    """

    sigma: float = 1e-3
    seed: int = 0

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
        delta = output_delta(bank, E, output_slope)
        increments = bank.split(out)
        other = bank.copy()
        rng, n_networks = _generator(self.seed, E), bank.n_networks
        for parameter, noise in zip(other.parameters, increments, strict=True):
            noise[...] = rng.standard_normal(noise.shape, dtype=noise.dtype)
            parameter += self.sigma * noise
        saved = (other.forward(X)[1] - _output(bank, X, hidden)) * delta
        credit = saved.sum(axis=0) / self.sigma
        first, *others = increments
        first.reshape(first.shape[0], n_networks, -1)[...] *= credit[:, np.newaxis]
        for increment in others:
            increment *= credit.reshape(n_networks, *[1] * (increment.ndim - 1))
        return increments

    increments.__doc__ = Rule.increments.__doc__


@dataclass(frozen=True)
class NodePerturbation(_Perturbation):
    r"""Node perturbation: noise in the hidden units is rewarded by the loss it saves.

    For every sample the pre-activations of all hidden units of a network are disturbed by
    :math:`\sigma\, \xi` with standard normal :math:`\xi`. If :math:`y'` is the output of the
    disturbed network,

    .. math::

        \Delta W^l_{ij} = \frac{\alpha}{\sigma}\, z^{l-1}_i\, \xi^l_j\, e\, (y' - y) .

    The output unit, whose error is known, follows the gradient. The expectation of the
    increments is the negative gradient to first order in :math:`\sigma`. There is noise for
    each unit instead of each weight, and for each sample, so that the variance is much lower
    than that of :class:`WeightPerturbation`.

    Parameters
    ----------
    sigma : float, default=0.01
        Standard deviation of the noise.
    seed : int, default=0
        Determines the noise, together with the errors of the batch.

    See Also
    --------
    WeightPerturbation : Noise in the weights.

    Notes
    -----
    See :class:`WeightPerturbation` for the difference of losses and for the noise.

    References
    ----------
    .. [1] Ila R. Fiete and H. Sebastian Seung, "Gradient learning in spiking neural networks by
       dynamic perturbation of conductances", Physical Review Letters 97, 2006.
    .. [2] Justin Werfel, Xiaohui Xie and H. Sebastian Seung, "Learning curves for stochastic
       gradient descent in linear feedforward networks", Neural Computation 17, 2005.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier((8,), rule="node_perturbation", random_state=0).fit(X, y)
    >>> bool(clf.score(X, y) > 0.9)
    True
    """

    sigma: float = 1e-2
    seed: int = 0

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
        delta = output_delta(bank, E, output_slope)
        increments = bank.split(out)
        weights, biases = increments[: len(hidden) + 1], increments[len(hidden) + 1 :]
        output_increments(X, hidden, delta, weights[-1], biases[-1])
        if hidden:
            rng = _generator(self.seed, E)
            noise = [rng.standard_normal(Z.shape, dtype=Z.dtype) for Z in hidden]
            disturbed = bank.forward(X, noise=[self.sigma * each for each in noise])[1]
            credit = (disturbed - _output(bank, X, hidden)) * delta / self.sigma
        for layer in range(len(hidden)):
            D = noise[layer]
            D *= credit.T[:, :, np.newaxis]
            D.sum(axis=1, out=biases[layer])
            hidden_increment(X, hidden, layer, D, weights[layer])
        for bias in biases:
            bias *= bank.beta
        return increments

    increments.__doc__ = Rule.increments.__doc__


def _generator(seed: int, E: np.ndarray) -> np.random.Generator:
    """Random numbers that are a function of the seed and of the errors of a batch."""
    return np.random.default_rng([seed, crc32(E.tobytes())])


def _output(bank: NetworkBank, X: Any, hidden: Sequence[np.ndarray]) -> np.ndarray:
    """Pre-activations of the output units, (n_samples, n_networks)."""
    if not hidden:
        return bank.forward(X)[1]
    A = np.empty((hidden[-1].shape[1], bank.n_networks), dtype=hidden[-1].dtype)
    weight, bias = bank.weights[-1][:, :, 0], bank.biases[-1][:, 0]
    backend().readout(hidden[-1], weight, bias, bank.beta, A)
    return A
