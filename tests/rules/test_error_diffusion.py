"""The vectorized rule against the scalar reference, and the properties of its increments."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import assert_same_parameters, bank_of, make_trainer, random_references
from reference import softmax_errors
from sklearn_ed._backend import BACKENDS, use_backend
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.code_book import make_code_book
from sklearn_ed._networks.outputs import (
    ClassOutputs,
    LabelOutputs,
    TargetOutputs,
)
from sklearn_ed._networks.units import unit_types
from sklearn_ed._training.optimizers import SGD, Adam, Momentum
from sklearn_ed.rules import ErrorDiffusion

DEPTHS = [(), (5,), (4, 3), (3, 6, 1), (2, 5, 4, 3)]
N_FEATURES = 3


@pytest.mark.parametrize("sizes", DEPTHS)
@pytest.mark.parametrize("linear_output", [False, True])
def test_forward_pass_equals_reference(sizes, linear_output):
    rng = np.random.RandomState(len(sizes))
    references = random_references(rng, N_FEATURES, sizes, 3, linear_output=linear_output)
    X = rng.normal(size=(7, N_FEATURES))
    A = bank_of(references).output(X)
    output = A if linear_output else 1 / (1 + np.exp(-2 * A / 0.4))
    expected = [[reference.output(x) for reference in references] for x in X]
    np.testing.assert_allclose(output, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("sizes", DEPTHS)
@pytest.mark.parametrize("weight_decrement", [False, True])
@pytest.mark.parametrize("alpha", [0.3, 30.0])
def test_online_step_of_squared_error_equals_reference(sizes, weight_decrement, alpha):
    """Several steps in a row; the large alpha drives two-way weights into the clamp."""
    rng = np.random.RandomState(10 + len(sizes))
    references = random_references(rng, N_FEATURES, sizes, 3, weight_decrement=weight_decrement)
    bank = bank_of(references)
    outputs = ClassOutputs(np.eye(3), "squared_error", u0=0.4)
    trainer = make_trainer(bank, outputs, two_way=weight_decrement)
    for _ in range(5):
        x, label = rng.normal(size=N_FEATURES), rng.randint(3)
        trainer.step(x[np.newaxis], np.array([label]), None, online=True, alpha=alpha)
        for k, reference in enumerate(references):
            reference.learn(x, float(k == label), alpha)
    assert_same_parameters(bank, references)
    if weight_decrement and sizes and alpha > 1:
        assert any((weight == 0).any() for weight in bank.weights[1:])


@pytest.mark.parametrize("sizes", DEPTHS)
@pytest.mark.parametrize("weight_decrement", [False, True])
@pytest.mark.parametrize("n_samples", [1, 6])
def test_step_of_log_loss_over_a_code_book_equals_reference(sizes, weight_decrement, n_samples):
    rng = np.random.RandomState(20 + len(sizes))
    code_book = make_code_book(4, 1.5, rng)
    references = random_references(
        rng, N_FEATURES, sizes, 6, linear_output=True, weight_decrement=weight_decrement
    )
    bank = bank_of(references)
    X, labels = rng.normal(size=(n_samples, N_FEATURES)), rng.randint(4, size=n_samples)
    weight = rng.uniform(0.5, 2, size=n_samples)

    outputs = ClassOutputs(code_book, "log_loss", 0.4)
    trainer = make_trainer(bank, outputs, two_way=weight_decrement)
    trainer.step(X, labels, weight, online=False, alpha=0.7)

    gains = []
    for x, label, share in zip(X, labels, weight / weight.sum(), strict=True):
        outputs = [reference.output(x) for reference in references]
        errors = softmax_errors(outputs, code_book.tolist(), label)
        gains.append(
            [
                reference.increments(x, error, 0.7 * share)
                for reference, error in zip(references, errors, strict=True)
            ]
        )
    for index, reference in enumerate(references):
        reference.add(summed([gain[index] for gain in gains]))
    assert_same_parameters(bank, references)


def summed(gains):
    """Sum of nested lists of equal shape."""
    if isinstance(gains[0], list):
        return [summed(list(parts)) for parts in zip(*gains, strict=True)]
    return sum(gains)


@pytest.mark.parametrize("weight_decrement", [False, True])
@pytest.mark.parametrize("kind", ["binary", "multilabel", "regression", "squared_error"])
def test_batch_step_of_other_outputs_equals_reference(kind, weight_decrement):
    rng = np.random.RandomState(30)
    linear = kind != "squared_error"
    n_networks = 1 if kind == "binary" else 2
    references = random_references(
        rng,
        N_FEATURES,
        (4, 3),
        n_networks,
        linear_output=linear,
        weight_decrement=weight_decrement,
    )
    bank = bank_of(references)
    X, T = rng.normal(size=(5, N_FEATURES)), rng.randint(2, size=(5, n_networks))
    if kind == "binary":
        outputs, targets = ClassOutputs(np.array([[0.0, 1.0]]), "log_loss", 0.4), T[:, 0]
    elif kind == "regression":
        outputs, targets = TargetOutputs(), T
    else:
        loss = "log_loss" if kind == "multilabel" else "squared_error"
        outputs, targets = LabelOutputs(loss, 0.4), T
    trainer = make_trainer(bank, outputs, two_way=weight_decrement)
    trainer.step(X, targets, None, online=False, alpha=0.7)

    for g, reference in enumerate(references):
        gains = []
        for x, target in zip(X, T[:, g], strict=True):
            y = reference.output(x)
            prediction = 1 / (1 + np.exp(-y)) if kind in ("binary", "multilabel") else y
            gains.append(reference.increments(x, target - prediction, 0.7 / 5))
        reference.add(summed(gains))
    assert_same_parameters(bank, references)


@st.composite
def banks(draw, max_depth=4):
    """A random bank and one sample."""
    sizes = draw(st.lists(st.integers(1, 5), max_size=max_depth))
    n_features = draw(st.integers(1, 4))
    rng = np.random.RandomState(draw(st.integers(0, 2**31 - 1)))
    bank = NetworkBank.initialize(
        n_features,
        sizes,
        draw(st.integers(1, 3)),
        init=draw(st.sampled_from(["scaled", "uniform"])),
        u0=draw(st.floats(0.3, 4.0)),
        beta=draw(st.just(0.0) | st.floats(1e-3, 1.5)),
        dtype=np.float64,
        rng=rng,
    )
    x = np.array(
        draw(
            st.lists(
                st.floats(-2, 2, width=32, allow_subnormal=False),
                min_size=n_features,
                max_size=n_features,
            )
        )
    )
    return bank, x, rng


def complex_outputs(bank, parameters, x):
    """Output pre-activations by plain einsum, fit for complex parameters."""
    n_layers = len(bank.weights)
    weights, biases = parameters[:n_layers], parameters[n_layers:]
    z = np.repeat(x[np.newaxis], bank.n_networks, axis=0)
    for weight, bias in zip(weights, biases, strict=True):
        a = np.einsum("gi,gij->gj", z, weight) + bank.beta * bias
        z = 1 / (1 + np.exp(-2 * a / bank.u0))
    return a[:, 0]


def network_losses(bank, parameters, x, targets, loss):
    """Loss of each network by itself."""
    a = complex_outputs(bank, parameters, x)
    if loss == "squared_error":
        return 0.5 * (targets - 1 / (1 + np.exp(-2 * a / bank.u0))) ** 2
    if loss == "linear":
        return 0.5 * (targets - a) ** 2
    return np.log(1 + np.exp(a)) - targets * a


def gradients(bank, x, targets, loss):
    """d loss / d parameter by finite differences along the imaginary axis.

    There is no subtraction in ``Im f(w + ih) / h``, so its sign can be trusted however
    small the gradient is.
    """
    step = 1e-30
    parameters = [p.astype(complex) for p in [*bank.coefs, *bank.biases]]
    result = []
    for parameter in parameters:
        gradient = np.empty(parameter.shape)
        for index in np.ndindex(*parameter.shape):
            parameter[index] += 1j * step
            losses = network_losses(bank, parameters, x, targets, loss)
            gradient[index] = losses[index[0]].imag / step
            parameter[index] = parameter[index].real
        result.append(gradient)
    return result


def increments_of(bank, x, targets, loss, weight_decrement):
    """Increments of one sample, shaped as the gradients."""
    hidden, A = bank.forward(x[np.newaxis])
    if loss == "linear":
        signal = TargetOutputs().error_signal(A, targets[np.newaxis])
    else:
        signal = LabelOutputs(loss, bank.u0).error_signal(A, targets[np.newaxis])
    rule = ErrorDiffusion(weight_decrement=weight_decrement)
    increments = rule.increments(bank, x[np.newaxis], hidden, signal.E, signal.slope)
    n_layers = len(bank.weights)
    as_bank = NetworkBank(
        increments[:n_layers], increments[n_layers:], u0=bank.u0, beta=bank.beta
    )
    return [*as_bank.coefs, *as_bank.biases]


@settings(deadline=None, max_examples=150)
@given(
    case=banks(),
    loss=st.sampled_from(["squared_error", "log_loss", "linear"]),
    weight_decrement=st.booleans(),
)
def test_increments_never_oppose_the_gradient(case, loss, weight_decrement):
    """For one sample every increment has the sign of the negative gradient or is zero."""
    bank, x, rng = case
    targets = rng.randint(2, size=bank.n_networks).astype(float)
    computed = increments_of(bank, x, targets, loss, weight_decrement)
    for increment, gradient in zip(computed, gradients(bank, x, targets, loss), strict=True):
        moved = increment != 0
        np.testing.assert_array_equal(np.sign(increment[moved]), -np.sign(gradient[moved]))


def test_gradient_of_the_property_is_a_gradient():
    """The imaginary differences agree with central ones where those can be trusted."""
    rng = np.random.RandomState(0)
    bank = NetworkBank.initialize(
        2, (3, 2), 2, init="scaled", u0=0.7, beta=0.8, dtype=np.float64, rng=rng
    )
    x, targets = rng.normal(size=2), np.array([0.0, 1.0])
    parameters = [*bank.coefs, *bank.biases]
    for parameter, gradient in zip(
        parameters, gradients(bank, x, targets, "log_loss"), strict=True
    ):
        for index in np.ndindex(*parameter.shape):
            value, losses = parameter[index], []
            for shifted in (value + 1e-6, value - 1e-6):
                parameter[index] = shifted
                losses.append(network_losses(bank, parameters, x, targets, "log_loss"))
            parameter[index] = value
            difference = (losses[0] - losses[1])[index[0]] / 2e-6
            assert difference == pytest.approx(gradient[index], abs=1e-8)


@settings(deadline=None, max_examples=50)
@given(
    case=banks(),
    optimizer=st.sampled_from([(SGD(), 5.0), (Momentum(0.9), 1.0), (Adam(), 0.5)]),
    weight_decrement=st.booleans(),
)
def test_signs_between_units_never_change_and_growing_weights_never_shrink(
    case, optimizer, weight_decrement
):
    bank, _, rng = case
    outputs = LabelOutputs("squared_error", bank.u0)
    optimizer, alpha = optimizer
    trainer = make_trainer(bank, outputs, two_way=weight_decrement, optimizer=optimizer)
    n_features = bank.weights[0].shape[0]
    for _ in range(5):
        before = [np.abs(weight) for weight in bank.weights[1:]]
        X = rng.normal(size=(4, n_features))
        T = rng.randint(2, size=(4, bank.n_networks))
        trainer.step(X, T, None, online=False, alpha=alpha)
        for weight, magnitude in zip(bank.weights[1:], before, strict=True):
            types = np.outer(unit_types(weight.shape[1]), unit_types(weight.shape[2]))
            assert (weight * types >= 0).all()
            if not weight_decrement:
                assert (np.abs(weight) >= magnitude).all()


def test_two_way_weights_do_shrink():
    """The other test could not tell a two-way rule that never decrements."""
    rng = np.random.RandomState(0)
    bank = NetworkBank.initialize(
        3, (6,), 1, init="uniform", u0=0.4, beta=0.8, dtype=np.float64, rng=rng
    )
    before = np.abs(bank.weights[1])
    trainer = make_trainer(bank, LabelOutputs("squared_error", 0.4), two_way=True)
    X, T = rng.normal(size=(4, 3)), rng.randint(2, size=(4, 1))
    trainer.step(X, T, None, online=False, alpha=1.0)
    assert (np.abs(bank.weights[1]) < before).any()


@pytest.mark.parametrize("name", BACKENDS)
def test_project_stops_at_zero_each_block_of_types(name):
    weight = np.array([[[1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]]])
    bank = NetworkBank([np.ones((1, 3)), weight], [np.ones((1, 3))] * 2, u0=0.4, beta=0.8)
    with use_backend(name):
        ErrorDiffusion(weight_decrement=False).project(bank)
        assert (weight[0] == [1, -1, 1]).any()
        ErrorDiffusion().project(bank)
    # Units 0 and 1 are excitatory, unit 2 is inhibitory, on both sides.
    expected = [[[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]]
    np.testing.assert_array_equal(weight, expected)


def test_a_batch_makes_no_per_sample_tensor():
    """What a step allocates is far below one number per sample and weight."""
    rng = np.random.RandomState(0)
    n_samples, n_features, n_networks, n_units = 100, 50, 10, 64
    bank = NetworkBank.initialize(
        n_features,
        (n_units, n_units),
        n_networks,
        init="scaled",
        u0=0.4,
        beta=0.8,
        dtype=np.float64,
        rng=rng,
    )
    trainer = make_trainer(bank, LabelOutputs("log_loss", 0.4), two_way=False)
    X, T = (
        rng.normal(size=(n_samples, n_features)),
        rng.randint(2, size=(n_samples, n_networks)),
    )
    tracemalloc.start()
    trainer.step(X, T, None, online=False, alpha=0.1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * n_samples * n_networks * n_units * n_units / 4
