"""The result of a comparison: what was measured, under which conditions."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any

from .._extras import import_extra
from ._display import ComparisonDisplay
from ._outcome import Outcome, format_params
from ._page import save_page
from ._store import read, write
from ._text import report


@dataclass
class Comparison:
    """Contestants side by side, as :func:`compare` measured them.

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

    def to_frame(self, *, candidates: bool = False) -> Any:
        """The figures as a table.

        Parameters
        ----------
        candidates : bool, default=False
            One row for each candidate of each contestant instead of one for each contestant.

        Returns
        -------
        pandas.DataFrame
            Scores as they are, times in seconds.

        Raises
        ------
        MissingExtra
            If pandas is missing.
        """
        pandas = import_extra("pandas", "to_frame")
        return pandas.DataFrame(self.candidate_rows() if candidates else self.rows())

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

    def to_text(self, *, heading: bool = True, notes: bool = True) -> str:
        """The figures as a table of 80 columns.

        Parameters
        ----------
        heading : bool, default=True
            Whether to say what the data are.
        notes : bool, default=True
            Whether to say what to know when reading the table.
        """
        return report(self, heading=heading, with_notes=notes)

    def to_html(self, path: str | PathLike) -> None:
        """Write a page with tables and pictures that needs nothing else.

        Parameters
        ----------
        path : str or path-like
            The file.

        Raises
        ------
        MissingExtra
            If matplotlib is missing.
        """
        save_page(self, path)

    def plot(self, kind: str = "candidates", *, ax: Any = None) -> Any:
        """Draw it.

        Parameters
        ----------
        kind : {"candidates", "epochs", "seconds"}, default="candidates"
            Score of every candidate against its fit time, or the learning curves of the best
            candidates against epochs or seconds of learning.
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        ComparisonDisplay

        Raises
        ------
        ValueError
            If `kind` is none of these.
        MissingExtra
            If matplotlib is missing.
        """
        return ComparisonDisplay(self, kind=kind).plot(ax=ax)

    def save(self, path: str | PathLike) -> None:
        """Write it as JSON.

        Parameters
        ----------
        path : str or path-like
            The file. Parameters stand in it as they are written in a call, numbers that are
            not finite as null.
        """
        write(self, path)

    @classmethod
    def load(cls, path: str | PathLike) -> Comparison:
        """Read what `save` wrote.

        Parameters
        ----------
        path : str or path-like

        Returns
        -------
        Comparison
            Parameters that are not numbers, strings or sequences of them come back as strings.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is no comparison.
        """
        return read(path, cls)


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
