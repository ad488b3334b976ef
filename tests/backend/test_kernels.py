"""The compiled steps of a mini-batch against what they say in NumPy."""

import numpy as np
import pytest
import scipy.sparse as sp

from sklearn_ed._backend import compiled as _compiled
from sklearn_ed._backend import kernels as _kernels
from sklearn_ed._networks.units import logistic
from sklearn_ed._training.optimizers import SGD, Adam, Momentum

pytestmark = pytest.mark.skipif(
    _compiled.batch is None, reason="the compiled kernels were not built"
)
INSTRUCTION_SETS = _compiled.batch.INSTRUCTION_SETS if _compiled.batch else []
# (n_networks, n_samples, n_units), around and beyond the vectors' lengths.
SHAPES = [(1, 1, 1), (3, 5, 1), (160, 7, 2), (5, 4, 3), (4, 9, 16), (2, 6, 33), (300, 3, 4)]


@pytest.fixture(params=INSTRUCTION_SETS, autouse=True)
def instruction_set(request):
    _compiled.batch.use_instruction_set(request.param)
    yield request.param
    _compiled.batch.use_instruction_set(INSTRUCTION_SETS[-1])


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


def both(monkeypatch, call):
    """What `call` returns with the compiled kernels and without."""
    compiled = call()
    with monkeypatch.context() as patch:
        patch.setattr(_compiled, "batch", None)
        return compiled, call()


@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_activate(shape, side_by_side, dtype, monkeypatch):
    bias = np.random.RandomState(1).normal(size=shape[::2]).astype(dtype)

    def call():
        (A,) = layers(shape, side_by_side, dtype)
        A -= 0.5
        _kernels.activate(A, bias, 0.8, 0.4)
        return A

    actual, expected = both(monkeypatch, call)
    np.testing.assert_allclose(actual, expected, **tolerance(dtype))


def test_sigmoid_over_its_whole_range(dtype):
    """Relative to the value itself, as far as it is not clipped."""
    limit = 43 if dtype == np.float32 else 350
    x = np.linspace(-limit, limit, 100_001).astype(dtype)
    actual = x[np.newaxis, :, np.newaxis].copy()
    _kernels.activate(actual, np.zeros((1, 1), dtype), 1.0, 2.0)
    # The sigmoid of -x has condition number x: 1 / (1 + exp(-x)) cannot do better.
    eps = np.finfo(dtype).eps
    expected = logistic(x.astype(np.longdouble), 2.0)
    error = np.abs(actual[0, :, 0] / expected - 1)
    assert (error < 3 * eps).all()
    extreme = np.array([-np.inf, -1e30, 1e30, np.inf, np.nan], dtype)[np.newaxis, :, np.newaxis]
    _kernels.activate(extreme, np.zeros((1, 1), dtype), 1.0, 2.0)
    np.testing.assert_allclose(extreme[0, :4, 0], [0, 0, 1, 1], rtol=0, atol=1e-18)
    assert np.isnan(extreme[0, 4, 0])


@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_readout(shape, side_by_side, dtype, monkeypatch):
    rng = np.random.RandomState(2)
    weights = rng.normal(size=shape[::2]).astype(dtype)
    bias = rng.normal(size=shape[0]).astype(dtype)

    def call():
        (Z,) = layers(shape, side_by_side, dtype)
        A = np.full(shape[1::-1], np.nan, dtype)
        _kernels.readout(Z, weights, bias, 0.8, A)
        return A

    actual, expected = both(monkeypatch, call)
    np.testing.assert_allclose(actual, expected, **tolerance(dtype))


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_readout_increment(shape, side_by_side, gated, dtype, monkeypatch):
    E = errors(shape, dtype)

    def call():
        (Z,) = layers(shape, side_by_side, dtype)
        out = np.full(shape[::2], np.nan, dtype)
        _kernels.readout_increment(Z, E, gated, out)
        return out

    actual, expected = both(monkeypatch, call)
    np.testing.assert_allclose(actual, expected, **tolerance(dtype))


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("side_by_side", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_broadcast_error(shape, side_by_side, gated, dtype, monkeypatch):
    E = errors(shape, dtype)

    def call():
        Z, D, below = layers(shape, side_by_side, dtype, 3)
        total = np.full(shape[::2], np.nan, dtype)
        _kernels.broadcast_error(Z, E, D, below if gated else None, total)
        return D.copy(), below.copy(), total

    actual, expected = both(monkeypatch, call)
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_allclose(one, other, **tolerance(dtype))


@pytest.mark.parametrize("n_classes", [2, 3, 10, 17])
@pytest.mark.parametrize("n_networks", [None, 1, 20, 45])
def test_softmax_error(n_classes, n_networks, dtype, monkeypatch):
    rng = np.random.RandomState(3)
    code = None
    if n_networks:
        code = rng.choice([-1, 0, 1], size=(n_classes, n_networks)).astype(dtype)
    A = (5 * rng.normal(size=(8, n_networks or n_classes))).astype(dtype)
    A[0] *= 20
    targets = rng.randint(n_classes, size=8)
    actual, expected = both(monkeypatch, lambda: _kernels.softmax_error(A, code, 3.0, targets))
    np.testing.assert_allclose(actual[0], expected[0], **tolerance(dtype))
    relative = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(actual[1], expected[1], rtol=relative, atol=relative)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("density", [0, 0.3])
@pytest.mark.parametrize("width", [1, 5, 16, 40])
def test_products_with_a_csr_array(width, density, wide, dtype):
    rng = np.random.RandomState(4)
    X = rng.normal(size=(6, 9)).astype(dtype)
    X[rng.uniform(size=X.shape) > density] = 0
    sparse = sp.csr_array(X)
    if wide:
        sparse.indices = sparse.indices.astype(np.int64)
        sparse.indptr = sparse.indptr.astype(np.int64)
    weights = rng.normal(size=(9, width)).astype(dtype)
    D = rng.normal(size=(6, width)).astype(dtype)
    product, increment = np.full((6, width), np.nan, dtype), np.full((9, width), np.nan, dtype)
    _kernels.input_product(sparse, weights, product)
    _kernels.input_increment(sparse, D, increment)
    np.testing.assert_allclose(product, X @ weights, **tolerance(dtype))
    np.testing.assert_allclose(increment, X.T @ D, **tolerance(dtype))


@pytest.mark.parametrize("solver", [SGD(0.1), Momentum(0.1, 0.9), Adam(0.1)])
@pytest.mark.parametrize("n_parameters", [1, 33])
def test_solver_steps(solver, n_parameters, dtype, monkeypatch):
    def call():
        rng = np.random.RandomState(5)
        parameters = rng.normal(size=n_parameters).astype(dtype)
        state = solver.start(parameters)
        for _ in range(3):
            solver.step(parameters, rng.normal(size=n_parameters).astype(dtype), state)
        return parameters

    actual, expected = both(monkeypatch, call)
    np.testing.assert_allclose(actual, expected, **tolerance(dtype))


def test_the_instruction_sets_are_different_code(instruction_set):
    """Sums are grouped by vector: were the choice ignored, all would agree to the last bit."""
    rng = np.random.RandomState(6)
    Z = rng.uniform(size=(1, 1, 301))
    weights = rng.normal(size=(1, 301))
    results = set()
    for name in INSTRUCTION_SETS:
        _compiled.batch.use_instruction_set(name)
        A = np.empty((1, 1))
        _kernels.readout(Z, weights, np.zeros(1), 0.0, A)
        results.add(float(A[0, 0]))
    assert len(results) == len(INSTRUCTION_SETS)
