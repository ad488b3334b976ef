"""Solvers: they add ED increments to the parameters, in place.

A solver preconditions the increment of `_rule`; it never sees a gradient. Parameters and
increments are one flat array each. A solver's state is a plain dict of arrays and numbers, so
that an estimator can keep it between calls of `partial_fit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from .._backend import compiled as _compiled


@dataclass(frozen=True)
class SGD:
    """``W += alpha dW``: the plain rule."""

    alpha: float
    name = "sgd"

    def start(self, parameters: np.ndarray) -> dict:
        """The state before the first step."""
        return {"solver": self.name}

    def step(self, parameters: np.ndarray, increments: np.ndarray, state: dict) -> None:
        """Add `increments`, which may be overwritten, to `parameters`; both are 1-D."""
        if _compiled.batch:
            _compiled.batch.sgd(parameters, increments, self.alpha)
            return
        increments *= self.alpha
        parameters += increments


@dataclass(frozen=True)
class Momentum:
    """``v = momentum v + alpha dW``; ``W += v``."""

    alpha: float
    momentum: float
    name = "momentum"

    def start(self, parameters: np.ndarray) -> dict:
        """The state before the first step."""
        return {"solver": self.name, "velocities": np.zeros_like(parameters)}

    def step(self, parameters: np.ndarray, increments: np.ndarray, state: dict) -> None:
        """Add `increments`, which may be overwritten, to `parameters`; both are 1-D."""
        velocities = state["velocities"]
        if _compiled.batch:
            _compiled.batch.momentum(
                parameters, increments, velocities, self.alpha, self.momentum
            )
            return
        velocities *= self.momentum
        increments *= self.alpha
        velocities += increments
        parameters += velocities


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba, 2015) with the ED increment in the place of the gradient."""

    alpha: float
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    name = "adam"

    def start(self, parameters: np.ndarray) -> dict:
        """The state before the first step."""
        return {
            "solver": self.name,
            "steps": 0,
            "first_moments": np.zeros_like(parameters),
            "second_moments": np.zeros_like(parameters),
        }

    def step(self, parameters: np.ndarray, increments: np.ndarray, state: dict) -> None:
        """Add `increments`, which may be overwritten, to `parameters`; both are 1-D."""
        state["steps"] += 1
        steps = state["steps"]
        rate = self.alpha * sqrt(1 - self.beta_2**steps) / (1 - self.beta_1**steps)
        first, second = state["first_moments"], state["second_moments"]
        if _compiled.batch:
            _compiled.batch.adam(
                parameters,
                increments,
                first,
                second,
                rate,
                self.beta_1,
                self.beta_2,
                self.epsilon,
            )
            return
        first *= self.beta_1
        first += (1 - self.beta_1) * increments
        np.square(increments, out=increments)
        increments *= 1 - self.beta_2
        second *= self.beta_2
        second += increments
        np.sqrt(second, out=increments)
        increments += self.epsilon
        np.divide(first, increments, out=increments)
        increments *= rate
        parameters += increments


Solver = SGD | Momentum | Adam


# "invscaling" goes down at every so many rows: an epoch of a large set, many of a small one.
SCALING_ROWS = 60_000


@dataclass(frozen=True)
class Schedule:
    """The learning rate of an epoch.

    "constant": alpha; "invscaling": ``alpha / (1 + t // 60000) ** power_t`` after t rows;
    "linear": a straight line from alpha in the first epoch to zero after `n_epochs`.
    """

    kind: str
    alpha: float
    power_t: float
    n_epochs: int

    def rate(self, n_done: int, t: int) -> float:
        """The rate after `n_done` epochs and t rows."""
        if self.kind == "invscaling":
            return self.alpha / (1 + t // SCALING_ROWS) ** self.power_t
        if self.kind == "linear":
            return self.alpha * max(0.0, 1 - n_done / self.n_epochs)
        return self.alpha
