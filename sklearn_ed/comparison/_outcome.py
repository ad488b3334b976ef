"""What contestants achieved: candidates, fits of the best one, learning curves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Candidate:
    """One point of a grid, cross-validated.

    Attributes
    ----------
    params : dict of str -> object
        Parameters of the estimator.
    scores : list of float
        Of each fold, NaN where the fit failed.
    fit_times, score_times : list of float
        Seconds of each fold's fit and of scoring it, by GridSearchCV.
    n_iters : list of float
        Epochs of each fold's fit, NaN where the estimator has no `n_iter_`.
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
        """Mean seconds of scoring a fold's test rows."""
        return float(np.mean(self.score_times))


@dataclass
class Fit:
    """The best candidate, fitted on all training rows.

    Attributes
    ----------
    seed : int
        Its `random_state`.
    fit_time : float
        Seconds, GridSearchCV's `refit_time_`.
    n_iter : float
        Epochs, NaN where the estimator has no `n_iter_`.
    test_score : float
        On the held-out rows, NaN if there are none.
    predict_time : float
        Median seconds of predicting the held-out rows, or the training rows if there are none.
    """

    seed: int
    fit_time: float
    n_iter: float
    test_score: float
    predict_time: float


@dataclass
class Curve:
    """The best candidate, one epoch after the other, scored on the rows left out.

    Attributes
    ----------
    seconds : list of list of float
        Of learning since the start, one list per fold with an entry per epoch.
    scores : list of list of float
        After each epoch, one list per fold.
    """

    seconds: list[list[float]] = field(default_factory=list)
    scores: list[list[float]] = field(default_factory=list)


@dataclass
class Outcome:
    """What one contestant achieved.

    Attributes
    ----------
    name : str
        Name of the contestant.
    estimator : str
        The estimator as it is written in a call.
    candidates : list of Candidate
        In the order of the grid.
    fits : list of Fit
        Of the best candidate, one per seed.
    n_parameters : int or None
        Numbers that the best candidate learned, where they can be counted.
    curve : Curve or None
        None if the estimator has no `partial_fit`.
    max_iter : int or None
        Most epochs of a fit.
    """

    name: str
    estimator: str
    candidates: list[Candidate]
    fits: list[Fit] = field(default_factory=list)
    n_parameters: int | None = None
    curve: Curve | None = None
    max_iter: int | None = None

    @property
    def best(self) -> Candidate:
        """The first of those with the highest mean score.

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
        return _median([fit.fit_time for fit in self.fits])

    @property
    def predict_time(self) -> float:
        """Median of the fits' predict times."""
        return _median([fit.predict_time for fit in self.fits])

    @property
    def test_score(self) -> float:
        """Mean over the fits."""
        return float(np.mean([fit.test_score for fit in self.fits])) if self.fits else np.nan

    @property
    def test_spread(self) -> float:
        """Standard deviation over the fits."""
        return float(np.std([fit.test_score for fit in self.fits])) if self.fits else np.nan

    @property
    def n_fits(self) -> int:
        """Fits of the search."""
        return sum(len(c.scores) for c in self.candidates)

    @property
    def n_failed(self) -> int:
        """Those that ended in an error."""
        return int(np.isnan([score for c in self.candidates for score in c.scores]).sum())

    @property
    def n_out_of_epochs(self) -> int:
        """Those that used up `max_iter` epochs."""
        if self.max_iter is None:
            return 0
        n_iters = np.array([n for c in self.candidates for n in c.n_iters])
        return int((n_iters >= self.max_iter).sum())


def _median(values: list[float]) -> float:
    return float(np.median(values)) if values else np.nan


def format_params(params: dict[str, Any]) -> str:
    """The parameters as they are written in a call.

    >>> format_params({"alpha": 0.01, "hidden_layer_sizes": (8,)})
    'alpha=0.01, hidden_layer_sizes=(8,)'
    """
    return ", ".join(f"{name}={value!r}" for name, value in params.items())
