"""A small bank of networks with data, for tests of learning rules."""

import warnings

import numpy as np
import pytest

from sklearn_ed import EDClassifier
from sklearn_ed._networks.bank import NetworkBank

RNG = np.random.RandomState(0)
N_SAMPLES, N_FEATURES, N_NETWORKS, U0, BETA = 7, 3, 4, 0.7, 0.8
X = RNG.normal(size=(N_SAMPLES, N_FEATURES))
E = RNG.normal(size=(N_SAMPLES, N_NETWORKS))
SLOPE = RNG.uniform(0.05, 0.25, size=E.shape)
SIZES = pytest.mark.parametrize("sizes", [(), (3,), (4, 2, 3), (2, 5, 1, 3)])


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


def fitted(rule, X, y, **params):
    params = {"hidden_layer_sizes": (8, 8), "solver": "sgd", "batch_size": 20, **params}
    params |= {"code_size": None, "n_members": 1, "dropout": 0.0, "weight_decay": 0.0}
    params |= {"early_stopping": False, "learning_rate": "constant", "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return EDClassifier(rule=rule, **params).fit(X, y)
