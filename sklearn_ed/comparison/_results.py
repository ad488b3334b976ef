"""What was measured: candidates, fits of the best candidate, learning curves, and all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .._utils.formatting import format_params


@dataclass
class Candidate:
    """One point of a parameter grid, cross-validated.

    Parameters
    ----------
    params : dict of str -> object
        Parameters of the estimator.
    scores : list of float
        Score of each fold, NaN where the fit failed.
    fit_times, score_times : list of float
        Seconds of fitting and of scoring each fold, measured by GridSearchCV.
    n_iters : list of float
        Epochs of each fold's fit, NaN if the estimator has no `n_iter_`.

    See Also
    --------
    EstimatorResult : All candidates of an estimator.

    Examples
    --------
    >>> from sklearn_ed.comparison import Candidate
    >>> candidate = Candidate({"alpha": 0.01}, scores=[0.9, 0.8], fit_times=[0.1, 0.3])
    >>> round(candidate.score, 2), round(candidate.spread, 2), round(candidate.fit_time, 2)
    (0.85, 0.05, 0.2)
    """

    params: dict[str, Any]
    scores: list[float] = field(default_factory=list)
    fit_times: list[float] = field(default_factory=list)
    score_times: list[float] = field(default_factory=list)
    n_iters: list[float] = field(default_factory=list)

    @property
    def score(self) -> float:
        """Mean over the folds, NaN if a fit failed."""
        return float(np.mean(self.scores))

    @property
    def spread(self) -> float:
        """Standard deviation over the folds."""
        return float(np.std(self.scores))

    @property
    def fit_time(self) -> float:
        """Mean seconds of a fit."""
        return float(np.mean(self.fit_times))

    @property
    def score_time(self) -> float:
        """Mean seconds of scoring the test rows of a fold."""
        return float(np.mean(self.score_times))


@dataclass
class Fit:
    """The best candidate, fitted on all training rows.

    Parameters
    ----------
    seed : int
        Its `random_state`.
    fit_time : float
        Seconds of `fit`.
    n_iter : float
        Epochs, NaN if the estimator has no `n_iter_`.
    test_score : float
        Score on the held-out rows, NaN if there are none.
    predict_time : float
        Median seconds of predicting the held-out rows, or the training rows if none are held
        out.

    See Also
    --------
    EstimatorResult : The fits of an estimator.

    Examples
    --------
    >>> from sklearn_ed.comparison import Fit
    >>> Fit(seed=0, fit_time=0.2, n_iter=20, test_score=0.9, predict_time=0.01).test_score
    0.9
    """

    seed: int
    fit_time: float
    n_iter: float
    test_score: float
    predict_time: float


@dataclass
class LearningCurve:
    """The best candidate, scored after every epoch on the test rows of each fold.

    Parameters
    ----------
    seconds : list of list of float
        Seconds of training up to the end of each epoch, one list per fold.
    scores : list of list of float
        Score after each epoch, one list per fold.

    See Also
    --------
    EstimatorResult : The results of an estimator.
    ComparisonDisplay : Draws the learning curves.

    Examples
    --------
    Two folds, two epochs:

    >>> from sklearn_ed.comparison import LearningCurve
    >>> curve = LearningCurve([[1.0, 2.0], [3.0, 4.0]], [[0.5, 0.75], [0.5, 1.0]])
    >>> curve.mean_seconds, curve.mean_scores
    (array([2., 3.]), array([0.5  , 0.875]))
    """

    seconds: list[list[float]] = field(default_factory=list)
    scores: list[list[float]] = field(default_factory=list)

    @property
    def mean_seconds(self) -> np.ndarray:
        """Mean over the folds, of shape (n_epochs,)."""
        return np.mean(self.seconds, axis=0)

    @property
    def mean_scores(self) -> np.ndarray:
        """Mean over the folds, of shape (n_epochs,)."""
        return np.mean(self.scores, axis=0)


@dataclass
class EstimatorResult:
    """What one estimator achieved.

    Parameters
    ----------
    name : str
        Name of the estimator.
    estimator : str
        The estimator as code.
    candidates : list of Candidate
        In the order of the grid.
    fits : list of Fit
        Fits of the best candidate, one per seed.
    n_parameters : int or None
        Number of weights and biases of the best candidate, None if it is not known.
    curve : LearningCurve or None
        None if the estimator has no `partial_fit`.
    max_iter : int or None
        Maximum number of epochs of a fit.

    See Also
    --------
    Comparison : The results of all estimators.
    compare : Measures them.

    Examples
    --------
    >>> from sklearn_ed.comparison import Candidate, EstimatorResult
    >>> candidates = [Candidate({"alpha": alpha}, [alpha, alpha]) for alpha in (0.1, 0.2)]
    >>> result = EstimatorResult("ED", "EDClassifier()", candidates)
    >>> result.best.params, result.n_fits, result.n_failed
    ({'alpha': 0.2}, 4, 0)
    """

    name: str
    estimator: str
    candidates: list[Candidate]
    fits: list[Fit] = field(default_factory=list)
    n_parameters: int | None = None
    curve: LearningCurve | None = None
    max_iter: int | None = None

    @property
    def best(self) -> Candidate:
        """The candidate with the highest mean score, the first one among equals.

        Raises
        ------
        ValueError
            If all candidates failed.
        """
        return self.candidates[int(np.nanargmax([c.score for c in self.candidates]))]

    @property
    def search_time(self) -> float:
        """Seconds of all fits and scorings of the search."""
        return float(sum(sum(c.fit_times) + sum(c.score_times) for c in self.candidates))

    @property
    def fit_time(self) -> float:
        """Median seconds of the fits on all training rows."""
        return float(np.median([fit.fit_time for fit in self.fits])) if self.fits else np.nan

    @property
    def predict_time(self) -> float:
        """Median of the predict times of these fits."""
        times = [fit.predict_time for fit in self.fits]
        return float(np.median(times)) if times else np.nan

    @property
    def test_score(self) -> float:
        """Mean over these fits."""
        return float(np.mean([fit.test_score for fit in self.fits])) if self.fits else np.nan

    @property
    def test_spread(self) -> float:
        """Standard deviation over these fits."""
        return float(np.std([fit.test_score for fit in self.fits])) if self.fits else np.nan

    @property
    def n_fits(self) -> int:
        """Number of fits of the search."""
        return sum(len(c.scores) for c in self.candidates)

    @property
    def n_failed(self) -> int:
        """Number of these fits that raised an error."""
        return int(np.isnan([score for c in self.candidates for score in c.scores]).sum())

    @property
    def n_out_of_epochs(self) -> int:
        """Number of these fits that reached `max_iter` epochs."""
        if self.max_iter is None:
            return 0
        n_iters = np.array([n for c in self.candidates for n in c.n_iters])
        return int((n_iters >= self.max_iter).sum())


@dataclass
class ComparisonFields:
    """The fields of :class:`Comparison`, which documents them."""

    name: str
    task: str
    scoring: str
    data: dict[str, Any]
    settings: dict[str, Any]
    machine: dict[str, Any]
    results: list[EstimatorResult]
    seconds: float
    complete: bool


def result_row(result: EstimatorResult) -> dict[str, Any]:
    """A row of `Comparison.to_frame`."""
    best = result.best
    return {
        "estimator": result.name,
        "params": format_params(best.params),
        "cv_score": best.score,
        "cv_spread": best.spread,
        "test_score": result.test_score,
        "test_spread": result.test_spread,
        "n_parameters": result.n_parameters,
        "cv_fit_time": best.fit_time,
        "cv_score_time": best.score_time,
        "fit_time": result.fit_time,
        "predict_time": result.predict_time,
        "search_time": result.search_time,
    }


def candidate_rows(results: list[EstimatorResult]) -> list[dict[str, Any]]:
    """The rows of `Comparison.to_frame(candidates=True)`."""
    return [
        {
            "estimator": result.name,
            "params": format_params(candidate.params),
            "cv_score": candidate.score,
            "cv_spread": candidate.spread,
            "cv_fit_time": candidate.fit_time,
            "cv_score_time": candidate.score_time,
            "best": candidate is result.best,
        }
        for result in results
        for candidate in result.candidates
    ]
