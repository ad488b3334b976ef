"""Inputs of a stream, scaled by statistics that run along with its rows."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Self

import numpy as np

from .._backend import backend


@dataclass
class RunningScale:
    """Standardizes inputs by the mean and the variance of all rows so far.

    A standardized value z is clipped smoothly to ``z / sqrt(1 + (z / 3)**2)``. With
    `recent_rows`, every row also gets the deviations of its values from their exponentially
    weighted mean over about that many earlier rows, in the same units and clipped alike.

    Attributes
    ----------
    statistics : ndarray of shape (3, n_features), float64
        Means, variances and recent means. Never changed in place.
    n_rows : int
        Number of rows so far.
    recent_rows : int
        0 for no recent means.
    """

    statistics: np.ndarray
    n_rows: int
    recent_rows: int

    @classmethod
    def start(cls, n_features: int, recent_rows: int | None) -> Self:
        """Before the first row."""
        return cls(np.zeros((3, n_features)), 0, recent_rows or 0)

    def learn(self, X: np.ndarray) -> tuple[RunningScale, np.ndarray]:
        """The scale after these rows, and the rows, each scaled as soon as it has come.

        Rows in one call or in many: the result is the same.

        Raises
        ------
        ValueError
            If values are so large that their variance is not finite.
        """
        statistics = self.statistics.copy()
        scaled = self._scale(X, statistics, learn=True)
        if not (isfinite(np.vdot(statistics, statistics)) or np.isfinite(statistics).all()):
            raise ValueError(
                "X: expected values with a finite variance for scale_inputs=True, got values "
                f"up to {np.abs(X).max():g}."
            )
        return RunningScale(statistics, self.n_rows + X.shape[0], self.recent_rows), scaled

    def apply(self, X: np.ndarray) -> np.ndarray:
        """Rows scaled by what was learned so far; shape (n_samples, n_inputs)."""
        # A copy: the kernel takes no array that is read-only, as in a memory-mapped pickle.
        return self._scale(X, self.statistics.copy(), learn=False)

    def _scale(self, X: np.ndarray, statistics: np.ndarray, *, learn: bool) -> np.ndarray:
        n_samples, n_features = X.shape
        out = np.empty((n_samples, n_features * (2 if self.recent_rows else 1)), X.dtype)
        backend().scale_rows(X, statistics, self.n_rows, self.recent_rows, learn, out)
        return out
