"""What a comparison measured, under which conditions: figures alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._outcome import Outcome, format_params


@dataclass
class Record:
    """Contestants side by side.

    Attributes
    ----------
    name : str
        Of the data.
    task : {"classification", "regression"}
    scoring : str
        Name of the score; higher is better.
    data : dict
        ``n_train``, ``n_test``, ``n_features``, ``inputs`` (the preprocessing in words) and,
        for classes, ``n_classes`` and ``majority``, the share of the most frequent class in
        the held-out rows (in all, if none are held out).
    terms : dict
        What each contestant was given: ``n_folds``, ``n_search_rows``, ``n_repeats``,
        ``seeds``, ``random_state``, ``n_jobs``, and ``remarks``, more of it in words.
    machine : dict
        Versions, processor, threads.
    outcomes : list of Outcome
        In the order of the contestants.
    seconds : float
        Of everything.
    complete : bool
        False if it was interrupted.
    """

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
