"""The parameter `rule` of the estimators: names, objects, own rules."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.rules import Backprop, ErrorDiffusion, Rule

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_iris(return_X_y=True)
X = scale(X)
ONLINE = {"solver": "sgd", "batch_size": 1, "alpha": 0.01}
WAYS = pytest.mark.parametrize("params", [{}, {"solver": "sgd"}, ONLINE])


def fitted(Estimator=EDClassifier, **params):
    return Estimator((5, 4), **{"max_iter": 3, "random_state": 0, **params}).fit(X, y)


def assert_equal_networks(one, other):
    for a, b in zip(
        one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True
    ):
        np.testing.assert_array_equal(a, b)


@WAYS
@pytest.mark.parametrize("weight_decrement", [False, True])
def test_the_name_and_the_object_are_the_same_rule(params, weight_decrement):
    by_name = fitted(weight_decrement=weight_decrement, **params)
    by_object = fitted(rule=ErrorDiffusion(weight_decrement=weight_decrement), **params)
    assert_equal_networks(by_name, by_object)


@WAYS
def test_backprop_by_name_and_object_differs_from_error_diffusion(params):
    by_name, by_object = fitted(rule="backprop", **params), fitted(rule=Backprop(), **params)
    assert_equal_networks(by_name, by_object)
    assert np.abs(by_name.coefs_[0] - fitted(**params).coefs_[0]).max() > 1e-3


@pytest.mark.parametrize(("rule", "are_zero"), [("backprop", False), ("error_diffusion", True)])
def test_backprop_leaves_signs_free(rule, are_zero):
    """A weight of the wrong sign stays, where error diffusion stops it at zero."""
    clf = fitted(rule=rule, alpha=1e-6, batch_size=150)
    clf.coefs_[-1][:] *= -1
    clf.partial_fit(X, y)
    assert ((clf.coefs_[-1] == 0) == are_zero).all()


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_a_full_batch_of_plain_backprop_follows_the_loss_downhill(loss):
    """The first-order change of the loss: minus alpha times the squared gradient."""
    params = {"rule": "backprop", "solver": "sgd", "batch_size": 150, "n_members": 1}
    params |= {"dropout": 0.0, "weight_decay": 0.0}
    params |= {"loss": loss, "code_size": None, "learning_rate": "constant", "alpha": 1e-5}
    clf = EDClassifier((5, 4), random_state=0, shuffle=False, **params)
    clf.partial_fit(X, y, classes=[0, 1, 2])
    before = [array.copy() for array in (*clf.coefs_, *clf.intercepts_)]
    clf.partial_fit(X, y).partial_fit(X, y)
    after = [*clf.coefs_, *clf.intercepts_]
    gradient_squared = sum(
        np.square((b - a) / 2e-5).sum() for a, b in zip(before, after, strict=True)
    )
    decrease = clf.loss_curve_[1] - clf.loss_curve_[2]
    assert decrease == pytest.approx(1e-5 * gradient_squared, rel=1e-3)


@dataclass(frozen=True)
class Halved(ErrorDiffusion):
    """An own rule: half of the increments."""

    def increments(self, *args, out=None, **kwargs):
        parts = super().increments(*args, out=out, **kwargs)
        for part in parts:
            part *= 0.5
        return parts


@pytest.mark.parametrize("batch_size", [1, 10])
@pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
def test_an_own_rule_is_used_at_every_batch_size(Estimator, batch_size):
    """The online kernel knows error diffusion alone: it must not take over."""
    params = {"solver": "sgd", "batch_size": batch_size, "weight_decay": 0.0, "dropout": 0.0}
    own = fitted(Estimator, rule=Halved(), alpha=0.02, **params)
    half = fitted(Estimator, alpha=0.01, **params)
    for a, b in zip(own.coefs_, half.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
    assert isinstance(Halved(), Rule)


def test_another_rule_starts_without_the_moments_of_the_last():
    clf = fitted(max_iter=1, batch_size=150)
    clf.partial_fit(X, y).set_params(rule="backprop")
    clf.partial_fit(X, y)
    assert clf._solver_state["steps"] == 1
    clf.partial_fit(X, y)
    assert clf._solver_state["steps"] == 2


def test_a_search_over_rules():
    rules = ["error_diffusion", "backprop", ErrorDiffusion(weight_decrement=False)]
    clf = EDClassifier(5, max_iter=5, early_stopping=False, random_state=0)
    search = GridSearchCV(clf, {"rule": rules}, cv=2)
    search.fit(X, y)
    assert len(set(search.cv_results_["mean_test_score"])) > 1
    assert clone(search.best_estimator_).rule == search.best_params_["rule"]


class WithoutOut(ErrorDiffusion):
    """Forgets where its increments have to be."""

    def increments(self, *args, out=None, **kwargs):
        return super().increments(*args, **kwargs)


class WithoutResult(ErrorDiffusion):
    def increments(self, *args, **kwargs):
        super().increments(*args, **kwargs)


class WithoutBiases(ErrorDiffusion):
    def increments(self, *args, **kwargs):
        return super().increments(*args, **kwargs)[:1]


@WAYS
@pytest.mark.parametrize(
    ("Own", "got"),
    [
        (WithoutOut, "arrays of its own"),
        (WithoutResult, "no list of arrays"),
        (WithoutBiases, "no list of arrays with as many numbers"),
    ],
)
def test_a_rule_that_would_learn_nothing_is_refused(Own, got, params):
    message = rf"^rule: expected increments\(\) to write to bank\.split\(out\).*, got {got}"
    with pytest.raises(ValueError, match=message):
        fitted(rule=Own(), **params)
    learned = fitted(**params)
    before = [coef.copy() for coef in learned.coefs_]
    with pytest.raises(ValueError, match=message):
        learned.set_params(rule=Own()).partial_fit(X, y)
    for coef, old in zip(learned.coefs_, before, strict=True):
        np.testing.assert_array_equal(coef, old)
