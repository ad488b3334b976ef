"""The comparison as a page: one HTML file that needs nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from io import BytesIO
from math import isnan
from os import PathLike
from pathlib import Path
from string import Template
from typing import Any

from .._utils.extras import import_extra
from ._display import ComparisonDisplay
from ._record import Record
from ._text import describe, format_score, format_seconds, notes

MISSING = "\N{EN DASH}"
_SIZE = (8.0, 6.0)  # inches
_CSS_PIXELS = 96  # in an inch
# Lines and text of a picture as in page.css, by colour scheme.
_INKS = {
    "light": {"ink": "#1b2026", "line": "#57616b", "grid": "#b0b0b0"},
    "dark": {"ink": "#e5e8eb", "line": "#a3adb7", "grid": "#8a939c"},
}


def save_page(comparison: Record, path: str | PathLike) -> None:
    """Write the page.

    Parameters
    ----------
    comparison : Record
    path : str or path-like
        The file.

    Raises
    ------
    MissingExtra
        If matplotlib is missing.
    """
    Path(path).write_text(_page(comparison), encoding="utf-8")


def _page(comparison: Record) -> str:
    data = describe(comparison.name, comparison.task, comparison.data)
    return Template(_resource("page.html")).substitute(
        title=escape(comparison.name),
        style=_resource("page.css"),
        script=_resource("page.js"),
        task=escape(comparison.task.capitalize()),
        scoring=escape(comparison.scoring),
        data=escape(data.removeprefix(f"{comparison.name}: ")),
        notice="" if comparison.complete else _NOTICE,
        contestants=_table("result", _CONTESTANTS, comparison.rows(), comparison.scoring),
        candidates=_table(
            "candidates", _CANDIDATES, comparison.candidate_rows(), comparison.scoring
        ),
        pictures=_pictures(comparison),
        notes="\n".join(f"<li>{escape(note)}</li>" for note in notes(comparison)),
        estimators=_facts("estimators", _estimator_facts(comparison)),
        terms=_facts("terms", _term_facts(comparison)),
        machine=_facts("machine", _machine_facts(comparison.machine)),
    )


def _resource(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8").strip()


_NOTICE = (
    '<p class="notice" role="note"><strong>Interrupted.</strong> '
    "The comparison was stopped before its end. This is what was finished.</p>"
)


# Tables


@dataclass(frozen=True)
class _Column:
    """A column of numbers.

    Attributes
    ----------
    name : str
        Key of the rows' dictionaries.
    heading : str
        May have a place for the score's name.
    show : callable
        Makes the text of a value from the value and the score's name.
    spread : str or None
        Key of the standard deviation beside it.
    best : {"descending", "ascending"}
        Order that has the best on top.
    """

    name: str
    heading: str
    show: Callable[[Any, str], str]
    spread: str | None = None
    best: str = "ascending"


def _seconds(value: float, scoring: str) -> str:
    return format_seconds(value)


def _count(value: int, scoring: str) -> str:
    return f"{value:,}"


_CONTESTANTS = (
    _Column("cv_score", "CV {}", format_score, "cv_spread", best="descending"),
    _Column("test_score", "test {}", format_score, "test_spread", best="descending"),
    _Column("n_parameters", "parameters learned", _count),
    _Column("fit_time", "fit time", _seconds),
    _Column("predict_time", "predict time", _seconds),
    _Column("search_time", "search time", _seconds),
)
_CANDIDATES = (
    _Column("cv_score", "CV {}", format_score, "cv_spread", best="descending"),
    _Column("cv_fit_time", "mean fit time", _seconds),
    _Column("cv_score_time", "mean score time", _seconds),
)


def _table(
    section: str, columns: tuple[_Column, ...], rows: list[dict[str, Any]], scoring: str
) -> str:
    """A table that can be sorted: estimator, parameters, numbers.

    What the best parameters are comes last: a phone shows the scores without scrolling.
    """
    is_result = section == "result"
    params = "best parameters" if is_result else "parameters"
    headings = [
        f'<th scope="col" data-column="{column.name}" data-first="{column.best}" '
        f'class="number">{escape(column.heading.format(scoring))}</th>'
        for column in columns
    ]
    headings.insert(
        len(headings) if is_result else 0,
        f'<th scope="col" data-column="params" class="params">{params}</th>',
    )
    headings.insert(0, '<th scope="col" data-column="estimator">estimator</th>')
    body = "\n".join(_row(columns, row, scoring) for row in rows)
    table = (
        f'<table class="sortable" aria-labelledby="{section}">\n'
        f"<thead><tr>{''.join(headings)}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )
    return _scroll(table, section)


def _scroll(content: str, label: str) -> str:
    """A box that scrolls what is too wide, by keyboard too."""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{label}">\n'
        f"{content}\n</div>"
    )


def _row(columns: tuple[_Column, ...], row: dict[str, Any], scoring: str) -> str:
    name, params = escape(row["estimator"]), escape(row["params"])
    shown = f"<code>{params}</code>" if params else MISSING
    if row.get("best"):
        shown += ' <span class="badge">best</span>'
    cells = []
    for column in columns:
        text, value = _value(row, column.name, column.show, scoring)
        if column.spread is not None and value:
            spread, spread_value = _value(row, column.spread, column.show, scoring)
            spread_name = f' data-column="{column.spread}"'
            text += f' <span class="spread"{spread_name}{spread_value}>± {spread}</span>'
        cells.append(f'<td data-column="{column.name}"{value} class="number">{text}</td>')
    is_candidate = "best" in row
    cells.insert(
        0 if is_candidate else len(cells),
        f'<td data-column="params" class="params">{shown}</td>',
    )
    cells.insert(0, f'<th scope="row" data-column="estimator">{name}</th>')
    return f'<tr data-estimator="{name}">{"".join(cells)}</tr>'


def _value(
    row: dict[str, Any], name: str, show: Callable[[Any, str], str], scoring: str
) -> tuple[str, str]:
    """Text of a number, and the attribute that has all its digits."""
    value = row[name]
    if value is None or isnan(value):
        return MISSING, ""
    exact = repr(float(value)) if isinstance(value, float) else repr(int(value))
    return escape(show(value, scoring)), f' data-value="{exact}"'


# Facts


def _estimator_facts(comparison: Record) -> Iterator[tuple[str, str, Any]]:
    """Keys, names and calls of the estimators."""
    for place, outcome in enumerate(comparison.outcomes):
        yield f"outcomes.{place}.estimator", outcome.name, outcome.estimator


def _term_facts(comparison: Record) -> Iterator[tuple[str, str, Any]]:
    """Keys, names and values of what each contestant was given."""
    names = {
        "n_folds": "folds",
        "n_search_rows": "rows of the search",
        "n_repeats": "fits of each best candidate",
        "seeds": "seeds of these fits",
        "random_state": "seed of the search",
        "n_jobs": "jobs of the search",
    }
    terms = {key: value for key, value in comparison.terms.items() if key != "remarks"}
    for key, value in terms.items():
        if key == "n_jobs" and value is None:
            value = 1
        yield f"terms.{key}", names.get(key, _words(key)), value
    yield "seconds", "time of everything", format_seconds(comparison.seconds)


def _machine_facts(machine: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Keys, names and values of what it ran on."""
    names = {"cpu": "CPU", "blas": "BLAS", "blas_threads": "BLAS threads"}
    for key, value in machine.items():
        if isinstance(value, dict):
            for name, version in value.items():
                yield f"machine.{key}.{name}", name, version
        else:
            yield f"machine.{key}", names.get(key, _words(key)), value


def _words(key: str) -> str:
    return key.replace("_", " ")


def _facts(section: str, facts: Iterable[tuple[str, str, Any]]) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        f'<td data-fact="{escape(key)}">{escape(_said(value))}</td></tr>'
        for key, name, value in facts
    )
    table = f'<table aria-labelledby="{section}">\n<tbody>\n{rows}\n</tbody>\n</table>'
    return _scroll(table, section)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_said, value)) or MISSING
    return MISSING if value is None else str(value)


# Pictures


def _pictures(comparison: Record) -> str:
    curves = any(o.curve is not None and o.curve.scores for o in comparison.outcomes)
    figures = [_figure(comparison, kind) for kind in _CAPTIONS if curves or kind == _ALWAYS]
    figures.insert(0, '<section>\n<h2 id="pictures">Pictures</h2>')
    return "\n".join([*figures, "</section>"])


_ALWAYS = "candidates"
_CAPTIONS = {
    "candidates": "Every candidate: score in the cross-validation against the mean time of a "
    "fit. Up is better, left is faster. The best of each estimator is ringed.",
    "epochs": "Learning curves of the best candidates on the rows left out, against epochs. "
    "An epoch is not the same amount of work for all.",
    "seconds": "The same learning curves against the seconds of learning.",
}


def _figure(comparison: Record, kind: str) -> str:
    """The picture in the colours of each scheme: page.css shows one, in print the light one."""
    width, height = (round(_CSS_PIXELS * side) for side in _SIZE)
    picture = "\n".join(
        f'<img class="{scheme}" src="{_data_uri(_svg(comparison, kind, scheme))}" '
        f'width="{width}" height="{height}" alt="{escape(_alt(comparison, kind))}">'
        for scheme in _INKS
    )
    caption = f'<figcaption id="{kind}-caption">{escape(_CAPTIONS[kind])}</figcaption>'
    return f"<figure>\n{_scroll(picture, f'{kind}-caption')}\n{caption}\n</figure>"


def _svg(comparison: Record, kind: str, scheme: str) -> bytes:
    """Without a background of its own, and the same bytes each time."""
    matplotlib = import_extra("matplotlib", "The report")
    figures = import_extra("matplotlib.figure", "The report")
    inks = _INKS[scheme]
    settings = {
        "text.color": inks["ink"],
        "axes.labelcolor": inks["ink"],
        "axes.titlecolor": inks["ink"],
        "axes.edgecolor": inks["line"],
        "xtick.color": inks["line"],
        "ytick.color": inks["line"],
        "xtick.labelcolor": inks["ink"],
        "ytick.labelcolor": inks["ink"],
        "grid.color": inks["grid"],
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "savefig.bbox": None,
        "svg.hashsalt": "sklearn_ed",
        "text.parse_math": False,  # names may have dollar signs
        "text.usetex": False,
    }
    image = BytesIO()
    with matplotlib.rc_context(settings):
        figure = figures.Figure(figsize=_SIZE, layout="constrained")
        ax = ComparisonDisplay(comparison, kind=kind).plot(ax=figure.subplots()).ax_
        for label in ax.texts:
            label.set_color(_readable(label.get_color(), inks["ink"]))
        figure.savefig(image, format="svg", metadata={"Date": None})
    return image.getvalue()


def _readable(color: Any, ink: str) -> tuple[float, ...]:
    """The colour half way to that of the text: small labels need more contrast than points."""
    colors = import_extra("matplotlib.colors", "The report")
    pairs = zip(colors.to_rgb(color), colors.to_rgb(ink), strict=True)
    return tuple((a + b) / 2 for a, b in pairs)


def _data_uri(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg).decode('ascii')}"


def _alt(comparison: Record, kind: str) -> str:
    """The picture in words."""
    scoring = comparison.scoring
    if kind == "candidates":
        said = [
            f"{o.name} {format_score(o.best.score, scoring)} in "
            f"{format_seconds(o.best.fit_time)}"
            for o in comparison.outcomes
        ]
        return f"Cross-validated {scoring} against mean fit time. Best: {'; '.join(said)}."
    said = []
    for outcome in comparison.outcomes:
        curve = outcome.curve
        if curve is not None and curve.scores:
            last = sum(fold[-1] for fold in curve.scores) / len(curve.scores)
            seconds = sum(fold[-1] for fold in curve.seconds) / len(curve.seconds)
            end = f"{len(curve.scores[0])} epochs"
            end = end if kind == "epochs" else format_seconds(seconds)
            said.append(f"{outcome.name} {format_score(last, scoring)} after {end}")
    against = "epochs" if kind == "epochs" else "seconds of learning"
    return f"Mean {scoring} on the rows left out against {against}. At the end: " + (
        f"{'; '.join(said)}."
    )
