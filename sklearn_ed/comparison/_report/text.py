"""Results in words: the data, a table, and notes on how to read it."""

from __future__ import annotations

from textwrap import fill

import numpy as np

from ..._utils.formatting import format_params, format_seconds
from .._results import ComparisonFields, EstimatorResult

WIDTH = 80
_PERCENTAGES = {"accuracy", "balanced_accuracy"}


def wrap(text: str, *, indent: int = 0) -> str:
    """The text in lines of WIDTH; all but the first are indented."""
    return fill(text, WIDTH, subsequent_indent=" " * indent)


def result_table(results: list[EstimatorResult], scoring: str) -> str:
    """A line for each estimator, with its best parameters below."""
    score = scoring if len(scoring) <= 8 else "score"
    header = ["", f"CV {score}", f"test {score}", "parameters", "fit", "predict"]
    rows = [
        [
            result.name,
            _format_mean(result.best.score, result.best.spread, scoring),
            _format_mean(result.test_score, result.test_spread, scoring),
            "-" if result.n_parameters is None else str(result.n_parameters),
            format_seconds(result.fit_time),
            format_seconds(result.predict_time),
        ]
        for result in results
    ]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]

    def line(cells: list[str]) -> str:
        name, *numbers = zip(cells, widths, strict=True)
        return "  ".join(
            [name[0].ljust(name[1]), *(text.rjust(width) for text, width in numbers)]
        )

    lines = [line(header), "-" * len(line(header))]
    for result, row in zip(results, rows, strict=True):
        lines.append(line(row))
        if result.best.params:
            lines.append(wrap(f"  best: {format_params(result.best.params)}", indent=4))
    return "\n".join(lines)


def make_notes(comparison: ComparisonFields) -> list[str]:
    """What to know when reading the table, a paragraph each."""
    return [
        _note_on_search(comparison),
        *_notes_on_fits(comparison),
        *_notes_on_times(comparison),
        *comparison.settings.get("remarks", []),
        *_notes_on_failures(comparison.results),
        *([] if comparison.complete else ["Interrupted: only the finished part is shown."]),
    ]


def _note_on_search(comparison: ComparisonFields) -> str:
    n_rows = comparison.settings["n_search_rows"]
    is_sample = n_rows != comparison.data["n_train"]
    rows = f"a sample of {n_rows} training rows" if is_sample else "the training rows"
    counts = [len(result.candidates) for result in comparison.results]
    listed = f"{counts[0]} each" if len(set(counts)) == 1 else ", ".join(map(str, counts))
    n_folds = len(comparison.results[0].candidates[0].scores)
    return (
        f"CV {comparison.scoring}: mean +/- standard deviation over {n_folds} folds of {rows}, "
        f"for the best candidate of each estimator's grid (candidates: {listed}). All "
        "estimators use the same folds and take turns on each."
    )


def _notes_on_fits(comparison: ComparisonFields) -> list[str]:
    results, data = comparison.results, comparison.data
    n_fits = max(len(result.fits) for result in results)
    found = []
    if n_fits and data["n_test"]:
        seeds = "with one seed" if n_fits == 1 else f"over {n_fits} seeds"
        found.append(
            f"Test {comparison.scoring}: the best candidate, fitted on all {data['n_train']} "
            f"training rows; mean +/- standard deviation {seeds}, the same for all estimators."
            + _standard_error(comparison)
        )
    if n_fits:
        rows = f"{data['n_test']} test" if data["n_test"] else f"{data['n_train']} training"
        found.append(
            "Fit time: median of these fits. Predict time: median, for all "
            f"{rows} rows. Estimators take turns for both."
        )
    if any(result.n_parameters is not None for result in results):
        found.append("Parameters: weights and biases of the best candidate.")
    return found


def _standard_error(comparison: ComparisonFields) -> str:
    """The standard error of an accuracy, which depends on the number of test rows."""
    if comparison.scoring != "accuracy":
        return ""
    n_test = comparison.data["n_test"]
    scores = [result.test_score for result in comparison.results if result.fits]
    typical = (n_test * np.mean(scores) + 1) / (n_test + 2)  # below 1 even for 100 %
    error = np.sqrt(typical * (1 - typical) / n_test)
    return f" With {n_test} test rows its standard error is about {error:.1%}."


def _notes_on_times(comparison: ComparisonFields) -> list[str]:
    n_jobs = comparison.settings["n_jobs"]
    jobs = "" if n_jobs in (None, 1) else f"; {n_jobs} parallel jobs in the search"
    found = [f"All times: one thread per fit{jobs}."]
    if comparison.machine.get("tensorflow_threads") not in (None, 1):
        found.append(
            "TensorFlow had been used before and kept its number of threads: its times are "
            "not for one thread."
        )
    return found


def _notes_on_failures(results: list[EstimatorResult]) -> list[str]:
    found = []
    for result in results:
        if result.n_out_of_epochs:
            found.append(
                f"{result.name}: {result.n_out_of_epochs} of {result.n_fits} fits of the "
                f"search reached the maximum number of epochs ({result.max_iter})."
            )
        if result.n_failed:
            found.append(
                f"{result.name}: {result.n_failed} of {result.n_fits} fits of the search "
                "failed; their candidates are ignored."
            )
    return found


def _format_mean(mean: float, spread: float, scoring: str) -> str:
    if np.isnan(mean):
        return "-"
    return f"{format_score(mean, scoring)} +/- {format_score(spread, scoring)}"


def format_score(score: float, scoring: str) -> str:
    """A score as text, accuracies in percent.

    >>> format_score(0.9774, "accuracy"), format_score(0.9774, "r2")
    ('97.7%', '0.977')
    """
    return f"{score:.1%}" if scoring in _PERCENTAGES else f"{score:.3f}"
