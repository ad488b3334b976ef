"""The comparison in words: a heading, a table and what to know when reading it."""

from __future__ import annotations

from textwrap import fill

import numpy as np

from ._budget import Budget
from ._problem import Problem
from ._search import N_PREDICTIONS, Outcome

WIDTH = 80


def describe(problem: Problem) -> str:
    """One paragraph on the data, known before the search starts."""
    _, counts = np.unique(problem.y_test, return_counts=True)
    return fill(
        f"{problem.name}: {problem.X_train.shape[0]} training and {problem.X_test.shape[0]} "
        f"test rows, {problem.X_train.shape[1]} columns ({problem.inputs}), "
        f"{problem.n_classes} classes, the most frequent of which is "
        f"{counts.max() / counts.sum():.1%} of the test rows.",
        WIDTH,
    )


def report(
    problem: Problem, budget: Budget, outcomes: list[Outcome], n_jobs: int | None
) -> str:
    """The table and its notes.

    Parameters
    ----------
    problem : Problem
    budget : Budget
    outcomes : list of Outcome
        One row of the table each.
    n_jobs : int or None
        Jobs of the searches.
    """
    return "\n\n".join([_table(outcomes), _notes(problem, budget, outcomes, n_jobs)])


def _table(outcomes: list[Outcome]) -> str:
    header = ["", "CV accuracy", "test accuracy", "fit time", "grid time", "predict time"]
    rows = [
        [
            outcome.name,
            f"{outcome.best.accuracy:.1%} +/- {outcome.best.spread:.1%}",
            f"{outcome.test_accuracy:.1%}",
            format_seconds(outcome.fit_time),
            format_seconds(outcome.grid_time),
            format_seconds(outcome.predict_time),
        ]
        for outcome in outcomes
    ]
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]

    def line(cells: list[str]) -> str:
        first, *others = (
            f"{cell:<{width}}" if k == 0 else f"{cell:>{width}}"
            for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join([first, *others])

    lines = [line(header), "-" * len(line(header))]
    for outcome, row in zip(outcomes, rows, strict=True):
        lines += [line(row), f"  best: {format_params(outcome.best.params)}"]
    return "\n".join(lines)


def _notes(
    problem: Problem, budget: Budget, outcomes: list[Outcome], n_jobs: int | None
) -> str:
    n_train, n_test = problem.y_train.shape[0], problem.y_test.shape[0]
    n_search = budget.rows.shape[0]
    searched = (
        "the training rows"
        if n_search == n_train
        else f"a stratified sample of {n_search} training rows"
    )
    n_right = n_test * np.mean([outcome.test_accuracy for outcome in outcomes])
    typical = (n_right + 1) / (n_test + 2)  # no standard error of 0 for 100 %
    notes = [
        f"CV accuracy: mean +/- standard deviation over {budget.n_folds} folds of {searched}, "
        f"of the best of {len(outcomes[0].candidates)} candidates each; folds, learning rates "
        f"and epochs (at most {budget.max_iter}) are the same, and so is the number of hidden "
        "units: ED's sizes are those of each of its networks, one per pair of classes, from "
        "eleven classes on one per class (one alone for two classes).",
        f"Test accuracy: of that candidate, fitted on all {n_train} training rows in the fit "
        f"time given. With {n_test} test rows its standard error is about "
        f"{np.sqrt(typical * (1 - typical) / n_test):.1%}.",
        f"Predict time: all {n_test} test rows, median of {N_PREDICTIONS} runs.",
        "All times: one thread per fit"
        + ("." if n_jobs in (None, 1) else f"; the grid times with n_jobs={n_jobs}."),
    ]
    for outcome in outcomes:
        if outcome.n_out_of_epochs:
            notes.append(
                f"{outcome.name}: {outcome.n_out_of_epochs} of {outcome.n_fits} fits of the "
                f"search used up all {budget.max_iter} epochs."
            )
        if outcome.n_failed:
            notes.append(
                f"{outcome.name}: {outcome.n_failed} of {outcome.n_fits} fits of the search "
                "failed; their candidates are out."
            )
    return "\n".join(fill(note, WIDTH, subsequent_indent="  ") for note in notes)


def format_seconds(seconds: float) -> str:
    """Three significant digits, in ms below 0.1 s.

    >>> format_seconds(0.00123), format_seconds(0.5), format_seconds(83.2)
    ('1.23 ms', '0.50 s', '83.2 s')
    """
    if seconds < 0.1:
        return f"{1000 * seconds:.3g} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def format_params(params: dict) -> str:
    """The parameters as they are written in a call.

    >>> format_params({"alpha": 0.01, "hidden_layer_sizes": (8,)})
    'alpha=0.01, hidden_layer_sizes=(8,)'
    """
    return ", ".join(f"{name}={value!r}" for name, value in params.items())
