"""Feedback alignment, sign symmetry and perturbation: per sample, and what they learn."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_ed import EDClassifier
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.units import unit_types
from sklearn_ed.rules import (
    Backprop,
    DirectFeedbackAlignment,
    ErrorDiffusion,
    FeedbackAlignment,
    GlobalErrorVector,
    LocalError,
    LocalErrors,
    NodePerturbation,
    Rule,
    SignSymmetry,
    WeightPerturbation,
)
from sklearn_ed.rules._names import RULES

RNG = np.random.RandomState(0)
N_SAMPLES, N_FEATURES, N_NETWORKS, U0, BETA = 7, 3, 4, 0.7, 0.8
X = RNG.normal(size=(N_SAMPLES, N_FEATURES))
E = RNG.normal(size=(N_SAMPLES, N_NETWORKS))
SLOPE = RNG.uniform(0.05, 0.25, size=E.shape)
SIZES = pytest.mark.parametrize("sizes", [(), (3,), (4, 2, 3), (2, 5, 1, 3)])
FEEDBACK = [FeedbackAlignment(3), DirectFeedbackAlignment(3), SignSymmetry()]
PERTURBATION = [NodePerturbation(), WeightPerturbation()]


def a_bank(sizes, dtype=float):
    rng = np.random.RandomState(2)
    options = {"init": "scaled", "u0": U0, "beta": BETA, "dtype": dtype, "rng": rng}
    bank = NetworkBank.initialize(N_FEATURES, sizes, N_NETWORKS, **options)
    # Signs as free as the rules leave them.
    for weight in bank.weights[1:]:
        weight *= np.where(rng.uniform(size=weight.shape) < 0.3, -1, 1)
    return bank


def increments(rule, bank, inputs=X, slope=None):
    """By layer and network: weights of shape (fan_in, fan_out), biases of shape (fan_out,)."""
    hidden, _ = bank.forward(inputs)
    found = rule.increments(bank, inputs, hidden, E.astype(bank.flat.dtype), slope)
    assert [a.shape for a in found] == [p.shape for p in bank.parameters]
    return found


def network(bank, g):
    """Weights and biases of one network."""
    return [coef[g] for coef in bank.coefs], [bias[g] for bias in bank.biases]


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


def fitted(rule, X, y, **params):
    params = {"hidden_layer_sizes": (8, 8), "solver": "sgd", "batch_size": 20, **params}
    params |= {"code_size": None, "n_members": 1, "dropout": 0.0, "weight_decay": 0.0}
    params |= {"early_stopping": False, "learning_rate": "constant", "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return EDClassifier(rule=rule, **params).fit(X, y)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X / 16, y, stratify=y, random_state=0)


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


@pytest.mark.parametrize("Perturbation", [NodePerturbation, WeightPerturbation])
def test_what_is_refused(Perturbation):
    with pytest.raises(ValueError, match=r"^sigma: expected a real number > 0, finite, got 0"):
        Perturbation(sigma=0)
    with pytest.raises(ValueError, match=r"^seed: expected an integer .*, got -1"):
        Perturbation(seed=-1)
    with pytest.raises(ValueError, match=r"^seed: expected an integer .*, got 'a'"):
        FeedbackAlignment("a")
