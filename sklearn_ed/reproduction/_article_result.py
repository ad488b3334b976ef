"""The result of the article's experiment: a table, and the errors during learning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from .._utils.extras import import_extra
from .._utils.formatting import format_number
from .._utils.plotting import COLORS, new_axes
from ._files import FileResult, write_csv, write_json, write_png

WIDTH = 80
ROLLING_ROWS = 20
"""Rows whose errors are averaged in the picture, as in the article."""


@dataclass
class MethodResult:
    """What one method of the experiment achieved.

    Attributes
    ----------
    name : str
    n_rows : int
        Training rows that were timed; 0 if the method could not run.
    seconds : float
        Time to learn them.
    n_correct : int or None
        Test images classified correctly after the epoch; None if the method could not run.
    n_test : int
        Test images.
    remark : str
        Why something is missing.
    """

    name: str
    n_rows: int
    seconds: float
    n_correct: int | None
    n_test: int
    remark: str = ""

    @property
    def rate(self) -> float:
        """Training rows per second; NaN if none were timed."""
        return self.n_rows / self.seconds if self.n_rows else np.nan

    @property
    def accuracy(self) -> float:
        """Accuracy on the test images; NaN if unknown."""
        return np.nan if self.n_correct is None else self.n_correct / self.n_test


@dataclass
class ArticleResult(FileResult):
    """The result of :func:`reproduce_article`.

    Attributes
    ----------
    baseline : str
        Name of the row that speeds are relative to: the article's code.
    settings : dict
        Numbers of rows and repetitions, and the seed.
    rows : list of MethodResult
        The methods that finished, in the order of the table.
    errors : dict of str to list of float
        For each per-neuron NumPy network, target minus output before each training step.
    machine : dict
        Versions, processor, threads.
    complete : bool
        False if the experiment was interrupted.
    """

    baseline: str
    settings: dict[str, Any]
    rows: list[MethodResult] = field(default_factory=list)
    errors: dict[str, list[float]] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    complete: bool = False

    def ratio(self, row: MethodResult) -> float:
        """Speed relative to the article's code.

        Parameters
        ----------
        row : MethodResult
            One of `rows`.

        Returns
        -------
        float
            NaN if unknown.
        """
        rates = [other.rate for other in self.rows if other.name == self.baseline]
        return row.rate / rates[0] if rates else np.nan

    def table(self) -> list[dict[str, Any]]:
        """The rows as dictionaries.

        Returns
        -------
        list of dict
            The keys are the columns of the files. "n_right" is the former name of "n_correct".
        """
        return [
            {
                **asdict(row),
                "n_right": row.n_correct,
                "rate": row.rate,
                "ratio": self.ratio(row),
                "accuracy": row.accuracy,
            }
            for row in self.rows
        ]

    def to_frame(self) -> Any:
        """The table as a data frame.

        Returns
        -------
        pandas.DataFrame
            As `table`.

        Raises
        ------
        MissingExtra
            If pandas is missing.
        """
        return import_extra("pandas", "to_frame").DataFrame(self.table())

    def to_dict(self) -> dict[str, Any]:
        """Everything as dictionaries, lists, strings, numbers and None.

        Returns
        -------
        dict
            Ready for JSON.
        """
        rows = [
            {key: None if value != value else value for key, value in row.items()}
            for row in self.table()
        ]
        return {
            "format": "sklearn_ed article 1",
            "complete": self.complete,
            "baseline": self.baseline,
            "settings": self.settings,
            "machine": self.machine,
            "rows": rows,
            "errors": self.errors,
        }

    def to_text(self, *, notes: bool = True) -> str:
        """The table as text.

        Parameters
        ----------
        notes : bool, default=True
            Whether to explain the columns below the table.

        Returns
        -------
        str
            Lines of at most 80 characters.
        """
        lines = [f"{'':<36}{'rows/s':>9}{'speed-up':>10}  {'classified correctly'}"]
        lines.append("-" * len(lines[0]))
        for row in self.rows:
            correct = "-"
            if row.n_correct is not None:
                correct = f"{row.n_correct}/{row.n_test}  {row.accuracy:.2%}"
            speed = f"{format_number(row.rate):>9}{format_number(self.ratio(row)):>10}"
            lines.append(f"{row.name:<36}{speed}  {correct}")
        if notes:
            wrapped = (fill(note, WIDTH, subsequent_indent="  ") for note in self._notes())
            lines += ["", *wrapped]
        return "\n".join(lines)

    def _notes(self) -> list[str]:
        n_train, n_test = self.settings["n_train"], self.settings["n_test"]
        n_ones = self.settings["n_test_ones"]
        return [
            f"rows/s: training rows per second in one epoch of {n_train} rows in file order, "
            "on one thread. Per-neuron networks are timed once. The other figures are medians "
            f"of {self.settings['n_repeats']} or more timings of the whole call of fit or "
            "partial_fit.",
            f"speed-up: relative to {self.baseline!r}, which works as the article's code does: "
            "each neuron changes its weights one by one.",
            "The per-neuron networks and EDClassifier start from the article's weights "
            "(random.seed(10)), MLPClassifier and Keras from their own, with seed "
            f"{self.settings['random_state']}. A constant prediction is correct for {n_ones} "
            f"or {n_test - n_ones} of {n_test} test images.",
            *(f"{row.name}: {row.remark}" for row in self.rows if row.remark),
            "The article reports, on its own machine, 7.78 rows/s with another author's lists, "
            "55.14 rows/s with NumPy, and an accuracy of 91.11 % on the test images.",
        ]

    def plot(self, *, ax: Any = None) -> Any:
        """Draw the absolute errors during learning, and their rolling mean.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        matplotlib Axes
            The axes.

        Raises
        ------
        MissingExtra
            If matplotlib is missing.
        """
        if ax is None:
            ax = new_axes("The picture", figsize=(9, 5.5))
        window = np.ones(ROLLING_ROWS) / ROLLING_ROWS
        colors = (COLORS["vermillion"], COLORS["blue"])
        for (name, errors), color in zip(self.errors.items(), colors, strict=False):
            sizes = np.abs(errors)
            steps = np.arange(1, sizes.shape[0] + 1)
            ax.plot(steps, sizes, color=color, alpha=0.2, linewidth=0.8)
            if sizes.shape[0] >= ROLLING_ROWS:
                means = np.convolve(sizes, window, "valid")
                ax.plot(steps[ROLLING_ROWS - 1 :], means, color=color, label=name)
        ax.set_xlabel("training row")
        ax.set_ylabel(f"|target - output|, and its mean over {ROLLING_ROWS} rows")
        ax.grid(alpha=0.3)
        if ax.get_legend_handles_labels()[1]:
            ax.legend()
        return ax

    def _writers(self) -> dict[str, Callable[[Path], None]]:
        content = self.to_dict()
        writers: dict[str, Callable[[Path], None]] = {
            "results.json": partial(write_json, content=content),
            "results.csv": partial(write_csv, rows=content["rows"]),
        }
        if self.errors:
            writers["errors.png"] = partial(write_png, draw=self._draw, width=9, height=5.5)
        return writers

    def _draw(self, figure: Any) -> None:
        axes = self.plot(ax=figure.subplots())
        axes.set_title("MNIST's zeros and ones, ten layers of 16")
