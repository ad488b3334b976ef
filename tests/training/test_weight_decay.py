"""Weight decay: what one step takes off, and how it goes with the rest of learning."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from helpers import make_trainer
from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._backend import use_backend
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.outputs import ClassOutputs
from sklearn_ed._networks.units import unit_types
from sklearn_ed._training.data import TrainingData
from sklearn_ed._training.optimizers import SGD, Adam, Momentum
from sklearn_ed._training.schedules import EpochRate
from sklearn_ed._training.trainer import Trainer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
X, y = load_iris(return_X_y=True)
X = scale(X)
ONLINE = {"batch_size": 1, "solver": "sgd", "alpha": 0.01}


def estimator(Estimator, **params):
    return Estimator(
        (6, 5),
        **{"max_iter": 4, "tol": 0, "early_stopping": False, "random_state": 0, **params},
    )


def make_bank(sizes, dtype=np.float64):
    rng = np.random.RandomState(0)
    return NetworkBank.initialize(
        4, sizes, 3, init="scaled", u0=0.4, beta=0.8, dtype=dtype, rng=rng
    )


def stepped(optimizer, sizes, weight_decay, *, two_way, steps=1, dtype=np.float64):
    """The bank after that many steps from the same start."""
    bank = make_bank(sizes, dtype)
    outputs = ClassOutputs(np.eye(3, dtype=dtype), "log_loss", 0.4)
    trainer = make_trainer(
        bank, outputs, two_way=two_way, optimizer=optimizer, weight_decay=weight_decay
    )
    for _ in range(steps):
        trainer.step(X.astype(dtype), y, None, online=False, alpha=0.1)
    return bank


def signs_are_kept(coefs):
    """Whether the weights between units have the signs of their types, or are zero."""
    for coef in coefs[1:-1]:
        types = np.outer(unit_types(coef.shape[1]), unit_types(coef.shape[2]))
        if not (coef * types >= 0).all():
            return False
    last = coefs[-1]
    return bool((last * unit_types(last.shape[1])[:, np.newaxis] >= 0).all())


@pytest.mark.parametrize("two_way", [False, True])
@pytest.mark.parametrize("sizes", [(), (6,), (6, 5)])
@pytest.mark.parametrize("optimizer", [SGD(), Momentum(0.9), Adam()])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_step_shrinks_the_weights_and_leaves_the_biases(optimizer, sizes, two_way, dtype):
    options = {"two_way": two_way, "dtype": dtype}
    start = make_bank(sizes, dtype)
    without = stepped(optimizer, sizes, 0.0, **options)
    decayed = stepped(optimizer, sizes, 0.3, **options)
    share = 1 - 0.1 * 0.3
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    for actual, plain, old in zip(decayed.weights, without.weights, start.weights, strict=True):
        assert actual.dtype == dtype
        np.testing.assert_allclose(actual, share * plain, rtol=0, atol=tolerance)
        assert (plain != old).any()
    for actual, plain in zip(decayed.biases, without.biases, strict=True):
        np.testing.assert_array_equal(actual, plain)


def test_the_flat_weights_are_all_weights_and_no_bias():
    for sizes in ((), (6,), (6, 5)):
        bank = make_bank(sizes)
        bank.flat_weights[:] = 7
        assert all((weight == 7).all() for weight in bank.weights)
        assert not any((bias == 7).any() for bias in bank.biases)


@BOTH
def test_a_worked_step_of_the_estimator(Estimator):
    """One row of zeros moves no weight of layer 1: what is left is the decay."""
    params = {"solver": "sgd", "alpha": 0.1, "batch_size": 5, "random_state": 0}
    call = {"classes": [0, 1]} if Estimator is EDClassifier else {}
    model = Estimator(4, weight_decay=0.5, **params).partial_fit(np.eye(2), [0, 1], **call)
    before = model.coefs_[0].copy()
    model.partial_fit(np.zeros((1, 2)), [1])
    np.testing.assert_allclose(model.coefs_[0], 0.95 * before, rtol=1e-14)


@BOTH
def test_the_decay_follows_the_schedule(Estimator):
    params = {"solver": "sgd", "alpha": 0.1, "learning_rate": "linear", "max_iter": 2}
    call = {"classes": [0, 1]} if Estimator is EDClassifier else {}
    model = Estimator(4, weight_decay=0.5, random_state=0, **params)
    model.partial_fit(np.eye(2), [0, 1], **call)
    before = model.coefs_[0].copy()
    model.partial_fit(np.zeros((1, 2)), [1])
    np.testing.assert_allclose(model.coefs_[0], (1 - 0.05 * 0.5) * before, rtol=1e-14)


@BOTH
@pytest.mark.parametrize("weight_decrement", [False, True])
@pytest.mark.parametrize(
    "params",
    [
        {"max_iter": 20},
        {"max_iter": 20, "solver": "sgd", "alpha": 0.1, "momentum": 0.9},
        {"max_iter": 5, "batch_size": 1},
        {**ONLINE, "max_iter": 5},
    ],
)
def test_weights_get_smaller_and_keep_their_signs(Estimator, weight_decrement, params):
    norms = []
    for weight_decay in (0, 0.3, 3):
        model = estimator(
            Estimator,
            weight_decay=weight_decay,
            weight_decrement=weight_decrement,
            **params,
        ).fit(X, y)
        assert signs_are_kept(model.coefs_)
        norms.append(sum(np.square(coef).sum() for coef in model.coefs_))
    assert norms[0] > norms[1] > norms[2] > 0


@pytest.mark.parametrize("two_way", [False, True])
@pytest.mark.parametrize("weight_decay", [10.0, 10.5, 1e3, 1e300])
def test_too_much_of_it_stops_at_zero(weight_decay, two_way):
    bank = stepped(SGD(), (6, 5), weight_decay, two_way=two_way, steps=3)
    for weight in bank.weights:
        np.testing.assert_array_equal(weight, np.zeros_like(weight))
    assert all(np.isfinite(bias).all() and bias.any() for bias in bank.biases[-1:])


@BOTH
@pytest.mark.parametrize("params", [{"batch_size": 10}, {"batch_size": 1}, ONLINE])
@pytest.mark.parametrize("shuffle", [False, True])
def test_calls_of_partial_fit_equal_fit_bit_for_bit(Estimator, params, shuffle):
    params = {"weight_decay": 0.3, "shuffle": shuffle, **params}
    whole = estimator(Estimator, n_iter_no_change=np.inf, **params).fit(X, y)
    parts = estimator(Estimator, **params)
    for _ in range(4):
        parts.partial_fit(X, y, **({"classes": [0, 1, 2]} if Estimator is EDClassifier else {}))
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(parts, name), getattr(whole, name), strict=True):
            np.testing.assert_array_equal(a, b)
    assert parts.loss_curve_ == whole.loss_curve_


@BOTH
@pytest.mark.parametrize("weight_decrement", [False, True])
@pytest.mark.parametrize("weight_decay", [0, 0.3])
def test_online_with_and_without_the_kernels(Estimator, weight_decay, weight_decrement):
    params = {"weight_decay": weight_decay, "weight_decrement": weight_decrement, **ONLINE}
    weight = np.random.RandomState(0).uniform(0.2, 2, size=150)
    actual = estimator(Estimator, **params).fit(X, y, weight)
    with use_backend("numpy"):
        expected = estimator(Estimator, **params).fit(X, y, weight)
    for a, b in zip(actual.coefs_, expected.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-10)
    np.testing.assert_allclose(actual.loss_curve_, expected.loss_curve_, rtol=1e-10)


@pytest.mark.parametrize("two_way", [False, True])
def test_online_equals_the_rule_and_the_decay_by_turns(two_way):
    """The kernel for each row, then the decay by hand."""
    outputs = ClassOutputs(np.eye(3), "log_loss", 0.4)
    decayed, by_hand = make_bank((6, 5)), make_bank((6, 5))
    trainer = make_trainer(decayed, outputs, two_way=two_way, weight_decay=0.3)
    trainer.epoch(TrainingData(X, y, None, np.arange(150)), 1, None, EpochRate.constant(0.05))
    plain, rate = make_trainer(by_hand, outputs, two_way=two_way), EpochRate.constant(0.05)
    for row in range(150):
        plain.epoch(TrainingData(X, y, None, np.array([row])), 1, None, rate)
        for weight in by_hand.weights:
            weight *= 1 - 0.05 * 0.3
    np.testing.assert_allclose(decayed.flat, by_hand.flat, rtol=0, atol=1e-12)
    assert np.abs(decayed.flat - make_bank((6, 5)).flat).max() > 1e-3


@BOTH
def test_one_value_is_as_good_as_any_number_type(Estimator):
    models = [
        estimator(Estimator, weight_decay=value).fit(X.astype(np.float32), y)
        for value in (1, 1.0, np.float64(1), np.float32(1))
    ]
    for model in models:
        assert {p.dtype for p in model.coefs_ + model.intercepts_} == {np.dtype(np.float32)}
        np.testing.assert_array_equal(model.coefs_[0], models[0].coefs_[0])


def test_an_interrupt_before_the_decay_of_a_step(monkeypatch):
    """The weights that are kept are those after the whole step."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(12, 3)), np.arange(12) % 2
    options = {"n_members": 1, "max_iter": 1, "weight_decay": 0.9, "random_state": 0}
    clf = EDClassifier((3,), batch_size=12, early_stopping=False, **options)
    expected = clone(clf).fit(X, y)
    complete, calls = Trainer.complete_step, []

    def interrupted_at_first(trainer, alpha):
        calls.append(alpha)
        if len(calls) == 1:
            raise KeyboardInterrupt
        complete(trainer, alpha)

    monkeypatch.setattr(Trainer, "complete_step", interrupted_at_first)
    with pytest.warns(UserWarning, match="what was learned is kept"):
        clf.fit(X, y)
    assert calls[0] == calls[1] > 0
    np.testing.assert_array_equal(clf.coefs_[0], expected.coefs_[0])
