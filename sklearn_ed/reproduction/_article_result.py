"""The result of the article's experiment: a table, and the errors during learning."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from textwrap import fill
from typing import Any, ClassVar

import numpy as np

from .._utils.extras import import_extra
from .._utils.formatting import format_number
from .._utils.plotting import COLORS, new_axes
from .._utils.results import FileResult, new_figure

WIDTH = 80
ROLLING_ROWS = 20
"""Rows whose errors are averaged in the picture, as in the article."""


@dataclass
class MethodResult:
    """A row of the table. A method that could not run has no rows and a remark.

    `n_rows` training rows took `seconds`; afterwards, `n_correct` of `n_test` test images were
    classified correctly.
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

    See Also
    --------
    reproduce_article : Makes the result.

    Examples
    --------
    >>> from sklearn_ed.reproduction import reproduce_article
    >>> result = reproduce_article("data/mnist.npz")  # doctest: +SKIP
    >>> {row.name: row.n_correct for row in result.rows}  # doctest: +SKIP
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
        """
        return import_extra("pandas", "to_frame").DataFrame(self.table())

    def to_dict(self) -> dict[str, Any]:
        """Everything as dictionaries, lists, strings, numbers and None.

        Returns
        -------
        dict
            Ready for JSON.
        """
        # NaN differs from itself.
        rows = [
            {key: value if value == value else None for key, value in row.items()}
            for row in self.table()
        ]
        return {"format": "sklearn_ed article 1", **vars(self), "rows": rows}

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
        """Draw the absolute errors during learning, and their rolling mean, with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        matplotlib Axes
            The axes.
        """
        if ax is None:
            ax = new_axes("The picture", figsize=(9, 5.5))
        window = np.ones(ROLLING_ROWS) / ROLLING_ROWS
        colors = (COLORS["vermillion"], COLORS["blue"])
        for (name, errors), color in zip(self.errors.items(), colors, strict=False):
            steps = np.arange(1, len(errors) + 1)
            ax.plot(steps, np.abs(errors), color=color, alpha=0.2, linewidth=0.8)
            if steps.size >= ROLLING_ROWS:
                means = np.convolve(np.abs(errors), window, "valid")
                ax.plot(steps[ROLLING_ROWS - 1 :], means, color=color, label=name)
        ax.set_xlabel("training row")
        ax.set_ylabel(f"|target - output|, and its mean over {ROLLING_ROWS} rows")
        ax.grid(alpha=0.3)
        if ax.get_legend_handles_labels()[1]:
            ax.legend()
        return ax

    _file_names: ClassVar[tuple[str, ...]] = ("results.json", "results.csv", "errors.png")

    def _contents(self) -> dict[str, Any]:
        content = self.to_dict()
        contents = {"results.json": content, "results.csv": content["rows"]}
        if self.errors:
            contents["errors.png"] = figure = new_figure(9, 5.5)
            self.plot(ax=figure.subplots()).set_title(
                "MNIST's zeros and ones, ten layers of 16"
            )
        return contents
