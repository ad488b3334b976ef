"""Running statistics and draws of a memory, compiled, against what they say in NumPy."""

import numpy as np
import pytest

from sklearn_ed._backend import backend, use_backend

pytest.importorskip("sklearn_ed._backend._online")
NUMPY_AND_COMPILED = ("numpy", "compiled")
rng = np.random.RandomState(0)
ROWS = rng.normal([3, -1e6, 0, 1e-9], [2, 1e3, 0, 1e-12], size=(40, 4))


def scaled(name, X, recent_rows=0, *, statistics=None, n_before=0, learn=True):
    statistics = np.zeros((3, X.shape[1])) if statistics is None else statistics.copy()
    out = np.empty((len(X), X.shape[1] * (2 if recent_rows else 1)), X.dtype)
    with use_backend(name):
        backend().scale_rows(X, statistics, n_before, recent_rows, learn, out)
    return out, statistics


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("recent_rows", [0, 1, 7])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
def test_scaled_rows(recent_rows, dtype, layout):
    X = layout(ROWS.astype(dtype))
    expected, found = (scaled(name, X, recent_rows) for name in NUMPY_AND_COMPILED)
    for wanted, actual in zip(expected, found, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=1e-6, atol=1e-9)
    after = (
        scaled(name, 2 * X, recent_rows, statistics=found[1], n_before=40, learn=False)
        for name in NUMPY_AND_COMPILED
    )
    (expected, same), (found, also_same) = after
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(same, also_same)


@pytest.mark.parametrize("name", NUMPY_AND_COMPILED)
def test_statistics_are_those_of_all_rows(name):
    _, (mean, variance, recent) = scaled(name, ROWS, 10)
    np.testing.assert_allclose(mean, ROWS.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(variance, ROWS.var(axis=0), rtol=1e-6)
    expected = ROWS[0].copy()
    for n, row in enumerate(ROWS[1:], 2):
        expected += (row - expected) / min(n, 10)
    np.testing.assert_allclose(recent, expected, rtol=1e-12)


@pytest.mark.parametrize("name", NUMPY_AND_COMPILED)
def test_constant_and_extreme_values_stay_finite(name):
    X = np.full((5, 2), 0.1)
    out, statistics = scaled(name, X, 3)
    assert not out.any()
    outlier = np.array([[1e300, -1e300]])
    statistics[1] = 1e-300
    out, _ = scaled(name, outlier, 3, statistics=statistics, n_before=5, learn=False)
    np.testing.assert_allclose(out, [[3, -3, 3, -3]], rtol=1e-9)


@pytest.mark.parametrize("n_before", [0, 3, 1000, 2**40])
@pytest.mark.parametrize(("size", "n_places"), [(5, 40), (30, 60)])
def test_drawn_rows(n_before, size, n_places):
    drawn = []
    for name in NUMPY_AND_COMPILED:
        places = np.empty((30, 7), np.intp)
        with use_backend(name):
            backend().draw_rows(n_before, size, n_places, 2**62 + 12345, places)
        drawn.append(places[1 if n_before == 0 else 0 :])
    np.testing.assert_array_equal(*drawn)
    new = np.arange(n_before, n_before + 30)[1 if n_before == 0 else 0 :]
    np.testing.assert_array_equal(drawn[0][:, 0], new % n_places)
    age = (new[:, np.newaxis] - drawn[0][:, 1:]) % n_places
    assert (age >= 1).all()
    assert (age <= np.minimum(size, new)[:, np.newaxis]).all()


def test_every_row_of_the_memory_is_drawn_equally_often():
    places = np.empty((1, 100_001), np.intp)
    backend().draw_rows(50, 10, 100, 7, places)
    counts = np.bincount(places[0, 1:], minlength=100)
    assert counts[40:50].sum() == 100_000
    # Five standard deviations.
    assert abs(counts[40:50] - 10_000).max() < 500
