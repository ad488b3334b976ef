"""The comparison as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._utils.extras import import_extra
from ._outcome import Candidate, Outcome, format_params
from ._record import Record
from ._text import format_value

KINDS = ("candidates", "epochs", "seconds")
# Okabe and Ito's colours, told apart by colour-blind readers too, on white and on black.
_COLORS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKERS = "osD^vP"
# Labels of one contestant above its points, of the next below: fewer collisions.
_LABEL_OFFSETS = ((6, 6), (6, -13))


class ComparisonDisplay:
    """Pictures of a :class:`Comparison`.

    Made by `Comparison.plot`.

    Parameters
    ----------
    comparison : Comparison
    kind : {"candidates", "epochs", "seconds"}, default="candidates"
        "candidates": score of every candidate against its fit time. The best are ringed; beside
        a point stands the value of the parameter that has most values, and points of the
        first value of another one are hollow. "epochs", "seconds": score of the best
        candidates on the rows left out, after every epoch; mean and standard deviation over
        the folds.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
        Set by `plot`.

    Raises
    ------
    ValueError
        If `kind` is none of these.
    """

    def __init__(self, comparison: Record, *, kind: str = "candidates"):
        if kind not in KINDS:
            raise ValueError(f"kind: expected one of {KINDS}, got {kind!r}.")
        self.comparison = comparison
        self.kind = kind

    def plot(self, *, ax: Any = None) -> ComparisonDisplay:
        """Draw it.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        ComparisonDisplay
            Itself.

        Raises
        ------
        MissingExtra
            If matplotlib is missing.
        """
        if ax is None:
            pyplot = import_extra("matplotlib.pyplot", "ComparisonDisplay")
            _, ax = pyplot.subplots(figsize=(9, 6.5), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        for place, outcome in enumerate(self.comparison.outcomes):
            style = {
                "color": _COLORS[place % len(_COLORS)],
                "marker": _MARKERS[place % len(_MARKERS)],
            }
            if self.kind == "candidates":
                _draw_candidates(ax, outcome, style, _LABEL_OFFSETS[place % 2])
            elif outcome.curve is not None and outcome.curve.scores:
                _draw_curve(ax, outcome, style, against=self.kind)
        self._finish(ax)
        return self

    def _finish(self, ax: Any) -> None:
        ticker = import_extra("matplotlib.ticker", "ComparisonDisplay")
        scoring = self.comparison.scoring
        if self.kind == "candidates":
            ax.set_xlabel("mean fit time in seconds (log scale)")
            ax.set_ylabel(f"cross-validated {scoring}, bars: standard deviation over the folds")
        else:
            what = "epochs" if self.kind == "epochs" else "seconds of learning"
            ax.set_xlabel(f"{what} (log scale)")
            ax.set_ylabel(f"{scoring} on the rows left out, band: standard deviation")
        if ax.has_data():
            ax.set_xscale("log")
            ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
            ax.xaxis.set_minor_locator(ticker.NullLocator())
            ax.xaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
            ax.legend(
                loc="upper center",
                bbox_to_anchor=(0.5, -0.1),
                ncols=2,
                frameon=False,
                fontsize="small",
            )
        ax.margins(x=0.08)
        if scoring == "accuracy":
            ax.set_ylim(top=min(ax.get_ylim()[1], 1.005))
            ax.yaxis.set_major_formatter(lambda score, position: f"{100 * score:.4g} %")
        ax.set_title(self.comparison.name)
        ax.grid(alpha=0.3)


def _draw_candidates(
    ax: Any, outcome: Outcome, style: dict[str, str], label_offset: tuple[int, int]
) -> None:
    usable = [c for c in outcome.candidates if not np.isnan(c.score)]
    ax.errorbar(
        [c.fit_time for c in usable],
        [c.score for c in usable],
        [c.spread for c in usable],
        fmt="none",
        ecolor=style["color"],
        elinewidth=1,
        alpha=0.3,
    )
    label_name, group_name = _varied(usable)
    for group in _values(usable, group_name):
        points = [c for c in usable if _value(c, group_name) == group]
        is_hollow = group_name is not None and group == _value(usable[0], group_name)
        shown = "" if group_name is None else f", {group_name}={group!r}"
        ax.plot(
            [c.fit_time for c in points],
            [c.score for c in points],
            linestyle="none",
            markerfacecolor="none" if is_hollow else style["color"],
            label=outcome.name + shown,
            **style,
        )
    for candidate in usable:
        ax.annotate(
            "" if label_name is None else format_value(candidate.params[label_name]),
            (candidate.fit_time, candidate.score),
            xytext=label_offset,
            textcoords="offset points",
            color=style["color"],
            fontsize="small",
        )
    best = outcome.best
    ax.plot(
        best.fit_time,
        best.score,
        linestyle="none",
        markersize=13,
        markerfacecolor="none",
        label=f"best: {format_params(best.params)}" if best.params else None,
        **style,
    )


def _varied(candidates: list[Candidate]) -> tuple[str | None, str | None]:
    """The parameter that has most values, and the one that has next to most."""
    counts = {name: len(_values(candidates, name)) for name in candidates[0].params}
    names = sorted((n for n in counts if counts[n] > 1), key=lambda n: -counts[n])
    label, group, *_ = [*names, None, None]
    return label, group


def _values(candidates: list[Candidate], name: str | None) -> list[Any]:
    """Different values of a parameter, in the order of the grid."""
    values: list[Any] = []
    for candidate in candidates:
        if _value(candidate, name) not in values:
            values.append(_value(candidate, name))
    return values


def _value(candidate: Candidate, name: str | None) -> Any:
    return None if name is None else candidate.params.get(name)


def _draw_curve(ax: Any, outcome: Outcome, style: dict[str, str], *, against: str) -> None:
    curve = outcome.curve
    assert curve is not None
    scores = np.array(curve.scores)
    epochs = np.arange(1, scores.shape[1] + 1)
    x = epochs if against == "epochs" else np.mean(curve.seconds, axis=0)
    mean, spread = scores.mean(axis=0), scores.std(axis=0)
    ax.plot(x, mean, label=outcome.name, markevery=max(1, len(x) // 12), **style)
    ax.fill_between(
        x, mean - spread, mean + spread, color=style["color"], alpha=0.15, linewidth=0
    )
