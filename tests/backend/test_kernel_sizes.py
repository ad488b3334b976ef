"""Kernels refuse arrays that do not fit together; they would read beyond their ends."""

import numpy as np
import pytest

from sklearn_ed._backend import use_backend
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.outputs import LabelOutputs
from sklearn_ed._training.data import TrainingData
from sklearn_ed._training.online import learn_online
from sklearn_ed._training.schedules import EpochRate
from sklearn_ed.rules import ErrorDiffusion

_batch = pytest.importorskip("sklearn_ed._backend._batch")
rng = np.random.RandomState(0)


@pytest.mark.parametrize(("n_increments", "n_moments"), [(4, 5), (5, 4), (5, 6)])
def test_optimizers_need_arrays_of_one_length(n_increments, n_moments):
    parameters, increments, moments = np.ones(5), np.ones(n_increments), np.ones(n_moments)
    with pytest.raises(ValueError, match="expected 5 items, got"):
        _batch.momentum(parameters, increments, moments, 0.1, 0.9)
    with pytest.raises(ValueError, match="expected 5 items, got"):
        _batch.adam(parameters, increments, moments, moments, 0.1, 0.9, 0.9, 1e-8)
    if n_increments == 4:
        with pytest.raises(ValueError, match="expected 5 items, got 4"):
            _batch.sgd(parameters, increments, 0.1)
    assert (parameters == 1).all()


@pytest.mark.parametrize(("n_features", "n_labels"), [(6, 3), (5, 2)])
@pytest.mark.parametrize("sizes", [(), (4,), (4, 3)], ids=str)
def test_the_online_rule_needs_the_inputs_and_targets_of_the_bank(sizes, n_features, n_labels):
    bank = NetworkBank.initialize(
        5, sizes, 3, init="scaled", u0=0.4, beta=0.8, dtype=np.float64, rng=rng
    )
    before = bank.flat.copy()
    X = rng.normal(size=(7, n_features))
    labels = np.zeros((7, n_labels), np.int8)
    data = TrainingData(X, labels, None, np.arange(7))
    expected = f"got {bank.flat.size}" if n_features == 6 else "targets of 3 networks, got 2"
    with use_backend("compiled"), pytest.raises(ValueError, match=expected):
        learn_online(
            bank,
            LabelOutputs("log_loss", 0.4),
            ErrorDiffusion(),
            data,
            data.rows,
            EpochRate.constant(0.1),
        )
    np.testing.assert_array_equal(bank.flat, before)
