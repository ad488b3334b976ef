"""Targets of any scale: EDRegressor scales them itself, by powers of two."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.metrics import r2_score

from helpers import forward_pass
from sklearn_ed import EDRegressor
from sklearn_ed._estimators.target_scale import ROWS, TargetStatistics

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
X = rng.normal(size=(150, 4))
y = X[:, 0] + np.sin(2 * X[:, 1]) + 0.1 * rng.normal(size=150)
ONLINE = {"solver": "sgd", "batch_size": 1, "alpha": 0.02}
WAYS = pytest.mark.parametrize(
    "params",
    [{}, {"n_members": 1}, {"solver": "sgd", "alpha": 0.05}, ONLINE, {"early_stopping": True}],
    ids=["defaults", "one member", "sgd", "online", "early stopping"],
)


def regressor(**params):
    return EDRegressor((6, 5), **{"max_iter": 8, "random_state": 0, **params})


@WAYS
@pytest.mark.parametrize("power", [-300, -10, 2, 300])
def test_a_power_of_two_changes_nothing_but_the_unit(params, power):
    """Bit for bit."""
    plain = regressor(**params).fit(X, y)
    scaled = regressor(**params).fit(X, 2.0**power * y)
    np.testing.assert_array_equal(scaled.predict(X), 2.0**power * plain.predict(X))
    np.testing.assert_array_equal(scaled.target_scale_, 2.0**power * plain.target_scale_)
    assert scaled.loss_curve_ == plain.loss_curve_
    for model, unit in ((plain, 1.0), (scaled, 2.0**power)):
        model.set_params(early_stopping=False).partial_fit(X, unit * y)
    np.testing.assert_array_equal(scaled.predict(X), 2.0**power * plain.predict(X))


@WAYS
def test_a_shift_changes_nothing_but_rounding(params):
    plain = regressor(**params).fit(X, y)
    moved = regressor(**params).fit(X, 1024 * y + 1e4)
    np.testing.assert_allclose((moved.predict(X) - 1e4) / 1024, plain.predict(X), atol=1e-8)


@pytest.mark.parametrize(("unit", "shift"), [(1000, 1e4), (1e-6, 0.0), (1e-6, -3e-6), (3, 1e6)])
def test_units_matter_little(unit, shift):
    """Units that are no powers of two leave a scale within a factor of the root of two."""
    params = {"max_iter": 60, "batch_size": 10, "early_stopping": False, "random_state": 0}
    plain = EDRegressor(50, **params).fit(X, y)
    scaled = EDRegressor(50, **params).fit(X, unit * y + shift)
    assert plain.score(X, y) > 0.9
    assert scaled.score(X, unit * y + shift) == pytest.approx(plain.score(X, y), abs=0.02)


@pytest.mark.parametrize("sizes", [(), (5,), (6, 5)], ids=str)
@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_coefs_are_plain(sizes, n_members, dtype):
    """Predictions are their forward pass, without the scale."""
    Y = np.column_stack([1e4 + 3000 * y, 1e-5 * y])
    reg = EDRegressor(sizes, n_members=n_members, max_iter=5, random_state=0)
    reg.fit(X.astype(dtype), Y).partial_fit(X, Y)
    assert (reg.target_scale_ != 1).all()
    by_hand = forward_pass(reg, X.astype(dtype)).reshape(150, n_members, 2).mean(axis=1)
    tolerance = 1e-5 if dtype == np.float32 else 1e-12
    # In units of the targets' deviations.
    difference = (reg.predict(X) - by_hand) / Y.std(axis=0)
    np.testing.assert_allclose(difference, 0, atol=tolerance)
    assert {p.dtype for p in reg.coefs_ + reg.intercepts_} == {np.dtype(dtype)}


def test_the_scale_is_the_power_of_two_next_to_each_deviation():
    Y = np.column_stack([y / y.std(), 3 * y / y.std(), 1e-9 * y, 5e6 + 1e3 * y])
    reg = regressor(max_iter=1).fit(X, Y)
    expected = 2.0 ** np.round(np.log2(Y.std(axis=0)))
    assert reg.target_scale_.tolist() == expected.tolist()
    assert expected[:2].tolist() == [1, 4]


def test_networks_begin_at_the_mean():
    """The mean of initial predictions lies within a few deviations of the targets' mean."""
    Y = np.column_stack([1e6 + 10 * y, -3.0 + y])
    reg = regressor(max_iter=1, alpha=1e-300).fit(X, Y)
    assert (np.abs(reg.predict(X) - Y.mean(axis=0)) < 4 * Y.std(axis=0)).all()
    centred = regressor(max_iter=1, alpha=1e-300).fit(X, Y - Y.mean(axis=0))
    start = reg.predict(X) - Y.mean(axis=0)
    np.testing.assert_allclose(start, centred.predict(X), rtol=0, atol=1e-8)


def test_the_loss_is_that_of_the_scaled_targets():
    reg = regressor(n_members=1, max_iter=1, alpha=1e-300, weight_decay=0)
    Y = np.column_stack([500 * y, 1e-3 * y])
    reg.fit(X, Y)
    errors = (Y - reg.predict(X)) / reg.target_scale_
    assert reg.loss_ == pytest.approx(0.5 * np.square(errors).sum(axis=1).mean(), rel=1e-9)


def test_several_targets_of_different_scales_are_all_learned():
    Y = np.column_stack([1e5 + 2e4 * y, 1e-6 * X[:, 2], X[:, 0] * X[:, 1]])
    reg = EDRegressor(50, max_iter=300, early_stopping=False, random_state=0).fit(X, Y)
    assert r2_score(Y, reg.predict(X), multioutput="raw_values").min() > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("params", "unit", "shift"),
    [
        ({}, 1.0, 0.0),
        ({}, 1000.0, 5000.0),
        (ONLINE, 1000.0, 5000.0),
        (ONLINE, 1e-6, 2e-6),
        ({"batch_size": 1}, 1e-6, 2e-6),
    ],
)
def test_streams_of_single_rows_learn(params, unit, shift):
    params = {**params, "n_members": 1, "weight_decay": 0, "random_state": 0}
    stream = np.random.RandomState(1)
    reg, errors = EDRegressor(16, **params), []
    for _ in range(4000):
        x = stream.normal(size=(1, 4))
        target = unit * (x[:, 0] + np.sin(2 * x[:, 1])) + shift
        if hasattr(reg, "coefs_"):
            errors.append(((reg.predict(x) - target) / unit).item())
        reg.partial_fit(x, target)
    assert np.mean(np.square(errors[-1000:])) < 0.35 * np.var(y)
    assert unit / 4 <= reg.target_scale_.item() <= 4 * unit


def test_the_scale_is_settled_after_the_first_rows():
    reg, scales = EDRegressor(4, random_state=0), []
    for row in range(150):
        reg.partial_fit(X[row : row + 1], 700 * y[row : row + 1])
        scales.append(reg.target_scale_.item())
    assert len(set(scales[10:])) <= 2
    assert len(set(scales[ROWS - 1 :])) == 1
    settled = copy.deepcopy(reg._target_statistics)
    reg.partial_fit(X, 1e9 * y)
    assert reg.target_scale_.item() == scales[-1]
    np.testing.assert_equal(reg._target_statistics, settled)


@pytest.mark.parametrize("n_members", [1, 3])
def test_predictions_outlast_a_change_of_scale(n_members):
    """With next to no learning rate, another scale changes no prediction."""
    reg = EDRegressor(4, n_members=n_members, weight_decay=0, alpha=1e-300, random_state=0)
    reg.partial_fit(X[:3], 1e-3 * y[:3])
    before, scale = reg.predict(X), reg.target_scale_
    reg.partial_fit(X[3:9], 1e4 * y[3:9])
    assert reg.target_scale_ > 1e5 * scale
    np.testing.assert_array_equal(reg.predict(X), before)


@pytest.mark.parametrize("weight", [np.ones(5), np.arange(5.0), np.array([0, 0, 3, 0, 1e-3])])
def test_statistics_are_those_of_numpy(weight):
    Y = rng.normal(size=(5, 2)) * [1e3, 1e-8] + [1e5, 0]
    found = TargetStatistics.of(Y, weight)
    mean = np.average(Y, axis=0, weights=weight)
    std = np.sqrt(np.average((Y - mean) ** 2, axis=0, weights=weight))
    np.testing.assert_allclose(found.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(found.std, std, rtol=1e-9)
    assert (found.n_rows, found.weight) == (np.count_nonzero(weight), weight.sum())


def test_statistics_of_two_calls_are_those_of_all_rows():
    Y, weight = rng.normal(size=(30, 2)) * [1e3, 1e-8] + [1e5, 0], rng.uniform(size=30)
    parts = [TargetStatistics.of(Y[rows], weight[rows]) for rows in (slice(7), slice(7, None))]
    found, expected = parts[0].with_more(parts[1]), TargetStatistics.of(Y, weight)
    assert found.n_rows == 30
    for name in ("weight", "mean", "std"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-10)


@pytest.mark.parametrize("value", [0.0, 1.0, -7e5, 1e-25, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_targets_that_are_all_equal(value, dtype):
    reg = regressor(max_iter=20).fit(X.astype(dtype), np.full(150, value))
    np.testing.assert_allclose(reg.predict(X), value, rtol=1e-4, atol=1e-4 * (value == 0))


@pytest.mark.parametrize(
    ("dtype", "unit"),
    [(np.float64, 1e300), (np.float64, 1e-300), (np.float32, 1e37), (np.float32, 1e-35)],
)
def test_extreme_targets_are_learned(dtype, unit):
    params = {"max_iter": 60, "batch_size": 10, "early_stopping": False, "random_state": 0}
    reg = EDRegressor(50, **params).fit(X.astype(dtype), unit * y)
    predictions = reg.predict(X).astype(float)
    assert r2_score(y, predictions / unit) > 0.8


LARGEST = np.finfo(float).max / 1000


@pytest.mark.parametrize("low", [0.0, -LARGEST])
@pytest.mark.parametrize("early_stopping", [False, "out_of_fold"])
def test_targets_near_the_end_of_the_range_are_learned(early_stopping, low):
    target = np.where(y > 0, LARGEST, low)
    reg = EDRegressor(50, max_iter=50, early_stopping=early_stopping, random_state=0)
    accuracy = np.mean((reg.fit(X, target).predict(X) > (LARGEST + low) / 2) == (y > 0))
    assert accuracy > 0.9


@pytest.mark.parametrize("low", [0.0, -LARGEST])
def test_targets_whose_squares_overflow_are_scored(low):
    reg = regressor(early_stopping=True).fit(X, np.where(y > 0, LARGEST, low))
    assert np.isfinite(reg.validation_scores_).all()


def test_weights_count_for_the_scale():
    target, weight = np.where(np.arange(150) < 75, 1e6, 1.0) * y, np.ones(150)
    weight[:75] = 0
    weighted = regressor(max_iter=2).fit(X, target, weight)
    np.testing.assert_array_equal(
        weighted.target_scale_, regressor(max_iter=2).fit(X[75:], target[75:]).target_scale_
    )


def test_a_copy_in_mid_stream_goes_on_alike():
    reg = regressor().partial_fit(X[:20], 800 * y[:20])
    twin = pickle.loads(pickle.dumps(reg))
    for each in (reg, twin):
        each.partial_fit(X, 1e5 * y)
    np.testing.assert_array_equal(reg.predict(X), twin.predict(X))
    np.testing.assert_array_equal(reg.target_scale_, twin.target_scale_)


def test_a_warm_start_keeps_the_scale():
    reg = regressor(warm_start=True).fit(X, 800 * y)
    scale = reg.target_scale_
    reg.fit(X, 1e5 * y)
    np.testing.assert_array_equal(reg.target_scale_, scale)


def test_without_a_bias_input_networks_begin_at_zero():
    reg = regressor(beta=0.0, max_iter=1, alpha=1e-300).fit(X, 1e6 + y)
    assert np.abs(reg.predict(X)).max() < 1e3


def test_targets_of_opposite_ends_of_the_range_in_two_calls():
    ends = [TargetStatistics.of(np.full((3, 1), end), None) for end in (1.7e308, -1.7e308)]
    both = ends[0].with_more(ends[1])
    assert both.mean == [0]
    np.testing.assert_allclose(both.std, 1.7e308, rtol=1e-15)


def test_huge_weights_count_like_others():
    """Their products with the targets would overflow; one row has nearly all the weight."""
    y, weight = np.array([[3.0], [0.0], [1.0]]), np.array([1.6e308, 1e307, 0])
    huge, usual = (TargetStatistics.of(y, w) for w in (weight, weight / 1e307))
    np.testing.assert_allclose(huge.mean, usual.mean, rtol=1e-14)
    np.testing.assert_allclose(huge.std, usual.std, rtol=1e-14)
    twice = huge.with_more(huge)
    np.testing.assert_allclose(twice.mean, usual.mean, rtol=1e-14)
    assert np.isfinite(twice.weight)
