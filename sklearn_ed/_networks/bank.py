"""The bank of single-output networks: parameters, initialisation, forward pass.

A bank holds G independent networks of equal shape side by side. Layer 1 of all of them is
one feature-major matrix, so that one matrix product serves the whole bank; the deeper layers
are stacks of G small matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from sklearn import get_config

from .._backend import backend
from .._backend.blas import SERIAL_PRODUCT, one_blas_thread
from .buffers import Buffers, split
from .layout import check_arrays, feature_major, network_major, parameter_shapes
from .rows import part_of
from .units import unit_types

# Chunks of a forward pass over many rows: enough rows for an efficient matrix product, but no
# more activations than fit into a second-level cache.
CHUNK_ROWS = 256
CHUNK_BYTES = 2**21
# Random numbers drawn at a time.
DRAWS = 2**14


def _draw(out: np.ndarray, rng: np.random.RandomState, minus: bool = False) -> None:
    """Draw `out` from U(0, 1), or subtract such a draw, without a second array of its size."""
    flat = out.reshape(-1)
    for start in range(0, flat.shape[0], DRAWS):
        block = flat[start : start + DRAWS]
        if minus:
            block -= rng.uniform(size=block.shape)
        else:
            block[...] = rng.uniform(size=block.shape)


@dataclass
class NetworkBank:
    """G single-output networks of equal shape.

    Attributes
    ----------
    weights : list of ndarray
        ``weights[0]`` of shape (n_features, n_networks * h_1), then
        ``weights[l]`` of shape (n_networks, h_l, h_{l+1}); the last h is 1.
    biases : list of ndarray
        ``biases[l]`` of shape (n_networks, h_{l+1}), fed by the bias input `beta`.
    u0 : float
        Width of the sigmoid.
    beta : float
        Bias input.
    is_moderate : bool
        Whether weighted sums of inputs whose squares are finite are finite.
    """

    weights: list[np.ndarray]
    biases: list[np.ndarray]
    u0: float
    beta: float
    is_moderate: bool = True
    _flat: np.ndarray | None = field(default=None, repr=False)

    @classmethod
    def initialize(
        cls,
        n_features: int,
        hidden_layer_sizes: Sequence[int],
        n_networks: int,
        *,
        init: str,
        u0: float,
        beta: float,
        dtype: np.typing.DTypeLike,
        rng: np.random.RandomState,
    ) -> NetworkBank:
        """Draw initial parameters.

        ``init="uniform"`` is Kaneko's: magnitudes U(0, 1) with the sign o_i o_j between
        units. An input or the bias feeds a unit by an excitatory and an inhibitory copy: its
        weight is the difference of two magnitudes, times o_j. ``init="scaled"``
        multiplies the weights, but not the biases, by ``1 / sqrt(fan_in)``.
        """
        shapes = parameter_shapes(n_features, hidden_layer_sizes, n_networks)
        bank = cls._over(np.empty(sum(map(prod, shapes)), dtype=dtype), shapes, u0, beta)
        fan_in = n_features
        for layer, (weight, bias) in enumerate(zip(bank.weights, bank.biases, strict=True)):
            fan_out = bias.shape[1]
            scale = 1.0 if init == "uniform" else 1.0 / np.sqrt(fan_in)
            types = unit_types(fan_out)
            scaled_types = (scale * types).astype(dtype)
            _draw(weight, rng)
            if layer == 0:
                _draw(weight, rng, minus=True)
                weight.reshape(fan_in, n_networks, fan_out)[...] *= scaled_types
            else:
                weight *= np.outer(unit_types(fan_in, dtype), scaled_types)
            _draw(bias, rng)
            _draw(bias, rng, minus=True)
            bias *= types
            fan_in = fan_out
        return bank

    @classmethod
    def _over(
        cls, flat: np.ndarray, shapes: Sequence[tuple[int, ...]], u0: float, beta: float
    ) -> NetworkBank:
        """The bank whose parameters are views of `flat`."""
        parts = split(flat, shapes)
        n_layers = len(parts) // 2
        return cls(parts[:n_layers], parts[n_layers:], u0=u0, beta=beta, _flat=flat)

    @classmethod
    def from_coefs(
        cls,
        coefs: Sequence[np.ndarray],
        intercepts: Sequence[np.ndarray],
        *,
        n_features: int,
        n_networks: int,
        u0: float,
        beta: float,
    ) -> NetworkBank:
        """The bank over arrays of the backend, shaped as `coefs` and `intercepts` below.

        Arrays are copied only if they have different dtypes or are not contiguous.

        Raises
        ------
        ValueError
            If the arrays are no bank, see `check_arrays`.
        """
        check_arrays(coefs, intercepts, n_features, n_networks)
        arrays = [feature_major(coefs[0]), *coefs[1:], *intercepts]
        arithmetic, dtype = backend(), coefs[0].dtype
        arrays = [arithmetic.view(arithmetic.contiguous(array, dtype)) for array in arrays]
        n_layers = len(coefs)
        return cls(arrays[:n_layers], arrays[n_layers:], u0=u0, beta=beta)

    @property
    def n_networks(self) -> int:
        n_networks: int = self.biases[0].shape[0]
        return n_networks

    @property
    def flat(self) -> np.ndarray:
        """The one array of which all `parameters` are views, in their order.

        Only a new bank or a copy has it, see `is_whole`.
        """
        assert self._flat is not None
        return self._flat

    @property
    def is_whole(self) -> bool:
        """Whether all parameters are parts of one array, `flat`."""
        return self._flat is not None

    @property
    def flat_weights(self) -> np.ndarray:
        """The part of `flat` without the biases."""
        return self.flat[: -sum(prod(bias.shape) for bias in self.biases)]

    @property
    def parameters(self) -> list[np.ndarray]:
        """Every array that learning changes, weights first."""
        return [*self.weights, *self.biases]

    @property
    def coefs(self) -> list[np.ndarray]:
        """Weights as arrays of shape (n_networks, fan_in, fan_out): views."""
        return [network_major(self.weights[0], self.n_networks), *self.weights[1:]]

    def copy(self) -> NetworkBank:
        """A bank with parameters of its own, all in one array."""
        parameters = self.parameters
        if self._flat is not None:
            flat = backend().copied(self._flat)
        else:
            arithmetic = backend()
            flat = arithmetic.concatenated([arithmetic.reshaped(p, (-1,)) for p in parameters])
        shapes = [parameter.shape for parameter in parameters]
        bank = self._over(flat, shapes, self.u0, self.beta)
        bank.is_moderate = self.is_moderate
        return bank

    def part(self, networks: slice) -> NetworkBank:
        """Consecutive networks: views, but for a copy of layer 1."""
        first = backend().contiguous(feature_major(self.coefs[0][networks, ...]))
        deeper = [weight[networks, ...] for weight in self.weights[1:]]
        biases = [bias[networks, ...] for bias in self.biases]
        return NetworkBank([first, *deeper], biases, self.u0, self.beta)

    def scale_outputs(self, factors: np.ndarray) -> None:
        """Multiply the output of each network, in place."""
        arithmetic = backend()
        factors = arithmetic.moved(factors.astype(arithmetic.numpy_dtype(self.biases[0])))
        if len(self.weights) == 1:
            self.weights[0] *= factors
        else:
            self.weights[-1] *= factors[:, np.newaxis, np.newaxis]
        self.biases[-1] *= factors[:, np.newaxis]

    def moved(self) -> NetworkBank:
        """A new bank, drawn on the host, in arrays of the backend."""
        arithmetic = backend()
        if arithmetic.holds_numpy:
            return self
        shapes = [parameter.shape for parameter in self.parameters]
        return self._over(arithmetic.moved(self.flat), shapes, self.u0, self.beta)

    @property
    def hidden_sizes(self) -> tuple[int, ...]:
        """Units of each hidden layer of a network."""
        return tuple(bias.shape[1] for bias in self.biases[:-1])

    def split(self, flat: np.ndarray | None = None) -> list[np.ndarray]:
        """Consecutive parts of `flat` with the shapes of `parameters`; None: a new array."""
        shapes = [parameter.shape for parameter in self.parameters]
        if flat is None:
            flat = backend().empty(sum(map(prod, shapes)), self.biases[0].dtype)
        return split(flat, shapes)

    def buffers(self, n_samples: int) -> Buffers:
        """Working memory for batches of up to `n_samples` samples."""
        return Buffers(n_samples, self.n_networks, self.hidden_sizes, self.biases[0].dtype)

    def forward(
        self,
        X: Any,
        buffers: Buffers | None = None,
        noise: Sequence[np.ndarray] | None = None,
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Activations of every hidden layer and pre-activations of the output units.

        Parameters
        ----------
        X : {ndarray, CSR array} of shape (n_samples, n_features)
        buffers : Buffers, default=None
            Memory for the result, for `n_samples` samples or more; None: new memory.
        noise : sequence of ndarray of shape (n_networks, n_samples, h_l), default=None
            Added to the pre-activations of the hidden units.

        Returns
        -------
        hidden : list of ndarray of shape (n_networks, n_samples, h_l)
            z^1 to z^L.
        A : ndarray of shape (n_samples, n_networks)
            a^{L+1}.
        """
        arithmetic, n_samples = backend(), X.shape[0]
        buffers = buffers or self.buffers(n_samples)
        hidden, A = buffers.activations(n_samples), buffers.output(n_samples)
        if not hidden:
            arithmetic.input_product(X, self.weights[0], A)
            A += self.beta * arithmetic.reshaped(self.biases[0], (-1,))
            return hidden, A
        arithmetic.input_product(X, self.weights[0], buffers.input_layer(n_samples))
        for layer, Z in enumerate(hidden):
            if layer > 0:
                arithmetic.unit_product(hidden[layer - 1], self.weights[layer], Z)
            if noise is not None:
                Z += noise[layer]
            arithmetic.activate(Z, self.biases[layer], self.beta, self.u0)
        weights, bias = self.weights[-1], self.biases[-1]
        arithmetic.readout(hidden[-1], weights[:, :, 0], bias[:, 0], self.beta, A)
        return hidden, A

    def output(
        self,
        X: Any,
        function: Callable[[np.ndarray], np.ndarray] = lambda A: A,
        rows: np.ndarray | None = None,
    ) -> np.ndarray:
        """`function` of the pre-activations A of `forward`, see `in_chunks`."""
        return self.in_chunks(X, lambda hidden, A: function(A), rows)

    def hidden(self, X: Any, layer: int) -> np.ndarray:
        """Activations of a hidden layer, (n_samples, n_networks * h_l), see `in_chunks`."""

        arithmetic = backend()

        def side_by_side(hidden: list[np.ndarray], A: np.ndarray) -> np.ndarray:
            return arithmetic.reshaped(arithmetic.exchanged(hidden[layer]), (A.shape[0], -1))

        return self.in_chunks(X, side_by_side)

    def in_chunks(
        self,
        X: Any,
        function: Callable[[list[np.ndarray], np.ndarray], np.ndarray],
        rows: np.ndarray | None = None,
    ) -> np.ndarray:
        """`function` of both results of `forward`, a chunk of rows at a time.

        The activations of a chunk need less memory than `working_memory` of scikit-learn's
        configuration and, if that leaves enough rows for an efficient product, fit into the
        processor's cache. `rows` are the rows to use, None for all.
        """
        arithmetic = backend()
        n_samples = X.shape[0] if rows is None else rows.shape[0]
        n_weights = sum(prod(weight.shape) for weight in self.weights)
        if n_samples == 1:
            # With several threads, the bits would depend on what other threads do meanwhile.
            with one_blas_thread(n_weights > SERIAL_PRODUCT):
                return function(*self.forward(X if rows is None else arithmetic.rows(X, rows)))
        n_items = self.n_networks * (sum(self.hidden_sizes) + 1)
        if rows is not None:
            n_items += X.shape[1]
        bytes_per_row = arithmetic.numpy_dtype(self.biases[0]).itemsize * n_items
        n_rows = max(1, int(get_config()["working_memory"] * 2**20) // bytes_per_row)
        if arithmetic.holds_numpy:
            n_rows = min(n_rows, max(CHUNK_ROWS, CHUNK_BYTES // bytes_per_row))
        n_rows = min(n_rows, n_samples)
        buffers = self.buffers(n_rows)

        def part(chunk: slice) -> np.ndarray:
            X_chunk = part_of(X, chunk) if rows is None else arithmetic.rows(X, rows[chunk])
            with one_blas_thread(n_rows * n_weights > SERIAL_PRODUCT):
                return function(*self.forward(X_chunk, buffers))

        if n_samples <= n_rows:
            return part(slice(None))
        first = part(slice(n_rows))
        result = arithmetic.empty((n_samples, *first.shape[1:]), first.dtype)
        result[:n_rows, ...] = first
        for start in range(n_rows, n_samples, n_rows):
            chunk = slice(start, min(start + n_rows, n_samples))
            result[chunk, ...] = part(chunk)
        return result
