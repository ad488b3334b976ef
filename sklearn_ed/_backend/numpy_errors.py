"""The arithmetic of output units in NumPy: errors, losses, scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, log_expit, log_softmax

from .sigmoid import logistic, logistic_slope


class NumpyErrors:
    """The part of a backend that compares outputs with targets.

    A are pre-activations of the output units, E errors, both (n_samples, n_networks). A loss
    has one entry per sample.
    """

    def sigmoid_squared_error(
        self, A: np.ndarray, targets: np.ndarray, u0: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Errors of sigmoid output units, their f', and half the sum of squares of a sample."""
        Z = logistic(A.copy(), u0)
        E = targets - Z
        return E, logistic_slope(Z), 0.5 * np.square(E).sum(axis=1)

    def squared_error(
        self, A: np.ndarray, targets: np.ndarray, scale: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """Errors of linear output units for divided targets, and losses as above."""
        E = targets / np.asarray(scale, dtype=targets.dtype) - A
        return E, 0.5 * np.square(E).sum(axis=1)

    def label_error(self, A: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Errors of logistic output units for targets 0 and 1, and log-losses of samples."""
        E = targets - expit(A)
        # log p(t) is log_expit of the pre-activation with the sign of the target.
        return E, -log_expit(np.where(targets > 0, A, -A)).sum(axis=1)

    def softmax_error(
        self, A: np.ndarray, code: np.ndarray | None, scale: float, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Errors and losses of softmax classes over a code book C.

        Parameters
        ----------
        A : ndarray of shape (n_samples, n_networks)
        code : ndarray of shape (n_classes, n_networks), or None
            C transposed; None: one network per class.
        scale : float
            Divides the errors.
        targets : ndarray of int of shape (n_samples,)
            Class of each sample.

        Returns
        -------
        E : ndarray of shape (n_samples, n_networks)
            ``(onehot - softmax(A C)) C^T / scale``.
        loss : ndarray of shape (n_samples,)
            -log p of each sample's class.
        """
        log_p = log_softmax(A if code is None else A @ code.T, axis=1)
        samples = np.arange(A.shape[0])
        loss = -log_p[samples, targets]
        delta = np.negative(np.exp(log_p, out=log_p), out=log_p)
        delta[samples, targets] += 1.0
        delta /= scale
        return (delta if code is None else delta @ code), loss

    def weighted(
        self, E: np.ndarray, loss: np.ndarray, weight: np.ndarray, online: bool
    ) -> np.ndarray:
        """Multiply errors by weights of samples, or of samples and members, in place.

        The weights become relative to their sum, unless they are `online`. Return the losses
        times the weights.
        """
        loss = (loss.T * weight.T).T
        if not online:
            totals = weight.sum(axis=0)
            # A member may have no row in a batch.
            weight = weight / np.where(totals > 0, totals, 1)
        E.reshape(*weight.shape, -1)[...] *= weight[..., np.newaxis]
        return loss

    def total(self, loss: np.ndarray) -> Any:
        """The sum of the losses of samples; of several members, their mean."""
        return float(loss.sum() / loss[:1].size)

    # Scores

    def scaled(self, A: np.ndarray, scale: Any) -> np.ndarray:
        """A times the scale of each network."""
        return A * np.asarray(scale, dtype=A.dtype)

    def expit(self, A: np.ndarray) -> np.ndarray:
        """The logistic function."""
        return expit(A)

    def log_expit(self, A: np.ndarray) -> np.ndarray:
        """The logarithm of the logistic function."""
        return log_expit(A)

    def place_of_largest(self, scores: np.ndarray) -> np.ndarray:
        """The index of the largest entry of each row."""
        return scores.argmax(axis=1)

    def as_indicators(self, are_true: np.ndarray) -> np.ndarray:
        """0 and 1 as integers."""
        return are_true.astype(int)
