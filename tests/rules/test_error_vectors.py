"""A global error vector and local errors: per sample, and what training passes."""

import numpy as np
import pytest
from rule_networks import (
    BETA,
    N_FEATURES,
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

from sklearn_ed._networks.units import unit_types
from sklearn_ed.rules import Backprop, GlobalErrorVector, LocalError, LocalErrors


@pytest.mark.usefixtures("each_backend")
@pytest.mark.parametrize("slope", [None, SLOPE], ids=["linear", "sigmoid"])
@SIZES
def test_a_global_error_vector_adds_up_over_the_networks(sizes, slope):
    """Layer by layer, sample by sample, with the weights of the networks made equal."""
    bank = a_bank(sizes)
    rule = GlobalErrorVector()
    rule.project(bank)
    kinds = [unit_types(size) for size in (*sizes, 1)]
    for layer, weight in enumerate(bank.weights[1:]):
        assert (weight == weight[0]).all()
        assert (weight * np.outer(kinds[layer], kinds[layer + 1]) >= 0).all()
    expected = bank.copy()
    expected.flat[:] = 0
    for g in range(N_NETWORKS):
        weights, biases = network(bank, g)
        sum_W, sum_b = network(expected, g)
        for n in range(N_SAMPLES):
            z = [X[n]]
            for W, b in zip(weights[:-1], biases[:-1], strict=True):
                z.append(1 / (1 + np.exp(-2 * (z[-1] @ W + BETA * b) / U0)))
            slopes = [each * (1 - each) for each in z[1:]]
            slopes.append(np.ones(1) if slope is None else slope[n, g : g + 1])
            for layer, f in enumerate(slopes):
                delta = f * E[n, g] * kinds[layer]
                sum_b[layer] += BETA * delta
                # One of the networks adds to the weights of all.
                shares = [network(expected, k)[0][layer] for k in range(N_NETWORKS)]
                for share in shares if layer else [sum_W[0]]:
                    share += np.outer(z[layer], delta)
    found = increments(rule, bank, slope=slope)
    for one, total in zip(found, expected.parameters, strict=True):
        np.testing.assert_allclose(one, total, rtol=1e-10, atol=1e-13)


def test_networks_with_a_global_error_vector_stay_equal(digits):
    X, _, y, _ = digits
    clf = fitted("global_error_vector", X[:300], y[:300], alpha=0.1, max_iter=3, solver="adam")
    for coef in clf.coefs_[1:]:
        assert (coef == coef[0]).all()
    assert (clf.coefs_[0] != clf.coefs_[0][0]).any()


@pytest.mark.usefixtures("each_backend")
@pytest.mark.parametrize("slope", [None, SLOPE], ids=["linear", "sigmoid"])
@pytest.mark.parametrize("sizes", [(3,), (4, 2, 3)])
def test_local_errors_sample_by_sample(sizes, slope):
    rule, bank = LocalErrors(3), a_bank(sizes)
    hidden, _ = bank.forward(X)
    local = [LocalError(E * (k + 2), slope) for k in range(len(sizes))]
    found = rule.increments(bank, X, hidden, E, slope, local=local)
    readouts = rule._feedback(bank)
    outputs = rule.local_outputs(bank, hidden)
    for layer, Z in enumerate(hidden):
        below = hidden[layer - 1] if layer else [X] * N_NETWORKS
        expected_W, expected_b = [np.zeros_like(a[layer]) for a in (bank.coefs, bank.biases)]
        for g in range(N_NETWORKS):
            r = readouts[layer][g, :, 0]
            np.testing.assert_allclose(outputs[layer][:, g], (Z[g] - 0.5) @ r, atol=1e-12)
            for n in range(N_SAMPLES):
                e = local[layer].E[n, g] * (1 if slope is None else slope[n, g] * 2 / U0)
                delta = e * r * Z[g, n] * (1 - Z[g, n]) * 2 / U0
                expected_W[g] += np.outer(below[g][n], delta)
                expected_b[g] += BETA * delta
        if layer == 0:
            expected_W = expected_W.transpose(1, 0, 2).reshape(N_FEATURES, -1)
        np.testing.assert_allclose(found[layer], expected_W, rtol=1e-9, atol=1e-12)
        place = len(sizes) + 1 + layer
        np.testing.assert_allclose(found[place], expected_b, rtol=1e-9, atol=1e-12)
    exact = increments(Backprop(), bank, slope=slope)
    for layer in (len(sizes), -1):
        np.testing.assert_allclose(found[layer], exact[layer], rtol=1e-12)


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_step_with_local_errors_lowers_the_losses_of_all_layers(loss, weighted, digits):
    """The errors that training passes belong to the local outputs, the targets, the weights."""
    X, y = digits[0][:200], digits[2][:200]
    weight = np.where(np.arange(200) < 100, 1.0, 1e-9) if weighted else None
    rows = slice(100) if weighted else slice(200)
    rule = LocalErrors()
    clf = fitted(rule, X, y, loss=loss, alpha=1e-6, max_iter=1, batch_size=200)

    def losses():
        bank, outputs = clf._bank(), clf._outputs()
        hidden, _ = bank.forward(X[rows])
        targets = np.searchsorted(clf.classes_, y[rows])
        return [
            outputs.error_signal(A, targets).loss.sum()
            for A in rule.local_outputs(bank, hidden)
        ]

    before = losses()
    clf.set_params(alpha=1e-3).partial_fit(X, y, sample_weight=weight)
    assert all(now < then for now, then in zip(losses(), before, strict=True))
