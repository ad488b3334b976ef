"""The methods of credit assignment: steps, times, growth, epochs."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_ed import EDClassifier
from sklearn_ed._backend import BACKENDS, use_backend
from sklearn_ed._utils.timing import Timing
from sklearn_ed.inspection import (
    CreditAssignmentDisplay,
    credit_assignment_cost,
    credit_assignment_epochs,
    credit_assignment_growth,
)
from sklearn_ed.inspection import _cost as cost_module
from sklearn_ed.inspection._growth import gather_growth
from sklearn_ed.inspection._methods import (
    METHODS,
    NumericalDifferentiation,
    count_parameters,
    make_networks,
    make_step,
)
from sklearn_ed.rules import Backprop, ErrorDiffusion

ALPHA = 0.01


def problem(sizes=(3, 2), n_classes=3, n_samples=6):
    """Networks, their outputs, and a batch."""
    rng = np.random.RandomState(0)
    bank, outputs = make_networks(4, sizes, n_classes, rng)
    X, targets = rng.uniform(size=(n_samples, 4)), rng.randint(n_classes, size=n_samples)
    return bank, outputs, X, targets


def change_by(method, *args, **kwargs):
    """What a step adds to the parameters."""
    bank, outputs, X, targets = problem(*args, **kwargs)
    start = bank.flat.copy()
    make_step(method, bank, outputs)(X, targets, ALPHA)
    return bank.flat - start


# Steps


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("sizes", [(), (3,), (3, 2), (2, 3, 4)])
def test_numerical_differentiation_and_backprop_make_the_same_step(sizes, n_classes):
    numerical, backprop = (
        change_by(method, sizes, n_classes) for method in ("numerical", "backprop")
    )
    assert np.abs(numerical).max() > ALPHA / 1000
    np.testing.assert_allclose(numerical, backprop, atol=1e-9)


@pytest.mark.parametrize("rule", [Backprop(), ErrorDiffusion()])
@pytest.mark.parametrize("sizes", [(), (3,), (2, 3, 4)])
def test_a_step_is_increments_update_and_projection(sizes, rule):
    """With a learning rate that is large enough for weights to change their signs."""
    alpha = 30.0
    bank, outputs, X, targets = problem(sizes)
    expected = bank.copy()
    hidden, A = expected.forward(X)
    E = outputs.error_signal(A, targets).E / 6
    increments = rule.increments(expected, X, hidden, E, None)
    for parameter, increment in zip(expected.parameters, increments, strict=True):
        parameter += alpha * increment
    before = expected.flat.copy()
    rule.project(expected)
    is_clamped = isinstance(rule, ErrorDiffusion) and bool(sizes)
    assert (expected.flat != before).any() == is_clamped
    method = "error_diffusion" if isinstance(rule, ErrorDiffusion) else "backprop"
    make_step(method, bank, outputs)(X, targets, alpha)
    np.testing.assert_allclose(bank.flat, expected.flat, rtol=0, atol=1e-13)


@pytest.mark.parametrize("method", ["backprop", "error_diffusion"])
def test_a_step_is_the_step_of_the_estimator(method):
    """One epoch of one batch with the same rule, bit for bit."""
    bank, outputs, X, targets = problem(n_samples=12)
    targets[:3] = [0, 1, 2]
    clf = EDClassifier(
        (3, 2),
        rule=method,
        code_size=None,
        solver="sgd",
        alpha=0.5,
        learning_rate="constant",
        dropout=0.0,
        weight_decay=0.0,
        batch_size=12,
        shuffle=False,
        n_members=1,
        random_state=0,
    )
    clf.partial_fit(X, targets, classes=[0, 1, 2])
    bank, outputs = make_networks(4, (3, 2), 3, np.random.RandomState(0))
    start = EDClassifier(**{**clf.get_params(), "alpha": 1e-300})
    start.partial_fit(X, targets, classes=[0, 1, 2])
    for parameter, value in zip(bank.coefs, start.coefs_, strict=True):
        parameter[...] = value
    for parameter, value in zip(bank.biases, start.intercepts_, strict=True):
        parameter[...] = value
    assert (clf.u0, clf.beta) == (bank.u0, bank.beta)
    make_step(method, bank, outputs)(X, targets, 0.5)
    for parameter, value in zip(bank.coefs, clf.coefs_, strict=True):
        np.testing.assert_array_equal(parameter, value)
    for parameter, value in zip(bank.biases, clf.intercepts_, strict=True):
        np.testing.assert_array_equal(parameter, value)


@pytest.mark.parametrize("method", METHODS)
def test_backends_make_the_same_step(method):
    changes = []
    for name in BACKENDS:
        with use_backend(name):
            changes.append(change_by(method))
    for change in changes[1:]:
        np.testing.assert_allclose(change, changes[0], rtol=1e-6, atol=1e-12)


def test_error_diffusion_makes_a_step_of_the_same_signs_for_one_row():
    descent, step = (change_by(m, n_samples=1) for m in ("backprop", "error_diffusion"))
    np.testing.assert_array_equal(np.sign(step), np.sign(descent))
    assert step.any()


def test_numerical_differentiation_changes_the_probed_parameters_only():
    bank, outputs, X, targets = problem()
    start = bank.flat.copy()
    make_step("numerical", bank, outputs, np.array([3, 7]))(X, targets, ALPHA)
    assert np.flatnonzero(bank.flat != start).tolist() == [3, 7]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_lowers_the_loss(method):
    bank, outputs, X, targets = problem()
    loss = NumericalDifferentiation(bank, outputs).loss
    before, step = loss(X, targets), make_step(method, bank, outputs)
    for _ in range(50):
        step(X, targets, ALPHA)
    assert loss(X, targets) < before


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


def test_the_time_of_numerical_differentiation_is_scaled_to_all_parameters(monkeypatch):
    seen = {}

    def one_second_each(calls, n_rounds, *, max_seconds):
        seen.update(n_rounds=n_rounds, max_seconds=max_seconds, calls=list(calls))
        return {name: Timing([1.0]) for name in calls}

    monkeypatch.setattr(cost_module, "time_in_turns", one_second_each)
    cost = credit_assignment_cost(10, 4, n_classes=2, fraction=0.1, n_repeats=7)
    assert seen == {"n_rounds": 7, "max_seconds": 5.0, "calls": list(METHODS)}
    assert cost.numerical == 49 / 5
    assert cost.backprop == cost.error_diffusion == 1.0


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
    for method in METHODS:
        assert found[method].shape == (3,)
        assert (found[method] > 0).all()
        assert np.isfinite(found.exponents[method])
        assert abs(found.exponents[method]) < 10


def test_the_exponent_is_the_law_of_the_seconds():
    sizes = [(2,), (4,), (8,)]
    n_parameters = [10, 30, 100]
    costs = [
        {
            "n_parameters": n,
            "n_probed": 1,
            "numerical": 3 * n**2,
            "backprop": n,
            "error_diffusion": 5 * n**0.5,
        }
        for n in n_parameters
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
        for line, method in zip(axes.get_lines(), METHODS, strict=True):
            np.testing.assert_array_equal(line.get_ydata(), found[method])
            assert METHODS[method] in line.get_label()
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


def test_numerical_differentiation_and_backprop_learn_alike(learned):
    assert list(learned) == list(METHODS)
    assert learned.numerical.alpha == learned.backprop.alpha
    for name in ("train_accuracy", "test_accuracy"):
        np.testing.assert_array_equal(learned.numerical[name], learned.backprop[name])


def test_all_methods_learn(learned):
    for found in learned.values():
        assert found.seconds.shape == (8,)
        assert (found.seconds > 0).all()
        assert found.train_accuracy[-1] > 0.9
        assert found.test_accuracy[-1] > 0.9
        assert found.train_accuracy[0] < found.train_accuracy[-1]


def test_given_rates_of_some_methods(digits):
    options = {"max_iter": 2, "batch_size": 50, "random_state": 0}
    methods = ("backprop", "error_diffusion")
    rates = {"backprop": 0.5, "error_diffusion": 2.0}
    some = credit_assignment_epochs(*digits, 2, methods=methods, alpha=rates, **options)
    assert {method: some[method].alpha for method in some} == rates
    again = credit_assignment_epochs(*digits, 2, methods=methods[:1], alpha=0.5, **options)
    np.testing.assert_array_equal(again.backprop.test_accuracy, some.backprop.test_accuracy)


def test_methods_were_once_called_ways(digits):
    options = {"alpha": 1.0, "max_iter": 2, "random_state": 0}
    with pytest.warns(FutureWarning, match="^ways is deprecated"):
        found = credit_assignment_epochs(*digits, 2, ways=["backprop"], **options)
    expected = credit_assignment_epochs(*digits, 2, methods=["backprop"], **options)
    assert list(found) == ["backprop"]
    accuracies = found.backprop.test_accuracy, expected.backprop.test_accuracy
    np.testing.assert_array_equal(*accuracies)


def test_the_learning_rate_is_chosen_on_training_rows(digits):
    """Test rows with other labels change accuracies, not the choice."""
    X_train, y_train, X_test, y_test = digits
    options = {"methods": ["error_diffusion"], "max_iter": 2, "random_state": 0}
    expected = credit_assignment_epochs(*digits, 2, **options).error_diffusion
    found = credit_assignment_epochs(X_train, y_train, X_test, y_test[::-1], 2, **options)
    assert found.error_diffusion.alpha == expected.alpha
    np.testing.assert_array_equal(found.error_diffusion.train_accuracy, expected.train_accuracy)
    assert (found.error_diffusion.test_accuracy != expected.test_accuracy).any()


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
    options = {"methods": ["backprop"], "max_iter": 3, "alpha": 1.0, "random_state": 0}
    numbered = credit_assignment_epochs(*digits, 2, **options)
    named = credit_assignment_epochs(
        X_train, names[y_train], X_test, names[y_test], 2, **options
    )
    np.testing.assert_array_equal(named.backprop.test_accuracy, numbered.backprop.test_accuracy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"methods": ["guessing"]}, "^methods: expected some of numerical, .* got 'guessing'"),
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
