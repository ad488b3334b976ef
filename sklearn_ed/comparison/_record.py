"""What a comparison measured, under which conditions: figures alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._outcome import Outcome, format_params


@dataclass
class Record:
    """The figures of a :class:`Comparison`, which says what its attributes are."""

    name: str
    task: str
    scoring: str
    data: dict[str, Any]
    terms: dict[str, Any]
    machine: dict[str, Any]
    outcomes: list[Outcome]
    seconds: float
    complete: bool

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary for each contestant: the rows of `to_frame`."""
        return [_row(outcome) for outcome in self.outcomes]

    def candidate_rows(self) -> list[dict[str, Any]]:
        """One dictionary for each candidate of each contestant."""
        return [
            {
                "estimator": outcome.name,
                "params": format_params(candidate.params),
                "cv_score": candidate.score,
                "cv_spread": candidate.spread,
                "cv_fit_time": candidate.fit_time,
                "cv_score_time": candidate.score_time,
                "best": candidate is outcome.best,
            }
            for outcome in self.outcomes
            for candidate in outcome.candidates
        ]


def _row(outcome: Outcome) -> dict[str, Any]:
    best = outcome.best
    return {
        "estimator": outcome.name,
        "params": format_params(best.params),
        "cv_score": best.score,
        "cv_spread": best.spread,
        "test_score": outcome.test_score,
        "test_spread": outcome.test_spread,
        "n_parameters": outcome.n_parameters,
        "cv_fit_time": best.fit_time,
        "cv_score_time": best.score_time,
        "fit_time": outcome.fit_time,
        "predict_time": outcome.predict_time,
        "search_time": outcome.search_time,
    }
