"""The contestants take turns: search, fits of the best candidates, learning curves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.utils import _safe_indexing

from ._budget import Fold
from ._contestants import Contestant
from ._curves import can_be_followed, follow
from ._errors import UnusableInput
from ._models import Model, count_epochs, count_parameters, innermost, make_model
from ._outcome import Candidate, Curve, Fit, Outcome
from ._problem import Problem

N_PREDICTIONS = 7
MAX_CURVE_EPOCHS = 200
_EPOCHS_IF_UNKNOWN = 20

Scorer = Callable[[Any, Any, Any], float]
Step = Callable[[str], None]


class ScoreAndEpochs:
    """What GridSearchCV asks of every fit: its score, and the epochs it took."""

    def __init__(self, scorer: Scorer):
        self.scorer = scorer

    def __call__(self, model: Any, X: Any, y: np.ndarray) -> dict[str, float]:
        return {"score": float(self.scorer(model, X, y)), "n_iter": count_epochs(model)}


class Race:
    """All work of a comparison, in turns, so that a noisy machine favours none.

    Each turn of the search is a GridSearchCV over one fold; each fit of a best candidate is one
    with `refit`. Their times are GridSearchCV's own. Whatever is finished stands in `outcomes`
    at any moment, so that an interrupted race has a result.

    Parameters
    ----------
    contestants : list of Contestant
    problem : Problem
    folds : list of (ndarray, ndarray)
        Training and test rows of each fold, as indices into the problem's training rows.
    scorer : callable
    n_repeats : int
        Fits of each best candidate on all training rows, each with a seed of its own.
    n_jobs : int or None
        Of each GridSearchCV.
    random_state : int
        Seed of the search; those of the fits count up from it.
    scale_target : bool
    """

    def __init__(
        self,
        contestants: list[Contestant],
        problem: Problem,
        folds: list[Fold],
        *,
        scorer: Scorer,
        n_repeats: int,
        n_jobs: int | None,
        random_state: int,
        scale_target: bool,
    ):
        self.problem = problem
        self.folds = folds
        self.scorer = scorer
        self.n_repeats = n_repeats
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.contestants = contestants
        self.models = [
            make_model(contestant.estimator, problem.preprocessing, scale_target)
            for contestant in contestants
        ]
        self.outcomes = [_empty_outcome(contestant) for contestant in contestants]
        self.n_rounds = 0
        """Folds that all contestants have searched."""

    @property
    def n_steps(self) -> int:
        n_turns = 1 + len(self.folds) + self.n_repeats + len(self.folds)
        return n_turns * len(self.contestants)

    def run(self, step: Step) -> None:
        """Do all of it; `step` is told what comes next, `n_steps` times.

        Raises
        ------
        UnusableInput
            If every candidate of a contestant fails.
        """
        self._warm_up(step)
        self._search(step)
        self._fit(step)
        self._follow(step)

    def _turns(self, turn: int) -> list[tuple[Contestant, Model, Outcome]]:
        """The contestants, another one first in each turn."""
        entries = list(zip(self.contestants, self.models, self.outcomes, strict=True))
        first = turn % len(entries)
        return entries[first:] + entries[:first]

    def _rows(self, rows: np.ndarray) -> tuple[Any, np.ndarray]:
        return _safe_indexing(self.problem.X_train, rows), self.problem.y_train[rows]

    def _warm_up(self, step: Step) -> None:
        """One fit of each that does not count: what is loaded or compiled at first use."""
        X, y = self._rows(self.folds[0][0])
        for contestant, model, outcome in self._turns(0):
            step(f"{contestant.name}: warming up")
            try:
                model.with_params(outcome.candidates[0].params, self.random_state).fit(X, y)
            except Exception:
                # The search will say what is wrong with it, if all candidates are.
                continue

    def _search(self, step: Step) -> None:
        n_folds = len(self.folds)
        for turn, fold in enumerate(self.folds):
            found = []
            for contestant, model, outcome in self._turns(turn):
                step(f"{contestant.name}: search, fold {turn + 1} of {n_folds}")
                found.append((outcome, self._search_fold(contestant, model, fold)))
            for outcome, results in found:
                _append(outcome.candidates, results)
            self.n_rounds += 1
        for outcome in self.outcomes:
            if np.isnan([c.score for c in outcome.candidates]).all():
                raise UnusableInput(self._no_candidate(outcome.name))

    def _search_fold(self, contestant: Contestant, model: Model, fold: Fold) -> dict[str, Any]:
        grid = contestant.grid if isinstance(contestant.grid, list) else [contestant.grid]
        search = GridSearchCV(
            model.with_params({}, self.random_state),
            [{model.prefix + name: values for name, values in g.items()} for g in grid],
            scoring=ScoreAndEpochs(self.scorer),
            cv=[fold],
            n_jobs=self.n_jobs,
            refit=False,
        )
        try:
            search.fit(self.problem.X_train, self.problem.y_train)
        except ValueError as error:
            raise UnusableInput(self._no_candidate(contestant.name, error)) from error
        return search.cv_results_

    def _no_candidate(self, name: str, error: Exception | None = None) -> str:
        reason = "" if error is None else f" The last of what they said: {_last_line(error)}"
        return (
            f"data: expected rows that all contestants can learn from, got "
            f"{self.problem.name}, on which every candidate of {name} failed; are some of its "
            f"numbers extremely large?{reason}"
        )

    def _fit(self, step: Step) -> None:
        for turn in range(self.n_repeats):
            for contestant, model, outcome in self._turns(turn):
                step(f"{contestant.name}: best candidate, fit {turn + 1} of {self.n_repeats}")
                fitted, fit = self._fit_best(model, outcome, turn)
                outcome.fits.append(fit)
                outcome.n_parameters = count_parameters(fitted)

    def _fit_best(self, model: Model, outcome: Outcome, turn: int) -> tuple[Any, Fit]:
        seed = self.random_state + turn
        search = GridSearchCV(
            model.with_params(outcome.best.params, seed),
            {},
            scoring=ScoreAndEpochs(self.scorer),
            # One fold there must be; `refit` then learns all rows.
            cv=[self.folds[turn % len(self.folds)]],
            refit="score",
        )
        problem = self.problem
        search.fit(problem.X_train, problem.y_train)
        fitted = search.best_estimator_
        held_out = problem.X_test is not None
        return fitted, Fit(
            seed=seed,
            fit_time=float(search.refit_time_),
            n_iter=count_epochs(fitted),
            test_score=(
                float(self.scorer(fitted, problem.X_test, problem.y_test))
                if held_out
                else np.nan
            ),
            predict_time=_predict_time(fitted, problem.X_test if held_out else problem.X_train),
        )

    def _follow(self, step: Step) -> None:
        for turn, (train, test) in enumerate(self.folds):
            for contestant, model, outcome in self._turns(turn):
                step(f"{contestant.name}: learning curve, fold {turn + 1} of {len(self.folds)}")
                best = model.with_params(outcome.best.params, self.random_state)
                if not can_be_followed(best):
                    continue
                seconds, scores = follow(
                    best,
                    *self._rows(train),
                    *self._rows(test),
                    n_epochs=_epochs_to_follow(outcome),
                    scorer=self.scorer,
                )
                if outcome.curve is None:
                    outcome.curve = Curve()
                outcome.curve.seconds.append(seconds)
                outcome.curve.scores.append(scores)


def _empty_outcome(contestant: Contestant) -> Outcome:
    # Others count something else: trees, iterations of a solver.
    learns_by_epochs = can_be_followed(contestant.estimator)
    max_iter = getattr(innermost(contestant.estimator), "max_iter", None)
    return Outcome(
        name=contestant.name,
        estimator=" ".join(repr(contestant.estimator).split()),
        candidates=[Candidate(params) for params in contestant.candidates],
        max_iter=max_iter if learns_by_epochs else None,
    )


def _append(candidates: list[Candidate], results: dict[str, Any]) -> None:
    """Add a fold's results to the candidates, which are in the grid's order as they are."""
    for k, candidate in enumerate(candidates):
        candidate.scores.append(float(results["split0_test_score"][k]))
        candidate.n_iters.append(float(results["split0_test_n_iter"][k]))
        candidate.fit_times.append(float(results["mean_fit_time"][k]))
        candidate.score_times.append(float(results["mean_score_time"][k]))


def _epochs_to_follow(outcome: Outcome) -> int:
    """As many as the best candidate's fits took in the search."""
    n_iter = np.mean(outcome.best.n_iters)
    return (
        _EPOCHS_IF_UNKNOWN if np.isnan(n_iter) else int(min(np.ceil(n_iter), MAX_CURVE_EPOCHS))
    )


def _predict_time(model: Any, X: Any) -> float:
    seconds = []
    for _ in range(N_PREDICTIONS):
        start = time.perf_counter()
        model.predict(X)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds))


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1].strip()
