"""Error diffusion in networks that share their weights: a broadcast error vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._networks.bank import NetworkBank
from .._networks.buffers import Buffers
from ._error_diffusion import ErrorDiffusion
from ._rule import Rule


@dataclass(frozen=True)
class GlobalErrorVector:
    r"""Global error vector broadcasting (GEVB): the networks share all weights between units.

    Each unit has a vector of activations, one component :math:`z_{j,k}` for each network
    :math:`k`, and receives the vector of the errors :math:`e_k`. The weights and biases of
    layer 1 are vectors too. A weight of a later layer is a single number for all components:

    .. math::

        \Delta W^l_{ij} = \alpha \sum_k z^{l-1}_{i,k}\, f'(a^l_{j,k})\, e_k\, o_j
        \qquad (l \ge 2)

    Layer 1 learns as with :class:`ErrorDiffusion` and bidirectional weights. In later layers,
    the increments of that rule are added up over the networks.

    See Also
    --------
    ErrorDiffusion : Every network has weights of its own.

    Notes
    -----
    In the paper the weights between units are not negative, and a unit whose vector points in
    the opposite direction of a fixed one is silent. Here units are logistic and have types.
    Biases stay vectors in every layer. Initial weights differ between the networks; the first
    step replaces them by their mean. All networks share weights, also those of different
    members, so that ``n_members=1`` is the rule of the paper.

    References
    ----------
    .. [1] David G. Clark, L. F. Abbott and SueYeon Chung, "Credit assignment through
       broadcasting a global error vector", NeurIPS 2021, arXiv 2106.04089.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier((8,), rule="global_error_vector", n_members=1, random_state=0)
    >>> clf = clf.fit(X, y)
    >>> bool((clf.coefs_[1] == clf.coefs_[1][0]).all())
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
        apart = ErrorDiffusion().increments(
            bank, X, hidden, E, output_slope, buffers=buffers, out=out
        )
        return self.shared(apart)

    increments.__doc__ = Rule.increments.__doc__

    def shared(self, increments: list[np.ndarray]) -> list[np.ndarray]:
        """Add up over the networks, in place, what is learned by weights that they share.

        Parameters
        ----------
        increments : list of ndarray
            Increments or gradients as `increments` returns them.

        Returns
        -------
        list of ndarray
            The same arrays.
        """
        for weight in increments[1 : len(increments) // 2]:
            weight[...] = weight.sum(axis=0)
        return increments

    def project(self, bank: NetworkBank) -> None:
        """Make the shared weights equal, and stop at zero those that moved beyond it.

        Parameters
        ----------
        bank : NetworkBank
            The networks, changed in place.
        """
        for weight in bank.weights[1:]:
            if (weight != weight[0]).any():
                weight[...] = weight.mean(axis=0)
        ErrorDiffusion().project(bank)
