"""Perturbation: per sample, its mean over the noise, and what it refuses."""

import numpy as np
import pytest
from rule_networks import (
    BETA,
    N_FEATURES,
    N_NETWORKS,
    N_SAMPLES,
    SLOPE,
    U0,
    E,
    X,
    a_bank,
    increments,
    network,
)

from sklearn_ed.rules import Backprop, FeedbackAlignment, NodePerturbation, WeightPerturbation


def output(bank, g, x, noise=None):
    """The output of a network for one sample, with noise in the hidden units if given."""
    weights, biases = network(bank, g)
    z = x
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
        a = z @ W + BETA * b
        if layer < len(weights) - 1 and noise is not None:
            a = a + noise[layer]
        z = 1 / (1 + np.exp(-2 * a / U0))
    return a[0]


class Recorded:
    """A generator of random numbers that remembers what it drew."""

    def __init__(self):
        self.drawn, self.rng = [], np.random.default_rng(0)

    def standard_normal(self, shape, dtype):
        self.drawn.append(self.rng.standard_normal(shape, dtype=dtype))
        return self.drawn[-1].copy()


@pytest.fixture
def recorded(monkeypatch):
    noise = Recorded()
    monkeypatch.setattr("sklearn_ed.rules._perturbation._generator", lambda seed, E: noise)
    return noise


@pytest.mark.usefixtures("each_backend")
@pytest.mark.parametrize("slope", [None, SLOPE], ids=["linear", "sigmoid"])
@pytest.mark.parametrize("sizes", [(3,), (4, 2, 3)])
def test_node_perturbation_sample_by_sample(sizes, slope, recorded):
    rule, bank = NodePerturbation(sigma=0.3), a_bank(sizes)
    found = increments(rule, bank, slope=slope)
    n_hidden = len(sizes)
    hidden = bank.forward(X)[0]
    delta = E if slope is None else E * slope * 2 / U0
    for layer in range(n_hidden):
        expected_W, expected_b = [np.zeros_like(a[layer]) for a in (bank.coefs, bank.biases)]
        for g in range(N_NETWORKS):
            for n in range(N_SAMPLES):
                xi = [noise[g, n] for noise in recorded.drawn]
                change = output(bank, g, X[n], [0.3 * each for each in xi])
                change -= output(bank, g, X[n])
                D = delta[n, g] * change / 0.3 * xi[layer]
                z = X[n] if layer == 0 else hidden[layer - 1][g, n]
                expected_W[g] += np.outer(z, D)
                expected_b[g] += BETA * D
        if layer == 0:
            expected_W = expected_W.transpose(1, 0, 2).reshape(N_FEATURES, -1)
        np.testing.assert_allclose(found[layer], expected_W, rtol=1e-8, atol=1e-11)
        np.testing.assert_allclose(
            found[n_hidden + 1 + layer], expected_b, rtol=1e-8, atol=1e-11
        )
    exact = increments(Backprop(), bank, slope=slope)
    for layer in (n_hidden, -1):
        np.testing.assert_allclose(found[layer], exact[layer], rtol=1e-12)


@pytest.mark.usefixtures("each_backend")
@pytest.mark.parametrize("slope", [None, SLOPE], ids=["linear", "sigmoid"])
@pytest.mark.parametrize("sizes", [(), (3,), (4, 2, 3)])
def test_weight_perturbation_network_by_network(sizes, slope, recorded):
    bank = a_bank(sizes)
    found = increments(WeightPerturbation(sigma=0.2), bank, slope=slope)
    other, noise = bank.copy(), bank.copy()
    for parameter, moved, xi in zip(
        noise.parameters, other.parameters, recorded.drawn, strict=True
    ):
        parameter[...] = xi
        moved += 0.2 * xi
    total = bank.copy()
    for part, values in zip(total.parameters, found, strict=True):
        part[...] = values
    delta = E if slope is None else E * slope * 2 / U0
    for g in range(N_NETWORKS):
        saved = sum(
            delta[n, g] * (output(other, g, X[n]) - output(bank, g, X[n]))
            for n in range(N_SAMPLES)
        )
        for arrays, drawn in zip(network(total, g), network(noise, g), strict=True):
            for increment, xi in zip(arrays, drawn, strict=True):
                np.testing.assert_allclose(increment, saved / 0.2 * xi, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("Perturbation", [NodePerturbation, WeightPerturbation])
def test_the_mean_over_the_noise_is_the_gradient(Perturbation):
    bank = a_bank((3, 2))
    exact = np.concatenate([a.ravel() for a in increments(Backprop(), bank)])
    draws = np.array(
        [
            np.concatenate([a.ravel() for a in increments(Perturbation(1e-4, seed), bank)])
            for seed in range(800)
        ]
    )
    error = draws.std(axis=0) / np.sqrt(len(draws))
    assert (np.abs(draws.mean(axis=0) - exact) < 4.5 * error + 1e-6).all()
    assert (error[: bank.weights[0].size] > 0).all()


@pytest.mark.parametrize("Perturbation", [NodePerturbation, WeightPerturbation])
def test_what_is_refused(Perturbation):
    with pytest.raises(ValueError, match=r"^sigma: expected a real number > 0, finite, got 0"):
        Perturbation(sigma=0)
    with pytest.raises(ValueError, match=r"^seed: expected an integer .*, got -1"):
        Perturbation(seed=-1)
    with pytest.raises(ValueError, match=r"^seed: expected an integer .*, got 'a'"):
        FeedbackAlignment("a")
