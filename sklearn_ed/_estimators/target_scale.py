"""The scale of a regressor's targets: powers of two, so that scaling is exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

ROWS = 100
"""Rows of `partial_fit` after which the scale stays as it is."""

CONSTANT = 2.0**-20
"""Standard deviation, relative to the mean, up to which targets count as equal."""

HEADROOM = 4
"""Powers of two between the largest scale and the largest number of the dtype."""


LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class TargetStatistics:
    """Mean and standard deviation of the targets seen so far.

    Attributes
    ----------
    n_rows : int
    weight : float
        Sum of the sample weights.
    mean, std : ndarray of shape (n_targets,), float64
    """

    n_rows: int
    weight: float
    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def of(cls, targets: np.ndarray, weight: np.ndarray | None) -> TargetStatistics:
        """The statistics of a call."""
        if not len(targets):
            zeros = np.zeros(targets.shape[1])
            return cls(0, 0.0, zeros, zeros)
        targets = targets.astype(np.float64)
        if weight is None:
            weight = np.ones(targets.shape[0])
        # A power of two above all values: squares do not overflow, and nothing is rounded.
        unit = np.exp2(np.frexp(np.abs(targets).max(axis=0))[1].astype(float) - 1)
        unit[unit == 0] = 1
        targets /= unit
        # So that products with the weights do not overflow.
        share = np.ldexp(weight.astype(np.float64), -np.frexp(weight.max())[1])
        mean = np.average(targets, axis=0, weights=share)
        variance = np.average(np.square(targets - mean), axis=0, weights=share)
        return cls(
            int(np.count_nonzero(weight)),
            float(weight.sum(dtype=np.float64)),
            mean * unit,
            np.sqrt(variance) * unit,
        )

    def with_more(self, other: TargetStatistics) -> TargetStatistics:
        """The statistics of both."""
        weight = min(self.weight + other.weight, LARGEST)
        share = other.weight / weight
        # Quarters, which are exact and do not overflow.
        mean, std, other_mean, other_std = (
            values / 4 for values in (self.mean, self.std, other.mean, other.std)
        )
        difference = other_mean - mean
        between = np.sqrt(share * (1 - share)) * np.abs(difference)
        within = np.hypot(np.sqrt(1 - share) * std, np.sqrt(share) * other_std)
        mean, std = (
            4 * values.clip(-LARGEST / 4, LARGEST / 4)
            for values in (mean + share * difference, np.hypot(within, between))
        )
        return TargetStatistics(self.n_rows + other.n_rows, weight, mean, std)

    def scale(self, dtype: Any, current: np.ndarray | None = None) -> np.ndarray:
        """The power of two next to each standard deviation.

        A `current` scale stays where it is within a factor of two. While all targets are equal,
        the scale is so small a part of them that the networks begin with their value. Without
        targets it is 1.
        """
        if not self.n_rows:
            return np.ones_like(self.mean)
        magnitude = np.where(self.mean == 0, 1, np.abs(self.mean))
        known = self.std > CONSTANT * magnitude
        std = np.where(known, self.std, CONSTANT * magnitude)
        most = np.finfo(dtype).maxexp - HEADROOM
        # A part of a tiny target may be zero, and a ratio beyond all floats is far from 1.
        with np.errstate(over="ignore", divide="ignore"):
            scale = np.exp2(np.round(np.log2(std)).clip(-most, most))
            if current is None:
                return scale
            return np.where(np.abs(np.log2(std / current)) <= 1, current, scale)
