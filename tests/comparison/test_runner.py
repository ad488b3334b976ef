"""The work of a comparison: turns, failures, Ctrl-C."""

import signal
from typing import ClassVar

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression, SGDClassifier

from sklearn_ed import EDClassifier
from sklearn_ed._utils.errors import UnusableInput
from sklearn_ed.comparison import Comparison, _runner, compare
from sklearn_ed.comparison._runner import ComparisonRunner

ALPHAS = {"alpha": [0.003, 0.01]}


class Picky(SGDClassifier):
    """Fails where alpha is above 1."""

    def fit(self, X, y):
        if self.alpha > 1:
            raise ValueError("alpha is above 1")
        return super().fit(X, y)


class Logged(LogisticRegression):
    """Records its fits: parameter, seed, number of rows."""

    log: ClassVar[list] = []

    def fit(self, X, y):
        Logged.log.append((self.C, self.random_state, X.shape[0]))
        return super().fit(X, y)


class Predicting(LogisticRegression):
    """Records its predictions."""

    log: ClassVar[list] = []

    def predict(self, X):
        Predicting.log.append((self.C, X.shape[0]))
        return super().predict(X)


class FailsLater(LogisticRegression):
    """Fails from the given number of fits on; the warm-up counts."""

    seen: ClassVar[list] = []

    def __init__(self, calls=1):
        super().__init__()
        self.calls = calls

    def fit(self, X, y):
        FailsLater.seen.append(self.calls)
        if FailsLater.seen.count(self.calls) >= self.calls:
            raise ValueError("once too often")
        return super().fit(X, y)


class NoEpochs(SGDClassifier):
    def partial_fit(self, X, y, classes=None):
        raise RuntimeError("no")


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True)


def test_estimators_take_turns_and_the_best_learn_all_rows(wine):
    X, y = wine
    Logged.log.clear()
    estimators = {"a": Logged(C=1.0, max_iter=1000), "b": Logged(C=2.0, max_iter=1000)}
    compare(
        X, y, estimators=estimators, cv=4, n_repeats=2, search_size=100, test_size=None,
        random_state=7,
    )  # fmt: skip
    warm_up, search, fits = Logged.log[:2], Logged.log[2:10], Logged.log[10:]
    assert [C for C, _, _ in warm_up] == [1, 2]
    assert [C for C, _, _ in search] == [1, 2, 2, 1, 1, 2, 2, 1]
    assert {(seed, n) for _, seed, n in search} == {(7, 75)}
    # One fit on all rows per seed and estimator, and nothing else.
    assert fits == [(1, 7, 178), (2, 7, 178), (2, 8, 178), (1, 8, 178)]


def test_predictions_are_timed_in_turns(wine):
    X, y = wine
    Predicting.log.clear()
    estimators = [Predicting(C=1.0, max_iter=1000), Predicting(C=2.0, max_iter=1000)]
    comparison = compare(X, y, estimators=estimators, cv=2, n_repeats=1)
    n_test = comparison.data["n_test"]
    # The last two rounds of seven: the search and the scores come before.
    assert Predicting.log[-4:] == [(2.0, n_test), (1.0, n_test), (1.0, n_test), (2.0, n_test)]
    assert all(fit.predict_time > 0 for result in comparison.results for fit in result.fits)


def test_failed_fits_are_counted_and_out(wine):
    comparison = compare(
        *wine, estimators=[(Picky(), {"alpha": [10.0, 0.001]})], cv=3, n_repeats=1
    )
    (result,) = comparison.results
    assert result.best.params == {"alpha": 0.001}
    assert (result.n_failed, result.n_fits) == (3, 6)
    assert np.isnan(result.candidates[0].score)
    assert "Picky: 3 of 6 fits of the search failed" in " ".join(comparison.to_text().split())


def test_no_candidate_left_is_unusable_input(wine):
    with pytest.raises(UnusableInput, match=r"every candidate of Picky fails.*alpha is above"):
        compare(*wine, estimators=[(Picky(), {"alpha": [10.0, 100.0]})])


def test_an_estimator_that_fails_later_is_dropped_and_the_others_go_on(wine):
    estimators = {"linear": LogisticRegression(), "late": FailsLater(calls=4)}
    comparison = compare(*wine, estimators=estimators, cv=4, n_repeats=1)
    assert [result.name for result in comparison.results] == ["linear"]
    assert len(comparison.results[0].best.scores) == 4
    assert "late was dropped, its candidates failed" in " ".join(comparison.to_text().split())


def test_an_estimator_that_fails_on_all_rows_keeps_its_search(wine):
    estimators = {"linear": LogisticRegression(), "late": FailsLater(calls=6)}
    comparison = compare(*wine, estimators=estimators, cv=4, n_repeats=1)
    linear, late = comparison.results
    assert (len(linear.fits), len(late.fits)) == (1, 0)
    assert len(late.best.scores) == 4
    assert "late: seed 0 failed on all rows: ValueError: once too often" in comparison.to_text()


def test_a_learning_curve_that_fails_is_none(wine):
    estimators = {"linear": SGDClassifier(), "late": NoEpochs()}
    comparison = compare(*wine, estimators=estimators, cv=2, n_repeats=1)
    assert [result.curve is None for result in comparison.results] == [False, True]
    assert comparison.settings["remarks"] == ["late has no learning curve: RuntimeError: no"]


def test_the_last_seed_is_followed_by_the_first(wine):
    comparison = compare(
        *wine, estimators=[LogisticRegression()], cv=2, n_repeats=2, random_state=2**32 - 1
    )
    assert [fit.seed for fit in comparison.results[0].fits] == [2**32 - 1, 0]


# Ctrl-C


def interrupted_at(monkeypatch, method, wine, call=5):
    """A comparison that is interrupted by Ctrl-C at a call of a method of ComparisonRunner."""
    original = getattr(ComparisonRunner, method)
    calls = []

    def interrupt(self, *args):
        calls.append(args)
        if len(calls) == call:
            signal.raise_signal(signal.SIGINT)
        return original(self, *args)

    monkeypatch.setattr(ComparisonRunner, method, interrupt)
    estimators = [(EDClassifier(max_iter=3), ALPHAS), LogisticRegression()]
    return compare(*wine, estimators=estimators, cv=3, n_repeats=3)


def test_what_was_finished_is_kept(monkeypatch, wine):
    before = signal.getsignal(signal.SIGINT)
    with pytest.warns(UserWarning, match="interrupted"):
        comparison = interrupted_at(monkeypatch, "_search_fold", wine)
    assert signal.getsignal(signal.SIGINT) is before
    assert not comparison.complete
    for result in comparison.results:
        assert {len(c.scores) for c in result.candidates} == {2}
        assert result.fits == []
        assert np.isnan(result.fit_time)
    assert "Interrupted" in comparison.to_text()


@pytest.mark.parametrize("call", [5, 6])
def test_rounds_of_fits_that_were_finished_are_kept(monkeypatch, wine, call):
    """In the middle of the third round too: all estimators have the same number of fits."""
    with pytest.warns(UserWarning, match="interrupted"):
        comparison = interrupted_at(monkeypatch, "_fit_best", wine, call)
    assert [len(result.fits) for result in comparison.results] == [2, 2]
    assert comparison.results[0].curve is None


def test_nothing_finished_is_an_interrupt(monkeypatch, wine):
    def interrupt(*args):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(ComparisonRunner, "_search_fold", interrupt)
    with pytest.raises(KeyboardInterrupt):
        compare(*wine, estimators=[LogisticRegression()])


def test_an_interrupt_between_two_numbers_of_a_fold_leaves_whole_folds(
    monkeypatch, wine, tmp_path
):
    append, calls = _runner._append, []

    def interrupted_in_the_second_fold(candidates, cv_results):
        calls.append(candidates)
        if len(calls) > 1:
            candidates[0].scores.append(1.0)
            raise KeyboardInterrupt
        append(candidates, cv_results)

    monkeypatch.setattr(_runner, "_append", interrupted_in_the_second_fold)
    with pytest.warns(UserWarning, match="interrupted"):
        comparison = compare(*wine, estimators=[LogisticRegression()], cv=3, n_repeats=1)
    comparison.save(tmp_path / "results.json")
    (result,) = Comparison.load(tmp_path / "results.json").results
    assert len(result.candidates[0].scores) == 1
