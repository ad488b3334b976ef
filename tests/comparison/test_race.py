"""The race of a comparison: turns, who fails, Ctrl-C."""

import signal
from typing import ClassVar

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression, SGDClassifier

from sklearn_ed import EDClassifier
from sklearn_ed.comparison import UnusableInput, compare
from sklearn_ed.comparison._race import Race

ALPHAS = {"alpha": [0.003, 0.01]}


class Picky(SGDClassifier):
    """Fails where alpha is above 1."""

    def fit(self, X, y):
        if self.alpha > 1:
            raise ValueError("alpha is above 1")
        return super().fit(X, y)


class Logged(LogisticRegression):
    """Says when it is fitted, with which seed, and on how many rows."""

    log: ClassVar[list] = []

    def fit(self, X, y):
        Logged.log.append((self.C, self.random_state, X.shape[0]))
        return super().fit(X, y)


class FailsLater(LogisticRegression):
    """Fails from a number of fits on, that of the warming up included."""

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


def test_contestants_take_turns_and_the_best_learn_all_rows(wine):
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
    # Each fit on all rows comes with one on a fold.
    assert [(C, seed) for C, seed, n in fits if n == 178] == [(1, 7), (2, 7), (2, 8), (1, 8)]


def test_failed_fits_are_counted_and_out(wine):
    comparison = compare(
        *wine, estimators=[(Picky(), {"alpha": [10.0, 0.001]})], cv=3, n_repeats=1
    )
    (outcome,) = comparison.outcomes
    assert outcome.best.params == {"alpha": 0.001}
    assert (outcome.n_failed, outcome.n_fits) == (3, 6)
    assert np.isnan(outcome.candidates[0].score)
    assert "Picky: 3 of 6 fits of the search failed" in " ".join(comparison.to_text().split())


def test_no_candidate_left_is_unusable_input(wine):
    with pytest.raises(UnusableInput, match=r"every candidate of Picky fails.*alpha is above"):
        compare(*wine, estimators=[(Picky(), {"alpha": [10.0, 100.0]})])


def test_who_fails_later_is_out_and_the_others_go_on(wine):
    estimators = {"linear": LogisticRegression(), "late": FailsLater(calls=4)}
    comparison = compare(*wine, estimators=estimators, cv=4, n_repeats=1)
    assert [outcome.name for outcome in comparison.outcomes] == ["linear"]
    assert len(comparison.outcomes[0].best.scores) == 4
    assert "late is out, its candidates failed" in " ".join(comparison.to_text().split())


def test_who_fails_on_all_rows_keeps_its_search(wine):
    estimators = {"linear": LogisticRegression(), "late": FailsLater(calls=6)}
    comparison = compare(*wine, estimators=estimators, cv=4, n_repeats=1)
    linear, late = comparison.outcomes
    assert (len(linear.fits), len(late.fits)) == (1, 0)
    assert len(late.best.scores) == 4
    assert "late: seed 0 failed on all rows: ValueError: once too often" in comparison.to_text()


def test_a_learning_curve_that_fails_is_none(wine):
    estimators = {"linear": SGDClassifier(), "late": NoEpochs()}
    comparison = compare(*wine, estimators=estimators, cv=2, n_repeats=1)
    assert [outcome.curve is None for outcome in comparison.outcomes] == [False, True]
    assert comparison.terms["remarks"] == ["late has no learning curve: no"]


def test_the_last_seed_is_followed_by_the_first(wine):
    comparison = compare(
        *wine, estimators=[LogisticRegression()], cv=2, n_repeats=2, random_state=2**32 - 1
    )
    assert [fit.seed for fit in comparison.outcomes[0].fits] == [2**32 - 1, 0]


# Ctrl-C


def interrupted_at(monkeypatch, method, wine):
    """A comparison that meets Ctrl-C at the second call of a method of Race."""
    original = getattr(Race, method)
    calls = []

    def interrupt(self, *args):
        calls.append(args)
        if len(calls) == 5:
            signal.raise_signal(signal.SIGINT)
        return original(self, *args)

    monkeypatch.setattr(Race, method, interrupt)
    estimators = [(EDClassifier(max_iter=3), ALPHAS), LogisticRegression()]
    return compare(*wine, estimators=estimators, cv=3, n_repeats=3)


def test_what_was_finished_is_kept(monkeypatch, wine):
    before = signal.getsignal(signal.SIGINT)
    with pytest.warns(UserWarning, match="interrupted"):
        comparison = interrupted_at(monkeypatch, "_search_fold", wine)
    assert signal.getsignal(signal.SIGINT) is before
    assert not comparison.complete
    for outcome in comparison.outcomes:
        assert {len(c.scores) for c in outcome.candidates} == {2}
        assert outcome.fits == []
        assert np.isnan(outcome.fit_time)
    assert "Interrupted" in comparison.to_text()


def test_fits_that_were_finished_are_kept(monkeypatch, wine):
    with pytest.warns(UserWarning, match="interrupted"):
        comparison = interrupted_at(monkeypatch, "_fit_best", wine)
    assert [len(outcome.fits) for outcome in comparison.outcomes] == [2, 2]
    assert comparison.outcomes[0].curve is None


def test_nothing_finished_is_an_interrupt(monkeypatch, wine):
    def interrupt(*args):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Race, "_search_fold", interrupt)
    with pytest.raises(KeyboardInterrupt):
        compare(*wine, estimators=[LogisticRegression()])
