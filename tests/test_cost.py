"""The three ways to find every weight's share in the error, and their times."""

import numpy as np
import pytest

from sklearn_ed.inspection import credit_assignment_cost
from sklearn_ed.inspection._cost import _ALPHA, _Problem


def problem(sizes=(3, 2)):
    return _Problem(4, sizes, 3, 6, 0)


@pytest.mark.parametrize("sizes", [(), (3,), (3, 2)])
def test_differences_and_backprop_make_the_same_step(sizes):
    one, other = problem(sizes), problem(sizes)
    start = one.bank.flat.copy()
    one.differentiate(np.arange(start.size))
    other.backprop()
    assert np.abs(one.bank.flat - start).max() > _ALPHA / 100
    np.testing.assert_allclose(one.bank.flat - start, other.bank.flat - start, atol=1e-9)


def test_error_diffusion_makes_a_step_of_the_same_signs_for_one_row():
    one, other = (_Problem(4, (3, 2), 3, 1, 0) for _ in range(2))
    start = one.bank.flat.copy()
    one.backprop()
    other.diffuse()
    descent, step = one.bank.flat - start, other.bank.flat - start
    np.testing.assert_array_equal(np.sign(step), np.sign(descent))
    assert step.any()


def test_differences_leave_other_parameters_alone():
    one = problem()
    start = one.bank.flat.copy()
    one.differentiate(np.array([3, 7]))
    assert np.flatnonzero(one.bank.flat != start).tolist() == [3, 7]


def test_every_way_lowers_the_loss():
    for step in ("backprop", "diffuse"):
        one = problem()
        before = one.loss()
        for _ in range(50):
            getattr(one, step)()
        assert one.loss() < before


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
