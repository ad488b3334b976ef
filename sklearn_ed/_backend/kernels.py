"""The steps between the matrix products of a mini-batch, compiled or on NumPy.

Each function states in NumPy what its compiled twin in `_batch` does. Arrays Z, A and D have
the axes (n_networks, n_samples, n_units).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.special import log_softmax

from .._networks.units import logistic, logistic_slope, n_excitatory, unit_types
from . import compiled as _compiled


def activate(A: np.ndarray, bias: np.ndarray, beta: float, u0: float) -> None:
    """A = f(A + beta b), in place."""
    if _compiled.batch:
        _compiled.batch.activate(A, bias, beta, u0)
        return
    A += beta * bias[:, np.newaxis]
    logistic(A, u0)


def readout(
    Z: np.ndarray, weights: np.ndarray, bias: np.ndarray, beta: float, A_out: np.ndarray
) -> None:
    """Pre-activations of the output units, (n_samples, n_networks)."""
    if _compiled.batch:
        _compiled.batch.readout(Z, weights, bias, beta, A_out)
        return
    np.einsum("gni,gi->ng", Z, weights, out=A_out)
    A_out += beta * bias


def readout_increment(Z: np.ndarray, E: np.ndarray, gated: bool, out: np.ndarray) -> None:
    """Increments of the output units' weights, (n_networks, n_units), for errors E times f'."""
    if _compiled.batch:
        _compiled.batch.readout_increment(Z, E, gated, out)
        return
    excitatory = n_excitatory(Z.shape[2]) if gated else 0
    above, below = (np.maximum(E, 0), np.minimum(E, 0)) if gated else (E, E)
    np.einsum("gni,ng->gi", Z[:, :, :excitatory], above, out=out[:, :excitatory])
    np.einsum("gni,ng->gi", Z[:, :, excitatory:], below, out=out[:, excitatory:])


def broadcast_error(
    Z: np.ndarray,
    E: np.ndarray,
    D_out: np.ndarray,
    below_out: np.ndarray | None,
    total_out: np.ndarray,
) -> None:
    """D = f'(A) o E, and its sum over the samples, (n_networks, n_units).

    With `below_out`, D_out gets only the errors above zero and `below_out` those below.
    """
    if _compiled.batch:
        _compiled.batch.broadcast_error(Z, E, D_out, below_out, total_out)
        return
    errors = E.T[:, :, np.newaxis]
    S = logistic_slope(Z) * unit_types(Z.shape[2], dtype=Z.dtype)
    np.multiply(S, errors, out=D_out)
    D_out.sum(axis=1, out=total_out)
    if below_out is not None:
        np.multiply(S, np.minimum(errors, 0), out=below_out)
        np.multiply(S, np.maximum(errors, 0), out=D_out)


def softmax_error(
    A: np.ndarray, code: np.ndarray | None, speakers: float, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Errors and losses of softmax classes over a code book C.

    Parameters
    ----------
    A : ndarray of shape (n_samples, n_networks)
    code : ndarray of shape (n_classes, n_networks), or None
        C transposed; None: one network per class.
    speakers : float
        Number of networks that speak for a class.
    targets : ndarray of int of shape (n_samples,)
        Class of each sample.

    Returns
    -------
    E : ndarray of shape (n_samples, n_networks)
        ``(onehot - softmax(A C)) C^T / speakers``.
    loss : ndarray of shape (n_samples,)
        -log p of each sample's class.
    """
    n_samples = A.shape[0]
    if _compiled.batch:
        E, loss = np.empty_like(A), np.empty(n_samples, dtype=A.dtype)
        indices = targets.astype(np.intp, copy=False)
        _compiled.batch.softmax_error(A, code, speakers, indices, E, loss)
        return E, loss
    log_p = log_softmax(A if code is None else A @ code.T, axis=1)
    samples = np.arange(n_samples)
    loss = -log_p[samples, targets]
    delta = np.negative(np.exp(log_p, out=log_p), out=log_p)
    delta[samples, targets] += 1.0
    delta /= speakers
    return (delta if code is None else delta @ code), loss


def input_product(X, weights: np.ndarray, out: np.ndarray) -> None:
    """X W for dense or CSR X."""
    if not sp.issparse(X):
        np.matmul(X, weights, out=out)
    elif _compiled.batch:
        _compiled.batch.csr_product(X.data, X.indices, X.indptr, weights, out)
    else:
        out[...] = X @ weights


def input_increment(X, D: np.ndarray, out: np.ndarray) -> None:
    """X^T D for dense or CSR X."""
    if not sp.issparse(X):
        np.matmul(X.T, D, out=out)
    elif _compiled.batch:
        _compiled.batch.csr_increment(X.data, X.indices, X.indptr, D, out)
    else:
        out[...] = X.T @ D
