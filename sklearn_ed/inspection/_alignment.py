"""How well the increments of error diffusion agree with the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from .._estimators.base import BaseErrorDiffusion
from .._networks.bank import NetworkBank
from .._networks.outputs import Outputs
from ..rules._backprop import negative_gradients
from ..rules._error_diffusion import ed_increments


def gradient_alignment(estimator: Any, X: Any, y: Any) -> Bunch:
    """Compare error diffusion's increments with the negative gradient, layer by layer.

    For one sample every increment has the sign of the negative gradient or is zero, whatever
    the depth. Over a batch the increments of the samples add up with lengths that are not the
    gradient's, so that signs may differ and the cosine says how much.

    Parameters
    ----------
    estimator : EDClassifier or EDRegressor
        A fitted one. It is not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows for which it would learn.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.

    Returns
    -------
    Bunch
        With the attributes

        cosine : ndarray of shape (n_layers,), float64
            Cosine between the increment of all rows together and the negative gradient of
            their loss: of the weights and biases of all networks in a layer. Hidden layers
            come first, the output layer last. NaN where one of the two is zero.
        sign_agreement : ndarray of shape (n_layers,), float64
            Share of the weights and biases with agreeing sign, of those where neither the
            increment nor the gradient is zero; NaN if there are none.
        sample_cosine : ndarray of shape (n_samples, n_layers), float64
            The same for every row alone.
        sample_sign_agreement : ndarray of shape (n_samples, n_layers), float64
            The same for every row alone: 1.

    Raises
    ------
    TypeError
        If `estimator` is neither EDClassifier nor EDRegressor.
    NotFittedError
        If it is not fitted.
    ValueError
        If X or y is not what `partial_fit` would accept.

    Notes
    -----
    The increments are the rule's own, before a solver scales them; inputs are not dropped out.

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
    """
    if not isinstance(estimator, BaseErrorDiffusion):
        raise TypeError(
            "estimator: expected an EDClassifier or EDRegressor, got "
            f"{type(estimator).__name__}."
        )
    check_is_fitted(estimator, "coefs_")
    X, targets, bank, outputs = estimator._problem(X, y)
    decrement = estimator.weight_decrement
    batch = _compare(X, targets, bank, outputs, decrement)
    rows = (slice(row, row + 1) for row in range(X.shape[0]))
    samples = [_compare(X[row], targets[row], bank, outputs, decrement) for row in rows]
    cosine, agreement = np.array(samples).transpose(1, 0, 2)
    return Bunch(
        cosine=batch[0],
        sign_agreement=batch[1],
        sample_cosine=cosine,
        sample_sign_agreement=agreement,
    )


def _compare(
    X: Any, targets: np.ndarray, bank: NetworkBank, outputs: Outputs, weight_decrement: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sign agreement of each layer."""
    hidden, A = bank.forward(X)
    signal = outputs.error_signal(A, targets)
    increments = ed_increments(
        X, hidden, signal.slope, signal.E, beta=bank.beta, weight_decrement=weight_decrement
    )
    gradients = negative_gradients(X, bank, hidden, signal.slope, signal.E)
    n_layers = len(hidden) + 1
    pairs = [
        (_joined(increments, layer, n_layers), _joined(gradients, layer, n_layers))
        for layer in range(n_layers)
    ]
    cosines = [_cosine(*pair) for pair in pairs]
    return np.array(cosines), np.array([_agreement(*pair) for pair in pairs])


def _joined(arrays: list[np.ndarray], layer: int, n_layers: int) -> np.ndarray:
    """Weights and biases of a layer in one array of float64."""
    parts = arrays[layer], arrays[n_layers + layer]
    return np.concatenate([part.ravel() for part in parts], dtype=np.float64)


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    # Scaled, so that squares of tiny numbers do not vanish.
    lengths = [np.abs(v).max() for v in (a, b)]
    if not all(lengths):
        return np.nan
    a, b = a / lengths[0], b / lengths[1]
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def _agreement(a: np.ndarray, b: np.ndarray) -> float:
    both = (a != 0) & (b != 0)
    return float(np.mean(np.sign(a[both]) == np.sign(b[both]))) if both.any() else np.nan
