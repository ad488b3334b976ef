"""How well the increments of a rule agree with the gradient."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from .._estimators.parameters import PARAMETER_CHECKS, make_rule
from .._networks.bank import NetworkBank
from .._networks.members import AnyOutputs
from .._utils.validation import check_parameters, either, nothing
from ..rules import Backprop, GlobalErrorVector, Rule
from ..rules._rule import local_errors
from ._fitted import fitted_networks

_CHECKS = {"rule": either(nothing, PARAMETER_CHECKS["rule"])}


def gradient_alignment(estimator: Any, X: Any, y: Any, *, rule: Any = None) -> Bunch:
    """Compare the increments of a rule with the negative gradient, layer by layer.

    For a single sample, every increment of error diffusion has the sign of the negative
    gradient or is zero, at any depth. In a batch, the increments of the samples have other
    magnitudes than their gradients, so that the signs of the sums may differ. The cosine
    measures how well the sums agree. Any other rule is compared with the gradient in the same
    way.

    Parameters
    ----------
    estimator : EDClassifier or EDRegressor
        A fitted estimator. It is not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The samples of the batch.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    rule : str or rule object, default=None
        The rule, as the parameter `rule` of the estimators; None: that of the estimator.

    Returns
    -------
    Bunch
        With the attributes

        cosine : ndarray of shape (n_layers,), float64
            Cosine between the increment of the batch and the negative gradient of its loss,
            over the weights and biases of all networks in a layer. Hidden layers come first,
            the output layer last. NaN where one of the two is zero.
        sign_agreement : ndarray of shape (n_layers,), float64
            Fraction of the weights and biases whose signs agree, among those where neither the
            increment nor the gradient is zero; NaN if there are none.
        sample_cosine : ndarray of shape (n_samples, n_layers), float64
            The cosine for each sample.
        sample_sign_agreement : ndarray of shape (n_samples, n_layers), float64
            The fraction for each sample; 1 for error diffusion.

    Raises
    ------
    TypeError
        If `estimator` is neither EDClassifier nor EDRegressor.
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If `partial_fit` would not accept X or y, or if `rule` is no rule.

    See Also
    --------
    GradientAlignmentDisplay : A picture of the result.
    compare_rules : The alignment of several rules after training.

    Notes
    -----
    The increments are those of the rule, before the optimizer scales them and without dropout.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.inspection import gradient_alignment
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier((8, 8), random_state=0).fit(X, y)
    >>> alignment = gradient_alignment(clf, X, y)
    >>> alignment.cosine.shape
    (3,)
    >>> float(alignment.sample_sign_agreement.min())
    1.0
    >>> gradient_alignment(clf, X, y, rule="backprop").cosine.round(6)
    array([1., 1., 1.])
    """
    check_parameters(locals(), _CHECKS)
    estimator = fitted_networks(estimator)
    X, targets, bank, outputs = estimator._problem(X, y)
    rule = make_rule(estimator.rule if rule is None else rule, estimator.weight_decrement)
    cosine, agreement = _compare(rule, bank, outputs, X, targets)
    rows = (slice(row, row + 1) for row in range(X.shape[0]))
    samples = np.array([_compare(rule, bank, outputs, X[row], targets[row]) for row in rows])
    return Bunch(
        cosine=cosine,
        sign_agreement=agreement,
        sample_cosine=samples[:, 0],
        sample_sign_agreement=samples[:, 1],
    )


def _compare(
    rule: Rule, bank: NetworkBank, outputs: AnyOutputs, X: Any, targets: np.ndarray
) -> np.ndarray:
    """Cosines and sign agreements of a rule with backprop, of shape (2, n_layers)."""
    hidden, A = bank.forward(X)
    signal_of = partial(outputs.error_signal, targets=targets)
    signal = signal_of(A)
    increments, gradients = (
        each.increments(
            bank,
            X,
            hidden,
            signal.E,
            signal.slope,
            **local_errors(each, bank, hidden, signal_of),
        )
        for each in (rule, Backprop())
    )
    if isinstance(rule, GlobalErrorVector):
        gradients = rule.shared(gradients)
    pairs = list(zip(_by_layer(increments), _by_layer(gradients), strict=True))
    return np.array([[measure(*pair) for pair in pairs] for measure in (_cosine, _agreement)])


def _by_layer(arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Weights and biases of each layer in one array of float64."""
    n_layers = len(arrays) // 2
    layers = zip(arrays[:n_layers], arrays[n_layers:], strict=True)
    return [np.concatenate([W.ravel(), b.ravel()], dtype=np.float64) for W, b in layers]


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    # Scaled, so that the squares of tiny numbers do not underflow.
    lengths = [np.abs(v).max() for v in (a, b)]
    if not all(lengths):
        return np.nan
    a, b = a / lengths[0], b / lengths[1]
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def _agreement(a: np.ndarray, b: np.ndarray) -> float:
    both = (a != 0) & (b != 0)
    return float(np.mean(np.sign(a[both]) == np.sign(b[both]))) if both.any() else np.nan
