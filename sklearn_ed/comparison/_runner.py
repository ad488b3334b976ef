"""The work of a comparison, in turns: search, fits of the best candidates, learning curves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.utils import _safe_indexing

from .._estimators.regressor import EDRegressor
from .._training.schedules import ENDING
from .._utils.errors import UnusableInput
from .._utils.timing import time_in_turns
from ._estimators import ComparedEstimator, count_epochs, count_parameters, innermost
from ._folds import Fold
from ._learning_curve import learning_curve, learns_by_epochs
from ._preprocessing import make_preprocessing
from ._problem import Problem
from ._results import Candidate, EstimatorResult, Fit, LearningCurve

N_PREDICTIONS = 7
N_SEEDS = 2**32
"""The seed after the last one is 0."""

MAX_CURVE_EPOCHS = 200
_EPOCHS_IF_UNKNOWN = 20

Scorer = Callable[[Any, Any, Any], float]
Step = Callable[[str], None]


class ScoreAndEpochs:
    """What GridSearchCV records of every fit: its score and its number of epochs."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer

    def __call__(self, model: Any, X: Any, y: np.ndarray) -> dict[str, float]:
        n_iter = count_epochs(model)
        try:
            score = float(self.scorer(model, X, y))
        except Exception:
            # As after a fit that fails; GridSearchCV would leave out the epochs.
            score = np.nan
        return {"score": score, "n_iter": n_iter}


class ComparisonRunner:
    """Runs all estimators in turns, so that a busy machine favours none of them.

    In every round each estimator does one piece of work, and each round starts with another
    estimator. `results` holds the finished rounds at any time, so an interrupted run has a
    result.
    """

    def __init__(
        self,
        estimators: list[ComparedEstimator],
        problem: Problem,
        folds: list[Fold],
        *,
        scorer: Scorer,
        n_repeats: int,
        n_jobs: int | None,
        random_state: int,
    ) -> None:
        self.problem = problem
        self.folds = folds
        self.scorer = scorer
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.seeds = [(random_state + k) % N_SEEDS for k in range(n_repeats)]
        self._results: dict[ComparedEstimator, EstimatorResult] = {
            self._in_model(estimator): _empty_result(estimator) for estimator in estimators
        }
        self.n_searched_folds = 0
        """Folds that all estimators have searched."""
        self.remarks: list[str] = []
        """Which estimator failed at what."""

    def _in_model(self, estimator: ComparedEstimator) -> ComparedEstimator:
        """The estimator behind the preprocessing of the problem."""
        preprocessing = self.problem.preprocessing
        if isinstance(preprocessing, str):
            preprocessing = make_preprocessing(estimator.estimator, self.problem.X_train)
        # EDRegressor scales its target itself.
        scale_target = self.problem.task == "regression" and not isinstance(
            estimator.estimator, EDRegressor
        )
        return replace(estimator, preprocessing=preprocessing, scale_target=scale_target)

    @property
    def results(self) -> list[EstimatorResult]:
        """Results of the estimators that have not been dropped, in the order given."""
        return list(self._results.values())

    @property
    def n_steps(self) -> int:
        return (1 + 2 * len(self.folds) + len(self.seeds)) * len(self._results)

    def run(self, step: Step) -> None:
        """Do all the work; `step` is called before each of `n_steps` pieces of work.

        Raises
        ------
        UnusableInput
            If every candidate of an estimator fails on the first fold. An estimator whose
            candidates all fail on later folds is dropped, unless it is the last one.
        """
        self._warm_up(step)
        self._search(step)
        self._fit(step)
        self._follow(step)

    def _turns(self, turn: int) -> list[tuple[ComparedEstimator, EstimatorResult]]:
        """The estimators and their results, starting with another one in each turn."""
        pairs = list(self._results.items())
        first = turn % len(pairs)
        return pairs[first:] + pairs[:first]

    def _rows(self, rows: np.ndarray) -> tuple[Any, np.ndarray]:
        return _safe_indexing(self.problem.X_train, rows), self.problem.y_train[rows]

    def _remark(self, what: str, error: Exception) -> None:
        self.remarks.append(f"{what}: {type(error).__name__}: {_last_line(error)}")

    def _warm_up(self, step: Step) -> None:
        """Fit each estimator once, so that loading and compiling are not timed later."""
        X, y = self._rows(self.folds[0][0])
        for estimator, result in self._turns(0):
            step(f"{estimator.name}: warming up")
            params = result.candidates[0].params
            try:
                estimator.make_model(params, self.random_state).fit(X, y)
            except Exception:
                # If the other candidates fail too, the search reports the reason.
                continue

    def _search(self, step: Step) -> None:
        for turn, fold in enumerate(self.folds):
            found: list[tuple[ComparedEstimator, dict[str, Any]]] = []
            for estimator, _ in self._turns(turn):
                step(f"{estimator.name}: search, fold {turn + 1} of {len(self.folds)}")
                try:
                    found.append((estimator, self._search_fold(estimator, fold)))
                except ValueError as error:
                    self._drop(estimator, _last_line(error))
            try:
                for estimator, cv_results in found:
                    candidates = self._results[estimator].candidates
                    _append(candidates, cv_results)
                    if np.isnan([c.score for c in candidates]).all():
                        self._drop(estimator, "each of them fails on some fold")
                self.n_searched_folds += 1
            finally:
                # Interrupted, some candidates have a part of the fold.
                self._keep_whole_folds()

    def _keep_whole_folds(self) -> None:
        for result in self._results.values():
            for c in result.candidates:
                for values in (c.scores, c.n_iters, c.fit_times, c.score_times):
                    del values[self.n_searched_folds :]

    def _search_fold(self, estimator: ComparedEstimator, fold: Fold) -> dict[str, Any]:
        search = GridSearchCV(
            estimator.make_model({}, self.random_state),
            estimator.model_grid,
            scoring=ScoreAndEpochs(self.scorer),
            cv=[fold],
            n_jobs=self.n_jobs,
            refit=False,
        )
        return search.fit(self.problem.X_train, self.problem.y_train).cv_results_

    def _drop(self, estimator: ComparedEstimator, reason: str) -> None:
        """Go on without the estimator, if it has learned a fold and is not the last one."""
        if self.n_searched_folds == 0 or len(self._results) == 1:
            raise UnusableInput(
                f"data: expected rows that all estimators can learn, got {self.problem.name}, "
                f"on which every candidate of {estimator.name} fails: {reason}"
            )
        del self._results[estimator]
        self.remarks.append(f"{estimator.name} was dropped, its candidates failed: {reason}")

    def _fit(self, step: Step) -> None:
        """Fit the best candidates on all training rows, then time their predictions."""
        problem = self.problem
        held_out = problem.X_test is not None
        X_predict = problem.X_test if held_out else problem.X_train
        for turn, seed in enumerate(self.seeds):
            fitted: list[tuple[EstimatorResult, Any, Fit]] = []
            for estimator, result in self._turns(turn):
                step(f"{estimator.name}: best candidate, fit {turn + 1} of {len(self.seeds)}")
                try:
                    model, fit_time = self._fit_best(estimator, result, seed)
                    model.predict(X_predict)
                    test_score = (
                        float(self.scorer(model, problem.X_test, problem.y_test))
                        if held_out
                        else np.nan
                    )
                except Exception as error:
                    self._remark(f"{estimator.name}: seed {seed} failed on all rows", error)
                    continue
                fit = Fit(seed, fit_time, count_epochs(model), test_score, np.nan)
                fitted.append((result, model, fit))
            timings = time_in_turns(
                {result.name: partial(model.predict, X_predict) for result, model, _ in fitted},
                N_PREDICTIONS,
                warm_up=False,
            )
            for result, model, fit in fitted:
                fit.predict_time = timings[result.name].median
                result.fits.append(fit)
                result.n_parameters = count_parameters(model)

    def _fit_best(
        self, estimator: ComparedEstimator, result: EstimatorResult, seed: int
    ) -> tuple[Any, float]:
        """The best candidate, fitted on all training rows, and the seconds that took."""
        model = estimator.make_model(result.best.params, seed)
        start = time.perf_counter()
        model.fit(self.problem.X_train, self.problem.y_train)
        return model, time.perf_counter() - start

    def _follow(self, step: Step) -> None:
        """Record the learning curves of the best candidates."""
        for turn, (train, test) in enumerate(self.folds):
            for estimator, result in self._turns(turn):
                step(f"{estimator.name}: learning curve, fold {turn + 1} of {len(self.folds)}")
                best = estimator.make_model(result.best.params, self.random_state)
                if not learns_by_epochs(best) or (turn and result.curve is None):
                    continue
                try:
                    seconds, scores = learning_curve(
                        best,
                        *self._rows(train),
                        *self._rows(test),
                        n_epochs=_curve_epochs(result),
                        scorer=self.scorer,
                    )
                except Exception as error:
                    result.curve = None
                    self._remark(f"{estimator.name} has no learning curve", error)
                    continue
                curve = result.curve or LearningCurve()
                result.curve = LearningCurve(
                    seconds=[*curve.seconds, seconds], scores=[*curve.scores, scores]
                )


def _empty_result(compared: ComparedEstimator) -> EstimatorResult:
    # In other estimators max_iter counts something else, such as iterations of a solver.
    estimator = innermost(compared.estimator)
    max_iter = getattr(estimator, "max_iter", None)
    # A schedule comes to its end as planned, in a number of epochs that "auto" may choose.
    scheduled = getattr(estimator, "learning_rate", None) in ENDING or max_iter == "auto"
    counts = learns_by_epochs(compared.estimator) and not scheduled
    return EstimatorResult(
        name=compared.name,
        estimator=" ".join(repr(compared.estimator).split()),
        candidates=[Candidate(params) for params in compared.candidates],
        max_iter=max_iter if counts else None,
    )


def _append(candidates: list[Candidate], cv_results: dict[str, Any]) -> None:
    """Add one fold; candidates and `cv_results` are both in the order of the grid."""
    # GridSearchCV leaves out the epochs where they could not be counted.
    n_iters = cv_results.get("split0_test_n_iter", np.full(len(candidates), np.nan))
    for k, candidate in enumerate(candidates):
        candidate.scores.append(float(cv_results["split0_test_score"][k]))
        candidate.n_iters.append(float(n_iters[k]))
        candidate.fit_times.append(float(cv_results["mean_fit_time"][k]))
        candidate.score_times.append(float(cv_results["mean_score_time"][k]))


def _curve_epochs(result: EstimatorResult) -> int:
    """As many epochs as the best candidate's fits took in the search."""
    n_iter = np.mean(result.best.n_iters)
    if np.isnan(n_iter):
        return _EPOCHS_IF_UNKNOWN
    return int(min(np.ceil(n_iter), MAX_CURVE_EPOCHS))


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].strip()
