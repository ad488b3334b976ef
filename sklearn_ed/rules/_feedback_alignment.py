"""Rules whose feedback weights are not the transposes of the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .._networks.bank import NetworkBank
from .._utils.validation import check_parameters, seed
from ._backward import BackwardPass, direct_feedback, random_feedback


@dataclass(frozen=True)
class FeedbackAlignment(BackwardPass):
    r"""Feedback alignment: the error is carried back through fixed random weights.

    Backprop carries the error of layer :math:`l + 1` to layer :math:`l` by the transpose of
    :math:`W^{l+1}`. This rule uses random matrices :math:`B^{l+1}` of the same shapes, which
    never change. With :math:`\delta^{L+1} = e`,

    .. math::

        \delta^l_j = f'(a^l_j) \sum_k B^{l+1}_{jk}\, \delta^{l+1}_k, \qquad
        \Delta W^l_{ij} = \alpha\, z^{l-1}_i\, \delta^l_j .

    The weights learn to agree with the feedback, so that the increments come to point downhill.

    Parameters
    ----------
    seed : int, default=0
        Determines the feedback weights.

    See Also
    --------
    DirectFeedbackAlignment : The error goes directly to every unit.
    SignSymmetry : The signs of the weights.

    Notes
    -----
    Here :math:`f'` is the derivative, with the factor :math:`2/u_0`, as in :class:`Backprop`.
    The feedback weights of every network are drawn from
    :math:`U(-1, 1) / \sqrt{h_l}`, the magnitudes of ``init="scaled"``, where :math:`h_l` is the
    number of units that receive the feedback.

    References
    ----------
    .. [1] Timothy P. Lillicrap, Daniel Cownden, Douglas B. Tweed and Colin J. Akerman, "Random
       synaptic feedback weights support error backpropagation for deep learning", Nature
       Communications 7, 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.rules import FeedbackAlignment
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier((8, 8), rule=FeedbackAlignment(seed=1), random_state=0).fit(X, y)
    >>> bool(clf.score(X, y) > 0.9)
    True
    """

    seed: int = 0

    def __post_init__(self) -> None:
        check_parameters(vars(self), {"seed": seed})

    def _feedback(self, bank: NetworkBank) -> Sequence[np.ndarray]:
        sizes = bank.hidden_sizes
        dtype = bank.biases[0].dtype
        return random_feedback(self.seed, bank.n_networks, sizes, (*sizes, 1)[1:], dtype)


@dataclass(frozen=True)
class DirectFeedbackAlignment(BackwardPass):
    r"""Direct feedback alignment: every unit receives the output error times a fixed number.

    .. math::

        \Delta W^l_{ij} = \alpha\, z^{l-1}_i\, f'(a^l_j)\, b^l_j\, e

    The feedback weights :math:`b^l_j` are random and never change. In a network with one output
    unit there is one for each hidden unit.

    Parameters
    ----------
    seed : int, default=0
        Determines the feedback weights.

    See Also
    --------
    FeedbackAlignment : The error goes from layer to layer.
    ErrorDiffusion : The type of a unit in the place of a random number.

    Notes
    -----
    :class:`ErrorDiffusion` with bidirectional weights is this rule with :math:`b^l_j = o_j`,
    the type of the unit, up to the constant :math:`2/u_0` in :math:`f'`, and with weights whose
    signs are fixed so that :math:`o_j` is the sign of the derivative of the output by
    :math:`a^l_j`. Direct feedback alignment leaves it to learning that the weights agree with
    the feedback.

    The feedback weights are drawn from :math:`U(-1, 1) / \sqrt{h_l}`, where :math:`h_l` is the
    number of units of the layer.

    References
    ----------
    .. [1] Arild Nøkland, "Direct feedback alignment provides learning in deep neural networks",
       NeurIPS 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier((8, 8), rule="direct_feedback_alignment", random_state=0).fit(X, y)
    >>> bool(clf.score(X, y) > 0.9)
    True
    """

    seed: int = 0
    _is_direct: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_parameters(vars(self), {"seed": seed})

    def _feedback(self, bank: NetworkBank) -> Sequence[np.ndarray]:
        return direct_feedback(self.seed, bank)


@dataclass(frozen=True)
class SignSymmetry(BackwardPass):
    r"""Sign-symmetric feedback: the error is carried back through the signs of the weights.

    .. math::

        \delta^l_j = f'(a^l_j) \sum_k \frac{\operatorname{sign}(W^{l+1}_{jk})}{\sqrt{h_l}}\,
            \delta^{l+1}_k, \qquad
        \Delta W^l_{ij} = \alpha\, z^{l-1}_i\, \delta^l_j

    with :math:`\delta^{L+1} = e`. The magnitudes of the weights are not used in the backward
    pass.

    See Also
    --------
    Backprop : The weights themselves.
    FeedbackAlignment : Random weights.

    Notes
    -----
    Here :math:`f'` is the derivative, as in :class:`Backprop`. In the paper the feedback of
    this kind is :math:`\operatorname{sign}(W)` and batch normalization keeps its size; the
    networks here have none, and the division by the square root of the number :math:`h_l` of
    units that receive the feedback replaces it.

    While the weights between units have the signs of ``init``, the feedback to a unit has the
    sign of its type, as in :class:`ErrorDiffusion`.

    References
    ----------
    .. [1] Qianli Liao, Joel Z. Leibo and Tomaso Poggio, "How important is weight symmetry in
       backpropagation?", AAAI 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier((8, 8), rule="sign_symmetry", random_state=0).fit(X, y)
    >>> bool(clf.score(X, y) > 0.9)
    True
    """

    def _feedback(self, bank: NetworkBank) -> Sequence[np.ndarray]:
        return [np.sign(weight) / weight.shape[1] ** 0.5 for weight in bank.weights[1:]]
