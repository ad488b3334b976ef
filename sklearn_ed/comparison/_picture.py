"""The comparison as a picture: accuracy against fit time, one point per candidate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .._extras import import_extra
from ._report import format_params
from ._search import Candidate, Outcome

# Two colours of Okabe and Ito's palette, told apart by colour-blind readers too.
_STYLES = ({"color": "#D55E00", "marker": "o"}, {"color": "#0072B2", "marker": "s"})
# Labels of one estimator above its points, of the other below: fewer collisions.
_LABEL_OFFSETS = ((6, 6), (6, -13))


def save_picture(outcomes: list[Outcome], title: str, file: Path) -> None:
    """Draw cross-validated accuracy against fit time into a PNG file.

    Parameters
    ----------
    outcomes : list of Outcome
        A colour each. Points of the smallest networks are hollow, each point has its
        learning rate beside it, and the best candidates are ringed.
    title : str
    file : Path

    Raises
    ------
    UnusableInput
        If matplotlib is missing.
    """
    matplotlib_figure = import_extra("matplotlib.figure", "The picture")
    ticker = import_extra("matplotlib.ticker", "The picture")
    figure = matplotlib_figure.Figure(figsize=(9, 6.5), layout="constrained")
    axes = figure.subplots()
    for outcome, style, offset in zip(outcomes, _STYLES, _LABEL_OFFSETS, strict=True):
        _draw(axes, outcome, style, offset)
    axes.set_xscale("log")
    axes.margins(x=0.08)
    axes.set_ylim(top=min(axes.get_ylim()[1], 1.005))
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.xaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axes.yaxis.set_major_formatter(lambda accuracy, position: f"{100 * accuracy:.4g} %")
    axes.set_xlabel("mean fit time in seconds (log scale)")
    axes.set_ylabel("cross-validated accuracy, bars: standard deviation over the folds")
    axes.set_title(title)
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize="small")
    figure.savefig(file, dpi=150, format="png")


def _draw(
    axes: Any, outcome: Outcome, style: dict[str, str], label_offset: tuple[int, int]
) -> None:
    usable = [c for c in outcome.candidates if not np.isnan(c.accuracy)]
    axes.errorbar(
        [c.fit_time for c in usable],
        [c.accuracy for c in usable],
        [c.spread for c in usable],
        fmt="none",
        ecolor=style["color"],
        elinewidth=1,
        alpha=0.3,
    )
    sizes = sorted({c.params["hidden_layer_sizes"] for c in usable})
    for size in sizes:
        points = [c for c in usable if c.params["hidden_layer_sizes"] == size]
        axes.plot(
            [c.fit_time for c in points],
            [c.accuracy for c in points],
            linestyle="none",
            markerfacecolor="white" if size == sizes[0] and len(sizes) > 1 else style["color"],
            label=f"{outcome.name}, hidden_layer_sizes={size}",
            **style,
        )
    for candidate in usable:
        axes.annotate(
            f"{_learning_rate(candidate):g}",
            (candidate.fit_time, candidate.accuracy),
            xytext=label_offset,
            textcoords="offset points",
            color=style["color"],
            fontsize="small",
        )
    axes.plot(
        outcome.best.fit_time,
        outcome.best.accuracy,
        linestyle="none",
        markersize=13,
        markerfacecolor="none",
        label=f"best: {format_params(outcome.best.params)}",
        **style,
    )


def _learning_rate(candidate: Candidate) -> float:
    """`alpha` of EDClassifier, `learning_rate_init` of MLPClassifier."""
    params = candidate.params
    return params["alpha"] if "alpha" in params else params["learning_rate_init"]
