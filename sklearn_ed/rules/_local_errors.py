"""A loss for every hidden layer, behind fixed random output units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._backend import backend
from .._networks.bank import NetworkBank
from .._networks.buffers import Buffers
from .._utils.validation import check_parameters, seed
from ._backward import BackwardPass, direct_feedback
from ._layers import output_delta
from ._rule import LocalError, Rule


@dataclass(frozen=True)
class LocalErrors(BackwardPass):
    r"""Local errors: every hidden layer follows the gradient of a loss of its own.

    Each hidden layer has an output unit of its own, with random weights :math:`r^l` that never
    change. It has the activation, the target and the loss of the network's output unit. With
    the error :math:`e^l` of this unit,

    .. math::

        a^{(l)} = \sum_j r^l_j \left(z^l_j - \tfrac12\right), \qquad
        \Delta W^l_{ij} = \alpha\, z^{l-1}_i\, f'(a^l_j)\, r^l_j\, e^l .

    The output layer learns from the error of the network. Nothing crosses a layer, neither
    forwards nor backwards, when the weights change. For predictions, only the output unit of
    the network counts.

    Parameters
    ----------
    seed : int, default=0
        Determines the weights of the local output units.

    See Also
    --------
    DirectFeedbackAlignment : Every layer receives the error of the network.
    ErrorDiffusion : Every layer receives the error of the network, by the types of its units.

    Notes
    -----
    Here :math:`f'` is the derivative, with the factor :math:`2/u_0`, as in :class:`Backprop`.
    The weights are drawn from :math:`U(-1, 1)`. With "log_loss", the local units of all
    networks of a member form a softmax, as the output units do. Other authors train the local
    output units [2]_.

    References
    ----------
    .. [1] Hesham Mostafa, Vishwajith Ramesh and Gert Cauwenberghs, "Deep supervised learning
       using local errors", Frontiers in Neuroscience 12, 2018.
    .. [2] Arild Nøkland and Lars Hiller Eidnes, "Training neural networks with local error
       signals", ICML 2019.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier((8, 8), rule="local_errors", random_state=0).fit(X, y)
    >>> bool(clf.score(X, y) > 0.9)
    True
    """

    seed: int = 0

    def __post_init__(self) -> None:
        check_parameters(vars(self), {"seed": seed})

    def _feedback(self, bank: NetworkBank) -> Sequence[np.ndarray]:
        # Feedback is divided by the square root of the number of units; readouts are not.
        return [array * array.shape[1] ** 0.5 for array in direct_feedback(self.seed, bank)]

    def local_outputs(
        self, bank: NetworkBank, hidden: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Pre-activations of the local output units.

        Parameters
        ----------
        bank : NetworkBank
            The networks.
        hidden : sequence of ndarray of shape (n_networks, n_samples, h_l)
            Activations of the hidden layers.

        Returns
        -------
        list of ndarray of shape (n_samples, n_networks)
            One array for each hidden layer.
        """
        found = []
        for Z, readout in zip(hidden, self._feedback(bank), strict=True):
            weight = readout[:, :, 0]
            A = np.empty((Z.shape[1], Z.shape[0]), dtype=Z.dtype)
            backend().readout(Z, weight, -0.5 * weight.sum(axis=1), 1.0, A)
            found.append(A)
        return found

    def increments(
        self,
        bank: NetworkBank,
        X: Any,
        hidden: Sequence[np.ndarray],
        E: np.ndarray,
        output_slope: np.ndarray | None,
        *,
        local: Sequence[LocalError] = (),
        buffers: Buffers | None = None,
        out: np.ndarray | None = None,
    ) -> list[np.ndarray]:
        direct = [output_delta(bank, one.E, one.slope) for one in local]
        E = output_delta(bank, E, output_slope)
        return self._increments(bank, X, hidden, E, direct, buffers, out)

    increments.__doc__ = (Rule.increments.__doc__ or "").replace(
        "        buffers :",
        "        local : sequence of LocalError\n"
        "            Errors of the local output units, one item for each hidden layer.\n"
        "        buffers :",
    )
