"""Learning rates of the epochs."""

from __future__ import annotations

from dataclasses import dataclass

SCALING_ROWS = 60_000
"""Rows after which "invscaling" lowers the rate: one epoch of a large set, or many epochs."""


@dataclass(frozen=True)
class Schedule:
    """The learning rate of an epoch.

    Attributes
    ----------
    kind : {"constant", "invscaling", "linear"}
        "constant": alpha; "invscaling": ``alpha / (1 + t // 60000) ** power_t`` after t rows;
        "linear": a straight line from alpha in the first epoch to zero after `n_epochs`.
    alpha : float
    power_t : float
    n_epochs : int
    """

    kind: str
    alpha: float
    power_t: float
    n_epochs: int

    def rate(self, n_done: int, t: int) -> float:
        """The rate after `n_done` epochs and t rows."""
        if self.kind == "invscaling":
            return float(self.alpha / (1 + t // SCALING_ROWS) ** self.power_t)
        if self.kind == "linear":
            return self.alpha * max(0.0, 1 - n_done / self.n_epochs)
        return self.alpha
