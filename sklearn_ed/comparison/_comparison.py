"""The result of a comparison and its display."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from .._utils.errors import unwritable_refused
from .._utils.extras import import_extra
from .._utils.files import remove_others, write_whole
from .._utils.plotting import new_axes
from ._problem import describe_data
from ._report.page import page_html
from ._report.pictures import KINDS, draw, png
from ._report.text import make_notes, result_table, wrap
from ._results import ComparisonFields, EstimatorResult, candidate_rows, result_row
from ._store import OTHER_CONTENT, check_fields, read_json, to_json


@dataclass
class Comparison(ComparisonFields):
    """Estimators side by side, as :func:`compare` measured them.

    Parameters
    ----------
    name : str
        Name of the data.
    task : {"classification", "regression"}
    scoring : str
        Name of the score; higher is better.
    data : dict
        ``n_train``, ``n_test``, ``n_features`` and ``inputs`` (a description of the
        preprocessing). For classification also ``n_classes`` and ``majority``: the share of the
        most frequent class in the held-out rows, or in all rows if none are held out.
    settings : dict
        The conditions, the same for all estimators: ``n_folds``, ``n_search_rows``,
        ``n_repeats``, ``seeds``, ``random_state``, ``n_jobs`` and ``remarks``, a list of
        sentences.
    machine : dict
        Versions, processor, threads.
    results : list of EstimatorResult
        In the order of the estimators.
    seconds : float
        Duration of the whole comparison.
    complete : bool
        False if the comparison was interrupted.

    See Also
    --------
    compare : Makes a comparison.
    ComparisonDisplay : Its pictures.

    Examples
    --------
    >>> from sklearn_ed.comparison import Comparison
    >>> comparison = Comparison.load("comparison/results.json")  # doctest: +SKIP
    >>> print(comparison.to_text())  # doctest: +SKIP
    >>> comparison.results[0].best.params  # doctest: +SKIP
    """

    @property
    def outcomes(self) -> list[EstimatorResult]:
        """Older name of `results`."""
        return self.results

    @property
    def terms(self) -> dict[str, Any]:
        """Older name of `settings`."""
        return self.settings

    def to_frame(self, *, candidates: bool = False) -> Any:
        """Return the figures as a data frame.

        Parameters
        ----------
        candidates : bool, default=False
            Whether to return one row per candidate instead of one per estimator.

        Returns
        -------
        pandas.DataFrame
            Times are in seconds.

        Raises
        ------
        MissingExtra
            If pandas is not installed.
        """
        pandas = import_extra("pandas", "to_frame")
        rows = candidate_rows(self.results) if candidates else self._rows()
        return pandas.DataFrame(rows)

    def to_text(self, *, heading: bool = True, notes: bool = True) -> str:
        """Return the figures as a table for a terminal.

        Parameters
        ----------
        heading : bool, default=True
            Whether to describe the data above the table.
        notes : bool, default=True
            Whether to explain the figures below the table.

        Returns
        -------
        str
            The notes are wrapped at 80 columns.
        """
        parts = [result_table(self.results, self.scoring)]
        if heading:
            parts.insert(0, wrap(describe_data(self.name, self.task, self.data)))
        if notes:
            parts.append("\n".join(wrap(note, indent=2) for note in make_notes(self)))
        return "\n\n".join(parts)

    def to_html(self, path: str | PathLike[str]) -> None:
        """Write a self-contained page with tables and pictures.

        Parameters
        ----------
        path : str or path-like
            The file.

        Raises
        ------
        MissingExtra
            If matplotlib is not installed.
        """
        write_whole(path, page_html(self))

    def plot(self, kind: str = "candidates", *, ax: Any = None) -> ComparisonDisplay:
        """Draw the candidates or the learning curves.

        Parameters
        ----------
        kind : {"candidates", "epochs", "seconds"}, default="candidates"
            What to draw, see :class:`ComparisonDisplay`.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        ComparisonDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `kind` is unknown.
        MissingExtra
            If matplotlib is not installed.
        """
        return ComparisonDisplay(self, kind=kind).plot(ax=ax)

    def save(self, path: str | PathLike[str]) -> None:
        """Write a JSON file.

        Parameters
        ----------
        path : str or path-like
            The file. In it, estimators' parameters are Python expressions and numbers that are
            not finite are null.
        """
        write_whole(path, self._json())

    def _json(self) -> str:
        fields = asdict(self)
        for result in fields["results"]:
            for candidate in result["candidates"]:
                candidate["params"] = {k: repr(v) for k, v in candidate["params"].items()}
        return to_json({**fields, "summary": self._rows()})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Comparison:
        """Read a file that `save` wrote.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        Comparison
            Estimators' parameters that are not numbers, strings or sequences of them are
            strings.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If the file is not a comparison.
        """
        try:
            comparison = cls(**read_json(path))
            check_fields(comparison)
            return comparison
        except OTHER_CONTENT as error:
            raise ValueError(
                f"path: expected a file that Comparison.save wrote, got {path}: {error!r}."
            ) from error

    def write_report(self, folder: str | PathLike[str]) -> list[Path]:
        """Write the files of ``sklearn-ed compare``.

        These are report.html, results.json, results.csv, candidates.csv, candidates.png and,
        if there are learning curves, curves.png. Older files with these names are replaced when
        the new one is complete, or removed. results.json is written first.

        Parameters
        ----------
        folder : str or path-like
            An existing folder.

        Returns
        -------
        list of Path
            The files, report.html first.

        Raises
        ------
        ValueError
            If a file cannot be written.
        MissingExtra
            If matplotlib or pandas is not installed.
        """
        # What holds the figures comes first, large files last: a disk may be full.
        contents: dict[str, Callable[[], str | bytes]] = {
            "results.json": self._json,
            "results.csv": lambda: self.to_frame().to_csv(index=False),
            "candidates.csv": lambda: self.to_frame(candidates=True).to_csv(index=False),
            "candidates.png": lambda: png(["candidates"], self),
            "curves.png": lambda: png(["epochs", "seconds"], self),
            "report.html": lambda: page_html(self),
        }
        names = list(contents)
        if not any(result.curve for result in self.results):
            del contents["curves.png"]
        with unwritable_refused():
            for name, make in contents.items():
                write_whole(Path(folder) / name, make())
            remove_others(Path(folder), names, contents)
        *others, report = contents
        return [Path(folder) / name for name in (report, *others)]

    def _rows(self) -> list[dict[str, Any]]:
        return [result_row(result) for result in self.results]


class ComparisonDisplay:
    """Picture of a :class:`Comparison`, drawn with matplotlib.

    `Comparison.plot` makes one.

    Parameters
    ----------
    comparison : Comparison
        What to draw.
    kind : {"candidates", "epochs", "seconds"}, default="candidates"
        "candidates" draws the score of every candidate against its fit time, with a large
        outline around the best one. The text beside a point is the value of the parameter with
        the most values; hollow points have the first value of the parameter with the second
        most values. "epochs" and "seconds" draw the learning curves of the best candidates,
        mean and standard deviation over the folds, against epochs or seconds of training.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Set by `plot`.
    figure_ : matplotlib Figure
        Set by `plot`.

    Raises
    ------
    ValueError
        If `kind` is unknown.

    See Also
    --------
    Comparison.plot : Makes a display and draws it.

    Examples
    --------
    >>> from sklearn_ed.comparison import Comparison, ComparisonDisplay
    >>> comparison = Comparison.load("comparison/results.json")  # doctest: +SKIP
    >>> ComparisonDisplay(comparison, kind="seconds").plot()  # doctest: +SKIP
    """

    def __init__(self, comparison: Comparison, *, kind: str = "candidates") -> None:
        if kind not in KINDS:
            raise ValueError(f"kind: expected one of {KINDS}, got {kind!r}.")
        self.comparison = comparison
        self.kind = kind

    def plot(self, *, ax: Any = None) -> ComparisonDisplay:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        ComparisonDisplay
            The display itself.

        Raises
        ------
        MissingExtra
            If matplotlib is not installed.
        """
        if ax is None:
            ax = new_axes("ComparisonDisplay", figsize=(9, 6.5))
        draw(ax, self.kind, self.comparison)
        self.ax_, self.figure_ = ax, ax.figure
        return self
