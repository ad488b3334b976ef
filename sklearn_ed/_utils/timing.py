"""Timing of several calls in turns, so that a noisy machine favours none of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from statistics import median
from typing import Any

MIN_SECONDS = 0.02
"""Shortest time that the clock is trusted with where the number of calls is free."""


@dataclass
class TimedCall:
    """A call to time.

    Attributes
    ----------
    run : callable
        Receives what `set_up` returned, if there is one.
    set_up : callable or None
        Called before every sample; its time does not count.
    warm_up : callable or None
        Called once before the first round; its time does not count. None: one call of `run`.
    n_calls : int or None
        Calls of `run` per sample. None: as many as take 20 ms.
    factor : float
        Multiplies every sample: a run over a tenth of the rows has 10.
    has_own_clock : bool
        Whether `run` returns its seconds itself, as another process does.
    """

    run: Callable[..., Any]
    set_up: Callable[[], Any] | None = None
    warm_up: Callable[[], Any] | None = None
    n_calls: int | None = 1
    factor: float = 1.0
    has_own_clock: bool = False

    def sample(self, n_calls: int) -> tuple[float, Any]:
        """Mean seconds of `n_calls` runs, and what the last of them returned."""
        arguments = () if self.set_up is None else (self.set_up(),)
        result: Any = None
        start = time.perf_counter()
        for _ in range(n_calls):
            result = self.run(*arguments)
        seconds = (time.perf_counter() - start) / n_calls
        return self.factor * (result if self.has_own_clock else seconds), result


@dataclass
class Timing:
    """Seconds of one call.

    Attributes
    ----------
    samples : list of float
        One entry per round.
    result : object
        What the last run returned.
    """

    samples: list[float] = field(default_factory=list)
    result: Any = None

    @property
    def median(self) -> float:
        return median(self.samples)

    def speed_relative_to(self, baseline: Timing) -> list[float]:
        """How many times as fast as `baseline`, round by round."""
        return [b / s for b, s in zip(baseline.samples, self.samples, strict=True)]


def time_in_turns(
    calls: Mapping[str, TimedCall | Callable[[], Any]],
    n_rounds: int,
    *,
    warm_up: bool = True,
    max_seconds: float = inf,
) -> dict[str, Timing]:
    """Time every call once per round, each round starting with another one.

    Whatever else the machine does in a round affects all of them, so that the ratios within a
    round vary less than the seconds.

    Parameters
    ----------
    calls : dict of str to TimedCall or callable
    n_rounds : int
    warm_up : bool, default=True
        Whether each call is warmed up before the first round.
    max_seconds : float, default=inf
        A call whose warm-up run takes longer is not repeated: that run is its only sample.

    Returns
    -------
    dict of str to Timing
    """
    timed = {k: c if isinstance(c, TimedCall) else TimedCall(c) for k, c in calls.items()}
    timings: dict[str, Timing] = {name: Timing() for name in timed}
    n_calls: dict[str, int] = {}
    for name, call in timed.items():
        if warm_up and call.warm_up is not None:
            call.warm_up()
        elif warm_up:
            seconds, timings[name].result = call.sample(1)
            if seconds > max_seconds:
                timings[name].samples.append(seconds)
                continue
        n_calls[name] = call.n_calls or 1 + int(MIN_SECONDS / (call.sample(1)[0] + 1e-9))
    names = list(n_calls)
    for turn in range(n_rounds if names else 0):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            seconds, timings[name].result = timed[name].sample(n_calls[name])
            timings[name].samples.append(seconds)
    return timings
