"""The array API's backend: the same results as NumPy's, function by function."""

import os
import sys

import numpy as np
import pytest
import sklearn

from sklearn_ed._backend import backend, backend_for, use_backend
from sklearn_ed._backend.namespaces import namespace, to_numpy
from sklearn_ed._training.dropout import InputDropout

pytestmark = pytest.mark.skipif(
    os.environ.get("SCIPY_ARRAY_API") != "1", reason="SCIPY_ARRAY_API=1 is not set"
)
G, N, U, V = 3, 7, 5, 4
ALPHA, BETA, U0 = 0.1, 0.8, 0.4
LIBRARIES = ["torch", "array_api_strict"]


def arrays():
    rng = np.random.RandomState(0)

    def draw(*shape):
        return rng.normal(size=shape).astype(np.float32)

    return {
        "X": draw(N, 6),
        "W": draw(6, G * U),
        "Z": 1 / (1 + np.exp(-draw(G, N, U))),
        "deep": draw(G, U, V),
        "bias": draw(G, V),
        "A": draw(N, G),
        "E": draw(N, G),
        "D": draw(G, N, V),
        "below": draw(G, N, V),
        "code": draw(4, G),
        "classes": rng.randint(4, size=N),
        "labels": rng.randint(2, size=(N, G)),
        "flat": draw(20),
        "dW": draw(20),
        "first": draw(20),
        "second": np.abs(draw(20)),
        "weight": np.abs(draw(N, G)),
    }


CALLS = {
    "input_product": lambda b, a: b.input_product(a["X"], a["W"], a["out"](N, G * U)),
    "unit_product": lambda b, a: b.unit_product(a["Z"], a["deep"], a["out"](G, N, V)),
    "activate": lambda b, a: b.activate(a["D"], a["bias"], BETA, U0),
    "readout": lambda b, a: b.readout(
        a["D"], a["deep"][:, 0, :], a["bias"][:, 0], BETA, a["out"](N, G)
    ),
    "softmax": lambda b, a: b.softmax_error(a["A"], a["code"], 2.0, a["classes"]),
    "sigmoid": lambda b, a: b.sigmoid_squared_error(a["A"], a["labels"], U0),
    "labels": lambda b, a: b.label_error(a["A"], a["labels"]),
    "squared": lambda b, a: b.squared_error(a["A"], a["E"], 2.0),
    "weighted": lambda b, a: b.weighted(a["E"], a["A"] + 0.0, a["weight"], False),
    "input_increment": lambda b, a: b.input_increment(a["X"], a["E"], a["out"](6, G)),
    "broadcast": lambda b, a: b.broadcast_error(
        a["Z"], a["E"], 3, a["out"](G, N, U), None, a["out"](G, U)
    ),
    "gated": lambda b, a: b.broadcast_error(
        a["Z"], a["E"], 3, a["out"](G, N, U), a["out"](G, N, U), a["out"](G, U)
    ),
    "unit_increment": lambda b, a: b.unit_increment(
        a["Z"], a["D"], a["below"], 3, a["out"](G, U, V)
    ),
    "readout_increment": lambda b, a: b.readout_increment(
        a["Z"], a["E"], 3, True, a["out"](G, U)
    ),
    "carry_error": lambda b, a: b.carry_error(
        a["Z"], a["E"], a["deep"][:, :, 0], 2.0, a["out"](G, N, U), a["out"](G, U)
    ),
    "clamp_signs": lambda b, a: b.clamp_signs(a["deep"], 3, 2),
    "sgd": lambda b, a: b.sgd(a["flat"], a["dW"], ALPHA),
    "momentum": lambda b, a: b.momentum(a["flat"], a["dW"], a["first"], ALPHA, 0.9),
    "adam": lambda b, a: b.adam(
        a["flat"], a["dW"], a["first"], a["second"], ALPHA, 0.9, 0.99, 1e-8
    ),
    "shrink": lambda b, a: b.shrink(a["flat"], 0.9),
    "log_expit": lambda b, a: b.log_expit(a["A"] * 100),
    "expit": lambda b, a: b.expit(a["A"] * 100),
}
OVERWRITTEN = {"sgd": ["dW"], "momentum": ["dW"], "adam": ["dW"]}


def results(call, arithmetic, values):
    """What a call returns, writes and changes, as NumPy arrays."""
    outs = []

    def out(*shape):
        outs.append(arithmetic.empty(shape, values["A"].dtype))
        return outs[-1]

    returned = CALLS[call](arithmetic, {**values, "out": out})
    returned = returned if isinstance(returned, tuple) else (returned,)
    kept = [v for k, v in values.items() if k not in OVERWRITTEN.get(call, ())]
    return [to_numpy(array) for array in (*returned, *outs, *kept) if array is not None]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("call", CALLS)
def test_every_function_equals_numpys(call, library):
    xp = pytest.importorskip(library)
    pytest.importorskip("array_api_compat")
    with use_backend("numpy"):
        expected = results(call, backend(), arrays())
    with sklearn.config_context(array_api_dispatch=True), backend_for(xp.ones(1)):
        arithmetic = backend()
        assert arithmetic.name == "array_api"
        moved = {name: arithmetic.moved(array) for name, array in arrays().items()}
        found = results(call, arithmetic, moved)
    for array, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(array, wanted, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dropout_drops_the_same_inputs(dtype, library):
    xp = pytest.importorskip(library)
    pytest.importorskip("array_api_compat")
    X = np.random.RandomState(0).normal(size=(20, 7)).astype(dtype)
    X[0] = -0.0

    def second_batch(X):
        dropout = InputDropout(0.3, 2**62 + 11, 7)
        dropout.begin(3)
        for batch in (X, other := backend().copied(X)):
            dropout.apply(batch)
        return to_numpy(other)

    expected = second_batch(X.copy())
    with sklearn.config_context(array_api_dispatch=True):
        moved = xp.asarray(X)
        with backend_for(moved):
            found = second_batch(moved)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert 0 < np.count_nonzero(found[1:] == 0) < found.size


class Unknown:
    def __dlpack__(self):
        raise NotImplementedError


def test_a_missing_extra_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "array_api_compat", None)
    assert namespace(Unknown()) is None
    message = r"array_api_compat.*pip install 'sklearn-ed\[array-api\]'"
    with (
        sklearn.config_context(array_api_dispatch=True),
        pytest.raises(ImportError, match=message),
    ):
        namespace(Unknown())


def test_numpy_arrays_within_a_block_for_others_are_numpys():
    torch = pytest.importorskip("torch")
    pytest.importorskip("array_api_compat")
    default = backend()
    with sklearn.config_context(array_api_dispatch=True), backend_for(torch.ones(1)):
        with backend_for(np.ones(1)):
            assert backend() is default
        assert backend().name == "array_api"
    assert backend() is default
