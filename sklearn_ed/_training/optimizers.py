"""Optimizers: they add a rule's increments to the parameters, in place.

An optimizer scales increments; it never sees a gradient, unless the rule's increments are one.
Parameters and increments are one flat array each. The state of an optimizer is a plain
dictionary of arrays and numbers, so that an estimator can keep it between calls of
`partial_fit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from .._backend import backend

State = dict[str, Any]


@dataclass(frozen=True)
class SGD:
    """``W += alpha dW``: the increments as they are."""

    name: ClassVar[str] = "sgd"

    def start(self, parameters: np.ndarray) -> State:
        """The state before the first step."""
        return {"solver": self.name}

    def step(
        self,
        parameters: np.ndarray,
        increments: np.ndarray,
        state: State,
        alpha: float,
        progress: np.ndarray | None = None,
    ) -> None:
        """Add `increments`, which may be overwritten, to `parameters`; both are 1-D.

        ``progress[0]`` becomes 1 once that is done.
        """
        backend().sgd(parameters, increments, alpha, progress)


@dataclass(frozen=True)
class Momentum:
    """``v = momentum v + alpha dW``; ``W += v``."""

    momentum: float
    name: ClassVar[str] = "momentum"

    def start(self, parameters: np.ndarray) -> State:
        """The state before the first step."""
        return {"solver": self.name, "velocities": backend().zeros_like(parameters)}

    def step(
        self,
        parameters: np.ndarray,
        increments: np.ndarray,
        state: State,
        alpha: float,
        progress: np.ndarray | None = None,
    ) -> None:
        """Add `increments`, which may be overwritten, to `parameters`; both are 1-D.

        ``progress[0]`` becomes 1 once that is done.
        """
        velocities = state["velocities"]
        backend().momentum(parameters, increments, velocities, alpha, self.momentum, progress)


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba, 2015) with a rule's increment in the place of the gradient."""

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    name: ClassVar[str] = "adam"

    def start(self, parameters: np.ndarray) -> State:
        """The state before the first step."""
        return {
            "solver": self.name,
            "steps": 0,
            "first_moments": backend().zeros_like(parameters),
            "second_moments": backend().zeros_like(parameters),
        }

    def step(
        self,
        parameters: np.ndarray,
        increments: np.ndarray,
        state: State,
        alpha: float,
        progress: np.ndarray | None = None,
    ) -> None:
        """Add `increments`, which may be overwritten, to `parameters`; both are 1-D.

        ``progress[0]`` becomes 1 once that is done.
        """
        state["steps"] += 1
        steps = state["steps"]
        rate = alpha * sqrt(1 - self.beta_2**steps) / (1 - self.beta_1**steps)
        first, second = state["first_moments"], state["second_moments"]
        constants = (rate, self.beta_1, self.beta_2, self.epsilon)
        backend().adam(parameters, increments, first, second, *constants, progress)


Optimizer = SGD | Momentum | Adam
