"""The contestants take turns: search, fits of the best candidates, learning curves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.utils import _safe_indexing

from .._utils.errors import UnusableInput
from ._budget import Fold
from ._contestants import Contestant
from ._curves import can_be_followed, follow
from ._models import Model, count_epochs, count_parameters, innermost, make_model
from ._outcome import Candidate, Curve, Fit, Outcome
from ._problem import Problem

N_PREDICTIONS = 7
N_SEEDS = 2**32
"""Those after the last begin from 0 again."""

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


@dataclass
class _Entry:
    """A contestant in the race."""

    contestant: Contestant
    model: Model
    outcome: Outcome

    @property
    def name(self) -> str:
        return self.contestant.name


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
        self._entries = [
            _Entry(
                contestant,
                make_model(contestant.estimator, problem.preprocessing, scale_target),
                _empty_outcome(contestant),
            )
            for contestant in contestants
        ]
        self.seeds = [(random_state + k) % N_SEEDS for k in range(n_repeats)]
        self.n_rounds = 0
        """Folds that all contestants have searched."""
        self.remarks: list[str] = []
        """Who failed at what."""

    @property
    def outcomes(self) -> list[Outcome]:
        """Of those that are in the race, in the order of the contestants."""
        return [entry.outcome for entry in self._entries]

    @property
    def n_steps(self) -> int:
        n_turns = 1 + len(self.folds) + self.n_repeats + len(self.folds)
        return n_turns * len(self._entries)

    def run(self, step: Step) -> None:
        """Do all of it; `step` is told what comes next, `n_steps` times.

        Raises
        ------
        UnusableInput
            If every candidate of a contestant fails on the first fold, or of all contestants
            later: one that fails later is out, and the others go on.
        """
        self._warm_up(step)
        self._search(step)
        self._fit(step)
        self._follow(step)

    def _turns(self, turn: int) -> list[_Entry]:
        """The contestants, another one first in each turn."""
        first = turn % len(self._entries)
        return self._entries[first:] + self._entries[:first]

    def _rows(self, rows: np.ndarray) -> tuple[Any, np.ndarray]:
        return _safe_indexing(self.problem.X_train, rows), self.problem.y_train[rows]

    def _warm_up(self, step: Step) -> None:
        """One fit of each that does not count: what is loaded or compiled at first use."""
        X, y = self._rows(self.folds[0][0])
        for entry in self._turns(0):
            step(f"{entry.name}: warming up")
            params = entry.outcome.candidates[0].params
            try:
                entry.model.with_params(params, self.random_state).fit(X, y)
            except Exception:
                # The search will say what is wrong with it, if all candidates are.
                continue

    def _search(self, step: Step) -> None:
        for turn, fold in enumerate(self.folds):
            found: list[tuple[_Entry, dict[str, Any]]] = []
            for entry in self._turns(turn):
                step(f"{entry.name}: search, fold {turn + 1} of {len(self.folds)}")
                try:
                    found.append((entry, self._search_fold(entry, fold)))
                except ValueError as error:
                    self._drop(entry, _last_line(error))
            for entry, results in found:
                _append(entry.outcome.candidates, results)
                if np.isnan([c.score for c in entry.outcome.candidates]).all():
                    self._drop(entry, "each of them fails on some fold")
            self.n_rounds += 1

    def _drop(self, entry: _Entry, reason: str) -> None:
        """Let the others go on, if there are others, and if this was not clear at once."""
        if self.n_rounds == 0 or len(self._entries) == 1:
            raise UnusableInput(
                f"data: expected rows that all contestants can learn from, got "
                f"{self.problem.name}, on which every candidate of {entry.name} fails: {reason}"
            )
        self._entries.remove(entry)
        self.remarks.append(f"{entry.name} is out, its candidates failed: {reason}")

    def _search_fold(self, entry: _Entry, fold: Fold) -> dict[str, Any]:
        grid = entry.contestant.grid
        grids = grid if isinstance(grid, list) else [grid]
        prefix = entry.model.prefix
        search = GridSearchCV(
            entry.model.with_params({}, self.random_state),
            [{prefix + name: values for name, values in g.items()} for g in grids],
            scoring=ScoreAndEpochs(self.scorer),
            cv=[fold],
            n_jobs=self.n_jobs,
            refit=False,
        )
        search.fit(self.problem.X_train, self.problem.y_train)
        return search.cv_results_

    def _fit(self, step: Step) -> None:
        for turn, seed in enumerate(self.seeds):
            for entry in self._turns(turn):
                step(f"{entry.name}: best candidate, fit {turn + 1} of {self.n_repeats}")
                try:
                    fitted, fit = self._fit_best(
                        entry, self.folds[turn % len(self.folds)], seed
                    )
                except Exception as error:
                    self._remark(f"{entry.name}: seed {seed} failed on all rows", error)
                    continue
                entry.outcome.fits.append(fit)
                entry.outcome.n_parameters = count_parameters(fitted)

    def _remark(self, what: str, error: Exception) -> None:
        self.remarks.append(f"{what}: {_last_line(error)}")

    def _fit_best(self, entry: _Entry, fold: Fold, seed: int) -> tuple[Any, Fit]:
        search = GridSearchCV(
            entry.model.with_params(entry.outcome.best.params, seed),
            {},
            scoring=ScoreAndEpochs(self.scorer),
            # One fold there must be; `refit` then learns all rows.
            cv=[fold],
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
            for entry in self._turns(turn):
                step(f"{entry.name}: learning curve, fold {turn + 1} of {len(self.folds)}")
                outcome = entry.outcome
                best = entry.model.with_params(outcome.best.params, self.random_state)
                if not can_be_followed(best) or (turn and outcome.curve is None):
                    continue
                try:
                    seconds, scores = follow(
                        best,
                        *self._rows(train),
                        *self._rows(test),
                        n_epochs=_epochs_to_follow(outcome),
                        scorer=self.scorer,
                    )
                except Exception as error:
                    outcome.curve = None
                    self._remark(f"{entry.name} has no learning curve", error)
                    continue
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
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()
