"""The arithmetic of a bank in NumPy: what every backend computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._utils.clipping import smooth_clip
from .blas import matmul
from .numpy_arrays import NumpyArrays
from .numpy_errors import NumpyErrors
from .sigmoid import logistic, logistic_slope
from .splitmix import random_words

DROPOUT_STEPS = 2**16
"""Probabilities of dropout are multiples of one over it: 16 bits decide on an input."""


class NumpyBackend(NumpyArrays, NumpyErrors):
    """The interface of a backend, and its reference implementation.

    A backend knows arrays, no networks and no rules. Arrays Z, A and D have the axes
    (n_networks, n_samples, n_units) with contiguous units, of which the first `n_excitatory`
    are excitatory. What ends in ``_out`` is written.

    Attributes
    ----------
    name : str
    steps_are_atomic : bool
        Whether a step of an optimizer is one call that can neither fail nor be interrupted.
    max_online_features : int
        Most features that `learn_online` can take; 0: the backend does not have it.
    """

    name = "numpy"
    steps_are_atomic = False
    max_online_features = 0

    # Forward pass

    def row_compressor(
        self, shape: tuple[int, int], dtype: np.dtype
    ) -> Callable[[np.ndarray], sp.csr_array] | None:
        """What makes CSR arrays of dense rows, at most `shape`.

        The memory of an array is that of the next one. None where products with a CSR array are
        not faster.
        """
        return None

    def input_product(self, X: Any, weights: np.ndarray, out: np.ndarray) -> None:
        """X W for a dense or CSR array X."""
        if sp.issparse(X):
            out[...] = X @ weights
        else:
            matmul(X, weights, out)

    def unit_product(self, Z: np.ndarray, weights: np.ndarray, out: np.ndarray) -> None:
        """Z W of each network."""
        matmul(Z, weights, out)

    def activate(self, A: np.ndarray, bias: np.ndarray, beta: float, u0: float) -> None:
        """A = f(A + beta b), in place."""
        A += beta * bias[:, np.newaxis]
        logistic(A, u0)

    def readout(
        self,
        Z: np.ndarray,
        weights: np.ndarray,
        bias: np.ndarray,
        beta: float,
        A_out: np.ndarray,
    ) -> None:
        """Pre-activations of the output units, (n_samples, n_networks)."""
        np.einsum("gni,gi->ng", Z, weights, out=A_out)
        A_out += beta * bias

    # Increments

    def input_increment(self, X: Any, D: np.ndarray, out: np.ndarray) -> None:
        """X^T D for a dense or CSR array X."""
        if sp.issparse(X):
            out[...] = X.T @ D
        else:
            matmul(X.T, D, out)

    @staticmethod
    def gate(E: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The errors that reach weights from excitatory and from inhibitory units.

        Weights from an excitatory unit learn from an error above zero, those from an inhibitory
        unit from an error below zero.
        """
        return np.maximum(E, 0), np.minimum(E, 0)

    def sum_over_samples(self, E: np.ndarray, out: np.ndarray) -> None:
        """The sum of the rows."""
        E.sum(axis=0, out=out)

    def broadcast_error(
        self,
        Z: np.ndarray,
        E: np.ndarray,
        n_excitatory: int,
        D_out: np.ndarray,
        below_out: np.ndarray | None,
        total_out: np.ndarray,
    ) -> None:
        """D = f'(A) o E, and its sum over the samples, (n_networks, n_units).

        With `below_out`, the gate divides the errors: D_out gets what reaches weights from
        excitatory units, `below_out` what reaches those from inhibitory ones.
        """
        S = logistic_slope(Z)
        S[:, :, n_excitatory:] *= -1
        errors = E.T[:, :, np.newaxis]
        np.multiply(S, errors, out=D_out)
        D_out.sum(axis=1, out=total_out)
        if below_out is not None:
            above, below = self.gate(errors)
            np.multiply(S, below, out=below_out)
            np.multiply(S, above, out=D_out)

    def unit_increment(
        self,
        Z: np.ndarray,
        D: np.ndarray,
        below: np.ndarray | None,
        n_excitatory: int,
        out: np.ndarray,
    ) -> None:
        """Z^T D; with `below`, inhibitory units meet it, and excitatory ones meet D."""
        inputs = Z.transpose(0, 2, 1)
        if below is None:
            matmul(inputs, D, out)
            return
        matmul(inputs[:, :n_excitatory], D, out[:, :n_excitatory])
        matmul(inputs[:, n_excitatory:], below, out[:, n_excitatory:])

    def readout_increment(
        self, Z: np.ndarray, E: np.ndarray, n_excitatory: int, gated: bool, out: np.ndarray
    ) -> None:
        """Z^T E of each network, (n_networks, n_units); with `gated`, through the gate."""
        above, below = self.gate(E) if gated else (E, E)
        np.einsum("gni,ng->gi", Z[:, :, :n_excitatory], above, out=out[:, :n_excitatory])
        np.einsum("gni,ng->gi", Z[:, :, n_excitatory:], below, out=out[:, n_excitatory:])

    def carry_error(
        self,
        Z: np.ndarray,
        E: np.ndarray,
        weights: np.ndarray,
        gain: float,
        D_out: np.ndarray,
        total_out: np.ndarray,
    ) -> None:
        """D = gain f'(A) w E, and its sum over the samples: backprop from the output units."""
        np.multiply(E.T[:, :, np.newaxis], weights[:, np.newaxis], out=D_out)
        self.apply_slope(Z, gain, D_out, total_out)

    def apply_slope(
        self, Z: np.ndarray, gain: float, D: np.ndarray, total_out: np.ndarray
    ) -> None:
        """D = gain f'(A) D in place, and its sum over the samples: backprop through units."""
        D *= gain
        D *= logistic_slope(Z)
        D.sum(axis=1, out=total_out)

    # Changes of parameters, in place

    def clamp_signs(
        self, weights: np.ndarray, n_excitatory_in: int, n_excitatory_out: int
    ) -> None:
        """Stop at zero the weights between units that moved beyond it.

        Between units of one type a weight is >= 0, between units of different types <= 0.
        """
        p, q = n_excitatory_in, n_excitatory_out
        for same_type in (weights[:, :p, :q], weights[:, p:, q:]):
            np.maximum(same_type, 0, out=same_type)
        for other_type in (weights[:, :p, q:], weights[:, p:, :q]):
            np.minimum(other_type, 0, out=other_type)

    # These write the stage of the step to ``progress[0]``, if it is given, when they are done.

    def sgd(
        self,
        parameters: np.ndarray,
        increments: np.ndarray,
        alpha: float,
        progress: np.ndarray | None = None,
    ) -> None:
        """``W += alpha dW``; `increments` may be overwritten."""
        increments *= alpha
        parameters += increments
        _report(progress, 1)

    def momentum(
        self,
        parameters: np.ndarray,
        increments: np.ndarray,
        velocities: np.ndarray,
        alpha: float,
        momentum: float,
        progress: np.ndarray | None = None,
    ) -> None:
        """``v = momentum v + alpha dW``; ``W += v``; `increments` may be overwritten."""
        velocities *= momentum
        increments *= alpha
        velocities += increments
        parameters += velocities
        _report(progress, 1)

    def adam(
        self,
        parameters: np.ndarray,
        increments: np.ndarray,
        first: np.ndarray,
        second: np.ndarray,
        rate: float,
        beta_1: float,
        beta_2: float,
        epsilon: float,
        progress: np.ndarray | None = None,
    ) -> None:
        """Adam's step with the bias-corrected `rate`; `increments` may be overwritten."""
        first *= beta_1
        first += (1 - beta_1) * increments
        np.square(increments, out=increments)
        increments *= 1 - beta_2
        second *= beta_2
        second += increments
        np.sqrt(second, out=increments)
        increments += epsilon
        np.divide(first, increments, out=increments)
        increments *= rate
        parameters += increments
        _report(progress, 1)

    def shrink(
        self, weights: np.ndarray, factor: float, progress: np.ndarray | None = None
    ) -> None:
        """``W *= factor``: decoupled weight decay."""
        weights *= factor
        _report(progress, 2)

    # Other work

    def drop_inputs(
        self, X: Any, feature_keys: np.ndarray, seeds: np.ndarray, n_dropped: int
    ) -> None:
        """Dropout of the rows of a C-contiguous or canonical CSR array X, in place.

        An input is set to zero with the probability ``n_dropped / DROPOUT_STEPS`` and divided
        by the probability to stay otherwise. The seed of a row and its values decide.
        """
        if sp.issparse(X):
            values, features = X.data, X.indices
            rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        else:
            values = X.reshape(-1)
            rows, features = np.divmod(np.arange(values.shape[0]), X.shape[1])
        seeds = seeds.copy()
        bits = (values.astype(np.float32) + 0).view(np.uint32).astype(np.uint64)
        np.add.at(seeds, rows, bits * feature_keys[features])
        words = random_words(seeds[rows], features // 4)
        shifted = words >> (16 * (features % 4)).astype(np.uint64)
        drawn = shifted & np.uint64(DROPOUT_STEPS - 1)
        scale = DROPOUT_STEPS / (DROPOUT_STEPS - n_dropped)
        values *= np.where(drawn < n_dropped, 0, scale).astype(values.dtype)

    def scale_rows(
        self,
        X: np.ndarray,
        statistics: np.ndarray,
        n_before: int,
        recent_rows: int,
        learn: bool,
        out: np.ndarray,
    ) -> None:
        """Standardize rows by running statistics, smoothly clipped, one row after the other.

        The statistics are means, variances and, with `recent_rows`, recent means, which scale
        a second set of columns of `out`. With `learn`, they change in place: the first two
        before a row is scaled, the recent means afterwards.
        """
        mean, variance, recent = statistics
        n_features = X.shape[1]
        # The caller refuses statistics that are not finite.
        with np.errstate(over="ignore", invalid="ignore"):
            for n, (row, scaled) in enumerate(zip(X, out, strict=True), n_before + 1):
                x = row.astype(np.float64)
                if learn:
                    deviation = x - mean
                    mean += deviation / n
                    variance += deviation**2 / n
                    variance *= 1 - 1 / n
                width = np.sqrt(variance)
                scaled[:n_features] = _clipped(x - mean, width)
                if recent_rows:
                    scaled[n_features:] = _clipped(x - recent, width)
                    if learn:
                        recent += (x - recent) / min(n, recent_rows)

    def draw_rows(
        self, n_before: int, size: int, n_places: int, key: int, places_out: np.ndarray
    ) -> None:
        """Draw rows of a memory to learn after each new row of a stream, with replacement.

        Row number t of the stream is in place ``t % n_places``. Each line of `places_out` has
        the place of a new row, the first of which has the number `n_before`, and then places
        that are drawn from the `size` rows before it. Draws after row 0 have no meaning.
        """
        n_new, n_drawn = places_out.shape[0], places_out.shape[1] - 1
        new = (n_before + np.arange(n_new))[:, np.newaxis]
        first = np.maximum(new - size, 0)
        words = random_words(key, new * n_drawn + np.arange(n_drawn))
        shares = (words >> np.uint64(11)) * 2.0**-53
        places_out[:, :1] = new % n_places
        places_out[:, 1:] = (first + (shares * (new - first)).astype(np.int64)) % n_places

    def learn_online(self, *args: Any, **kwargs: Any) -> float:
        """Learn row after row by error diffusion in one call: `_online.learn`."""
        raise NotImplementedError(f"The backend {self.name!r} has no online kernel.")


def _clipped(deviation: np.ndarray, width: np.ndarray) -> np.ndarray:
    """The deviation in units of the width, smoothly clipped; 0 where the width is 0."""
    with np.errstate(over="ignore"):
        z = np.divide(deviation, width, out=np.zeros_like(width), where=width > 0)
    return smooth_clip(z)


def _report(progress: np.ndarray | None, stage: int) -> None:
    if progress is not None:
        progress[0] = stage
