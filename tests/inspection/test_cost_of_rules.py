"""Cost of credit assignment of any rule, by name or as an object."""

import numpy as np
import pytest

from sklearn_ed.inspection import (
    CreditAssignmentDisplay,
    credit_assignment_cost,
    credit_assignment_epochs,
    credit_assignment_growth,
)
from sklearn_ed.rules import Backprop, ErrorDiffusion, FeedbackAlignment

METHODS = {"gated": ErrorDiffusion(weight_decrement=False), "fa": FeedbackAlignment(1)}
SMALL = {"n_samples": 4, "n_repeats": 1, "random_state": 0}


def test_cost_of_rules_by_name():
    methods = ["node_perturbation", "backprop"]
    cost = credit_assignment_cost(5, 2, 3, methods=methods, **SMALL)
    assert list(cost) == [*methods, "n_parameters", "n_probed"]
    assert cost.node_perturbation > 0
    assert cost.n_probed == 0


def test_cost_of_objects_and_of_another_name():
    cost = credit_assignment_cost(5, 2, 3, methods={**METHODS, "slow": "numerical"}, **SMALL)
    assert list(cost)[:3] == ["gated", "fa", "slow"]
    assert cost.slow > 2 * cost.fa
    assert cost.n_probed == 1


def test_growth_and_its_picture():
    pytest.importorskip("matplotlib").use("Agg")
    methods = {"backprop": Backprop(), **METHODS}
    growth = credit_assignment_growth([2, 4], 5, 3, methods=methods, **SMALL)
    assert list(growth.exponents) == list(methods)
    assert growth.gated.shape == (2,)
    display = CreditAssignmentDisplay(growth).plot()
    lines = display.ax_.get_lines()
    assert [line.get_label().split(":")[0] for line in lines] == list(methods)
    assert len({line.get_color() for line in lines}) == 3
    np.testing.assert_array_equal(lines[2].get_ydata(), growth.fa)


def test_epochs_of_objects():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(60, 4)), np.arange(60) % 3
    X[:, 0] += 2 * y
    methods = {"one": FeedbackAlignment(1), "two": FeedbackAlignment(2), "again": METHODS["fa"]}
    rates = {"one": 0.3, "two": 0.3, "again": 0.3}
    found = credit_assignment_epochs(
        *(X, y, X, y, (6, 4)),
        methods=methods,
        alpha=rates,
        max_iter=6,
        batch_size=5,
        random_state=0,
    )
    assert list(found) == list(methods)
    np.testing.assert_array_equal(found.again.train_accuracy, found.one.train_accuracy)
    assert (found.two.train_accuracy != found.one.train_accuracy).any()
    chosen = credit_assignment_epochs(
        *(X, y, X, y, 3), methods=["sign_symmetry"], max_iter=10, batch_size=5, random_state=0
    )
    assert chosen.sign_symmetry.test_accuracy[-1] > 0.8


@pytest.mark.parametrize("methods", [["guess"], {"fa": FeedbackAlignment}, {"fa": 3}])
def test_what_is_no_method(methods):
    with pytest.raises(ValueError, match=r"^methods: expected some of numerical, .*, got "):
        credit_assignment_cost(5, 2, 3, methods=methods)


def test_no_method_at_all():
    with pytest.raises(ValueError, match=r"^methods: expected at least one, got none"):
        credit_assignment_cost(5, 2, 3, methods=[])
