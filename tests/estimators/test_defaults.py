"""What "auto" stands for, at its borders and in fitted estimators."""

import warnings

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
    for n_networks in (1, 25):
        assert auto.batch_rows("auto", n_rows, n_networks) == min(expected, 150)
    for n_networks in (26, 1000):
        assert auto.batch_rows("auto", n_rows, n_networks) == expected
    for own in (1, 7, np.int64(10**6)):
        assert auto.batch_rows(own, n_rows, 1) == own


@pytest.mark.parametrize(
    ("n_networks", "expected"),
    [(1, 500), (2, 250), (3, 167), (10, 50), (45, 12), (62, 9), (63, 8), (64, 8), (1000, 8)],
)
def test_hidden_sizes(n_networks, expected):
    for shape in [(1, 1), (1999, 20), (10**6, 1)]:
        assert auto.hidden_sizes(None, n_networks, 1, shape) == (expected,)
        for own in ((), (1,), (5, 4)):
            assert auto.hidden_sizes(own, n_networks, 1, shape) == own


@pytest.mark.parametrize(
    ("shape", "is_deep"),
    [
        ((2000, 10**5), True),
        ((1999, 20), False),
        ((1999, 19), True),
        ((1900, 19), True),
        ((1899, 19), False),
        ((500, 5), True),
        ((499, 1), False),
    ],
)
def test_two_layers_where_there_are_rows(shape, is_deep):
    sizes = (62, 31) if is_deep else (125,)
    assert auto.hidden_sizes(None, 1, 4, shape) == sizes
    assert auto.hidden_sizes((5,), 1, 4, shape) == (5,)
    assert auto.hidden_sizes(None, 4, 1, shape) == (125,)


@pytest.mark.parametrize(
    ("n_networks", "n_members", "expected"),
    [
        (1, 2, (125, 62)),
        (1, 4, (62, 31)),
        (5, 4, (12, 6)),
        (11, 3, (8, 6)),
        (17, 2, (15,)),
        (25, 4, (8,)),
    ],
)
def test_sizes_of_two_layers(n_networks, n_members, expected):
    for n_rows in (2000, 10**6):
        assert auto.hidden_sizes(None, n_networks, n_members, (n_rows, 50)) == expected


@pytest.mark.parametrize(
    ("n_features", "expected"),
    [(1, 0), (10, 0), (11, 0.055), (20, 0.1), (39, 0.195), (40, 0.2), (41, 0.2), (10**6, 0.2)],
)
def test_dropout_rate(n_features, expected):
    for batch_size in ("auto", 2, 1000):
        for loss in ("log_loss", "squared_error"):
            actual = auto.dropout_rate("auto", (100, n_features), loss, batch_size)
            assert actual == pytest.approx(expected, rel=1e-12)
        assert auto.dropout_rate("auto", (100, n_features), None, batch_size) == 0
    for batch_size in (1, np.int64(1)):
        assert auto.dropout_rate("auto", (100, n_features), "log_loss", batch_size) == 0
    for own in (0, 0.0, 0.7):
        for batch_size in ("auto", 1):
            for loss in ("log_loss", None):
                rate = auto.dropout_rate(own, (10**6, n_features), loss, batch_size)
                assert rate == own


@pytest.mark.parametrize(
    ("n_rows", "share"), [(1, 1), (2000, 1), (4000, 1 / 4), (20_000, 1 / 100)]
)
def test_dropout_falls_with_the_rows_per_feature(n_rows, share):
    rate = auto.dropout_rate("auto", (n_rows, 20), "log_loss", 64)
    assert rate == pytest.approx(0.1 * share, rel=1e-12)


def test_weight_decay():
    for batch_size in ("auto", 2):
        for n_rows, expected in [(1, 0.15), (9999, 0.15), (10_000, 0.05), (10**6, 0.05)]:
            assert auto.weight_decay("auto", n_rows, batch_size) == expected
    for n_rows in (1, 10**6):
        assert auto.weight_decay("auto", n_rows, 1) == 0
        assert auto.weight_decay("auto", n_rows, np.int64(1)) == 0
        for own in (0, 0.1, 7):
            assert auto.weight_decay(own, n_rows, "auto") == own
            assert auto.weight_decay(own, n_rows, 1) == own


@pytest.mark.parametrize("n_classes", [2, 3, 10, 11, 100])
def test_code_size(n_classes):
    few = "one_vs_one" if n_classes <= 10 else None
    assert auto.code_size("auto", n_classes, "log_loss") == few
    assert auto.code_size("auto", n_classes, "squared_error") is None
    for own in (None, "one_vs_one", 2, 0.5):
        for loss in ("log_loss", "squared_error"):
            assert auto.code_size(own, n_classes, loss) == own


def test_tolerance():
    for rate in ("constant", "invscaling"):
        assert auto.tolerance("auto", False, "log_loss", rate) == 0.005
        assert auto.tolerance("auto", False, "squared_error", rate) == 0.001
        assert auto.tolerance("auto", False, None, rate) == 1e-4
    for rate in ("linear", "cosine"):
        for loss in ("log_loss", "squared_error", None):
            assert auto.tolerance("auto", False, loss, rate) == 1e-4
    for stopping in (True, "out_of_fold"):
        assert auto.tolerance("auto", stopping, "log_loss", "constant") == 1e-4
    for own in (0, 0.3):
        for stopping in (False, True, "out_of_fold"):
            for rate in ("constant", "linear"):
                assert auto.tolerance(own, stopping, "log_loss", rate) == own


@pytest.mark.parametrize(
    ("n_networks", "n_rows", "expected"),
    [
        (1, 1, 4),
        (25, 19_999, 4),
        (26, 1, 1),
        (1000, 1, 1),
        (7, 20_000, 4),
        (8, 20_000, 1),
        (1, 10**7, 4),
    ],
)
def test_n_members(n_networks, n_rows, expected):
    for batch_size in ("auto", 2, 1000):
        assert auto.n_members("auto", n_networks, n_rows, batch_size) == expected
    for batch_size in (1, np.int64(1)):
        assert auto.n_members("auto", n_networks, n_rows, batch_size) == 1
    for own in (1, 3, 40):
        for batch_size in ("auto", 1):
            assert auto.n_members(own, n_networks, n_rows, batch_size) == own


@pytest.mark.parametrize(
    ("n_members", "n_rows", "expected"),
    [(1, 10**6, False), (4, 49, False), (4, 50, "out_of_fold"), (2, 10**6, "out_of_fold")],
)
def test_early_stopping(n_members, n_rows, expected):
    assert auto.early_stopping("auto", n_members, n_rows, has_scorer=False) == expected
    # A scorer needs rows that all members hold out.
    by_scorer = n_rows >= 50
    assert auto.early_stopping("auto", n_members, n_rows, has_scorer=True) is by_scorer
    for own in (False, True, "out_of_fold"):
        assert auto.early_stopping(own, n_members, n_rows, has_scorer=True) == own


@pytest.mark.parametrize(
    ("n_rows", "expected"),
    [
        (1, (200, 200)),
        (100, (188, 200)),
        (312, (150, 200)),
        (1000, (119, 126)),
        (10_000, (75, 50)),
        (60_000, (52, 16)),
        (10**6, (30, 15)),
        (10**7, (19, 15)),
        (10**8, (15, 15)),
    ],
)
def test_n_epochs(n_rows, expected):
    """For few and for many networks."""
    for rate in ("linear", "cosine"):
        for n_networks, n_epochs in zip((1, 25, 26, 1000), np.repeat(expected, 2), strict=True):
            assert auto.n_epochs("auto", rate, n_rows, n_networks) == n_epochs
    for rate in ("constant", "invscaling"):
        assert auto.n_epochs("auto", rate, n_rows, 1) == 200
        assert auto.n_epochs("auto", rate, n_rows, 100) == 200
    for own in (1, 3000):
        for rate in ("linear", "constant"):
            assert auto.n_epochs(own, rate, n_rows, 4) == own


@BOTH
@pytest.mark.parametrize("n_members", [1, "auto"])
@pytest.mark.parametrize("learning_rate", ["linear", "cosine"])
def test_the_number_of_epochs_is_known_beforehand(Estimator, learning_rate, n_members):
    """A fit that goes to the end of its schedule has these epochs, and is no failure."""
    X, y = data(900)
    params = {"n_members": n_members, "tol": 0, "n_iter_no_change": np.inf}
    model = Estimator(1, learning_rate=learning_rate, random_state=0, **params)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
    assert model.n_iter_ == 121
    assert model.t_ == 121 * 900


@pytest.mark.parametrize(
    ("n_classes", "loss", "n_of_one", "n_members", "n_units"),
    [
        (2, "log_loss", 1, 4, 125),
        (3, "log_loss", 3, 4, 42),
        (10, "log_loss", 45, 1, 12),
        (11, "log_loss", 11, 4, 12),
        (70, "log_loss", 70, 1, 8),
        (2, "squared_error", 1, 4, 125),
        (10, "squared_error", 10, 4, 13),
    ],
)
def test_sizes_of_a_classifier(n_classes, loss, n_of_one, n_members, n_units):
    X, y = data(140, 2, n_classes)
    clf = EDClassifier(loss=loss, max_iter=1, random_state=0).fit(X, y)
    n_networks = n_of_one * n_members
    assert (clf.n_members_, clf.n_networks_) == (n_members, n_networks)
    assert clf.code_book_.shape[0] == n_of_one
    assert [coef.shape for coef in clf.coefs_] == [
        (n_networks, 2, n_units),
        (n_networks, n_units, 1),
    ]
    clf.partial_fit(X, y).set_params(hidden_layer_sizes=n_units).partial_fit(X, y)
    assert clf.n_iter_ == 3
    clf.set_params(hidden_layer_sizes=n_units + 1)
    with pytest.raises(ValueError, match=rf"^hidden_layer_sizes: expected \({n_units},\)"):
        clf.partial_fit(X, y)


@pytest.mark.parametrize(("n_labels", "n_members"), [(1, 4), (3, 4), (50, 1)])
def test_sizes_of_labels_and_targets(n_labels, n_members):
    X, _ = data(30)
    Y = np.random.RandomState(1).randint(2, size=(30, n_labels))
    n_networks = n_labels * n_members
    n_units = max(8, -(-500 // n_networks))
    shape = n_networks, 2, n_units
    models = [EDRegressor(max_iter=1, random_state=0).fit(X, Y[:, 0] if n_labels == 1 else Y)]
    if n_labels > 1:
        models.append(EDClassifier(max_iter=1, random_state=0).fit(X, Y))
    for model in models:
        assert (model.n_members_, model.n_networks_) == (n_members, n_networks)
        assert model.coefs_[0].shape == shape


@BOTH
def test_two_layers_for_many_rows(Estimator):
    X, y = data(2000)
    model = Estimator(max_iter=1, random_state=0).fit(X, y)
    assert [coef.shape for coef in model.coefs_] == [(4, 2, 62), (4, 62, 31), (4, 31, 1)]
    model = Estimator(max_iter=1, random_state=0).fit(X[:499], y[:499])
    assert [coef.shape for coef in model.coefs_] == [(4, 2, 125), (4, 125, 1)]
    model.partial_fit(X, y)


def test_auto_sizes_go_on_with_those_of_a_fixed_start():
    """What "auto" stands for depends on the rows, which differ from call to call."""
    X, y = data(30, n_classes=3)
    clf = EDClassifier(5, random_state=0).partial_fit(X, y, classes=[0, 1, 2])
    clf.set_params(hidden_layer_sizes="auto").partial_fit(X, y)
    assert clf.coefs_[0].shape == (12, 2, 5)


def assert_same_fit(model, spelled, X, y):
    model.fit(X, y)
    spelled.fit(X, y)
    assert model.loss_curve_ == spelled.loss_curve_
    for actual, expected in zip(model.coefs_, spelled.coefs_, strict=True):
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("n_features", [10, 11, 50])
@pytest.mark.parametrize("early_stopping", [False, True, "auto"])
def test_a_classifier_by_auto_equals_one_with_its_values(n_features, early_stopping):
    X, y = data(1400, n_features, 3)
    spelled = EDClassifier(
        42 if n_features == 50 else (21, 10),
        alpha=0.005,
        weight_decrement=True,
        code_size="one_vs_one",
        n_members=4,
        learning_rate="linear",
        beta_2=0.95,
        max_iter=113 if early_stopping is True else 111,
        dropout={10: 0.0, 11: 0.005 * 11 * (1100 / 1400) ** 2, 50: 0.2}[n_features],
        weight_decay=0.15,
        batch_size=64 if early_stopping is True else 70,
        tol=1e-4,
        n_iter_no_change=10,
        early_stopping="out_of_fold" if early_stopping == "auto" else early_stopping,
        random_state=0,
    )
    model = EDClassifier(early_stopping=early_stopping, random_state=0)
    assert_same_fit(model, spelled, X, y)


def test_a_regressor_by_auto_equals_one_with_its_values():
    X, _ = data(1400, 20)
    spelled = EDRegressor(
        125,
        alpha=0.005,
        weight_decrement=True,
        n_members=4,
        learning_rate="linear",
        beta_2=0.95,
        max_iter=111,
        dropout=0,
        weight_decay=0.15,
        batch_size=70,
        tol=1e-4,
        early_stopping="out_of_fold",
        random_state=0,
    )
    assert_same_fit(EDRegressor(random_state=0), spelled, X, X[:, 0] ** 2)


@BOTH
@pytest.mark.parametrize("solver", [{"solver": "adam"}, {"solver": "sgd", "alpha": 0.01}])
def test_online_auto_is_the_plain_rule(Estimator, solver):
    X, y = data(40, 20)
    params = {"batch_size": 1, "max_iter": 2, "random_state": 0, **solver}
    spelled = Estimator(dropout=0, weight_decay=0, n_members=1, **params)
    assert_same_fit(Estimator(**params), spelled, X, y)


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
def test_invscaling_goes_down_a_stair_after_60_000_rows(Estimator, monkeypatch):
    X, y = data(20_000, 1)
    rates, epoch = [], Trainer.epoch

    def noted(self, data, batch_size, rng, rate):
        rates.append(rate())
        assert rate(0.99) == rates[-1]
        return epoch(self, data, batch_size, rng, rate)

    monkeypatch.setattr(Trainer, "epoch", noted)
    params = {"alpha": 0.01, "learning_rate": "invscaling", "early_stopping": False}
    params |= {"tol": 0.0, "n_iter_no_change": np.inf, "random_state": 0}
    model = Estimator(1, max_iter=7, **params).fit(X, y)
    stairs = [0.01] * 3 + [0.01 / 2**0.5] * 3 + [0.01 / 3**0.5]
    assert rates == stairs
    assert model.t_ == 140_000
    model.partial_fit(X, y)
    assert rates[7:] == [0.01 / 3**0.5]
