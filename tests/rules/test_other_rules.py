"""Feedback alignment and sign symmetry per sample; what all rules learn."""

import numpy as np
import pytest
import scipy.sparse as sp
from rule_networks import (
    BETA,
    N_NETWORKS,
    N_SAMPLES,
    SIZES,
    SLOPE,
    U0,
    E,
    X,
    a_bank,
    fitted,
    increments,
    network,
)
from sklearn.base import clone

from sklearn_ed._networks.units import unit_types
from sklearn_ed.rules import (
    Backprop,
    DirectFeedbackAlignment,
    ErrorDiffusion,
    FeedbackAlignment,
    GlobalErrorVector,
    LocalErrors,
    NodePerturbation,
    Rule,
    SignSymmetry,
    WeightPerturbation,
)
from sklearn_ed.rules._names import RULES

FEEDBACK = [FeedbackAlignment(3), DirectFeedbackAlignment(3), SignSymmetry()]
PERTURBATION = [NodePerturbation(), WeightPerturbation()]


def feedback_to(rule, bank, g, layer):
    """What carries an error to a hidden layer of a network: (h_l, h_{l+1}) or (h_l, 1)."""
    weights, _ = network(bank, g)
    if isinstance(rule, SignSymmetry):
        return np.sign(weights[layer + 1]) / np.sqrt(weights[layer + 1].shape[0])
    return rule._feedback(bank)[layer][g]


def per_sample(rule, bank, slope):
    """Each increment by the formulas in the docstrings, one sample of one network at a time."""
    total = bank.copy()
    total.flat[:] = 0
    for g in range(N_NETWORKS):
        weights, biases = network(bank, g)
        sum_W, sum_b = network(total, g)
        for n in range(N_SAMPLES):
            z = [X[n]]
            for W, b in zip(weights[:-1], biases[:-1], strict=True):
                z.append(1 / (1 + np.exp(-2 * (z[-1] @ W + BETA * b) / U0)))
            e = E[n, g] if slope is None else E[n, g] * slope[n, g] * 2 / U0
            delta = np.array([e])
            for layer in range(len(weights) - 1, -1, -1):
                sum_W[layer] += np.outer(z[layer], delta)
                sum_b[layer] += BETA * delta
                if layer:
                    back = feedback_to(rule, bank, g, layer - 1)
                    direct = isinstance(rule, DirectFeedbackAlignment)
                    carried = back @ (np.array([e]) if direct else delta)
                    delta = carried * z[layer] * (1 - z[layer]) * 2 / U0
    return total.parameters


@pytest.mark.usefixtures("each_backend")
@pytest.mark.parametrize("slope", [None, SLOPE], ids=["linear", "sigmoid"])
@SIZES
@pytest.mark.parametrize("rule", FEEDBACK, ids=repr)
def test_a_batch_is_the_sum_of_its_samples(rule, sizes, slope):
    bank = a_bank(sizes)
    before = bank.flat.copy()
    found = increments(rule, bank, slope=slope)
    sparse = increments(rule, bank, sp.csr_array(X), slope=slope)
    for one, other, expected in zip(found, sparse, per_sample(rule, bank, slope), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-10, atol=1e-13)
        np.testing.assert_allclose(other, expected, rtol=1e-10, atol=1e-13)
    rule.project(bank)
    np.testing.assert_array_equal(bank.flat, before)


def test_feedback_is_fixed_and_depends_on_the_seed():
    one, other = a_bank((4, 2)), a_bank((4, 2))
    other.flat[:] *= 2
    for Feedback in (FeedbackAlignment, DirectFeedbackAlignment):
        fixed = Feedback(1)._feedback(one)
        for layer, array in enumerate(Feedback(1)._feedback(other)):
            np.testing.assert_array_equal(array, fixed[layer])
            assert np.abs(array).max() <= 1 / np.sqrt(array.shape[1])
            assert (array != Feedback(2)._feedback(one)[layer]).all()
            # Every network has feedback of its own.
            assert (array[0] != array[1]).all()


def test_feedback_alignment_with_the_weights_as_feedback_is_backprop(monkeypatch):
    monkeypatch.setattr(FeedbackAlignment, "_feedback", lambda self, bank: bank.weights[1:])
    bank = a_bank((4, 3, 2))
    pairs = increments(FeedbackAlignment(), bank), increments(Backprop(), bank)
    for one, other in zip(*pairs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_direct_feedback_of_the_types_is_error_diffusion(monkeypatch):
    """Up to the factor 2 / u0 of the hidden units."""

    def types(self, bank):
        return [
            np.tile(unit_types(size)[:, np.newaxis], (N_NETWORKS, 1, 1))
            for size in bank.hidden_sizes
        ]

    monkeypatch.setattr(DirectFeedbackAlignment, "_feedback", types)
    bank = a_bank((4, 3, 2))
    direct, diffused = (
        increments(DirectFeedbackAlignment(), bank),
        increments(ErrorDiffusion(), bank),
    )
    for place, (one, other) in enumerate(zip(direct, diffused, strict=True)):
        gain = 1 if place % 4 == 3 else 2 / U0
        np.testing.assert_allclose(one, gain * other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("rule", "alpha", "least"),
    [
        ("sign_symmetry", 0.3, 0.93),
        ("feedback_alignment", 1.0, 0.93),
        ("direct_feedback_alignment", 1.0, 0.93),
        ("global_error_vector", 1.0, 0.93),
        ("local_errors", 1.0, 0.93),
        # The noise, and with it the accuracy, depends on the last bits of the errors.
        ("node_perturbation", 0.03, 0.75),
        ("weight_perturbation", 0.01, 0.6),
    ],
)
def test_rules_learn_the_digits(rule, alpha, least, digits):
    X_train, X_test, y_train, y_test = digits
    assert (
        fitted(rule, X_train, y_train, alpha=alpha, max_iter=12).score(X_test, y_test) > least
    )


@pytest.mark.parametrize("batch_size", [1, 10])
@pytest.mark.parametrize("name", RULES)
def test_names_stand_for_objects_at_every_batch_size(name, batch_size, digits, monkeypatch):
    """The online kernel knows error diffusion alone: no other rule may get there."""
    X, _, y, _ = digits

    def learned(rule):
        params = {"alpha": 0.01, "max_iter": 1, "batch_size": batch_size}
        return fitted(rule, X[:50], y[:50], **params).partial_fit(X[:1], y[:1]).coefs_

    def refuse(*args, **kwargs):
        raise AssertionError("This is not error diffusion.")

    diffused = learned(RULES["error_diffusion"]())
    if name != "error_diffusion":
        monkeypatch.setattr("sklearn_ed._training.trainer.learn_online", refuse)
        monkeypatch.setattr("sklearn_ed._training.single_step.learn_row_in_place", refuse)
    by_name, by_object = learned(name), learned(RULES[name]())
    for a, b in zip(by_name, by_object, strict=True):
        np.testing.assert_array_equal(a, b)
    is_other = np.abs(by_name[0] - diffused[0]).max() > 1e-6
    assert is_other == (name != "error_diffusion")
    assert isinstance(RULES[name](), Rule)


@pytest.mark.parametrize(
    "rule", [*FEEDBACK, *PERTURBATION, GlobalErrorVector(), LocalErrors()], ids=repr
)
def test_epochs_of_partial_fit_are_a_fit(rule, digits):
    """Rules have no state: the noise of a step depends on its errors alone."""
    X, y = digits[0][:60].astype(np.float32), digits[2][:60]
    whole = fitted(rule, X, y, alpha=0.01, max_iter=3)
    steps = clone(whole).set_params(max_iter=1)
    for _ in range(3):
        steps.partial_fit(X, y, classes=np.unique(y))
    for a, b in zip(whole.coefs_, steps.coefs_, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_array_equal(a, b)
