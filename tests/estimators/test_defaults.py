"""What "auto" stands for, at its borders and in fitted estimators."""

import numpy as np
import pytest

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._estimators import defaults as auto
from sklearn_ed._training.schedules import SCALING_ROWS, Schedule
from sklearn_ed._training.trainer import Trainer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])


def data(n_rows, n_features=2, n_classes=2):
    X = np.random.RandomState(0).normal(size=(n_rows, n_features))
    return X, np.arange(n_rows) % n_classes


@pytest.mark.parametrize(
    ("n_rows", "expected"),
    [(1, 64), (1299, 64), (1300, 65), (2000, 100), (5999, 299), (6000, 300), (10**6, 300)],
)
def test_batch_rows(n_rows, expected):
    assert auto.batch_rows("auto", n_rows) == expected
    for own in (1, 7, np.int64(10**6)):
        assert auto.batch_rows(own, n_rows) == own


@pytest.mark.parametrize(
    ("n_networks", "expected"),
    [(1, 500), (2, 250), (3, 167), (10, 50), (45, 12), (62, 9), (63, 8), (64, 8), (1000, 8)],
)
def test_hidden_sizes(n_networks, expected):
    assert auto.hidden_sizes(None, n_networks) == (expected,)
    for own in ((), (1,), (5, 4)):
        assert auto.hidden_sizes(own, n_networks) == own


@pytest.mark.parametrize(
    ("n_features", "expected"),
    [(1, 0), (10, 0), (11, 0.055), (20, 0.1), (39, 0.195), (40, 0.2), (41, 0.2), (10**6, 0.2)],
)
def test_dropout_rate(n_features, expected):
    for batch_size in ("auto", 2, 1000):
        actual = auto.dropout_rate("auto", n_features, batch_size)
        assert actual == pytest.approx(expected, rel=1e-12)
    for batch_size in (1, np.int64(1)):
        assert auto.dropout_rate("auto", n_features, batch_size) == 0
    for own in (0, 0.0, 0.7):
        for batch_size in ("auto", 1):
            assert auto.dropout_rate(own, n_features, batch_size) == own


def test_weight_decay():
    assert auto.weight_decay("auto", "auto") == auto.weight_decay("auto", 2) == 0.5
    assert auto.weight_decay("auto", 1) == auto.weight_decay("auto", np.int64(1)) == 0
    for own in (0, 0.1, 7):
        assert auto.weight_decay(own, "auto") == auto.weight_decay(own, 1) == own


@pytest.mark.parametrize("n_classes", [2, 3, 10, 11, 100])
def test_code_size(n_classes):
    few = "one_vs_one" if n_classes <= 10 else None
    assert auto.code_size("auto", n_classes, "log_loss") == few
    assert auto.code_size("auto", n_classes, "squared_error") is None
    for own in (None, "one_vs_one", 2, 0.5):
        for loss in ("log_loss", "squared_error"):
            assert auto.code_size(own, n_classes, loss) == own


def test_tolerance():
    assert auto.tolerance("auto", False, "log_loss") == 0.005
    assert auto.tolerance("auto", False, "squared_error") == 0.001
    assert auto.tolerance("auto", True, "log_loss") == 1e-4
    for own in (0, 0.3):
        for stopping in (False, True):
            assert auto.tolerance(own, stopping, "log_loss") == own


@pytest.mark.parametrize(
    ("n_classes", "loss", "n_networks", "n_units"),
    [
        (2, "log_loss", 1, 500),
        (3, "log_loss", 3, 167),
        (10, "log_loss", 45, 12),
        (11, "log_loss", 11, 46),
        (70, "log_loss", 70, 8),
        (2, "squared_error", 1, 500),
        (10, "squared_error", 10, 50),
    ],
)
def test_sizes_of_a_classifier(n_classes, loss, n_networks, n_units):
    X, y = data(140, 2, n_classes)
    clf = EDClassifier(loss=loss, max_iter=1, random_state=0).fit(X, y)
    assert clf.n_networks_ == clf.code_book_.shape[0] == n_networks
    assert [coef.shape for coef in clf.coefs_] == [
        (n_networks, 2, n_units),
        (n_networks, n_units, 1),
    ]
    clf.partial_fit(X, y).set_params(hidden_layer_sizes=n_units).partial_fit(X, y)
    assert clf.n_iter_ == 3
    clf.set_params(hidden_layer_sizes=n_units + 1)
    with pytest.raises(ValueError, match=rf"^hidden_layer_sizes: expected \({n_units},\)"):
        clf.partial_fit(X, y)


@pytest.mark.parametrize("n_labels", [1, 3, 50])
def test_sizes_of_labels_and_targets(n_labels):
    X, _ = data(30)
    Y = np.random.RandomState(1).randint(2, size=(30, n_labels))
    n_units = max(8, -(-500 // n_labels))
    if n_labels > 1:
        clf = EDClassifier(max_iter=1, random_state=0).fit(X, Y)
        assert clf.n_networks_ == n_labels
        assert clf.coefs_[0].shape == (n_labels, 2, n_units)
    Y = Y[:, 0] if n_labels == 1 else Y
    reg = EDRegressor(max_iter=1, random_state=0).fit(X, Y)
    assert reg.coefs_[0].shape == (n_labels, 2, 32)
    reg = EDRegressor("auto", max_iter=1, random_state=0).fit(X, Y)
    assert reg.coefs_[0].shape == (n_labels, 2, n_units)


def test_auto_sizes_differ_from_those_of_a_fixed_start():
    X, y = data(30, n_classes=3)
    clf = EDClassifier(5, random_state=0).partial_fit(X, y, classes=[0, 1, 2])
    clf.set_params(hidden_layer_sizes="auto")
    with pytest.raises(ValueError, match=r"expected \(5,\).*got 'auto'"):
        clf.partial_fit(X, y)


def assert_same_fit(model, spelled, X, y):
    model.fit(X, y)
    spelled.fit(X, y)
    assert model.loss_curve_ == spelled.loss_curve_
    for actual, expected in zip(model.coefs_, spelled.coefs_, strict=True):
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("n_features", [10, 11, 50])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_classifier_by_auto_equals_one_with_its_values(n_features, early_stopping):
    X, y = data(1400, n_features, 3)
    params = {"max_iter": 12, "early_stopping": early_stopping, "random_state": 0}
    spelled = EDClassifier(
        167,
        alpha=0.004,
        weight_decrement=True,
        code_size="one_vs_one",
        learning_rate="constant",
        dropout={10: 0.0, 11: 0.005 * 11, 50: 0.2}[n_features],
        batch_size=64 if early_stopping else 70,
        tol=1e-4 if early_stopping else 0.005,
        **params,
    )
    assert_same_fit(EDClassifier(**params), spelled, X, y)


def test_a_regressor_by_auto_equals_one_with_its_values():
    X, _ = data(1400, 20)
    params = {"max_iter": 5, "random_state": 0}
    spelled = EDRegressor(
        32,
        weight_decrement=True,
        learning_rate="constant",
        dropout=0,
        weight_decay=0.5,
        batch_size=70,
        tol=1e-4,
        **params,
    )
    assert_same_fit(EDRegressor(**params), spelled, X, X[:, 0] ** 2)


@BOTH
@pytest.mark.parametrize("solver", [{"solver": "adam"}, {"solver": "sgd", "alpha": 0.01}])
def test_online_auto_is_the_plain_rule(Estimator, solver):
    X, y = data(40, 20)
    params = {"batch_size": 1, "max_iter": 2, "random_state": 0, **solver}
    spelled = Estimator(dropout=0, weight_decay=0, **params)
    assert_same_fit(Estimator(dropout="auto", weight_decay="auto", **params), spelled, X, y)


def test_only_rows_of_positive_weight_count_for_the_batch():
    X, y = data(2800, 3)
    weight = np.tile([1.0, 0.0], 1400)
    params = {"max_iter": 2, "random_state": 0}
    automatic = EDClassifier(5, **params).fit(X, np.repeat(y[:1400], 2), weight)
    spelled = EDClassifier(5, batch_size=70, **params).fit(X, np.repeat(y[:1400], 2), weight)
    np.testing.assert_array_equal(automatic.coefs_[0], spelled.coefs_[0])


def test_invscaling_is_a_staircase():
    def rates(t, power_t=0.5):
        return Schedule("invscaling", 0.8, power_t, 4).rate(3, t)

    assert SCALING_ROWS == 60_000
    assert rates(0) == rates(1) == rates(59_999) == 0.8
    assert rates(60_000) == rates(119_999) == 0.8 / 2**0.5
    assert rates(120_000) == 0.8 / 3**0.5
    assert rates(180_000, 2.0) == 0.8 / 4**2.0
    assert rates(10**9, 0) == 0.8


@BOTH
def test_the_default_rate_goes_down_a_stair_after_60_000_rows(Estimator, monkeypatch):
    X, y = data(20_000, 1)
    rates, epoch = [], Trainer.epoch

    def noted(self, data, batch_size, rng, alpha):
        rates.append(alpha)
        return epoch(self, data, batch_size, rng, alpha)

    monkeypatch.setattr(Trainer, "epoch", noted)
    params = {"alpha": 0.01, "tol": 0.0, "n_iter_no_change": np.inf, "random_state": 0}
    model = Estimator(1, max_iter=7, **params).fit(X, y)
    stairs = [0.01] * 3 + [0.01 / 2**0.5] * 3 + [0.01 / 3**0.5]
    assert rates == stairs
    assert model.t_ == 140_000
    model.partial_fit(X, y)
    assert rates[7:] == [0.01 / 3**0.5]
