"""Learning rates of epochs and of the steps within them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, cos, pi
from sys import float_info

SCALING_ROWS = 60_000
"""Rows after which "invscaling" lowers the rate: one epoch of a large set, or many epochs."""

CHANGES_PER_EPOCH = 32
"""Rates of an epoch that is learned row by row: the online kernel has one rate per call."""

ENDING = ("linear", "cosine")
"""Kinds of schedules that have an end, where the rate is zero."""

SHARE_AFTERWARDS = 0.1
"""Share of alpha with which training continues after the end of a schedule."""


@dataclass(frozen=True)
class Schedule:
    """The learning rate of every step.

    Attributes
    ----------
    kind : {"constant", "invscaling", "linear", "cosine"}
        "constant": alpha; "invscaling": ``alpha / (1 + t // 60000) ** power_t`` in an epoch
        that begins after t rows; "linear" and "cosine": from alpha to zero over `n_epochs`, in
        every step, along a straight line or half a cosine wave.
    alpha : float
    power_t : float
    n_epochs : float
        0: the schedule has ended; infinity: it does not begin.
    """

    kind: str
    alpha: float
    power_t: float
    n_epochs: float

    @property
    def changes_within_epoch(self) -> bool:
        return self.kind in ENDING

    def rate(self, n_done: float, t: int) -> float:
        """The rate after `n_done` epochs, in an epoch that began after t rows."""
        if self.kind == "invscaling":
            return float(self.alpha / (1 + t // SCALING_ROWS) ** self.power_t)
        if not self.changes_within_epoch:
            return self.alpha
        if n_done >= self.n_epochs:
            return self.alpha * SHARE_AFTERWARDS
        # max_iter may be an integer that no float can hold.
        share = n_done / min(self.n_epochs, float_info.max)
        return self.alpha * (1 - share if self.kind == "linear" else (1 + cos(pi * share)) / 2)

    def to_zero(self, n_done: int, t: int, n_epochs: int) -> Schedule:
        """From the rate after `n_done` epochs and `t` rows to zero after `n_epochs`."""
        alpha = self.rate(n_done, t) * n_epochs / (n_epochs - n_done)
        return replace(self, kind="linear", alpha=alpha, n_epochs=n_epochs)


@dataclass(frozen=True)
class EpochRate:
    """The learning rate within an epoch, which begins after `n_done` epochs and `t` rows."""

    schedule: Schedule
    n_done: int
    t: int

    def __call__(self, share: float = 0.0) -> float:
        """The rate after a share of the epoch's rows."""
        return self.schedule.rate(self.n_done + share, self.t)

    def of_row(self, n_done: int, n_rows: int) -> float:
        """The rate of the row after `n_done` of `n_rows`, where every row is a step."""
        block = self.rows_per_change(n_rows)
        return self(n_done // block * block / n_rows)

    def of_last_step(self, n_rows: int, batch_size: int) -> float:
        """The rate of the last step of an epoch of `n_rows`."""
        if batch_size == 1:
            return self.of_row(n_rows - 1, n_rows)
        return self((n_rows - 1) // batch_size * batch_size / n_rows)

    def rows_per_change(self, n_rows: int) -> int:
        """Consecutive rows with the same rate, where every row is a step."""
        return (
            ceil(n_rows / CHANGES_PER_EPOCH) if self.schedule.changes_within_epoch else n_rows
        )

    @classmethod
    def constant(cls, alpha: float) -> EpochRate:
        """The same rate in every step."""
        return cls(Schedule("constant", alpha, 0.0, 1), 0, 0)
