"""The result of a comparison, and what can be made of it."""

from __future__ import annotations

from os import PathLike
from typing import Any

from .._utils.extras import import_extra
from ._display import ComparisonDisplay
from ._page import save_page
from ._record import Record
from ._store import read, write
from ._text import report


class Comparison(Record):
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
