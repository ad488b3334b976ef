"""`history_`: what is recorded of every epoch."""

import copy
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._training import loop
from sklearn_ed._training.history import MOST_SAMPLE, StateOfUnits
from sklearn_ed._training.schedules import EpochRate, Schedule
from sklearn_ed._training.trainer import Trainer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
X = rng.normal(size=(120, 5))
CLASSES = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1)
TARGETS = X[:, 0] + X[:, 1] ** 2
ALWAYS = ["loss", "seconds", "learning_rate", "weight_magnitude", "saturated"]
SETTINGS = {
    "plain": {"n_members": 1, "early_stopping": False},
    "out of fold": {"n_members": 3, "early_stopping": "out_of_fold"},
    "hold-out": {"n_members": 2, "early_stopping": True},
    "online": {"n_members": 1, "batch_size": 1, "solver": "sgd", "early_stopping": True},
}


def fitted(Estimator=EDClassifier, X=X, **params):
    params = {"hidden_layer_sizes": (6, 4), "max_iter": 5, "random_state": 0, **params}
    return Estimator(**params).fit(X, CLASSES if Estimator is EDClassifier else TARGETS)


def lengths(history):
    return {len(values) for values in history.values()}


@pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_epoch_has_a_value_of_each_name(Estimator, setting):
    model = fitted(Estimator, **SETTINGS[setting])
    history = model.history_
    validates = setting != "plain"
    assert set(history) == {*ALWAYS, *(["val_loss", "val_score"] if validates else [])}
    assert lengths(history) == {model.n_iter_} == {5}
    assert history["loss"] == model.loss_curve_
    assert history.get("val_score") == model.validation_scores_
    if setting == "out of fold":
        assert history["val_loss"] == [-score for score in history["val_score"]]
    assert (np.diff([0.0, *history["seconds"]]) > 0).all()
    assert all(len(layers) == 3 for layers in history["weight_magnitude"])
    assert all(len(layers) == 2 for layers in history["saturated"])


def test_the_loss_of_rows_held_out():
    """In the epoch that is kept."""
    model = fitted(early_stopping=True, n_members=1, max_iter=3, alpha=0.02)
    best = int(np.argmax(model.history_["val_score"]))
    held_out = train_test_split(
        np.arange(120), test_size=0.1, stratify=CLASSES, random_state=model._validation_seed
    )[1]
    assert model.history_["val_score"][best] == model.score(X[held_out], CLASSES[held_out])
    expected = log_loss(CLASSES[held_out], model.predict_proba(X[held_out]))
    assert model.history_["val_loss"][best] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("online", [False, True])
def test_magnitudes_saturation_and_rate_of_the_last_epoch(online):
    options = {"batch_size": 1, "solver": "sgd"} if online else {"batch_size": 32}
    model = fitted(n_members=1, early_stopping=False, u0=0.1, alpha=0.1, **options)
    history = model.history_
    expected = [np.abs(coef).mean() for coef in model.coefs_]
    np.testing.assert_allclose(history["weight_magnitude"][-1], expected, rtol=1e-12)
    Z = 1 / (1 + np.exp(-20 * (X @ model.coefs_[0] + 0.8 * model.intercepts_[0][:, None])))
    share = np.mean((Z < 0.02) | (Z > 0.98))
    # A sample of the rows.
    assert history["saturated"][-1][0] == pytest.approx(share, abs=0.15)
    assert 0 < share < 1
    schedule = Schedule("linear", 0.1, 0.5, 5)
    last_share = 116 / 120 if online else 96 / 120
    assert history["learning_rate"][-1] == pytest.approx(schedule.rate(4 + last_share, 0))
    assert np.isfinite(history["saturated"]).all()


def test_the_sample_is_saturated_or_not():
    """All rows are the same, so that the sample says of all units what holds."""
    data = np.repeat(X[:1], 120, axis=0)
    model = fitted(X=data, n_members=1, u0=0.1, init="uniform", early_stopping=False)
    A = data[:1] @ model.coefs_[0] + 0.8 * model.intercepts_[0][:, None]
    Z = 1 / (1 + np.exp(-20 * A))
    assert model.history_["saturated"][-1][0] == np.mean(np.abs(Z - 0.5) > 0.48)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
def test_the_sample_is_small_and_draws_nothing(make, monkeypatch):
    sizes, measure = [], StateOfUnits.__call__

    def noted(self, bank):
        sizes.append(self._X.shape[0])
        return measure(self, bank)

    monkeypatch.setattr(StateOfUnits, "__call__", noted)
    model = fitted(X=make(X), n_members=1)
    monkeypatch.setattr(StateOfUnits, "__call__", lambda self, bank: {})
    unobserved = fitted(X=make(X), n_members=1)
    for coef, expected in zip(model.coefs_, unobserved.coefs_, strict=True):
        np.testing.assert_array_equal(coef, expected)
    many = make(rng.normal(size=(60_000, 1)))
    monkeypatch.setattr(StateOfUnits, "__call__", noted)
    EDRegressor(2, n_members=1, max_iter=1, batch_size=5000).fit(many, np.arange(60_000.0))
    # 30 units make 1000 activations on 34 rows.
    assert sizes == [34] * 5 + [MOST_SAMPLE]


def test_the_rate_of_the_last_step():
    rate = EpochRate(Schedule("linear", 1.0, 0.5, 10), 3, 0)
    # Batches begin at rows 0, 40 and 80; row by row, the rate changes every fourth row.
    assert rate.of_last_step(100, 40) == pytest.approx(1 - 0.38)
    assert rate.of_last_step(100, 100) == rate.of_last_step(100, 1000) == pytest.approx(0.7)
    assert rate.of_last_step(100, 1) == rate.of_row(99, 100) == pytest.approx(1 - 0.396)


def test_a_warm_start_continues_and_a_fit_begins_anew():
    model = fitted(warm_start=True, n_members=2, early_stopping=False)
    first = copy.deepcopy(model.history_)
    model.set_params(early_stopping=True).fit(X, CLASSES)
    history = model.history_
    assert lengths(history) == {5 + model.n_iter_}
    for name, values in first.items():
        assert history[name][:5] == values
    assert np.isnan(history["val_loss"][:5]).all()
    assert np.isfinite(history["val_loss"][5:]).all()
    assert (np.diff(history["seconds"]) > 0).all()
    model.set_params(warm_start=False, early_stopping=False).fit(X, CLASSES)
    assert lengths(model.history_) == {5}
    assert "val_loss" not in model.history_


def test_partial_fit_leaves_it_alone():
    model = EDRegressor(3, random_state=0).partial_fit(X, TARGETS)
    assert not hasattr(model, "history_")
    model.set_params(warm_start=True, max_iter=2).fit(X, TARGETS)
    history = copy.deepcopy(model.history_)
    model.partial_fit(X, TARGETS).partial_fit(X[:1], TARGETS[:1])
    assert model.history_ == history
    assert len(model.loss_curve_) == 5


def test_a_shallow_copy_keeps_its_own():
    model = fitted(warm_start=True)
    twin = copy.copy(model)
    model.fit(X, CLASSES)
    assert lengths(twin.history_) == {5}
    assert lengths(model.history_) == {10}


@pytest.mark.parametrize("where", ["step", "epoch", "state"])
def test_lists_stay_of_equal_length_after_an_interrupt(where, monkeypatch):
    owner, name = {
        "step": (Trainer, "step"),
        "epoch": (loop, "print_epoch"),
        "state": (StateOfUnits, "__call__"),
    }[where]
    function, calls = getattr(owner, name), []

    def interrupted(*args, **options):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return function(*args, **options)

    monkeypatch.setattr(owner, name, interrupted)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = fitted(n_members=2, early_stopping=True, batch_size=50, verbose=True)
    assert lengths(model.history_) == {1 if where == "step" else 3}


def test_a_fit_before_there_was_a_history_can_continue():
    model = fitted(warm_start=True)
    del model.history_
    model.fit(X, CLASSES)
    assert lengths(model.history_) == {5}


def test_a_failed_fit_leaves_it_alone():
    model = fitted(EDRegressor, n_members=1, early_stopping=False)
    history = model.history_
    with pytest.raises(ValueError, match="non-finite"):
        model.set_params(solver="sgd", alpha=1e200, hidden_layer_sizes=()).fit(X, TARGETS)
    assert model.history_ is history


def test_values_are_plain_numbers():
    """So that `skops` and `json` can write them."""
    for name, values in fitted(n_members=2).history_.items():
        flat = np.concatenate([np.ravel(np.array(v, dtype=object)) for v in values])
        assert {type(value) for value in flat} == {float}, name
