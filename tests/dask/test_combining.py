"""What combines the weights: pure functions, here with a loop in the place of a cluster."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._estimators.target_scale import TargetStatistics
from sklearn_ed._networks.units import unit_types
from sklearn_ed.dask._combining import (
    Round,
    Rows,
    joined,
    learn_networks,
    learn_rows,
    mean,
    network_shares,
)

ALL = {"early_stopping": False, "tol": 0.0, "max_iter": 3, "random_state": 0}


def fit_apart(estimator, rows, n_shares, n_epochs=3):
    """What `strategy="networks"` computes."""
    shares = network_shares(estimator, n_shares)
    for _ in range(n_epochs):
        learned = [learn_networks(estimator, rows, one, Round()) for one in shares]
        estimator = joined(estimator, learned, shares)
    return estimator


ONLINE = {"batch_size": 1, "solver": "sgd", "alpha": 0.01}
BATCHES = {"batch_size": 50, "hidden_layer_sizes": (6, 4)}


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [
        ({**ONLINE, "loss": "squared_error", "code_size": None}, "classes"),
        ({**BATCHES, "loss": "squared_error", "n_members": 2}, "classes"),
        ({**BATCHES, "n_members": 3}, "classes"),
        (ONLINE, "labels"),
        ({**BATCHES, "solver": "sgd", "momentum": 0.9}, "labels"),
        (ONLINE, "targets"),
        ({**BATCHES, "n_members": 2}, "targets"),
    ],
)
@pytest.mark.parametrize("n_shares", [2, 3])
def test_networks_that_learn_apart_equal_a_local_fit(
    parameters, kind, n_shares, digits, assert_same
):
    """Bit for bit row by row; products of other shapes may be rounded in another way."""
    X, y = digits
    y = {"classes": y, "labels": np.eye(10, dtype=int)[y][:, :4]}.get(kind)
    if kind == "targets":
        X, y = load_diabetes(return_X_y=True)
        y = np.column_stack([y, -(y**2), y % 7])
        local = EDRegressor(**{**ALL, **parameters}).fit(X, y)
        start = EDRegressor(**{**ALL, **parameters}).initialize(X.shape[1], 3, n_rows=len(X))
        start._begin_at(TargetStatistics.of(y, None))
    else:
        local = EDClassifier(**{**ALL, **parameters}).fit(X, y)
        what = {"n_labels": 4} if kind == "labels" else {"classes": range(10)}
        start = EDClassifier(**{**ALL, **parameters}).initialize(64, n_rows=len(X), **what)
    apart = fit_apart(start, Rows(X, y, None), n_shares)
    assert_same(apart, local, 0 if parameters["batch_size"] == 1 else 1e-9)
    np.testing.assert_allclose(apart.loss_curve_, local.loss_curve_, rtol=1e-9)
    assert (apart.t_, apart.n_iter_) == (local.t_, local.n_iter_)
    drawn = [one._random_state.randint(10**9) for one in (apart, local)]
    assert drawn[0] == drawn[1]


def test_networks_that_share_a_softmax_do_not_learn_apart():
    start = EDClassifier(n_members=1).initialize(3, range(4))
    with pytest.raises(ValueError, match=r"^strategy: expected 'rows' .* share a softmax"):
        network_shares(start, 2)
    assert len(network_shares(EDClassifier(n_members=3).initialize(3, range(4)), 2)) == 2
    # One network for two classes: nothing to divide.
    assert len(network_shares(EDClassifier(n_members=1).initialize(3, range(2)), 2)) == 1


def test_a_rule_that_draws_numbers_for_all_networks_is_refused():
    start = EDRegressor(rule="feedback_alignment").initialize(3, 2)
    with pytest.raises(ValueError, match=r"^strategy: .* got 'networks' with rule="):
        network_shares(start, 2)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_the_mean_is_weighted_and_keeps_the_signs(solver, digits):
    X, y = digits
    start = EDClassifier((6, 4), solver=solver, random_state=0).initialize(64, range(10))
    rows = [Rows(X[:100], y[:100], None), Rows(X[100:], y[100:], None)]
    learned = [learn_rows(start, one, share, Round()) for share, one in enumerate(rows)]
    combined = mean(start, learned, [1, 3])
    for ours, a, b in zip(combined.coefs_, *(one.coefs_ for one in learned), strict=True):
        np.testing.assert_allclose(ours, (a + 3 * b) / 4, rtol=1e-12)
    for coef in combined.coefs_[1:]:
        before, after = map(unit_types, coef.shape[1:])
        assert (coef * np.outer(before, after) >= 0).all()
    assert combined.t_ == 300
    loss = (learned[0].loss_ + 3 * learned[1].loss_) / 4
    assert combined.loss_curve_ == [pytest.approx(loss)]
    if solver == "adam":
        moments = [one._solver_state["first_moments"] for one in (*learned, combined)]
        np.testing.assert_allclose(moments[2], (moments[0] + 3 * moments[1]) / 4, rtol=1e-9)
        # It continues with them.
        continued = learn_rows(combined, rows[0], 0, Round())
        assert continued._solver_state["steps"] == combined._solver_state["steps"] + 2


def test_shares_see_their_rows_in_orders_of_their_own_that_can_be_repeated(digits):
    X, y = digits
    rows = Rows(X[:60], y[:60], None)
    start = EDClassifier((6,), batch_size=10, random_state=0).initialize(64, range(10))
    one, other, again = (learn_rows(start, rows, share, Round()) for share in (1, 2, 1))
    assert not np.array_equal(one.coefs_[0], other.coefs_[0])
    assert np.array_equal(one.coefs_[0], again.coefs_[0])
    assert start.t_ == 0


def test_the_parts_of_an_epoch_are_all_rows(digits):
    X, y = digits
    start = EDClassifier((6,), n_members=1, random_state=0).initialize(64, range(10))
    parts = [learn_rows(start, Rows(X, y, None), 0, Round(1, p, 4)).t_ for p in range(4)]
    assert parts == [75] * 4
