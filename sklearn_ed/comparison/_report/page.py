"""Results as a self-contained HTML page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from io import BytesIO
from math import isnan
from string import Template
from typing import Any

from ..._utils.extras import import_extra
from ..._utils.formatting import format_seconds
from .._problem import describe_data
from .._results import ComparisonFields, candidate_rows, result_row
from .pictures import draw
from .text import format_score, make_notes

MISSING = "\N{EN DASH}"
_SIZE = (8.0, 6.0)  # inches
_CSS_PIXELS = 96  # per inch
# Text, axes and grid of a picture in the colours of page.css, by colour scheme.
_INKS = {
    "light": {"text": "#1b2026", "line": "#57616b", "grid": "#b0b0b0"},
    "dark": {"text": "#e5e8eb", "line": "#a3adb7", "grid": "#8a939c"},
}
_NOTICE = (
    '<p class="notice" role="note"><strong>Interrupted.</strong> '
    "The comparison was stopped early. This page shows the finished part.</p>"
)


def page_html(comparison: ComparisonFields) -> str:
    """The page of a `Comparison`."""
    name, scoring, results = comparison.name, comparison.scoring, comparison.results
    rows = [result_row(result) for result in results]
    estimator_facts = [
        (f"outcomes.{place}.estimator", result.name, result.estimator)
        for place, result in enumerate(results)
    ]
    settings = comparison.settings | {"n_jobs": comparison.settings.get("n_jobs") or 1}
    total_time = ("seconds", "total time", format_seconds(comparison.seconds))
    data = describe_data(name, comparison.task, comparison.data)
    return Template(_resource("page.html")).substitute(
        title=escape(name),
        style=_resource("page.css"),
        script=_resource("page.js"),
        task=escape(comparison.task.capitalize()),
        scoring=escape(scoring),
        data=escape(data.removeprefix(f"{name}: ")),
        notice="" if comparison.complete else _NOTICE,
        results=_table("result", _RESULT_COLUMNS, rows, scoring),
        candidates=_table("candidates", _CANDIDATE_COLUMNS, candidate_rows(results), scoring),
        pictures="\n".join(_figures(comparison)),
        notes="\n".join(f"<li>{escape(note)}</li>" for note in make_notes(comparison)),
        estimators=_facts("estimators", estimator_facts),
        settings=_facts("settings", [*_flat("terms", settings), total_time]),
        machine=_facts("machine", _flat("machine", comparison.machine)),
    )


def _resource(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8").strip()


def _scrollable(content: str, label: str) -> str:
    """A box that scrolls sideways if its content is too wide, by keyboard too."""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{label}">\n'
        f"{content}\n</div>"
    )


# Tables of numbers


@dataclass(frozen=True)
class _Numbers:
    """A column of numbers; `spread` names the key of a standard deviation shown beside."""

    name: str
    heading: str
    format: Callable[[Any, str], str]
    spread: str | None = None
    best: str = "ascending"

    def head(self, scoring: str) -> str:
        return (
            f'<th scope="col" data-column="{self.name}" data-first="{self.best}" '
            f'class="number">{escape(self.heading.format(scoring))}</th>'
        )

    def cell(self, row: dict[str, Any], scoring: str) -> str:
        text, value = self._value(row[self.name], scoring)
        if self.spread is not None and value:
            spread, spread_value = self._value(row[self.spread], scoring)
            text += (
                f' <span class="spread" data-column="{self.spread}"{spread_value}>'
                f"± {spread}</span>"
            )
        return f'<td data-column="{self.name}"{value} class="number">{text}</td>'

    def _value(self, value: Any, scoring: str) -> tuple[str, str]:
        """The rounded text, and an attribute with all digits."""
        if value is None or isnan(value):
            return MISSING, ""
        exact = repr(float(value)) if isinstance(value, float) else repr(int(value))
        return escape(self.format(value, scoring)), f' data-value="{exact}"'


@dataclass(frozen=True)
class _Params:
    """The column of parameters."""

    heading: str

    def head(self, scoring: str) -> str:
        return f'<th scope="col" data-column="params" class="params">{self.heading}</th>'

    def cell(self, row: dict[str, Any], scoring: str) -> str:
        shown = f"<code>{escape(row['params'])}</code>" if row["params"] else MISSING
        badge = ' <span class="badge">best</span>' if row.get("best") else ""
        return f'<td data-column="params" class="params">{shown}{badge}</td>'


def _seconds(value: float, scoring: str) -> str:
    return format_seconds(value)


_Columns = tuple[_Numbers | _Params, ...]
_CV_SCORE = _Numbers("cv_score", "CV {}", format_score, "cv_spread", best="descending")
# The best parameters come last, so that a phone shows the scores without scrolling.
_RESULT_COLUMNS: _Columns = (
    _CV_SCORE,
    _Numbers("test_score", "test {}", format_score, "test_spread", best="descending"),
    _Numbers("n_parameters", "parameters", lambda value, scoring: f"{value:,}"),
    _Numbers("fit_time", "fit time", _seconds),
    _Numbers("predict_time", "predict time", _seconds),
    _Numbers("search_time", "search time", _seconds),
    _Params("best parameters"),
)
_CANDIDATE_COLUMNS: _Columns = (
    _Params("parameters"),
    _CV_SCORE,
    _Numbers("cv_fit_time", "mean fit time", _seconds),
    _Numbers("cv_score_time", "mean score time", _seconds),
)


def _table(section: str, columns: _Columns, rows: list[dict[str, Any]], scoring: str) -> str:
    """A sortable table with a row for each estimator or candidate."""
    head = "".join(column.head(scoring) for column in columns)
    lines = [
        f'<table class="sortable" aria-labelledby="{section}">',
        f'<thead><tr><th scope="col" data-column="estimator">estimator</th>{head}</tr></thead>',
        "<tbody>",
    ]
    for row in rows:
        name = escape(row["estimator"])
        cells = "".join(column.cell(row, scoring) for column in columns)
        lines.append(
            f'<tr data-estimator="{name}"><th scope="row" data-column="estimator">{name}</th>'
            f"{cells}</tr>"
        )
    return _scrollable("\n".join([*lines, "</tbody>", "</table>"]), section)


# Tables of facts: the path in the JSON file, the name shown, the value

_Fact = tuple[str, str, Any]
_FACT_NAMES = {
    "n_folds": "folds",
    "n_search_rows": "rows of the search",
    "n_repeats": "fits of each best candidate",
    "seeds": "seeds of these fits",
    "random_state": "seed of the search",
    "n_jobs": "jobs of the search",
    "cpu": "CPU",
    "blas": "BLAS",
    "blas_threads": "BLAS threads",
}


def _flat(path: str, values: dict[str, Any]) -> Iterator[_Fact]:
    """The values as facts; remarks stand among the notes of the page."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from ((f"{path}.{key}.{name}", name, each) for name, each in value.items())
        elif key != "remarks":
            yield f"{path}.{key}", _FACT_NAMES.get(key, key.replace("_", " ")), value


def _facts(section: str, facts: Iterable[_Fact]) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        f'<td data-fact="{escape(key)}">{escape(_fact_text(value))}</td></tr>'
        for key, name, value in facts
    )
    table = f'<table aria-labelledby="{section}">\n<tbody>\n{rows}\n</tbody>\n</table>'
    return _scrollable(table, section)


def _fact_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_fact_text, value)) or MISSING
    return MISSING if value is None else str(value)


# Pictures

_CAPTIONS = {
    "candidates": "Every candidate: cross-validated score against the mean time of a fit. "
    "Higher is better, further left is faster. A large outline marks the best candidate "
    "of each estimator.",
    "epochs": "Learning curves of the best candidates on the folds' test rows, against epochs. "
    "An epoch is not the same amount of work for every estimator.",
    "seconds": "The same learning curves against seconds of training.",
}


def _figures(comparison: ComparisonFields) -> Iterator[str]:
    """Each picture in both colour schemes: page.css shows one, and the light one in print."""
    has_curves = any(result.curve is not None for result in comparison.results)
    width, height = (round(_CSS_PIXELS * side) for side in _SIZE)
    for kind in _CAPTIONS if has_curves else ["candidates"]:
        alt = escape(_alt_text(comparison, kind))
        images = "\n".join(
            f'<img class="{scheme}" src="data:image/svg+xml;base64,'
            f'{b64encode(_svg(comparison, kind, scheme)).decode("ascii")}" '
            f'width="{width}" height="{height}" alt="{alt}">'
            for scheme in _INKS
        )
        caption = f'<figcaption id="{kind}-caption">{escape(_CAPTIONS[kind])}</figcaption>'
        yield f"<figure>\n{_scrollable(images, f'{kind}-caption')}\n{caption}\n</figure>"


def _svg(comparison: ComparisonFields, kind: str, scheme: str) -> bytes:
    """A picture with a transparent background; the same results give the same bytes."""
    matplotlib = import_extra("matplotlib", "The report")
    figures = import_extra("matplotlib.figure", "The report")
    text, line, grid = _INKS[scheme].values()
    colored = {
        text: ["text.color", "axes.labelcolor", "axes.titlecolor"],
        line: ["axes.edgecolor", "xtick.color", "ytick.color"],
        grid: ["grid.color"],
        "none": ["figure.facecolor", "axes.facecolor", "savefig.facecolor"],
    }
    settings: dict[str, Any] = {key: color for color, keys in colored.items() for key in keys}
    settings |= {"xtick.labelcolor": text, "ytick.labelcolor": text, "savefig.bbox": None}
    # Names may contain dollar signs.
    settings |= {"text.parse_math": False, "text.usetex": False, "svg.hashsalt": "sklearn_ed"}
    image = BytesIO()
    with matplotlib.rc_context(settings):
        figure = figures.Figure(figsize=_SIZE, layout="constrained")
        ax = figure.subplots()
        draw(ax, kind, comparison)
        for label in ax.texts:
            label.set_color(_darker(label.get_color(), text))
        figure.savefig(image, format="svg", metadata={"Date": None})
    return image.getvalue()


def _darker(color: Any, ink: str) -> tuple[float, ...]:
    """A colour half way to that of the text: small labels need more contrast than points."""
    colors = import_extra("matplotlib.colors", "The report")
    pairs = zip(colors.to_rgb(color), colors.to_rgb(ink), strict=True)
    return tuple((a + b) / 2 for a, b in pairs)


def _alt_text(comparison: ComparisonFields, kind: str) -> str:
    results, scoring = comparison.results, comparison.scoring
    if kind == "candidates":
        best = "; ".join(
            f"{result.name} {format_score(result.best.score, scoring)} in "
            f"{format_seconds(result.best.fit_time)}"
            for result in results
        )
        return f"Cross-validated {scoring} against mean fit time. Best: {best}."
    ends = []
    for result in results:
        if result.curve is not None:
            score = format_score(result.curve.mean_scores[-1], scoring)
            seconds = format_seconds(result.curve.mean_seconds[-1])
            epochs = f"{len(result.curve.scores[0])} epochs"
            ends.append(
                f"{result.name} {score} after {epochs if kind == 'epochs' else seconds}"
            )
    against = "epochs" if kind == "epochs" else "seconds of training"
    return (
        f"Mean {scoring} on the folds' test rows against {against}. At the end: "
        f"{'; '.join(ends)}."
    )
