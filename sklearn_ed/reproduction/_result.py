"""What the article's experiment gave: a table, and the errors met on the way."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from textwrap import fill
from typing import Any

import numpy as np

from .._utils.extras import import_extra

WIDTH = 80
ROLLING_ROWS = 20
"""Rows whose errors are averaged in the picture, as in the article."""

# Okabe and Ito's colours, told apart by colour-blind readers too.
_COLORS = ("#D55E00", "#0072B2")


@dataclass
class ArticleRow:
    """One way to run the experiment.

    Attributes
    ----------
    name : str
    n_rows : int
        Rows that were timed, from the first on.
    seconds : float
        Of learning them.
    n_right : int or None
        Test images told right after all training rows; None if not all were learned.
    n_test : int
        Test images.
    remark : str
        Why something is missing.
    """

    name: str
    n_rows: int
    seconds: float
    n_right: int | None
    n_test: int
    remark: str = ""

    @property
    def rate(self) -> float:
        """Training rows per second, NaN if none was timed."""
        return self.n_rows / self.seconds if self.n_rows else np.nan

    @property
    def accuracy(self) -> float:
        """Share of the test images, NaN if unknown."""
        return np.nan if self.n_right is None else self.n_right / self.n_test


@dataclass
class ArticleResult:
    """The table and the picture of the article's experiment.

    Attributes
    ----------
    rows : list of ArticleRow
        Those that were finished.
    errors : dict of str to list of float
        Of the per-neuron networks: target minus output met at each training row.
    baseline : str
        Name of the row that speeds are compared with: the article's code.
    settings : dict
        Numbers of rows, seeds, repetitions.
    machine : dict
        Versions, processor, threads.
    complete : bool
        False if it was interrupted.
    """

    baseline: str
    settings: dict[str, Any]
    rows: list[ArticleRow] = field(default_factory=list)
    errors: dict[str, list[float]] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    complete: bool = False

    def ratio(self, row: ArticleRow) -> float:
        """How many times as fast as the article's code, NaN if that is not known."""
        rates = [other.rate for other in self.rows if other.name == self.baseline]
        return row.rate / rates[0] if rates else np.nan

    def table(self) -> list[dict[str, Any]]:
        """One dictionary for each row."""
        return [
            {
                **asdict(row),
                "rate": row.rate,
                "ratio": self.ratio(row),
                "accuracy": row.accuracy,
            }
            for row in self.rows
        ]

    def to_frame(self) -> Any:
        """The table.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingExtra
            If pandas is missing.
        """
        return import_extra("pandas", "to_frame").DataFrame(self.table())

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON has it: dictionaries, lists, strings, numbers and None."""
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
        """The table in 80 columns.

        Parameters
        ----------
        notes : bool, default=True
            Whether to say what to know when reading it.
        """
        lines = [f"{'':<36}{'rows/s':>9}{'times':>9}  {'test images right'}"]
        lines.append("-" * (len(lines[0]) + 1))
        for row in self.rows:
            right = "-"
            if row.n_right is not None:
                right = f"{row.n_right}/{row.n_test}  {row.accuracy:.2%}"
            cells = f"{_number(row.rate):>9}{_number(self.ratio(row)):>9}  {right}"
            lines.append(f"{row.name:<36}{cells}")
        text = "\n".join(lines)
        if not notes:
            return text
        told = [fill(note, WIDTH, subsequent_indent="  ") for note in self._notes()]
        return text + "\n\n" + "\n".join(told)

    def _notes(self) -> list[str]:
        n_train, n_test = self.settings["n_train"], self.settings["n_test"]
        n_ones = self.settings["n_test_ones"]
        notes = [
            f"rows/s: training rows per second, one epoch of {n_train} rows in file order, one "
            "thread. Per-neuron networks are timed once; the others are medians of "
            f"{self.settings['n_repeats']} or more, the whole call of fit or partial_fit. "
            f"times: as fast as {self.baseline!r}, which works as the article's code does: "
            "each neuron changes its weights one by one.",
            "Up to the compiled ones all start from the same weights, the article's "
            "(random.seed(10)); MLPClassifier and Keras from their own, seed "
            f"{self.settings['random_state']}. {n_ones} or {n_test - n_ones} of {n_test} are "
            "what a network gets right that always says the same.",
        ]
        notes += [f"{row.name}: {row.remark}" for row in self.rows if row.remark]
        notes.append(
            "The article's own figures, on its machine: 7.78 rows/s with another author's "
            "lists, 55.14 with NumPy, 91.11 % of the test images."
        )
        return notes

    def plot(self, *, ax: Any = None) -> Any:
        """Draw the errors met while learning: each one faint, and their rolling mean.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        MissingExtra
            If matplotlib is missing.
        """
        if ax is None:
            pyplot = import_extra("matplotlib.pyplot", "The picture")
            _, ax = pyplot.subplots(figsize=(9, 5.5), layout="constrained")
        window = np.ones(ROLLING_ROWS) / ROLLING_ROWS
        for (name, errors), color in zip(self.errors.items(), _COLORS, strict=False):
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


def _number(value: float) -> str:
    """Three significant digits, thousands with a comma.

    >>> _number(3.8412), _number(449538.2), _number(float("nan"))
    ('3.84', '449,538', '-')
    """
    if np.isnan(value):
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
