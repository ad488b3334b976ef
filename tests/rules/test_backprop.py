"""Backprop through a bank against differences of the loss."""

import numpy as np
import pytest
import scipy.sparse as sp

from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.code_book import make_code_book
from sklearn_ed._networks.outputs import ClassOutputs, LabelOutputs, TargetOutputs
from sklearn_ed.rules import Backprop

RNG = np.random.RandomState(0)
X = RNG.normal(size=(7, 3))
CLASSES = np.arange(7) % 4
LABELS = RNG.randint(2, size=(7, 4)).astype(float)


def code_book(code_size):
    return make_code_book(4, code_size, np.random.RandomState(1))


# Outputs, their targets, and the number of networks that speak for a class.
CASES = {
    "one per class": (ClassOutputs(code_book(None), "log_loss", 0.7), CLASSES, 4, 1),
    "one per pair": (ClassOutputs(code_book("one_vs_one"), "log_loss", 0.7), CLASSES, 6, 3),
    "squared error": (ClassOutputs(code_book(None), "squared_error", 0.7), CLASSES, 4, 1),
    "labels": (LabelOutputs("log_loss", 0.7), LABELS, 4, 1),
    "targets": (TargetOutputs(), LABELS, 4, 1),
}


@pytest.mark.usefixtures("each_backend")
@pytest.mark.parametrize("sizes", [(), (3,), (4, 2, 3), (2, 5, 1, 3)])
@pytest.mark.parametrize("case", CASES)
def test_gradients_are_those_of_the_loss(case, sizes):
    outputs, targets, n_networks, n_speakers = CASES[case]
    bank = NetworkBank.initialize(
        *(3, sizes, n_networks),
        **{"init": "scaled", "u0": 0.7, "beta": 0.8, "dtype": float},
        rng=np.random.RandomState(2),
    )

    def loss():
        return outputs.error_signal(bank.forward(X)[1], targets).loss.sum()

    hidden, A = bank.forward(X)
    signal = outputs.error_signal(A, targets)
    found = Backprop().increments(bank, X, hidden, signal.E, signal.slope)
    sparse = Backprop().increments(bank, sp.csr_array(X), hidden, signal.E, signal.slope)
    for parameter, gradient, other in zip(bank.parameters, found, sparse, strict=True):
        assert gradient.shape == parameter.shape
        np.testing.assert_allclose(other, gradient, rtol=1e-12, atol=1e-14)
        for index in np.ndindex(*parameter.shape):
            value, losses = parameter[index], []
            for shifted in (value + 1e-5, value - 1e-5):
                parameter[index] = shifted
                losses.append(loss())
            parameter[index] = value
            descent = (losses[1] - losses[0]) / 2e-5
            assert n_speakers * gradient[index] == pytest.approx(descent, rel=1e-6, abs=1e-8)
