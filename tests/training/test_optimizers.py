"""Optimizers and schedules against their formulas, written out for scalars."""

import numpy as np
import pytest

from sklearn_ed._training.optimizers import SGD, Adam, Momentum
from sklearn_ed._training.schedules import Schedule

STEPS = [0.3, -0.1, 0.0, 0.7]


def run(optimizer, alpha, dtype=np.float64):
    parameter = np.array([1.0], dtype=dtype)
    state = optimizer.start(parameter)
    path = []
    for step in STEPS:
        optimizer.step(parameter, np.array([step], dtype=dtype), state, alpha)
        path.append(float(parameter[0]))
    return path, parameter, state


def test_sgd_adds_alpha_times_the_increment():
    path, _, state = run(SGD(), 0.5)
    np.testing.assert_allclose(path, 1 + 0.5 * np.cumsum(STEPS), rtol=1e-15)
    assert state == {"solver": "sgd"}


def test_momentum():
    value, velocity, expected = 1.0, 0.0, []
    for step in STEPS:
        velocity = 0.9 * velocity + 0.5 * step
        value += velocity
        expected.append(value)
    np.testing.assert_allclose(run(Momentum(0.9), 0.5)[0], expected, rtol=1e-15)


def test_adam():
    value, first, second, expected = 1.0, 0.0, 0.0, []
    for t, step in enumerate(STEPS, start=1):
        first = 0.9 * first + 0.1 * step
        second = 0.999 * second + 0.001 * step**2
        # Epsilon is added before the bias of the second moment is corrected, as MLPClassifier.
        rate = 0.01 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        value += rate * first / (np.sqrt(second) + 1e-8)
        expected.append(value)
    np.testing.assert_allclose(run(Adam(), 0.01)[0], expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("optimizer", "n_arrays"), [(SGD(), 0), (Momentum(0.9), 1), (Adam(), 2)]
)
def test_parameters_change_in_place_and_keep_float32(optimizer, n_arrays):
    path, parameter, state = run(optimizer, 0.1, np.float32)
    np.testing.assert_allclose(path, run(optimizer, 0.1)[0], rtol=1e-5)
    arrays = [value for value in state.values() if isinstance(value, np.ndarray)]
    assert [array.dtype for array in arrays] == [np.float32] * n_arrays
    assert parameter.dtype == np.float32


def test_schedules():
    rates = {
        kind: [Schedule(kind, 0.8, 0.5, 4).rate(n, 60_000 * n) for n in range(6)]
        for kind in ("constant", "invscaling", "linear", "cosine")
    }
    assert rates["constant"] == [0.8] * 6
    np.testing.assert_allclose(rates["invscaling"], 0.8 / np.sqrt([1, 2, 3, 4, 5, 6]))
    # After its end, a tenth is left.
    np.testing.assert_allclose(rates["linear"], [0.8, 0.6, 0.4, 0.2, 0.08, 0.08])
    half = 0.4 / np.sqrt(2)
    expected = [0.8, 0.4 + half, 0.4, 0.4 - half, 0.08, 0.08]
    np.testing.assert_allclose(rates["cosine"], expected)
    assert Schedule("invscaling", 0.8, 2.0, 4).rate(3, 60_000) == pytest.approx(0.2)
