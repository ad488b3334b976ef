"""The three ways to find every weight's share in the error: steps, times, growth, epochs."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_ed.inspection import (
    CreditAssignmentDisplay,
    credit_assignment_cost,
    credit_assignment_epochs,
    credit_assignment_growth,
)
from sklearn_ed.inspection._cost import _in_turn
from sklearn_ed.inspection._growth import gather_growth
from sklearn_ed.inspection._ways import WAYS, Ways, count_parameters, make_networks
from sklearn_ed.rules._backprop import negative_gradients
from sklearn_ed.rules._error_diffusion import clamp_signs, ed_increments

ALPHA = 0.01


def problem(sizes=(3, 2), n_classes=3, n_samples=6):
    """The ways, and a batch."""
    rng = np.random.RandomState(0)
    bank, outputs = make_networks(4, sizes, n_classes, rng)
    X, targets = rng.uniform(size=(n_samples, 4)), rng.randint(n_classes, size=n_samples)
    return Ways(bank, outputs, n_samples), (X, targets)


def step_of(way, *args, **kwargs):
    ways, batch = problem(*args, **kwargs)
    start = ways.bank.flat.copy()
    getattr(ways, way)(*batch, ALPHA)
    return ways.bank.flat - start


# Steps


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("sizes", [(), (3,), (3, 2), (2, 3, 4)])
def test_differences_and_backprop_make_the_same_step(sizes, n_classes):
    numerical, backprop = (step_of(way, sizes, n_classes) for way in ("numerical", "backprop"))
    assert np.abs(numerical).max() > ALPHA / 1000
    np.testing.assert_allclose(numerical, backprop, atol=1e-9)


@pytest.mark.parametrize("sizes", [(), (3,), (2, 3, 4)])
def test_backprop_is_that_of_the_package(sizes):
    ways, (X, targets) = problem(sizes)
    hidden, A = ways.bank.forward(X)
    E = ways.outputs.error_signal(A, targets).E / 6
    expected = [change.ravel() for change in negative_gradients(X, ways.bank, hidden, None, E)]
    expected = ways.bank.flat + ALPHA * np.concatenate(expected)
    ways.backprop(X, targets, ALPHA)
    np.testing.assert_allclose(ways.bank.flat, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("sizes", [(), (3,), (2, 3, 4)])
def test_error_diffusion_is_that_of_the_package(sizes):
    alpha = 30.0  # far enough for signs to be at stake
    ways, (X, targets) = problem(sizes)
    twin = ways.bank.copy()
    hidden, A = twin.forward(X)
    E = ways.outputs.error_signal(A, targets).E / 6
    increments = ed_increments(X, hidden, None, E, beta=twin.beta, weight_decrement=True)
    for parameter, increment in zip(twin.parameters, increments, strict=True):
        parameter += alpha * increment
    unclamped = twin.flat.copy()
    clamp_signs(twin.weights[1:])
    assert (twin.flat != unclamped).any() == bool(sizes)
    ways.error_diffusion(X, targets, alpha)
    np.testing.assert_allclose(ways.bank.flat, twin.flat, rtol=0, atol=1e-13)


def test_error_diffusion_makes_a_step_of_the_same_signs_for_one_row():
    descent, step = (step_of(way, n_samples=1) for way in ("backprop", "error_diffusion"))
    np.testing.assert_array_equal(np.sign(step), np.sign(descent))
    assert step.any()


def test_differences_leave_other_parameters_alone():
    ways, batch = problem()
    start = ways.bank.flat.copy()
    ways.numerical(*batch, ALPHA, np.array([3, 7]))
    assert np.flatnonzero(ways.bank.flat != start).tolist() == [3, 7]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_lowers_the_loss(way):
    ways, batch = problem()
    before = ways.loss(*batch)
    for _ in range(50):
        getattr(ways, way)(*batch, ALPHA)
    assert ways.loss(*batch) < before


# Times


def test_cost():
    cost = credit_assignment_cost(
        10, 4, n_classes=2, n_samples=5, fraction=0.1, n_repeats=2, random_state=0
    )
    assert cost.n_parameters == 10 * 4 + 4 + 4 + 1
    assert cost.n_probed == 5
    for seconds in (cost.numerical, cost.backprop, cost.error_diffusion):
        assert isinstance(seconds, float)
        assert seconds > 0


def test_numerical_differentiation_of_all_parameters():
    cost = credit_assignment_cost(3, (2,), 3, fraction=1, n_repeats=1, random_state=0)
    assert cost.n_probed == cost.n_parameters == 3 * (3 * 2 + 2 + 2 + 1)


def test_what_takes_long_is_measured_once(monkeypatch):
    calls = {"short": 0, "long": 0}
    clock = [0.0]

    def make(name, seconds):
        def step():
            calls[name] += 1
            clock[0] += seconds

        return step

    monkeypatch.setattr("sklearn_ed.inspection._cost.time.perf_counter", lambda: clock[0])
    seconds = _in_turn({"long": make("long", 8.0), "short": make("short", 0.5)}, 3)
    assert calls == {"long": 1, "short": 2 + 3}
    assert seconds == {"long": 8.0, "short": 0.5}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("n_features", 0, "an integer >= 1"),
        ("n_classes", 1, "an integer >= 2"),
        ("n_samples", 2.0, "an integer >= 1"),
        ("fraction", 0, r"a real number in \(0, 1\]"),
        ("fraction", 1.5, r"a real number in \(0, 1\]"),
        ("n_repeats", 0, "an integer >= 1"),
        ("hidden_layer_sizes", (3, 0), "an integer >= 1"),
        ("hidden_layer_sizes", "auto", "an int or a sequence"),
    ],
)
def test_bad_parameters(name, value, expected):
    with pytest.raises(ValueError, match=rf"^{name}: expected {expected}.* got "):
        credit_assignment_cost(**{name: value})


# Growth


def growth(sizes=(2, (3,), 6), **options):
    options = {"n_features": 5, "n_classes": 3, "n_samples": 4, "n_repeats": 1, **options}
    return credit_assignment_growth(sizes, n_probed=3, random_state=0, **options)


def test_growth():
    found = growth()
    assert found.hidden_layer_sizes == [(2,), (3,), (6,)]
    expected = [count_parameters(5, sizes, 3) for sizes in found.hidden_layer_sizes]
    assert found.n_parameters.tolist() == expected
    assert expected[0] == 3 * (5 * 2 + 2 + 2 + 1)
    assert found.n_probed.tolist() == [3, 3, 3]
    for way in WAYS:
        assert found[way].shape == (3,)
        assert (found[way] > 0).all()
        assert np.isfinite(found.exponents[way])
        assert abs(found.exponents[way]) < 10


def test_the_exponent_is_the_law_of_the_seconds():
    sizes = [(2,), (4,), (8,)]
    n_parameters = [10, 30, 100]
    costs = [
        {
            "n_parameters": n,
            "n_probed": 1,
            "numerical": 3 * n**2,
            "backprop": n,
            way: 5 * n**0.5,
        }
        for n in n_parameters
        for way in ["error_diffusion"]
    ]
    exponents = gather_growth(sizes, costs).exponents
    assert exponents == pytest.approx({"numerical": 2, "backprop": 1, "error_diffusion": 0.5})
    assert np.isnan(gather_growth(sizes[:1], costs[:1]).exponents["backprop"])


def test_what_growth_refuses():
    with pytest.raises(ValueError, match=r"^sizes: expected at least two, got \[3\]"):
        growth([3])
    with pytest.raises(ValueError, match=r"^hidden_layer_sizes: expected an integer >= 1"):
        growth([3, 0])
    with pytest.raises(ValueError, match=r"^n_features: expected an integer >= 1, got 0"):
        growth(n_features=0)


def test_display():
    pytest.importorskip("matplotlib").use("Agg")
    from matplotlib.figure import Figure

    widths, depths = growth(), growth([(2,), (2, 2)])
    display = CreditAssignmentDisplay(widths, depths)
    assert display.plot() is display
    assert display.ax_.shape == (2,)
    assert display.figure_ is display.ax_[0].figure
    for axes, found in zip(display.ax_, (widths, depths), strict=True):
        assert len(axes.get_lines()) == 3
        for line, way in zip(axes.get_lines(), WAYS, strict=True):
            np.testing.assert_array_equal(line.get_ydata(), found[way])
            assert WAYS[way] in line.get_label()
    assert f"{widths.exponents['backprop']:.2f}" in display.ax_[0].get_lines()[1].get_label()
    np.testing.assert_array_equal(display.ax_[1].get_lines()[0].get_xdata(), [1, 2])
    axes = Figure().subplots()
    assert CreditAssignmentDisplay(widths).plot(axes).ax_ is axes
    assert len(axes.get_lines()) == 3
    with pytest.raises(ValueError, match=r"^ax: expected one Axes"):
        CreditAssignmentDisplay(widths).plot(display.ax_)


# Epochs


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(n_class=4, return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    return X_train, y_train, X_test, y_test


@pytest.fixture(scope="module")
def learned(digits):
    return credit_assignment_epochs(*digits, (2,), max_iter=8, batch_size=50, random_state=0)


def test_differences_and_backprop_learn_alike(learned):
    assert list(learned) == list(WAYS)
    assert learned.numerical.alpha == learned.backprop.alpha
    for name in ("train_accuracy", "test_accuracy"):
        np.testing.assert_array_equal(learned.numerical[name], learned.backprop[name])


def test_all_ways_learn(learned):
    for way in learned.values():
        assert way.seconds.shape == (8,)
        assert (way.seconds > 0).all()
        assert way.train_accuracy[-1] > 0.9
        assert way.test_accuracy[-1] > 0.9
        assert way.train_accuracy[0] < way.train_accuracy[-1]


def test_given_rates_of_some_ways(digits):
    options = {"max_iter": 2, "batch_size": 50, "random_state": 0}
    ways = ("backprop", "error_diffusion")
    rates = {"backprop": 0.5, "error_diffusion": 2.0}
    some = credit_assignment_epochs(*digits, 2, ways=ways, alpha=rates, **options)
    assert {way: some[way].alpha for way in some} == rates
    again = credit_assignment_epochs(*digits, 2, ways=ways[:1], alpha=0.5, **options)
    np.testing.assert_array_equal(again.backprop.test_accuracy, some.backprop.test_accuracy)


def test_fewer_rows_than_a_batch(digits):
    X_train, y_train, X_test, y_test = digits
    found = credit_assignment_epochs(
        X_train[:80], y_train[:80], X_test, y_test, 2, max_iter=3, alpha=1.0, random_state=0
    )
    assert found.backprop.seconds.shape == (3,)
    differences, backprop = found.numerical.test_accuracy, found.backprop.test_accuracy
    np.testing.assert_array_equal(differences, backprop)


def test_labels_of_any_kind(digits):
    X_train, y_train, X_test, y_test = digits
    names = np.array(["a", "b", "c", "d"], dtype=object)
    options = {"ways": ["backprop"], "max_iter": 3, "alpha": 1.0, "random_state": 0}
    numbered = credit_assignment_epochs(*digits, 2, **options)
    named = credit_assignment_epochs(
        X_train, names[y_train], X_test, names[y_test], 2, **options
    )
    np.testing.assert_array_equal(named.backprop.test_accuracy, numbered.backprop.test_accuracy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ways": ["guessing"]}, "^ways: expected some of numerical, .* got 'guessing'"),
        ({"alpha": 0}, r"^alpha: expected a real number > 0, finite, got 0"),
        ({"max_iter": 0}, "^max_iter: expected an integer >= 1, got 0"),
        ({"batch_size": 0.5}, "^batch_size: expected an integer >= 1, got 0.5"),
        ({"X_test": np.ones((2, 5))}, "^X_test: expected 4 features, as in X_train, got 5"),
        ({"y_train": [1, 1, 1]}, "^y_train: expected at least two classes, got only 1"),
        ({"y_test": [0, 7]}, "^y_test: expected classes of y_train, got 7"),
    ],
)
def test_what_epochs_refuse(change, message):
    data = {
        "X_train": np.ones((3, 4)),
        "y_train": [0, 1, 0],
        "X_test": np.ones((2, 4)),
        "y_test": [0, 1],
    }
    with pytest.raises(ValueError, match=message):
        credit_assignment_epochs(**{**data, **change})
