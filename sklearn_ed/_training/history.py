"""What training leaves behind besides the parameters: losses, counts, a record per epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import prod
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.random import sample_without_replacement

from .._backend import backend
from .._backend.blas import SERIAL_PRODUCT, one_blas_thread
from .._networks.bank import NetworkBank
from .data import TrainingData

SATURATION = 0.02
"""A unit is saturated where its activation is nearer to 0 or 1 than this."""

LEAST_ACTIVATIONS, MOST_SAMPLE, SAMPLE_SHARE = 1000, 256, 1 / 200
"""How many training rows saturation is measured on: few, so that it stays cheap.

This share of the rows, not more than the second number, and enough for so many activations.
"""

BLOCK = 2**15
"""Weights whose magnitudes are held at a time."""

MOST_LOSSES = 20_000
"""Losses in the curve of a stream: when there are so many, the older half is dropped."""


class ValidationResult(NamedTuple):
    """Score, higher is better, and mean loss of a bank on validation rows."""

    score: float
    loss: float


@dataclass
class History:
    """What training leaves behind besides the parameters.

    Attributes
    ----------
    loss_curve : list of float
        Mean training loss of each epoch, measured while the epoch is learned.
    validation_scores : list of float
        Score on the validation rows after each epoch; empty without early stopping.
    best_validation_score : float
    n_iter : int
        Number of epochs.
    t : int
        Number of training rows seen.
    n_no_improvement : int
        Consecutive epochs without an improvement of `tol`.
    began : float
        When training began, in seconds of `perf_counter`.
    epochs : list of dict
        The record of each epoch of `fit`. One entry is one epoch, so that an interrupt cannot
        leave a half-written one.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    best_validation_score: float = -np.inf
    n_iter: int = 0
    t: int = 0
    n_no_improvement: int = 0
    began: float = field(default_factory=perf_counter)
    epochs: list[dict[str, Any]] = field(default_factory=list)

    def record_epoch(self, loss: float, n_rows: int) -> None:
        """Add an epoch."""
        self.loss_curve.append(loss)
        self.n_iter += 1
        self.t += n_rows

    @property
    def recent_losses(self) -> list[float]:
        """The curve, or a new list of its latest losses when it has become too long.

        A list of its own, so that a call can still be undone or completed.
        """
        is_long = len(self.loss_curve) >= MOST_LOSSES
        return self.loss_curve[-MOST_LOSSES // 2 :] if is_long else self.loss_curve

    def record_score(self, score: float, tol: float) -> bool:
        """Add a validation score; return whether it improved by `tol`."""
        improved = score >= self.best_validation_score + tol
        self.validation_scores.append(score)
        if score > self.best_validation_score:
            self.best_validation_score = score
        return improved

    def describe_epoch(
        self,
        validation: ValidationResult | None,
        learning_rate: float,
        state: Mapping[str, Any],
    ) -> None:
        """Add the record of the epoch that `record_epoch` has counted."""
        validated = {}
        if validation is not None:
            validated = {"val_loss": validation.loss, "val_score": validation.score}
        self.epochs.append(
            {
                "loss": self.loss_curve[-1],
                **validated,
                "seconds": perf_counter() - self.began,
                "learning_rate": learning_rate,
                **state,
            }
        )

    def continue_from(self, columns: Mapping[str, list[Any]]) -> None:
        """Go on after the epochs, and the seconds, of an earlier fit, given as `columns`."""
        values = zip(*columns.values(), strict=True)
        self.epochs = [dict(zip(columns, row, strict=True)) for row in values]
        if self.epochs:
            self.began -= self.epochs[-1]["seconds"]

    def columns(self) -> dict[str, list[Any]]:
        """The records as one list per name; NaN for epochs without validation rows."""
        names = dict.fromkeys(name for epoch in self.epochs for name in epoch)
        return {name: [epoch.get(name, np.nan) for epoch in self.epochs] for name in names}


class StateOfUnits:
    """Measures the weights and the units of a bank, on a fixed sample of the training rows."""

    def __init__(self, bank: NetworkBank, data: TrainingData) -> None:
        n_rows = data.rows.size
        n_units = bank.n_networks * sum(bank.hidden_sizes)
        enough = -(-LEAST_ACTIVATIONS // max(1, n_units))
        n_sampled = min(MOST_SAMPLE, max(enough, int(n_rows * SAMPLE_SHARE)))
        # A seed of its own: the random state of the fit is not touched.
        chosen = sample_without_replacement(n_rows, min(n_rows, n_sampled), random_state=0)
        self._X = backend().rows(data.X, data.rows[chosen])
        # Memory that is new in every epoch would take longer than what is computed in it.
        self._buffers = bank.buffers(chosen.size)
        sizes = [prod(weight.shape) for weight in bank.weights]
        self._layers = list(map(slice, [0, *accumulate(sizes)], accumulate(sizes)))
        self._is_large = chosen.size * sum(sizes) > SERIAL_PRODUCT
        self._block = min(BLOCK, max(sizes)) if backend().holds_numpy else max(sizes)
        self._magnitudes = backend().empty(self._block, bank.flat.dtype)

    def __call__(self, bank: NetworkBank) -> dict[str, list[float]]:
        """Mean magnitude of the weights of each layer, share of saturated units of each."""
        with np.errstate(over="ignore", invalid="ignore"), one_blas_thread(self._is_large):
            layers = [bank.flat[part] for part in self._layers]
            hidden, _ = bank.forward(self._X, self._buffers)
            return {
                "weight_magnitude": list(map(self._mean_magnitude, layers)),
                "saturated": list(map(_saturated, hidden)),
            }

    def _mean_magnitude(self, layer: np.ndarray) -> float:
        """In blocks: BLAS' sum would depend on where in memory the layer begins.

        On a device, where each block would be waited for, a layer is one.
        """
        total, size = 0.0, layer.shape[0]
        for start in range(0, size, self._block):
            block = layer[start : min(start + self._block, size)]
            total += backend().sum_of_magnitudes(block, self._magnitudes[: block.shape[0]])
        return total / size


def _saturated(Z: np.ndarray) -> float:
    """The share of the activations."""
    return backend().count_saturated(Z, SATURATION) / prod(Z.shape)
