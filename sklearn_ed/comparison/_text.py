"""The comparison in words: a heading, a table and what to know when reading it."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np

from ._outcome import format_params
from ._record import Record

WIDTH = 80
_SHARES = {"accuracy", "balanced_accuracy"}
"""Scores that are told in percent."""


def describe(name: str, task: str, data: dict[str, Any]) -> str:
    """A sentence on the data, as `Comparison.data` has them."""
    held_out = f" and {data['n_test']} test" if data["n_test"] else ""
    text = (
        f"{name}: {data['n_train']} training{held_out} rows, {data['n_features']} columns "
        f"({data['inputs']})"
    )
    if task == "classification":
        rows = "test rows" if data["n_test"] else "rows"
        text += (
            f", {data['n_classes']} classes, the most frequent of which is "
            f"{data['majority']:.1%} of the {rows}"
        )
    return text + "."


def report(comparison: Record, *, heading: bool, with_notes: bool) -> str:
    """The table, the data above it, the notes below, in 80 columns."""
    parts = [table(comparison)]
    if heading:
        data = describe(comparison.name, comparison.task, comparison.data)
        parts.insert(0, fill(data, WIDTH))
    if with_notes:
        told = [fill(note, WIDTH, subsequent_indent="  ") for note in notes(comparison)]
        parts.append("\n".join(told))
    return "\n\n".join(parts)


def table(comparison: Record) -> str:
    """A row for each contestant, its best parameters below."""
    scoring = comparison.scoring
    name = scoring if len(scoring) <= 8 else "score"
    header = ["", f"CV {name}", f"test {name}", "parameters", "fit", "predict"]
    rows = [
        [
            outcome.name,
            format_mean(outcome.best.score, outcome.best.spread, scoring),
            format_mean(outcome.test_score, outcome.test_spread, scoring),
            "-" if outcome.n_parameters is None else f"{outcome.n_parameters}",
            format_seconds(outcome.fit_time),
            format_seconds(outcome.predict_time),
        ]
        for outcome in comparison.outcomes
    ]
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]

    def line(cells: list[str]) -> str:
        first, *others = (
            f"{cell:<{width}}" if k == 0 else f"{cell:>{width}}"
            for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join([first, *others])

    lines = [line(header), "-" * len(line(header))]
    for outcome, row in zip(comparison.outcomes, rows, strict=True):
        lines.append(line(row))
        if outcome.best.params:
            params = f"best: {format_params(outcome.best.params)}"
            lines.append(fill(params, WIDTH, initial_indent="  ", subsequent_indent="    "))
    return "\n".join(lines)


def notes(comparison: Record) -> list[str]:
    """What to know when reading the table, a paragraph each."""
    data, terms, outcomes = comparison.data, comparison.terms, comparison.outcomes
    n_train, n_test = data["n_train"], data["n_test"]
    searched = (
        "the training rows"
        if terms["n_search_rows"] == n_train
        else f"a sample of {terms['n_search_rows']} training rows"
    )
    n_folds = len(outcomes[0].candidates[0].scores)
    told = [
        f"CV {comparison.scoring}: mean +/- standard deviation over {n_folds} folds of "
        f"{searched}, of the best of each contestant's candidates "
        f"({_listed([len(outcome.candidates) for outcome in outcomes])}). All learn the same "
        "folds, taking turns at each.",
    ]
    n_fits = max(len(outcome.fits) for outcome in outcomes)
    if n_fits:
        if n_test:
            seeds = "with one seed" if n_fits == 1 else f"over {n_fits} seeds"
            told.append(
                f"Test {comparison.scoring}: of that candidate, fitted on all {n_train} "
                f"training rows, mean +/- standard deviation {seeds}, the same for all."
                + _standard_error(comparison)
            )
        rows = f"{n_test} test" if n_test else f"{n_train} training"
        told.append(
            "Fit time: median of these fits, taken in turns. Predict time: all "
            f"{rows} rows, median."
        )
    if any(outcome.n_parameters is not None for outcome in outcomes):
        told.append("Parameters: weights and biases of the best candidate.")
    n_jobs = terms["n_jobs"]
    told.append(
        "All times: one thread per fit"
        + ("." if n_jobs in (None, 1) else f", {n_jobs} jobs at a time in the search.")
    )
    if comparison.machine.get("tensorflow_threads") not in (None, 1):
        told.append("But TensorFlow was at work before, and kept the threads that it had.")
    told += terms.get("remarks", [])
    for outcome in outcomes:
        if outcome.n_out_of_epochs:
            told.append(
                f"{outcome.name}: {outcome.n_out_of_epochs} of {outcome.n_fits} fits of the "
                f"search used up all {outcome.max_iter} epochs."
            )
        if outcome.n_failed:
            told.append(
                f"{outcome.name}: {outcome.n_failed} of {outcome.n_fits} fits of the search "
                "failed; their candidates are out."
            )
    if not comparison.complete:
        told.append("Interrupted: this is what was finished.")
    return told


def _listed(counts: list[int]) -> str:
    return f"{counts[0]} each" if len(set(counts)) == 1 else ", ".join(map(str, counts))


def _standard_error(comparison: Record) -> str:
    """That of an accuracy, by the number of test rows alone."""
    if comparison.scoring != "accuracy":
        return ""
    n_test = comparison.data["n_test"]
    scores = [outcome.test_score for outcome in comparison.outcomes if outcome.fits]
    typical = (n_test * np.mean(scores) + 1) / (n_test + 2)  # not 0 for 100 %
    error = np.sqrt(typical * (1 - typical) / n_test)
    return f" {n_test} test rows are a sample: its standard error is about {error:.1%}."


def format_mean(mean: float, spread: float, scoring: str) -> str:
    """Mean and standard deviation of a score, a dash for NaN."""
    if np.isnan(mean):
        return "-"
    return f"{format_score(mean, scoring)} +/- {format_score(spread, scoring)}"


def format_score(score: float, scoring: str) -> str:
    """In percent where that is customary.

    >>> format_score(0.9774, "accuracy"), format_score(0.9774, "r2")
    ('97.7%', '0.977')
    """
    return f"{score:.1%}" if scoring in _SHARES else f"{score:.3f}"


def format_seconds(seconds: float) -> str:
    """Three significant digits, in ms below 0.1 s; a dash for NaN.

    >>> format_seconds(0.00123), format_seconds(0.5), format_seconds(83.2)
    ('1.23 ms', '0.50 s', '83.2 s')
    """
    if np.isnan(seconds):
        return "-"
    if seconds < 0.1:
        return f"{1000 * seconds:.3g} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def format_value(value: Any) -> str:
    """A parameter's value beside a point of a picture.

    >>> format_value(0.001), format_value((8,))
    ('0.001', '(8,)')
    """
    return f"{value:g}" if isinstance(value, float) else str(value)
