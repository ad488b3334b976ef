"""Backprop: the gradient that error diffusion does without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._networks.bank import NetworkBank
from ._backward import BackwardPass


@dataclass(frozen=True)
class Backprop(BackwardPass):
    """Backprop: the error is carried back through the weights, whose signs are free.

    With this rule the same networks, training loop and optimizers follow the negative gradient
    of the loss, so that a comparison with :class:`ErrorDiffusion` differs in the rule alone.

    See Also
    --------
    ErrorDiffusion : The rule without a backward pass.
    SignSymmetry : Backprop through the signs of the weights.

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

    def _feedback(self, bank: NetworkBank) -> Sequence[np.ndarray]:
        return bank.weights[1:]
