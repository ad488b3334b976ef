"""Three ways to tell every weight its share in the error, and to make a step with it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from .._networks.bank import NetworkBank, parameter_shapes
from .._networks.code_book import count_networks, make_code_book
from .._networks.outputs import ClassOutputs
from .._networks.units import unit_types
from .._training.optimizers import SGD
from ..rules._backprop import BackwardPass
from ..rules._error_diffusion import ed_increments

# Each with its name in words; in the order of tables and pictures.
WAYS = {
    "numerical": "numerical differentiation",
    "backprop": "backprop",
    "error_diffusion": "error diffusion",
}
_U0, _BETA = 0.4, 0.8


def count_parameters(n_features: int, sizes: Sequence[int], n_classes: int) -> int:
    """Weights and biases of the networks of `make_networks`."""
    shapes = parameter_shapes(n_features, sizes, count_networks(n_classes, None))
    return sum(map(prod, shapes))


def make_networks(
    n_features: int, sizes: Sequence[int], n_classes: int, rng: np.random.RandomState
) -> tuple[NetworkBank, ClassOutputs]:
    """New networks in float64, one per class (one for two), under a softmax."""
    outputs = ClassOutputs(make_code_book(n_classes, None, rng), "log_loss", _U0)
    bank = NetworkBank.initialize(
        n_features,
        sizes,
        outputs.code_book.shape[0],
        init="scaled",
        u0=_U0,
        beta=_BETA,
        dtype=np.float64,
        rng=rng,
    )
    return bank, outputs


class Ways:
    """Networks, and the three ways to make a step on a batch, each called as in `WAYS`.

    A step is ``W += alpha dW``, with dW the mean over the rows of the batch.

    Parameters
    ----------
    bank : NetworkBank
        Changed in place; all parameters in one array.
    outputs : ClassOutputs
        With the loss "log_loss".
    n_samples : int
        Rows of every batch.
    """

    def __init__(self, bank: NetworkBank, outputs: ClassOutputs, n_samples: int) -> None:
        self.bank, self.outputs = bank, outputs
        self._buffers = bank.buffers(n_samples)
        self._backward = BackwardPass(bank, n_samples)
        self._increments = np.empty_like(bank.flat)
        self._lowest, self._highest = _bounds(bank)

    def loss(self, X: np.ndarray, targets: np.ndarray) -> float:
        """Mean loss of the rows."""
        A = self.bank.forward(X, self._buffers)[1]
        return float(self.outputs.error_signal(A, targets).loss.mean())

    def numerical(
        self,
        X: np.ndarray,
        targets: np.ndarray,
        alpha: float,
        indices: np.ndarray | None = None,
        width: float = 1e-4,
    ) -> None:
        """Move the parameters `indices`, None for all, against central differences."""
        parameters = self.bank.flat
        if indices is None:
            indices = np.arange(parameters.size)
        slopes = np.empty(indices.shape[0])
        for i, index in enumerate(indices):
            value = parameters[index]
            parameters[index] = value + width
            above = self.loss(X, targets)
            parameters[index] = value - width
            slopes[i] = (above - self.loss(X, targets)) / (2 * width)
            parameters[index] = value
        parameters[indices] -= alpha * slopes

    def backprop(self, X: np.ndarray, targets: np.ndarray, alpha: float) -> None:
        """Send the error back through the weights."""
        hidden, E = self._errors(X, targets)
        SGD(alpha).step(self.bank.flat, self._backward(X, hidden, E), {})

    def error_diffusion(self, X: np.ndarray, targets: np.ndarray, alpha: float) -> None:
        """Broadcast the error; weights between units stop at zero."""
        hidden, E = self._errors(X, targets)
        ed_increments(
            X,
            hidden,
            None,
            E,
            beta=self.bank.beta,
            weight_decrement=True,
            buffers=self._buffers,
            out=self._increments,
        )
        SGD(alpha).step(self.bank.flat, self._increments, {})
        start = self.bank.weights[0].size
        between_units = self.bank.flat[start : start + self._lowest.size]
        np.maximum(between_units, self._lowest, out=between_units)
        np.minimum(between_units, self._highest, out=between_units)

    def _errors(
        self, X: np.ndarray, targets: np.ndarray
    ) -> tuple[list[np.ndarray], np.ndarray]:
        hidden, A = self.bank.forward(X, self._buffers)
        E = self.outputs.error_signal(A, targets).E
        E /= E.shape[0]
        return hidden, E


def _bounds(bank: NetworkBank) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest values that keep the signs of layers 2 and up, as in `flat`.

    What `clamp_signs` of `_rule` does by parts of each layer takes two calls with them.
    """
    if len(bank.weights) == 1:
        return np.empty(0), np.empty(0)
    signs = [
        np.broadcast_to(
            np.outer(unit_types(weight.shape[1]), unit_types(weight.shape[2])), weight.shape
        ).ravel()
        for weight in bank.weights[1:]
    ]
    same_type = np.concatenate(signs) > 0
    return np.where(same_type, 0.0, -np.inf), np.where(same_type, np.inf, 0.0)
