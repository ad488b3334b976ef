"""Learning rates that change in every step, and what is left of them afterwards."""

import copy
import inspect

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._estimators import defaults
from sklearn_ed._training import online, trainer
from sklearn_ed._training.schedules import CHANGES_PER_EPOCH, EpochRate, Schedule
from sklearn_ed._training.trainer import Trainer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
SCHEDULED = pytest.mark.parametrize("learning_rate", ["linear", "cosine"])
SHAPES = {"linear": lambda share: 1 - share, "cosine": lambda s: (1 + np.cos(np.pi * s)) / 2}
X, y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)


def noted_rates(monkeypatch):
    """The rates of all steps to come."""
    rates, apply = [], Trainer.apply_increments

    def noted(self, alpha):
        rates.append(alpha)
        return apply(self, alpha)

    monkeypatch.setattr(Trainer, "apply_increments", noted)
    return rates


@pytest.mark.parametrize("kind", ["linear", "cosine"])
def test_the_rate_at_a_share_of_the_schedule(kind):
    schedule = Schedule(kind, 0.8, 0.5, 8)
    for n_done in (0, 0.25, 3, 4, 7.875):
        expected = 0.8 * SHAPES[kind](n_done / 8)
        assert schedule.rate(n_done, 10**9) == pytest.approx(expected, rel=1e-12)
    assert [schedule.rate(n, 0) for n in (8, 8.5, 1e9)] == [pytest.approx(0.08)] * 3
    assert Schedule(kind, 0.8, 0.5, 0).rate(0, 0) == pytest.approx(0.08)
    assert Schedule(kind, 0.8, 0.5, np.inf).rate(1e9, 0) == 0.8
    assert EpochRate(schedule, 3, 0)(0.5) == schedule.rate(3.5, 0)


@BOTH
@pytest.mark.parametrize("learning_rate", ["constant", "invscaling", *SHAPES])
@pytest.mark.parametrize(
    "params", [{}, {"solver": "sgd", "batch_size": 1}], ids=["batch", "row"]
)
def test_more_epochs_than_a_float_can_count(Estimator, learning_rate, params):
    params |= {"alpha": 0.01, "random_state": 0, "learning_rate": learning_rate}
    huge, large = (
        Estimator(3, max_iter=max_iter, **params).partial_fit(
            X, y, **({"classes": [0, 1, 2]} if Estimator is EDClassifier else {})
        )
        for max_iter in (10**400, 10**300)
    )
    np.testing.assert_array_equal(huge.coefs_[0], large.coefs_[0])


@BOTH
@SCHEDULED
def test_every_step_has_its_own_rate(Estimator, learning_rate, monkeypatch):
    """Eight batches of 20 rows, the last of 10: the rate goes by the rows learned before."""
    rates = noted_rates(monkeypatch)
    params = {"batch_size": 20, "max_iter": 3, "early_stopping": False, "random_state": 0}
    model = Estimator(4, learning_rate=learning_rate, alpha=0.01, **params).fit(X, y)
    shares = [epoch + start / 150 for epoch in range(3) for start in range(0, 150, 20)]
    expected = 0.01 * SHAPES[learning_rate](np.array(shares) / 3)
    np.testing.assert_allclose(rates, expected, rtol=1e-12)
    model.partial_fit(X, y)
    np.testing.assert_allclose(rates[24:], 0.001, rtol=1e-12)
    rates.clear()
    model.set_params(warm_start=True).fit(X, y)
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


@BOTH
@SCHEDULED
@pytest.mark.parametrize("max_iter", [2, "auto"])
def test_a_stream_has_the_rate_of_its_calls(Estimator, learning_rate, max_iter, monkeypatch):
    """With max_iter it goes down to a tenth; without, no end is known."""
    rates = noted_rates(monkeypatch)
    params = {"max_iter": max_iter, "batch_size": 75, "random_state": 0, "alpha": 0.01}
    model = Estimator(4, learning_rate=learning_rate, **params)
    call = {"classes": [0, 1, 2]} if Estimator is EDClassifier else {}
    for _ in range(3):
        model.partial_fit(X, y, **call)
    expected = np.full(6, 0.01)
    if max_iter == 2:
        expected[:4] *= SHAPES[learning_rate](np.arange(4) / 4)
        expected[4:] = 0.001
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


@SCHEDULED
@pytest.mark.parametrize("n_rows", [5, 32, 150])
def test_row_by_row_the_rate_changes_32_times_an_epoch(learning_rate, n_rows, monkeypatch):
    rates = noted_rates(monkeypatch)
    params = {"batch_size": 1, "max_iter": 2, "shuffle": False, "random_state": 0}
    EDRegressor(3, learning_rate=learning_rate, alpha=0.01, **params).fit(
        X[:n_rows], y[:n_rows]
    )
    block = -(-n_rows // CHANGES_PER_EPOCH)
    assert block == {5: 1, 32: 1, 150: 5}[n_rows]
    shares = [e + row // block * block / n_rows for e in range(2) for row in range(n_rows)]
    expected = 0.01 * SHAPES[learning_rate](np.array(shares) / 2)
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


@BOTH
@SCHEDULED
@pytest.mark.parametrize("n_rows", [7, 33, 150])
def test_the_online_kernel_has_the_rates_of_steps(
    Estimator, learning_rate, n_rows, monkeypatch
):
    params = {"solver": "sgd", "batch_size": 1, "alpha": 0.02, "max_iter": 3, "random_state": 0}
    rows = np.random.RandomState(0).permutation(150)[:n_rows]
    model = Estimator((5, 4), learning_rate=learning_rate, **params)
    kernel = clone(model).fit(X[rows], y[rows])
    monkeypatch.setattr(trainer, "has_online_kernel", lambda *args: False)
    steps = clone(model).fit(X[rows], y[rows])
    for one, other in zip(kernel.coefs_, steps.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-10)
    constant = clone(model).set_params(learning_rate="constant").fit(X[rows], y[rows])
    assert np.abs(constant.coefs_[0] - kernel.coefs_[0]).max() > 1e-4


@SCHEDULED
def test_cuts_for_ctrl_c_change_no_rate(learning_rate, monkeypatch):
    params = {"solver": "sgd", "batch_size": 1, "alpha": 0.02, "max_iter": 2, "random_state": 0}
    model = EDClassifier(5, learning_rate=learning_rate, **params)
    whole = clone(model).fit(X, y)
    monkeypatch.setattr(online, "CALL_WEIGHTS", whole.coefs_[0].size)
    cut = clone(model).fit(X, y)
    np.testing.assert_allclose(cut.coefs_[0], whole.coefs_[0], rtol=0, atol=1e-12)


@BOTH
@pytest.mark.parametrize("n_members", [1, 3])
def test_partial_fit_after_fit_forgets_nothing(Estimator, n_members):
    digits, labels = load_digits(return_X_y=True)
    A, B, a, b = train_test_split(digits / 16, labels, random_state=0)
    params = {"code_size": None} if Estimator is EDClassifier else {}
    model = Estimator(20, max_iter=40, n_members=n_members, random_state=0, **params)
    before = model.fit(A, a).score(B, b)
    for _ in range(3):
        model.partial_fit(A, a)
        assert model.score(B, b) > before - 0.02
    for start in range(0, 1000, 100):
        model.partial_fit(A[start : start + 100], a[start : start + 100])
    assert model.score(B, b) > before - 0.04


@BOTH
@pytest.mark.parametrize("early_stopping", [False, True, "auto"])
@pytest.mark.parametrize("n_rows", [30, 120])
def test_no_fit_takes_longer_than_was_known(Estimator, n_rows, early_stopping):
    rows = np.random.RandomState(0).permutation(150)[:n_rows]
    model = Estimator(3, early_stopping=early_stopping, tol=0, random_state=0)
    model.fit(X[rows], y[rows])
    n_train = n_rows - (n_rows // 10 if early_stopping is True else 0)
    assert model.n_iter_ <= defaults.n_epochs("auto", "linear", n_train, model.n_members_)
    assert model.t_ == model.n_iter_ * n_train


@BOTH
def test_a_fitted_estimator_remembers_that_it_has_fitted(Estimator):
    """Of a copy, too; and partial_fit alone does not count."""
    fitted = Estimator(3, max_iter=2, random_state=0).fit(X, y)
    call = {"classes": [0, 1, 2]} if Estimator is EDClassifier else {}
    streamed = Estimator(3, max_iter=50, random_state=0).partial_fit(X, y, **call)
    for model, expected in ((fitted, True), (streamed, False)):
        for each in (model, copy.deepcopy(model), copy.copy(model)):
            assert each.partial_fit(X, y)._has_fitted is expected


@BOTH
@pytest.mark.parametrize("params", [{"learning_rate_init": 0.1}, {"learning_rate_init": None}])
def test_the_name_of_other_estimators_is_explained(Estimator, params):
    with pytest.raises(TypeError, match=r"learning_rate_init.*alpha"):
        Estimator(**params)
    with pytest.raises(TypeError, match=r"learning_rate_init.*alpha"):
        Estimator(5, alpha=0.1, **params)


@BOTH
def test_other_names_and_the_signature_are_as_usual(Estimator):
    with pytest.raises(TypeError, match="'nonsense'"):
        Estimator(nonsense=1)
    parameters = inspect.signature(Estimator).parameters
    assert list(parameters)[:3] == ["hidden_layer_sizes", "activation", "alpha"]
    assert set(parameters) == set(Estimator().get_params())
    model = Estimator(5, alpha=0.25)
    assert clone(model).get_params() == model.get_params()
    assert repr(model) == f"{Estimator.__name__}(alpha=0.25, hidden_layer_sizes=5)"
