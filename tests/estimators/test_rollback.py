"""A call that fails leaves no trace, also where it would change things in place."""

import copy

import joblib
import numpy as np
import pytest

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._estimators import base as _estimator
from sklearn_ed._estimators.rollback import copied, unchanged_on_error

rng = np.random.RandomState(0)
X = rng.randn(20, 4)
y = X[:, 0]


@pytest.fixture
def model():
    return EDRegressor(3, batch_size=5, random_state=0).partial_fit(X, y)


def test_attributes_come_back_and_steps_are_undone(model):
    before, items = joblib.hash(vars(model)), [1]

    def fail():
        with unchanged_on_error(model) as undo:
            undo.append(items.pop)
            items.append(2)
            model.coefs_ = None
            model.new = 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert joblib.hash(vars(model)) == before
    assert items == [1]


@pytest.mark.parametrize("n_rows", [1, 20])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("stage", ["_check_finite", "_keep"])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_an_error_after_learning(model, monkeypatch, n_rows, shuffle, stage, error, method):
    model.set_params(shuffle=shuffle, warm_start=True, max_iter=2)
    before, twin = joblib.hash(vars(model)), copy.deepcopy(model)
    work = getattr(model, stage)

    def fail(*args, **kwargs):
        work(*args, **kwargs)
        raise error("late")

    with monkeypatch.context() as patch:
        patch.setattr(EDRegressor, stage, lambda self, *args, **kwargs: fail(*args, **kwargs))
        with pytest.raises(error, match="late"):
            getattr(model, method)(X[:n_rows], y[:n_rows])
    assert joblib.hash(vars(model)) == before
    for est in (model, twin):
        est.partial_fit(X, y)
    np.testing.assert_array_equal(model.predict(X), twin.predict(X))
    assert model.loss_curve_ == twin.loss_curve_


def test_a_stream_appends_to_one_list(model):
    """So that a call costs the same however many came before."""
    curve = model.loss_curve_
    for i in range(20):
        model.partial_fit(X[i : i + 1], y[i : i + 1])
    assert model.loss_curve_ is curve
    assert len(curve) == model.n_iter_ == 21
    assert model.best_loss_ == min(curve)
    assert model.loss_ == curve[-1]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_best_loss_after_early_stopping():
    model = EDRegressor(3, early_stopping=True, max_iter=3, random_state=0).fit(X, y)
    assert model.best_loss_ is None
    model.set_params(early_stopping=False)
    for _ in range(3):
        model.partial_fit(X, y)
        assert model.best_loss_ == min(model.loss_curve_)
    assert len(model.loss_curve_) == 6


def test_interrupted_before_the_first_loss(monkeypatch):
    """What was learned is kept, and there is no loss yet."""

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    model = EDRegressor(3, random_state=0)
    with monkeypatch.context() as patch:
        patch.setattr(_estimator, "run_epoch", interrupt)
        for _ in range(2):
            with pytest.warns(UserWarning, match="interrupted"):
                model.partial_fit(X, y)
            assert (model.loss_curve_, model.best_loss_) == ([], np.inf)
    model.partial_fit(X, y)
    assert model.loss_curve_ == [model.best_loss_]


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
def test_a_copy_goes_its_own_way(model, way):
    twin, other = way(model), copy.deepcopy(model)
    model.partial_fit(X, y)
    assert len(twin.loss_curve_) == 1
    assert len(model.loss_curve_) == 2
    np.testing.assert_array_equal(
        twin.partial_fit(X, y).predict(X), other.partial_fit(X, y).predict(X)
    )


def test_a_shallow_copy_leaves_the_list_of_the_original_alone(model):
    coef = model.coefs_[0]
    copy.copy(model)
    assert model.coefs_[0] is coef


def test_one_row_draws_nothing(model):
    before = joblib.hash(model._random_state.get_state())
    model.partial_fit(X[:1], y[:1])
    assert joblib.hash(model._random_state.get_state()) == before
    model.partial_fit(X[:2], y[:2])
    assert joblib.hash(model._random_state.get_state()) != before


def test_row_after_row_equals_all_rows_in_order():
    labels = (y > 0).astype(int)
    params = {"batch_size": 1, "solver": "sgd", "shuffle": False, "random_state": 0}
    whole = EDClassifier(3, **params)
    single = EDClassifier(3, **params)
    whole.partial_fit(X, labels, classes=[0, 1]).partial_fit(X, labels)
    single.partial_fit(X, labels, classes=[0, 1])
    for i in range(20):
        single.partial_fit(X[i : i + 1], labels[i : i + 1])
    np.testing.assert_array_equal(whole.predict_proba(X), single.predict_proba(X))


def test_copied():
    array = np.arange(3)
    state = {"solver": "adam", "steps": 3, "moments": [array, array + 1], "array": array}
    own = copied(state)
    assert joblib.hash(own["moments"]) == joblib.hash(state["moments"])
    array[0] = 7
    assert own["moments"][0][0] == own["array"][0] == 0
    assert (own["solver"], own["steps"]) == ("adam", 3)
