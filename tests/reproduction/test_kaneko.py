"""Kaneko's tables (1999): sweeps over all patterns until their errors sum to less than 0.1."""

import itertools

import numpy as np
import pytest

from helpers import make_trainer
from sklearn_ed import EDClassifier
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.outputs import LabelOutputs


def parity(n_bits):
    X = np.array(list(itertools.product([0.0, 1.0], repeat=n_bits)))
    return X, X.sum(axis=1).astype(int) % 2


KANEKO_XOR = {8: 75.14, 16: 28.00, 32: 8.26, 64: 5.97}
KANEKO_PARITY_3 = {8: 162.79, 16: 81.64, 32: 22.53, 64: 11.22}


def sweeps_until_learned(n_bits, n_units, beta, n_networks=100, limit=10_000):
    """Sweeps of each of a bank of networks, which do not interact; limit if it never learned.

    As Kaneko counts: the errors met during a sweep, before each step, sum to less than 0.1.
    """
    X, y = parity(n_bits)
    bank = NetworkBank.initialize(
        n_bits,
        (n_units,),
        n_networks,
        init="uniform",
        u0=0.4,
        beta=beta,
        dtype=np.float64,
        rng=np.random.RandomState(0),
    )
    outputs = LabelOutputs("squared_error", 0.4)
    trainer = make_trainer(bank, outputs, two_way=False)
    sweeps = np.full(n_networks, limit)
    for sweep in range(1, limit):
        errors = np.zeros(n_networks)
        for x, target in zip(X, y, strict=True):
            targets = np.full((1, n_networks), target)
            A = bank.output(x[np.newaxis])
            errors += np.abs(outputs.error_signal(A, targets).E[0])
            trainer.step(x[np.newaxis], targets, None, online=True, alpha=0.8)
        sweeps[(errors < 0.1) & (sweeps == limit)] = sweep
        if (sweeps < limit).all():
            break
    return sweeps


@pytest.mark.parametrize(
    ("n_bits", "n_units", "expected"),
    [
        *[(2, n_units, expected) for n_units, expected in KANEKO_XOR.items()],
        *[(3, n_units, expected) for n_units, expected in KANEKO_PARITY_3.items()],
    ],
)
def test_kanekos_tables(n_bits, n_units, expected):
    """Means over the runs that finish, as his, of 100 initialisations.

    The bias input is 1: "What was measured" in the docs says how that was found.
    """
    sweeps = sweeps_until_learned(n_bits, n_units, beta=1.0)
    assert (sweeps == 10_000).sum() <= 2
    assert sweeps[sweeps < 10_000].mean() == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize(("n_units", "expected"), KANEKO_XOR.items())
def test_kanekos_xor_by_partial_fit(n_units, expected):
    """With the defaults of his program, errors read after each sweep: not slower than his."""
    X, y = parity(2)
    counts = []
    for seed in range(60):
        clf = EDClassifier(
            hidden_layer_sizes=n_units,
            alpha=0.8,
            weight_decrement=False,
            init="uniform",
            loss="squared_error",
            solver="sgd",
            learning_rate="constant",
            batch_size=1,
            shuffle=False,
            random_state=seed,
        )
        error = np.inf
        while error >= 0.1:
            clf.partial_fit(X, y, classes=[0, 1])
            error = np.abs(y - clf.predict_proba(X)[:, 1]).sum()
        counts.append(clf.n_iter_)
    assert np.mean(counts) <= 1.3 * expected
