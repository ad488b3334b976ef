"""Solvers: they add ED increments to the parameters, in place.

A solver preconditions the increment of `_rule`; it never sees a gradient. Its state is a plain
dict of arrays and numbers, so that an estimator can keep it between calls of `partial_fit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np


@dataclass(frozen=True)
class SGD:
    """``W += alpha dW``: the plain rule."""

    alpha: float
    name = "sgd"

    def start(self, parameters: Sequence[np.ndarray]) -> dict:
        """The state before the first step."""
        return {"solver": self.name}

    def step(
        self, parameters: Sequence[np.ndarray], increments: Sequence[np.ndarray], state: dict
    ) -> None:
        """Add `increments`, which are overwritten, to `parameters`; both change in place."""
        for parameter, increment in zip(parameters, increments, strict=True):
            increment *= self.alpha
            parameter += increment


@dataclass(frozen=True)
class Momentum:
    """``v = momentum v + alpha dW``; ``W += v``."""

    alpha: float
    momentum: float
    name = "momentum"

    def start(self, parameters: Sequence[np.ndarray]) -> dict:
        """The state before the first step."""
        return {"solver": self.name, "velocities": [np.zeros_like(p) for p in parameters]}

    def step(
        self, parameters: Sequence[np.ndarray], increments: Sequence[np.ndarray], state: dict
    ) -> None:
        """Add `increments`, which are overwritten, to `parameters`; both change in place."""
        for parameter, increment, velocity in zip(
            parameters, increments, state["velocities"], strict=True
        ):
            velocity *= self.momentum
            increment *= self.alpha
            velocity += increment
            parameter += velocity


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba, 2015) with the ED increment in the place of the gradient."""

    alpha: float
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    name = "adam"

    def start(self, parameters: Sequence[np.ndarray]) -> dict:
        """The state before the first step."""
        return {
            "solver": self.name,
            "steps": 0,
            "first_moments": [np.zeros_like(p) for p in parameters],
            "second_moments": [np.zeros_like(p) for p in parameters],
        }

    def step(
        self, parameters: Sequence[np.ndarray], increments: Sequence[np.ndarray], state: dict
    ) -> None:
        """Add `increments`, which are overwritten, to `parameters`; both change in place."""
        state["steps"] += 1
        steps = state["steps"]
        rate = self.alpha * sqrt(1 - self.beta_2**steps) / (1 - self.beta_1**steps)
        for parameter, increment, first, second in zip(
            parameters, increments, state["first_moments"], state["second_moments"], strict=True
        ):
            first *= self.beta_1
            first += (1 - self.beta_1) * increment
            np.square(increment, out=increment)
            increment *= 1 - self.beta_2
            second *= self.beta_2
            second += increment
            np.sqrt(second, out=increment)
            increment += self.epsilon
            np.divide(first, increment, out=increment)
            increment *= rate
            parameter += increment


Solver = SGD | Momentum | Adam
