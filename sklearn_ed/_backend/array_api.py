"""The arithmetic of a bank in the array API standard, for PyTorch and other libraries.

The functions compute what those of `NumpyBackend` do, in other terms: the standard has no
``einsum``, no unsigned words in every library and no ``out``. A library that has ``out`` writes
where NumPy would; else a result is made and then copied. No function waits for the device, but
for those that say so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .array_api_arrays import Array, ArrayAPIArrays
from .numpy_backend import DROPOUT_STEPS, NumpyBackend


class ArrayAPIBackend(ArrayAPIArrays, NumpyBackend):
    """The interface of `NumpyBackend` for the arrays of a library on a device.

    Parameters
    ----------
    xp : module
        Functions of the library, by the standard.
    device : object
        The device of all arrays.
    """

    name = "array_api"

    def __init__(self, xp: Any, device: Any) -> None:
        super().__init__(xp, device)
        # Constants on the device, by the number of features and of classes.
        self._keys: dict[int, list[Array]] = {}
        self._classes: dict[int, Array] = {}

    # Forward pass

    def input_product(self, X: Array, weights: Array, out: Array) -> None:
        self._write(out, self._own.matmul, X, weights)

    def unit_product(self, Z: Array, weights: Array, out: Array) -> None:
        self._write(out, self._own.matmul, Z, weights)

    def activate(self, A: Array, bias: Array, beta: float, u0: float) -> None:
        A += beta * bias[:, None, :]
        A *= 2.0 / u0
        A[...] = self.expit(A)

    def readout(self, Z: Array, weights: Array, bias: Array, beta: float, A_out: Array) -> None:
        # Of a stack of products with vectors, libraries make one product after the other.
        sums = self._own.sum(Z * weights[:, None, :], axis=2)
        A_out[...] = sums.T + beta * bias

    # Errors and losses

    def sigmoid_squared_error(
        self, A: Array, targets: Array, u0: float
    ) -> tuple[Array, Array, Array]:
        Z = self.expit(A * (2.0 / u0))
        E = self._like(targets, A) - Z
        return E, Z * (1.0 - Z), 0.5 * self._own.sum(E * E, axis=1)

    def squared_error(self, A: Array, targets: Array, scale: Any) -> tuple[Array, Array]:
        E = targets / (self._like(scale, A) if hasattr(scale, "dtype") else scale) - A
        return E, 0.5 * self._own.sum(E * E, axis=1)

    def label_error(self, A: Array, targets: Array) -> tuple[Array, Array]:
        signed = self.xp.where(targets > 0, A, -A)
        E = self._like(targets, A) - self.expit(A)
        return E, -self._own.sum(self.log_expit(signed), axis=1)

    def softmax_error(
        self, A: Array, code: Array | None, scale: float, targets: Array
    ) -> tuple[Array, Array]:
        xp, own = self.xp, self._own
        logits = A if code is None else A @ code.T
        shifted = logits - xp.max(logits, axis=1, keepdims=True)
        log_p = shifted - own.log(own.sum(own.exp(shifted), axis=1)[:, None])
        n_classes = log_p.shape[1]
        if n_classes not in self._classes:
            self._classes[n_classes] = xp.arange(n_classes, device=self.device)[None, :]
        is_target = self._like(targets[:, None] == self._classes[n_classes], A)
        loss = -own.sum(is_target * log_p, axis=1)
        delta = (is_target - own.exp(log_p)) / scale
        return (delta if code is None else delta @ code), loss

    def weighted(self, E: Array, loss: Array, weight: Array, online: bool) -> Array:
        # The samples are the first axis of all; a weight may lack the axis of the members.
        of_loss = self._with_axes(weight, loss.ndim)
        if not online:
            totals = self._own.sum(weight, axis=0)
            # No constant from the host: a graph of a GPU's operations could not be recorded.
            weight = weight / (totals + self._like(totals == 0, totals))
        parts = self.reshaped(E, (*weight.shape, -1))
        E[...] = self.reshaped(parts * self._with_axes(weight, parts.ndim), E.shape)
        return loss * of_loss

    def total(self, loss: Array) -> Array:
        """A scalar on the device: `numbers` waits for all of an epoch."""
        n_members = loss.shape[1] if loss.ndim > 1 else 1
        return self._own.sum(loss) / n_members

    def scaled(self, A: Array, scale: Any) -> Array:
        return A * (self._like(scale, A) if hasattr(scale, "dtype") else scale)

    def expit(self, A: Array) -> Array:
        xp = self.xp
        if hasattr(xp, "sigmoid"):
            return xp.sigmoid(A)
        small = xp.exp(-xp.abs(A))
        return xp.where(A < 0, small, 1.0) / (1.0 + small)

    def log_expit(self, A: Array) -> Array:
        xp = self.xp
        return xp.where(A < 0, A, 0.0) - xp.log1p(xp.exp(-xp.abs(A)))

    def place_of_largest(self, scores: Array) -> Array:
        return self.xp.argmax(scores, axis=1)

    def as_indicators(self, are_true: Array) -> Array:
        return self.xp.astype(are_true, self.xp.int64)

    # Increments

    def input_increment(self, X: Array, D: Array, out: Array) -> None:
        self._write(out, self._own.matmul, X.T, D)

    def sum_over_samples(self, E: Array, out: Array) -> None:
        out[...] = self._own.sum(E, axis=0)

    def gate(self, E: Array) -> tuple[Array, Array]:  # type: ignore[override]
        zero = self._zero(E)
        return self._own.maximum(E, zero), self._own.minimum(E, zero)

    def broadcast_error(
        self,
        Z: Array,
        E: Array,
        n_excitatory: int,
        D_out: Array,
        below_out: Array | None,
        total_out: Array,
    ) -> None:
        own, errors = self._own, E.T[:, :, None]
        self._write(D_out, own.multiply, Z, Z)
        self._write(D_out, own.subtract, Z, D_out)
        D_out[:, :, n_excitatory:] *= -1
        if below_out is None:
            D_out *= errors
            total_out[...] = own.sum(D_out, axis=1)
            return
        above, below = self.gate(errors)
        self._write(below_out, own.multiply, D_out, below)
        D_out *= above
        total_out[...] = own.sum(D_out, axis=1) + own.sum(below_out, axis=1)

    def unit_increment(
        self, Z: Array, D: Array, below: Array | None, n_excitatory: int, out: Array
    ) -> None:
        if below is None:
            self._write(out, self._own.matmul, self.transposed(Z), D)
            return
        p = n_excitatory
        out[:, :p, :] = self.transposed(Z[:, :, :p]) @ D
        out[:, p:, :] = self.transposed(Z[:, :, p:]) @ below

    def readout_increment(
        self, Z: Array, E: Array, n_excitatory: int, gated: bool, out: Array
    ) -> None:
        errors, p = E.T[:, :, None], n_excitatory
        if not gated:
            out[...] = self._own.sum(Z * errors, axis=1)
            return
        above, below = self.gate(errors)
        out[:, :p] = self._own.sum(Z[:, :, :p] * above, axis=1)
        out[:, p:] = self._own.sum(Z[:, :, p:] * below, axis=1)

    def carry_error(
        self, Z: Array, E: Array, weights: Array, gain: float, D_out: Array, total_out: Array
    ) -> None:
        self._write(D_out, self._own.multiply, E.T[:, :, None], weights[:, None, :])
        self.apply_slope(Z, gain, D_out, total_out)

    def apply_slope(self, Z: Array, gain: float, D: Array, total_out: Array) -> None:
        D *= gain * Z * (1.0 - Z)
        total_out[...] = self._own.sum(D, axis=1)

    # Changes of parameters, in place

    def clamp_signs(self, weights: Array, n_excitatory_in: int, n_excitatory_out: int) -> None:
        p, q, zero = n_excitatory_in, n_excitatory_out, self._zero(weights)
        for same_type in (weights[:, :p, :q], weights[:, p:, q:]):
            same_type[...] = self._own.maximum(same_type, zero)
        for other_type in (weights[:, :p, q:], weights[:, p:, :q]):
            other_type[...] = self._own.minimum(other_type, zero)

    def adam(
        self,
        parameters: Array,
        increments: Array,
        first: Array,
        second: Array,
        rate: float,
        beta_1: float,
        beta_2: float,
        epsilon: float,
        progress: np.ndarray | None = None,
    ) -> None:
        own = self._own
        # Without a temporary array of all parameters.
        first -= increments
        first *= beta_1
        first += increments
        increments *= increments
        increments *= 1 - beta_2
        second *= beta_2
        second += increments
        self._write(increments, own.sqrt, second)
        increments += epsilon
        self._write(increments, own.divide, first, increments)
        increments *= rate
        parameters += increments
        if progress is not None:
            progress[0] = 1

    # Other work

    def drop_inputs(
        self, X: Array, feature_keys: np.ndarray, seeds: np.ndarray, n_dropped: int
    ) -> None:
        """As NumPy does, in signed words: their products and sums have the same bits.

        All rows have the same seed.
        """
        n_features = X.shape[1]
        if n_features not in self._keys:
            # Four features share a word.
            steps = np.arange(1, (n_features + 3) // 4 + 1).astype(np.uint64) * _GOLDEN
            constants = feature_keys.view(np.int64), steps.view(np.int64), 16 * np.arange(4)
            self._keys[n_features] = [self.moved(array) for array in constants]
        keys, steps, shifts = self._keys[n_features]
        row_words = self._own.sum(self._float_bits(X) * keys, axis=1) + _signed(int(seeds[0]))
        words = _mixed(row_words[:, None] + steps)
        drawn = (words[:, :, None] >> shifts) & (DROPOUT_STEPS - 1)
        drawn = self.reshaped(drawn, (X.shape[0], -1))[:, :n_features]
        X *= self._like(drawn >= n_dropped, X)
        X *= DROPOUT_STEPS / (DROPOUT_STEPS - n_dropped)

    def _float_bits(self, X: Array) -> Array:
        """The bits of the values in single precision as numbers from 0 to 2**32 - 1."""
        xp = self.xp
        # Zero has no sign.
        values = xp.astype(X, xp.float32) + 0.0
        if hasattr(values, "view"):
            bits = values.view(xp.int32)
        else:
            bits = self.moved(self.host(values).view(np.int32))
        return xp.astype(bits, xp.int64) & 0xFFFFFFFF


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _signed(word: int) -> int:
    """The signed number with the same 64 bits."""
    return word - 2**64 if word >= 2**63 else word


def _mixed(words: Array) -> Array:
    """The last part of `random_words`, of signed words."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        words = (words ^ _shifted(words, shift)) * _signed(factor)
    return words ^ _shifted(words, 31)


def _shifted(words: Array, n_bits: int) -> Array:
    """Shifted to the right, with zeros from the left."""
    return (words >> n_bits) & (2 ** (64 - n_bits) - 1)
