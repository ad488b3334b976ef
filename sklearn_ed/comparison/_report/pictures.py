"""Results as pictures: candidates, learning curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._utils.extras import import_extra
from ..._utils.formatting import format_params
from ..._utils.plotting import COLORS, as_png
from .._results import Candidate, ComparisonFields, EstimatorResult, LearningCurve

KINDS = ("candidates", "epochs", "seconds")
_COLORS = tuple(COLORS.values())
_MARKERS = "osD^vP"
# Labels above the points of one estimator and below those of the next collide less often.
_LABEL_OFFSETS = ((6, 6), (6, -13))


def draw(ax: Any, kind: str, comparison: ComparisonFields) -> None:
    """Draw one of KINDS for all estimators."""
    scoring = comparison.scoring
    for place, result in enumerate(comparison.results):
        color = _COLORS[place % len(_COLORS)]
        style = {"color": color, "marker": _MARKERS[place % len(_MARKERS)]}
        if kind == "candidates":
            _draw_candidates(ax, result, style, _LABEL_OFFSETS[place % 2])
        elif result.curve is not None:
            _draw_curve(ax, result.name, result.curve, style, against=kind)
    if kind == "candidates":
        ax.set_xlabel("mean fit time in seconds (log scale)")
        ax.set_ylabel(f"cross-validated {scoring} (bars: standard deviation over the folds)")
    else:
        unit = "epochs" if kind == "epochs" else "seconds of training"
        ax.set_xlabel(f"{unit} (log scale)")
        ax.set_ylabel(f"{scoring} on the folds' test rows (band: standard deviation)")
    if ax.has_data():
        _finish(ax)
    ax.margins(x=0.08)
    if scoring == "accuracy":
        ax.set_ylim(top=min(ax.get_ylim()[1], 1.005))
        ax.yaxis.set_major_formatter(lambda score, position: f"{100 * score:.4g} %")
    ax.set_title(comparison.name)
    ax.grid(alpha=0.3)


def png(kinds: list[str], comparison: ComparisonFields) -> bytes:
    """Pictures side by side as a PNG file."""
    figures = import_extra("matplotlib.figure", "The picture")
    figure = figures.Figure(figsize=(1 + 8 * len(kinds), 6.5), layout="constrained")
    for kind, ax in zip(kinds, np.ravel(figure.subplots(1, len(kinds))), strict=True):
        draw(ax, kind, comparison)
    return as_png(figure)


def _finish(ax: Any) -> None:
    """A log scale with ticks at 1, 2, 5, and the legend below."""
    ticker = import_extra("matplotlib.ticker", "The picture")
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_locator(ticker.NullLocator())
    ax.xaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.1)}
    ax.legend(ncols=2, frameon=False, fontsize="small", **below)


def _draw_candidates(
    ax: Any, result: EstimatorResult, style: dict[str, str], label_offset: tuple[int, int]
) -> None:
    usable = [c for c in result.candidates if not np.isnan(c.score)]
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
    groups = _values(usable, group_name)
    for group in groups:
        points = [c for c in usable if c.params.get(group_name) == group]
        is_hollow = group_name is not None and group == groups[0]
        shown = "" if group_name is None else f", {group_name}={group!r}"
        ax.plot(
            [c.fit_time for c in points],
            [c.score for c in points],
            linestyle="none",
            markerfacecolor="none" if is_hollow else style["color"],
            label=result.name + shown,
            **style,
        )
    for candidate in usable if label_name is not None else []:
        value = candidate.params.get(label_name)
        ax.annotate(
            f"{value:g}" if isinstance(value, float) else str(value),
            (candidate.fit_time, candidate.score),
            xytext=label_offset,
            textcoords="offset points",
            color=style["color"],
            fontsize="small",
        )
    best = result.best
    ax.plot(
        best.fit_time,
        best.score,
        linestyle="none",
        markersize=13,
        markerfacecolor="none",
        label=f"best: {format_params(best.params)}" if best.params else None,
        **style,
    )


def _varied(candidates: list[Candidate]) -> tuple[Any, Any]:
    """The names of the two parameters with the most values, or None."""
    counts = {name: len(_values(candidates, name)) for name in candidates[0].params}
    names = sorted((n for n in counts if counts[n] > 1), key=lambda n: -counts[n])
    label, group, *_ = [*names, None, None]
    return label, group


def _values(candidates: list[Candidate], name: Any) -> list[Any]:
    """The different values of a parameter in the order of the grid, ``[None]`` for no name."""
    values: list[Any] = []
    for candidate in candidates:
        value = candidate.params.get(name)
        if value not in values:
            values.append(value)
    return values


def _draw_curve(
    ax: Any, name: str, curve: LearningCurve, style: dict[str, str], *, against: str
) -> None:
    mean, spread = curve.mean_scores, np.std(curve.scores, axis=0)
    x = np.arange(1, len(mean) + 1) if against == "epochs" else curve.mean_seconds
    ax.plot(x, mean, label=name, markevery=max(1, len(x) // 12), **style)
    ax.fill_between(
        x, mean - spread, mean + spread, color=style["color"], alpha=0.15, linewidth=0
    )
