"""The compiled steps of a mini-batch against what they say in NumPy."""

import numpy as np
import pytest
import scipy.sparse as sp

from sklearn_ed._backend import backend, use_backend
from sklearn_ed._backend.sigmoid import logistic
from sklearn_ed._networks.units import n_excitatory

_batch = pytest.importorskip("sklearn_ed._backend._batch")
INSTRUCTION_SETS = _batch.INSTRUCTION_SETS
# (n_networks, n_samples, n_units), around and beyond the vectors' lengths.
SHAPES = [(1, 1, 1), (3, 5, 1), (160, 7, 2), (5, 4, 3), (4, 9, 16), (2, 6, 33), (300, 3, 4)]


@pytest.fixture(params=INSTRUCTION_SETS, autouse=True)
def instruction_set(request):
    _batch.use_instruction_set(request.param)
    with use_backend("compiled"):
        yield request.param
    _batch.use_instruction_set(INSTRUCTION_SETS[-1])


@pytest.fixture(params=[np.float32, np.float64])
def dtype(request):
    return request.param


def tolerance(dtype):
    return {"rtol": 0, "atol": 1e-5 if dtype == np.float32 else 1e-12}


def layers(shape, side_by_side, dtype, n=1):
    """Arrays of that shape, laid out as a first or as a deeper layer."""
    rng = np.random.RandomState(0)
    n_networks, n_samples, n_units = shape
    for _ in range(n):
        memory = rng.uniform(0.01, 0.99, size=n_networks * n_samples * n_units).astype(dtype)
        if side_by_side:
            yield memory.reshape(n_samples, n_networks, n_units).transpose(1, 0, 2)
        else:
            yield memory.reshape(shape)


def errors(shape, dtype):
    E = np.random.RandomState(1).normal(size=shape[1::-1]).astype(dtype)
    E[0, 0] = 0
    return E


def both(call):
    """What `call` returns with the compiled kernels and with NumPy."""
    compiled = call()
    with use_backend("numpy"):
        return compiled, call()


@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_activate(shape, side_by_side, dtype):
    bias = np.random.RandomState(1).normal(size=shape[::2]).astype(dtype)

    def call():
        (A,) = layers(shape, side_by_side, dtype)
        A -= 0.5
        backend().activate(A, bias, 0.8, 0.4)
        return A

    actual, expected = both(call)
    np.testing.assert_allclose(actual, expected, **tolerance(dtype))


def test_sigmoid_over_its_whole_range(dtype):
    """Relative to the value itself, as far as it is not clipped."""
    limit = 43 if dtype == np.float32 else 350
    x = np.linspace(-limit, limit, 100_001).astype(dtype)
    actual = x[np.newaxis, :, np.newaxis].copy()
    backend().activate(actual, np.zeros((1, 1), dtype), 1.0, 2.0)
    # The sigmoid of -x has condition number x: 1 / (1 + exp(-x)) cannot do better.
    eps = np.finfo(dtype).eps
    expected = logistic(x.astype(np.longdouble), 2.0)
    error = np.abs(actual[0, :, 0] / expected - 1)
    assert (error < 3 * eps).all()
    extreme = np.array([-np.inf, -1e30, 1e30, np.inf, np.nan], dtype)[np.newaxis, :, np.newaxis]
    backend().activate(extreme, np.zeros((1, 1), dtype), 1.0, 2.0)
    np.testing.assert_allclose(extreme[0, :4, 0], [0, 0, 1, 1], rtol=0, atol=1e-18)
    assert np.isnan(extreme[0, 4, 0])


@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_readout(shape, side_by_side, dtype):
    rng = np.random.RandomState(2)
    weights = rng.normal(size=shape[::2]).astype(dtype)
    bias = rng.normal(size=shape[0]).astype(dtype)

    def call():
        (Z,) = layers(shape, side_by_side, dtype)
        A = np.full(shape[1::-1], np.nan, dtype)
        backend().readout(Z, weights, bias, 0.8, A)
        return A

    actual, expected = both(call)
    np.testing.assert_allclose(actual, expected, **tolerance(dtype))


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_readout_increment(shape, side_by_side, gated, dtype):
    E = errors(shape, dtype)

    def call():
        (Z,) = layers(shape, side_by_side, dtype)
        out = np.full(shape[::2], np.nan, dtype)
        backend().readout_increment(Z, E, n_excitatory(shape[2]), gated, out)
        return out

    actual, expected = both(call)
    np.testing.assert_allclose(actual, expected, **tolerance(dtype))


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_broadcast_error(shape, side_by_side, gated, dtype):
    E = errors(shape, dtype)

    def call():
        Z, D, below = layers(shape, side_by_side, dtype, 3)
        total = np.full(shape[::2], np.nan, dtype)
        backend().broadcast_error(
            Z, E, n_excitatory(shape[2]), D, below if gated else None, total
        )
        return D.copy(), below.copy(), total

    actual, expected = both(call)
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_allclose(one, other, **tolerance(dtype))


@pytest.mark.parametrize("n_classes", [2, 3, 10, 17])
@pytest.mark.parametrize("n_networks", [None, 1, 20, 45])
def test_softmax_error(n_classes, n_networks, dtype):
    rng = np.random.RandomState(3)
    code = None
    if n_networks:
        code = rng.choice([-1, 0, 1], size=(n_classes, n_networks)).astype(dtype)
    A = (5 * rng.normal(size=(8, n_networks or n_classes))).astype(dtype)
    A[0] *= 20
    targets = rng.randint(n_classes, size=8)
    actual, expected = both(lambda: backend().softmax_error(A, code, 3.0, targets))
    np.testing.assert_allclose(actual[0], expected[0], **tolerance(dtype))
    relative = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(actual[1], expected[1], rtol=relative, atol=relative)


# A few items for each feature, which weights are read in place, and many, for which they are
# copied to tiles: then several of them, the last of which is smaller.
CSR_SHAPES = [(6, 9, 0), (6, 9, 0.3), (300, 50, 0.3), (520, 300, 0.1)]


@pytest.mark.parametrize("form", ["sorted", "wide", "unsorted"])
@pytest.mark.parametrize(("n_samples", "n_features", "density"), CSR_SHAPES)
@pytest.mark.parametrize("width", [1, 5, 16, 40, 67, 130])
def test_products_with_a_csr_array(width, n_samples, n_features, density, form, dtype):
    rng = np.random.RandomState(4)
    X = rng.normal(size=(n_samples, n_features)).astype(dtype)
    X[rng.uniform(size=X.shape) > density] = 0
    sparse = sp.csr_array(X)
    if form == "wide":
        sparse.indices = sparse.indices.astype(np.int64)
        sparse.indptr = sparse.indptr.astype(np.int64)
    elif form == "unsorted":
        # Backwards in every row, and each item in two halves.
        order = np.lexsort((-sparse.indices, sparse.tocoo().row)).repeat(2)
        parts = sparse.data[order] / 2, sparse.indices[order], 2 * sparse.indptr
        sparse = sp.csr_array(parts, shape=X.shape)
        assert density == 0 or not sparse.has_sorted_indices
    weights = rng.normal(size=(n_features, width)).astype(dtype)
    D = rng.normal(size=(n_samples, width)).astype(dtype)
    product = np.full((n_samples, width), np.nan, dtype)
    increment = np.full((n_features, width), np.nan, dtype)
    backend().input_product(sparse, weights, product)
    backend().input_increment(sparse, D, increment)
    close = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(product, X @ weights, **close)
    np.testing.assert_allclose(increment, X.T @ D, **close)


def test_a_product_changes_its_own_columns_alone(dtype):
    """Threads share the columns, and each writes whole vectors."""
    rng = np.random.RandomState(5)
    X = sp.random(40, 12, density=0.5, format="csr", random_state=rng, dtype=dtype)
    weights = rng.normal(size=(12, 70)).astype(dtype)
    for start, stop in [(0, 70), (0, 5), (3, 20), (32, 70), (64, 70)]:
        out = np.full((40, 70), np.nan, dtype)
        _batch.csr_product(X.data, X.indices, X.indptr, True, weights, out, start, stop)
        np.testing.assert_allclose(
            out[:, start:stop], (X @ weights)[:, start:stop], **tolerance(dtype)
        )
        assert np.isnan(out[:, :start]).all()
        assert np.isnan(out[:, stop:]).all()


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (64, 33)], ids=str)
@pytest.mark.parametrize("density", [0, 0.3, 1])
def test_compressed_rows(shape, density, dtype):
    rng = np.random.RandomState(6)
    compress = backend().row_compressor(shape, np.dtype(dtype))
    for n_samples in (shape[0], max(1, shape[0] // 2)):  # the memory is used again
        X = rng.normal(size=(n_samples, shape[1])).astype(dtype)
        X[rng.uniform(size=X.shape) >= density] = 0
        X[0, 0] = -0.0
        found, expected = compress(X), sp.csr_array(X)
        assert found.dtype == X.dtype
        assert found.shape == X.shape
        for name in ("data", "indices", "indptr"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_backprop_through_units(shape, side_by_side, dtype):
    rng, E = np.random.RandomState(2), errors(shape, dtype)
    weights = rng.normal(size=shape[::2]).astype(dtype)

    def call():
        Z, D = layers(shape, side_by_side, dtype, 2)
        totals = np.full((2, *shape[::2]), np.nan, dtype)
        backend().carry_error(Z, E, weights, 5.0, D, totals[0])
        carried = D.copy()
        backend().apply_slope(Z, 5.0, D, totals[1])
        return carried, D.copy(), totals

    for one, other in zip(*both(call), strict=True):
        np.testing.assert_allclose(one, other, **tolerance(dtype))


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 1), (3, 7, 4), (2, 16, 33)], ids=str)
def test_clamp_signs(shape, dtype):
    def call():
        weights = np.random.RandomState(3).normal(size=shape).astype(dtype)
        backend().clamp_signs(weights, n_excitatory(shape[1]), n_excitatory(shape[2]))
        return weights

    actual, expected = both(call)
    np.testing.assert_array_equal(actual, expected)
    assert (expected == 0).any() or expected.size == 1


STEPS = {
    "sgd": ((0.1,), 0),
    "momentum": ((0.1, 0.9), 1),
    "adam": ((0.1, 0.9, 0.999, 1e-8), 2),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("n_parameters", [1, 33])
def test_optimizer_steps(name, n_parameters, dtype):
    constants, n_moments = STEPS[name]

    def call():
        rng = np.random.RandomState(5)
        parameters, *moments = np.zeros((1 + n_moments, n_parameters), dtype)
        for _ in range(3):
            increments, progress = rng.normal(size=n_parameters).astype(dtype), np.zeros(2)
            getattr(backend(), name)(parameters, increments, *moments, *constants, progress)
            assert progress.tolist() == [1, 0]
        backend().shrink(parameters, 0.7, progress)
        assert progress.tolist() == [2, 0]
        return parameters

    actual, expected = both(call)
    np.testing.assert_allclose(actual, expected, **tolerance(dtype))
    assert (expected != 0).all()


def test_the_instruction_sets_are_different_code(instruction_set):
    """Sums are grouped by vector: were the choice ignored, all would agree to the last bit."""
    rng = np.random.RandomState(6)
    Z = rng.uniform(size=(1, 1, 301))
    weights = rng.normal(size=(1, 301))
    results = set()
    for name in INSTRUCTION_SETS:
        _batch.use_instruction_set(name)
        A = np.empty((1, 1))
        backend().readout(Z, weights, np.zeros(1), 0.0, A)
        results.add(float(A[0, 0]))
    assert len(results) == len(INSTRUCTION_SETS)


@pytest.mark.parametrize("n", [1, 7, 8, 9, 1003])
def test_sum_of_magnitudes(n, dtype):
    weights = np.random.RandomState(n).normal(size=n + 1).astype(dtype)[1:]
    compiled, expected = both(lambda: backend().sum_of_magnitudes(weights, weights.copy()))
    assert compiled == pytest.approx(expected, rel=1e-6 if dtype == np.float32 else 1e-14)


def test_sum_of_magnitudes_is_the_same_on_every_machine(dtype):
    weights = np.random.RandomState(0).normal(size=1003).astype(dtype)
    sums = set()
    for name in INSTRUCTION_SETS:
        _batch.use_instruction_set(name)
        sums.add(_batch.sum_of_magnitudes(weights))
    assert len(sums) == 1


@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_count_saturated(shape, side_by_side, dtype):
    (Z,) = layers(shape, side_by_side, dtype)
    Z[0, 0, 0] = 1
    before = Z.copy()
    compiled, expected = both(lambda: backend().count_saturated(Z, 0.02))
    assert compiled == expected > 0
    np.testing.assert_array_equal(Z, before)


def test_not_a_number_is_not_saturated(dtype):
    Z = np.full((2, 3, 5), np.nan, dtype)
    Z[1, 2, 3] = 0
    assert both(lambda: backend().count_saturated(Z, 0.02)) == (1, 1)
