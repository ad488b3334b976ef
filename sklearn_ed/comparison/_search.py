"""The grid search of each contestant, and what its best candidate does on the test rows."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any, TextIO

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing

from ._budget import Budget, plan_budget
from ._conditions import expected_warnings_ignored, one_thread_per_fit
from ._contestants import Contestant, make_contestants
from ._errors import UnusableInput
from ._problem import Problem
from ._progress import progress_line, search_progress

N_PREDICTIONS = 7


@dataclass(frozen=True)
class Candidate:
    """One point of a grid, cross-validated.

    Attributes
    ----------
    params : dict
        Parameters of the estimator.
    accuracy, spread : float
        Mean and standard deviation over the folds, NaN if a fit failed.
    fit_time : float
        Mean seconds of a fit on the training rows of a fold.
    """

    params: dict[str, Any]
    accuracy: float
    spread: float
    fit_time: float


@dataclass(frozen=True)
class Outcome:
    """What one contestant achieved.

    Attributes
    ----------
    name : str
        Name of the contestant.
    candidates : list of Candidate
        In the order of the grid.
    best : Candidate
        The first of those with the highest cross-validated accuracy.
    test_accuracy : float
        Of the best candidate, fitted on all training rows.
    fit_time : float
        Seconds of that fit.
    grid_time : float
        Seconds of the whole search, without that fit.
    predict_time : float
        Median seconds of predicting the test rows.
    n_fits : int
        Fits of the search.
    n_out_of_epochs : int
        Those that did not converge within the budget's epochs.
    n_failed : int
        Those that ended in an error.
    """

    name: str
    candidates: list[Candidate]
    best: Candidate
    test_accuracy: float
    fit_time: float
    grid_time: float
    predict_time: float
    n_fits: int
    n_out_of_epochs: int
    n_failed: int


def compare(
    problem: Problem,
    *,
    n_jobs: int | None = None,
    random_state: int = 0,
    stream: TextIO | None = None,
) -> tuple[Budget, list[Outcome]]:
    """Search, refit and test EDClassifier and MLPClassifier on the same rows and folds.

    Parameters
    ----------
    problem : Problem
    n_jobs : int, default=None
        Jobs of each search, as in :class:`~sklearn.model_selection.GridSearchCV`.
    random_state : int, default=0
        Seed of the folds and of both estimators.
    stream : text stream, default=sys.stderr
        Where the progress line goes if it is a terminal.

    Returns
    -------
    budget : Budget
        What each of them was given.
    outcomes : list of Outcome
        EDClassifier's, then MLPClassifier's.

    Raises
    ------
    UnusableInput
        If no candidate can learn from the data.
    """
    budget = plan_budget(problem.y_train, random_state)
    contestants = make_contestants(
        problem.n_classes,
        max_iter=budget.max_iter,
        tol=budget.tol,
        random_state=random_state,
    )
    folds = StratifiedKFold(budget.n_folds, shuffle=True, random_state=random_state)
    stream = sys.stderr if stream is None else stream
    with one_thread_per_fit(), expected_warnings_ignored():
        outcomes = [
            _run(contestant, problem, budget, folds, n_jobs, stream)
            for contestant in contestants
        ]
    return budget, outcomes


def score_fit(pipeline: Pipeline, X: Any, y: np.ndarray) -> dict[str, float]:
    """Accuracy of a fitted pipeline, and the epochs that its classifier took."""
    return {"accuracy": pipeline.score(X, y), "n_iter": pipeline[-1].n_iter_}


def _run(
    contestant: Contestant,
    problem: Problem,
    budget: Budget,
    folds: StratifiedKFold,
    n_jobs: int | None,
    stream: TextIO,
) -> Outcome:
    pipeline = Pipeline(
        [("preprocessing", problem.preprocessing), ("classifier", contestant.estimator)]
    )
    grid = {f"classifier__{name}": values for name, values in contestant.grid.items()}
    # The refit is our own: on all training rows, of which the search may have seen some only,
    # and in this process, whatever n_jobs is.
    search = GridSearchCV(
        pipeline, grid, scoring=score_fit, cv=folds, n_jobs=n_jobs, refit=False
    )
    grid_time = _search(search, contestant.name, problem, budget, stream)
    candidates = _candidates(search, list(contestant.grid))
    best = candidates[int(np.argmin(search.cv_results_["rank_test_accuracy"]))]
    if np.isnan(best.accuracy):
        raise UnusableInput(_no_candidate(contestant.name, problem.name))
    winner = clone(pipeline)
    winner["classifier"].set_params(**best.params)
    with progress_line(stream, lambda: f"{contestant.name}: fitting the best candidate"):
        start = time.perf_counter()
        winner.fit(problem.X_train, problem.y_train)
        fit_time = time.perf_counter() - start
    n_iter = _per_fit(search, "n_iter")
    return Outcome(
        name=contestant.name,
        candidates=candidates,
        best=best,
        test_accuracy=float(winner.score(problem.X_test, problem.y_test)),
        fit_time=fit_time,
        grid_time=grid_time,
        predict_time=_predict_time(winner, problem.X_test),
        n_fits=n_iter.size,
        n_out_of_epochs=int((n_iter >= budget.max_iter).sum()),
        n_failed=int(np.isnan(n_iter).sum()),
    )


def _search(
    search: GridSearchCV, name: str, problem: Problem, budget: Budget, stream: TextIO
) -> float:
    """Run the search; return its seconds."""
    n_candidates = int(np.prod([len(values) for values in search.param_grid.values()]))
    X, y = _safe_indexing(problem.X_train, budget.rows), problem.y_train[budget.rows]
    with search_progress(stream, search, name, n_candidates, budget.n_folds):
        start = time.perf_counter()
        try:
            search.fit(X, y)
        except ValueError as error:
            raise UnusableInput(_no_candidate(name, problem.name)) from error
        return time.perf_counter() - start


def _no_candidate(name: str, problem_name: str) -> str:
    return (
        f"data: expected numbers that networks can learn from, got {problem_name}, on which "
        f"every candidate of {name} failed; are some of its numbers extremely large?"
    )


def _candidates(search: GridSearchCV, names: list[str]) -> list[Candidate]:
    """The grid's points; `names` orders their parameters."""
    results = search.cv_results_
    return [
        Candidate(
            params={name: params[f"classifier__{name}"] for name in names},
            accuracy=float(results["mean_test_accuracy"][k]),
            spread=float(results["std_test_accuracy"][k]),
            fit_time=float(results["mean_fit_time"][k]),
        )
        for k, params in enumerate(results["params"])
    ]


def _per_fit(search: GridSearchCV, metric: str) -> np.ndarray:
    """Values of a metric, (n_folds, n_candidates)."""
    return np.array(
        [search.cv_results_[f"split{k}_test_{metric}"] for k in range(search.n_splits_)],
        dtype=float,
    )


def _predict_time(pipeline: Pipeline, X: Any) -> float:
    seconds = []
    for _ in range(N_PREDICTIONS):
        start = time.perf_counter()
        pipeline.predict(X)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))
