"""The bank: layout, initial weights."""

import numpy as np
import pytest
import scipy.sparse as sp

from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.layout import feature_major, network_major
from sklearn_ed._networks.units import n_excitatory, unit_types


def make_bank(sizes=(5, 4), n_networks=3, n_features=6, init="scaled", dtype=np.float64):
    return NetworkBank.initialize(
        n_features,
        sizes,
        n_networks,
        init=init,
        u0=0.4,
        beta=0.8,
        dtype=dtype,
        rng=np.random.RandomState(0),
    )


@pytest.mark.parametrize(("n_units", "expected"), [(1, 1), (2, 1), (5, 3), (6, 3)])
def test_excitatory_units_come_first_and_are_the_larger_half(n_units, expected):
    assert n_excitatory(n_units) == expected
    assert unit_types(n_units).tolist() == [1] * expected + [-1] * (n_units - expected)


def test_layer_one_is_feature_major_and_coefs_are_views_of_it():
    bank = make_bank()
    assert bank.weights[0].shape == (6, 3 * 5)
    assert bank.weights[0].flags.c_contiguous
    coef = bank.coefs[0]
    assert coef.shape == (3, 6, 5)
    assert np.shares_memory(coef, bank.weights[0])
    assert np.shares_memory(feature_major(coef), bank.weights[0])
    np.testing.assert_array_equal(coef[1], bank.weights[0][:, 5:10])


def test_layouts_are_inverse_for_an_array_of_any_layout():
    coef = np.random.RandomState(0).normal(size=(3, 6, 5))
    np.testing.assert_array_equal(network_major(feature_major(coef), 3), coef)


def test_coefs_of_every_layer():
    bank = make_bank()
    assert [coef.shape for coef in bank.coefs] == [(3, 6, 5), (3, 5, 4), (3, 4, 1)]
    assert [bias.shape for bias in bank.biases] == [(3, 5), (3, 4), (3, 1)]


def test_uniform_init_is_kanekos():
    """Magnitudes U(0, 1) between units; differences of two of them from inputs and bias."""
    bank = make_bank((40, 30), 20, 50, init="uniform")
    deeper = bank.weights[1]
    signs = np.outer(unit_types(40), unit_types(30))
    assert (deeper * signs > 0).all()
    magnitudes = np.abs(deeper)
    assert magnitudes.max() < 1
    assert magnitudes.mean() == pytest.approx(1 / 2, abs=0.01)
    for pairs in (bank.weights[0], bank.biases[0]):
        assert np.abs(pairs).max() < 1
        assert pairs.mean() == pytest.approx(0, abs=0.05)
        assert pairs.var() == pytest.approx(1 / 6, rel=0.1)


def test_scaled_init_divides_weights_by_the_root_of_the_fan_in():
    scaled, uniform = make_bank(init="scaled"), make_bank(init="uniform")
    for layer, fan_in in enumerate([6, 5, 4]):
        np.testing.assert_allclose(
            scaled.weights[layer] * np.sqrt(fan_in), uniform.weights[layer], rtol=1e-12
        )
        np.testing.assert_array_equal(scaled.biases[layer], uniform.biases[layer])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_forward_keeps_the_dtype_and_agrees_with_output(dtype):
    bank = make_bank(dtype=dtype)
    X = np.random.RandomState(1).normal(size=(7, 6)).astype(dtype)
    hidden, A = bank.forward(X)
    assert [Z.shape for Z in hidden] == [(3, 7, 5), (3, 7, 4)]
    assert A.shape == (7, 3)
    assert {array.dtype for array in [*hidden, A]} == {np.dtype(dtype)}
    np.testing.assert_array_equal(bank.output(X), A)
    np.testing.assert_allclose(bank.output(sp.csr_array(X)), A, rtol=1e-5)


def test_copy_shares_nothing():
    bank = make_bank()
    for mine, other in zip(bank.parameters, bank.copy().parameters, strict=True):
        assert not np.shares_memory(mine, other)
        np.testing.assert_array_equal(mine, other)
