"""Rules that carry the error of the output units back to the hidden units."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from .._backend import backend
from .._networks.bank import NetworkBank
from .._networks.buffers import Buffers
from ._layers import hidden_increment, output_delta, output_increments
from ._rule import FreeParameters, Rule


class BackwardPass(FreeParameters):
    """Base of rules that differ from backprop only in what carries the error back.

    The error reaches layer l from layer l + 1, or directly from the output unit.
    """

    _is_direct: ClassVar[bool] = False

    def _feedback(self, bank: NetworkBank) -> Sequence[np.ndarray]:
        """Feedback weights to each hidden layer, (n_networks, h_l, h_{l+1}).

        The last axis has length 1 if the error comes from the output unit.
        """
        raise NotImplementedError

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
        E = output_delta(bank, E, output_slope)
        last = len(hidden) - 1
        direct = [E if self._is_direct or layer == last else None for layer in range(last + 1)]
        return self._increments(bank, X, hidden, E, direct, buffers, out)

    def _increments(
        self,
        bank: NetworkBank,
        X: Any,
        hidden: Sequence[np.ndarray],
        E: np.ndarray,
        direct: Sequence[np.ndarray | None],
        buffers: Buffers | None,
        out: np.ndarray | None,
    ) -> list[np.ndarray]:
        """The increments; `direct` has the error that a layer receives directly, or None."""
        arithmetic, gain = backend(), 2.0 / bank.u0
        n_samples = E.shape[0]
        buffers = buffers or bank.buffers(n_samples)
        increments = bank.split(out)
        weights, biases = increments[: len(hidden) + 1], increments[len(hidden) + 1 :]
        output_increments(X, hidden, E, weights[-1], biases[-1])
        feedback = self._feedback(bank)
        delta = E
        for layer in range(len(hidden) - 1, -1, -1):
            Z, error = hidden[layer], direct[layer]
            # Two layers in turn share the memory: one is read while the other is written.
            D = buffers.changes(layer, n_samples)[layer % 2]
            assert D is not None
            if error is not None:
                weight = feedback[layer][:, :, 0]
                arithmetic.carry_error(Z, error, weight, gain, D, biases[layer])
            else:
                arithmetic.unit_product(delta, arithmetic.transposed(feedback[layer]), D)
                arithmetic.apply_slope(Z, gain, D, biases[layer])
            hidden_increment(X, hidden, layer, D, weights[layer])
            delta = D
        for bias in biases:
            bias *= bank.beta
        return increments

    increments.__doc__ = Rule.increments.__doc__


def direct_feedback(seed: int, bank: NetworkBank) -> list[np.ndarray]:
    """Random feedback from one output unit to the units of each hidden layer."""
    sizes, dtype = bank.hidden_sizes, bank.biases[0].dtype
    return random_feedback(seed, bank.n_networks, sizes, (1,) * len(sizes), dtype)


@lru_cache(maxsize=16)
def random_feedback(
    seed: int,
    n_networks: int,
    fan_in: tuple[int, ...],
    fan_out: tuple[int, ...],
    dtype: np.dtype,
) -> list[np.ndarray]:
    """U(-1, 1) / sqrt(fan_in) of shapes (n_networks, fan_in, fan_out), always the same."""
    rng = np.random.default_rng(seed)
    arrays = []
    for n_in, n_out in zip(fan_in, fan_out, strict=True):
        drawn = rng.uniform(-1, 1, size=(n_networks, n_in, n_out)) / np.sqrt(n_in)
        array = drawn.astype(dtype)
        array.flags.writeable = False
        arrays.append(array)
    return arrays
