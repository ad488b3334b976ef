"""Error diffusion neuron by neuron: what other tests compare the package's networks with."""

import random

import numpy as np
import pytest

from helpers import BatchNetwork
from sklearn_ed.reproduction import NeuronByNeuronNetwork
from sklearn_ed.reproduction._neuron_by_neuron import (
    ArrayNeuron,
    Neuron,
    alternating,
)


def make_network(n_features=4, sizes=(4, 2), seed=1, **options):
    kinds = [alternating(size) for size in sizes]
    return BatchNetwork(n_features, kinds, random.Random(seed).random, **options)


def test_a_neuron_by_hand():
    """Sources of both types; above zero, an error changes weights from excitatory ones only."""
    magnitudes = iter([0.5, 0.25])
    neuron = Neuron(-1, [1, -1], lambda: next(magnitudes), u0=0.5)
    assert neuron.weights == [-0.5, 0.25]
    z = neuron.forward([1.0, 3.0])
    assert z == pytest.approx(1 / (1 + np.exp(-4 * (-0.5 + 0.75))))
    neuron.add_increments(2.0, 0.1, neuron.weights)
    assert neuron.weights == pytest.approx([-0.5 - 0.1 * 1.0 * z * (1 - z) * 2, 0.25])
    neuron.add_increments(-2.0, 0.1, neuron.weights)
    assert neuron.weights[1] == pytest.approx(0.25 + 0.1 * 3.0 * z * (1 - z) * 2)


def test_a_linear_neuron_has_slope_one():
    neuron = Neuron(1, [1], lambda: 0.5, linear=True)
    assert neuron.forward([3.0]) == 1.5
    neuron.add_increments(2.0, 0.1, neuron.weights)
    assert neuron.weights == [0.5 + 0.1 * 3.0 * 2.0]


def test_bidirectional_weights_shrink_and_stop_at_zero():
    neuron = Neuron(1, [1, 1, -1], lambda: 0.5, linear=True, bidirectional=[1, 2])
    neuron.forward([1.0, 1.0, 1.0])
    neuron.add_increments(-0.2, 1.0, neuron.weights)
    neuron.clamp()
    assert neuron.weights == pytest.approx([0.5, 0.3, -0.7])
    neuron.add_increments(-1.0, 1.0, neuron.weights)
    neuron.clamp()
    assert neuron.weights == pytest.approx([0.5, 0.0, -1.7])


def test_only_weights_between_units_are_bidirectional():
    network = make_network(n_features=3, sizes=(4, 2), weight_decrement=True)
    first, second, output = (layer[0] for layer in network.layers)
    assert list(first.bidirectional) == []
    assert list(second.bidirectional) == [2, 3, 4, 5]
    assert list(output.bidirectional) == [2, 3]
    assert not any(n.bidirectional for layer in make_network().layers for n in layer)


def test_in_the_article_an_input_feeds_two_sources_of_one_type():
    """With an even number of inputs. A pair feeds one source of each type."""
    for paired, expected in ((True, 0), (False, 2)):
        network = make_network(6, (2,), paired=paired)
        network.output(np.arange(1.0, 7.0))
        unit = network.layers[0][0]
        for value in range(1, 7):
            kinds = [
                kind
                for kind, signal in zip(unit.source_kinds[2:], unit.signals[2:], strict=True)
                if signal == value
            ]
            assert abs(sum(kinds)) == expected


@pytest.mark.parametrize("paired", [False, True])
def test_lists_and_arrays_agree(paired):
    rng = np.random.RandomState(0)
    X, y = rng.uniform(size=(20, 4)), rng.randint(2, size=20)
    lists, arrays = (
        make_network(neuron=neuron, paired=paired) for neuron in (Neuron, ArrayNeuron)
    )
    np.testing.assert_allclose(lists.fit(X, y, 0.1), arrays.fit(X, y, 0.1), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(lists.predict(X), arrays.predict(X))
    for layer, others in zip(lists.layers, arrays.layers, strict=True):
        for unit, other in zip(layer, others, strict=True):
            np.testing.assert_allclose(unit.weights, other.weights, rtol=0, atol=1e-12)


@pytest.mark.parametrize("weight_decrement", [False, True])
def test_added_increments_of_one_sample_are_a_step(weight_decrement):
    one, other = (make_network(weight_decrement=weight_decrement) for _ in range(2))
    x = np.array([0.5, -1.0, 2.0, 0.0])
    error = one.learn(x, 0.0, 20.0)
    assert error == -other.output(x)
    other.add(other.increments(x, error, 20.0))
    for layer, others in zip(one.layers, other.layers, strict=True):
        assert [n.weights for n in layer] == [n.weights for n in others]


def test_folding_sorts_excitatory_units_first():
    """The folded network, computed by matrix products, has the same output."""
    network = make_network(3, (5, 4))
    coefs, intercepts = network.folded()
    assert [coef.shape for coef in coefs] == [(3, 5), (5, 4), (4, 1)]
    # Types of the sorted units: 3 of 5 and 2 of 4 are excitatory.
    types = np.array([1, 1, 1, -1, -1]), np.array([1, 1, -1, -1])
    assert (np.sign(coefs[1]) == np.outer(*types)).all()
    x = np.array([0.3, -0.2, 0.9])
    z = x
    for coef, intercept in zip(coefs, intercepts, strict=True):
        z = 1 / (1 + np.exp(-2 * (z @ coef + 0.8 * intercept) / 0.4))
    assert network.output(x) == pytest.approx(z[0], abs=1e-14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, [[1]]), "^n_features: expected an integer >= 1, got 0"),
        ((2, [[1, 0]]), "^kinds: expected 1 or -1 for each unit, got 0"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        NeuronByNeuronNetwork(*arguments, random.Random(0).random)


def test_another_number_of_features_is_refused_before_a_step():
    network = make_network(3)
    before = [list(n.weights) for layer in network.layers for n in layer]
    with pytest.raises(ValueError, match=r"^x: expected 3 features, got 2"):
        network.fit([[0.0, 1.0]], [1], 0.1)
    assert [n.weights for layer in network.layers for n in layer] == before
