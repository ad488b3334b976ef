"""The shortcuts decide nothing: with and without them every call comes to the same.

Hypothesis draws calls that depart from a plain one in one or two respects. The model with the
shortcuts and its twin without them must return, raise, warn of and leave behind the same.
"""

import copy
import inspect
import warnings
from contextlib import contextmanager
from functools import cache
from unittest import mock

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._estimators import base, shortcuts
from sklearn_ed._estimators.labels import LabelCode

pytestmark = pytest.mark.usefixtures("untraced")

N = 24
rng = np.random.RandomState(0)
X = rng.randn(N, 4)
CODES = np.arange(N) % 3
REAL = rng.randn(N)
LABELS = np.column_stack([CODES > 0, CODES > 1, CODES > 2]).astype(int)
NAMES = np.array(["a", "bb", "ccc"])

FITTED_ON = {
    "int": CODES,
    "negative int": CODES - 1,
    "int8": CODES.astype(np.int8),
    "uint64": CODES.astype(np.uint64) + 2**63,
    "bool": CODES > 0,
    "str": NAMES[CODES],
    "object": NAMES[CODES].astype(object),
    "float": CODES.astype(float),
    "float32": CODES.astype(np.float32),
    "far integers": CODES + 2**53,
    "multilabel": LABELS,
    "one target": REAL,
    "two targets": np.column_stack([REAL, -REAL]),
}
FITTED_TO = {
    "array": X,
    "float32": X.astype(np.float32),
    "names": pd.DataFrame(X, columns=list("abcd")),
}


@cache
def started_once(kind, data):
    # The online kernel is pickiest about what it is given.
    params = {"solver": "sgd", "batch_size": 1, "alpha": 0.01, "random_state": 0}
    y = FITTED_ON[kind]
    if "target" in kind:
        return EDRegressor(3, **params).partial_fit(FITTED_TO[data], y)
    classes = None if kind == "multilabel" else np.unique(y)
    return EDClassifier(3, **params).partial_fit(FITTED_TO[data], y, classes=classes)


def started(kind, data="array"):
    return copy.deepcopy(started_once(kind, data))


@contextmanager
def without_shortcuts():
    """Every shortcut says nothing, so that the general checks decide."""
    silent = {
        name: lambda *args: False
        for name, function in inspect.getmembers(shortcuts, inspect.isfunction)
        if function.__module__ == shortcuts.__name__ and name != "is_finite"
    }
    with (
        mock.patch.multiple(shortcuts, **silent),
        mock.patch.object(LabelCode, "encode_plain", return_value=None),
    ):
        yield


def outcome(model, method, *args, **kwargs):
    """What a call returns or raises, warns of, and leaves behind."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = getattr(model, method)(*args, **kwargs)
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
    if result is model:
        result = "itself"
    elif not isinstance(result, str):
        result = result.dtype, repr(result.tolist())
    state = {name: value for name, value in vars(model).items() if name[0] != "_"}
    warned = [(w.category, str(w.message)) for w in caught]
    return result, warned, joblib.hash(state)


def assert_same_with_and_without(kind, calls, data="array"):
    """Each call, and what comes after it: rows in random order, and a prediction."""
    y = FITTED_ON[kind]
    calls = [*calls, ("partial_fit", (X[:3], y[:3]), {}), ("predict", (X[:2],), {})]
    model, twin = started(kind, data), started(kind, data)
    quick = [outcome(model, method, *args, **kwargs) for method, args, kwargs in calls]
    with without_shortcuts():
        slow = [outcome(twin, method, *args, **kwargs) for method, args, kwargs in calls]
    assert quick == slow


def property_of(max_examples):
    return settings(max_examples=max_examples, deadline=None, derandomize=True, database=None)


class Subclass(np.ndarray):
    pass


def with_entry(value):
    def changed(array):
        array = array.copy()
        array.flat[-1:] = value
        return array

    return changed


def as_dtype(dtype):
    return lambda array: array.astype(dtype)


def frame(names):
    return lambda array: pd.DataFrame(array, columns=list(names))


# What turns plain rows into others: some still plain, some good after a conversion, some bad.
ROWS = {
    "as they are": lambda A: A,
    **{
        dtype: as_dtype(dtype) for dtype in ("f2", "f4", "g", ">f8", "i8", "?", "c16", "O", "U")
    },
    **{f"an entry {value}": with_entry(value) for value in (np.nan, np.inf, -np.inf, 1e200)},
    "Fortran": np.asfortranarray,
    "strided": lambda A: np.repeat(A, 2, axis=-1)[..., ::2],
    "one of Fortran": lambda A: np.asfortranarray(A)[:1],
    "backwards": lambda A: A[::-1],
    "read-only": lambda A: np.broadcast_to(A[:1], A.shape),
    "list": lambda A: A.tolist(),
    "names": frame("abcd"),
    "other names": frame("abce"),
    "CSR": sp.csr_array,
    "CSC": sp.csc_array,
    "matrix": np.asmatrix,
    "subclass": lambda A: A.view(Subclass),
    "masked": np.ma.array,
    "1-D": lambda A: A[0],
    "3-D": lambda A: A[np.newaxis],
    "no rows": lambda A: A[:0],
    "no features": lambda A: A[:, :0],
    "few features": lambda A: A[:, :3],
    "many features": lambda A: np.repeat(A, 2, axis=1)[:, :5],
    "none": lambda A: None,
}
TARGETS = {
    "as they are": lambda y: y,
    **{dtype: as_dtype(dtype) for dtype in ("i1", "i4", "u8", ">i8", "?", "f2", "f4", "f8")},
    **{dtype: as_dtype(dtype) for dtype in (">f8", "g", "c16", "O", "U", "U1", "S")},
    "objects with nan": lambda y: with_entry(np.nan)(y.astype(object)),
    "matrix": np.asmatrix,
    "dates": lambda y: np.full(y.shape, np.datetime64("2020-01-01")),
    **{f"an entry {v}": with_entry(v) for v in (0, 1, -5, 3, 256)},
    **{f"an entry {v}": lambda y, v=v: with_entry(v)(y.astype(float)) for v in (0.5, -0.0)},
    **{f"an entry {v}": lambda y, v=v: with_entry(v)(y.astype(float)) for v in (1e200, np.nan)},
    "an entry inf": lambda y: with_entry(np.inf)(y.astype(float)),
    "nearly one": lambda y: with_entry(np.nextafter(1.0, 2))(y.astype(float)),
    "another string": lambda y: with_entry("cccc")(y.astype("U4")),
    "a string between": lambda y: with_entry("b")(y.astype("U4")),
    "list": lambda y: y.tolist(),
    "series": lambda y: pd.Series(list(y)),
    "CSR": lambda y: sp.csr_array(y.reshape(len(y), -1)),
    "subclass": lambda y: y.view(Subclass),
    "masked": np.ma.array,
    "strided": lambda y: np.repeat(y, 2, axis=0)[::2],
    "column": lambda y: y.reshape(-1, 1),
    "row": lambda y: y.reshape(1, -1),
    "scalar": lambda y: y.reshape(-1)[0],
    "0-D": lambda y: np.array(y.reshape(-1)[0]),
    "3-D": lambda y: y.reshape(len(y), -1, 1),
    "no columns": lambda y: y.reshape(len(y), -1)[:, :0],
    "fewer columns": lambda y: y.reshape(len(y), -1)[:, :-1],
    "empty": lambda y: y[:0],
    "one too many": lambda y: np.concatenate([y, y[:1]]),
    "one class": lambda y: np.repeat(y[:1], len(y), axis=0),
    "none": lambda y: None,
}
CLASSES = {
    **TARGETS,
    "backwards": lambda y: y[::-1],
    "all but one": lambda y: y[:-1],
    "twice": lambda y: np.concatenate([y, y]),
    "a string": lambda y: "abc",
}
WEIGHTS = {
    **TARGETS,
    "huge": lambda y: np.full(y.shape, 1e308),
    "zero": lambda y: 0 * y,
    "a string": lambda y: "2",
}


@st.composite
def departing(draw, plain, departures):
    """An array changed in one or two respects; a change that cannot be made is left out."""
    for name in draw(st.lists(st.sampled_from(list(departures)), min_size=1, max_size=2)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                plain = departures[name](plain)
        except (
            TypeError,
            ValueError,
            IndexError,
            AttributeError,
            RuntimeError,
            ArithmeticError,
        ):
            continue
    return plain


@pytest.mark.slow
@property_of(300)
@given(
    rows=st.integers(1, 3).flatmap(lambda n: departing(X[:n], ROWS)),
    kind=st.sampled_from(["int", "one target"]),
    data=st.sampled_from(list(FITTED_TO)),
    assume_finite=st.booleans(),
)
def test_rows(rows, kind, data, assume_finite):
    y = FITTED_ON[kind][: np.shape(rows)[0] if np.ndim(rows) or sp.issparse(rows) else 1]
    calls = [("predict", (rows,), {}), ("partial_fit", (rows, y), {})]
    with sklearn.config_context(assume_finite=assume_finite):
        assert_same_with_and_without(kind, calls, data)


@pytest.mark.slow
@property_of(200)
@given(draw=st.data(), kind=st.sampled_from(["one target", "two targets"]), n=st.integers(1, 3))
def test_real_targets(draw, kind, n):
    y = draw.draw(departing(FITTED_ON[kind][:n], TARGETS))
    assert_same_with_and_without(kind, [("partial_fit", (X[:n], y), {})])


@pytest.mark.slow
@property_of(500)
@given(
    draw=st.data(),
    kind=st.sampled_from([kind for kind in FITTED_ON if "target" not in kind]),
    n=st.sampled_from([1, 2, N]),
)
def test_labels(draw, kind, n):
    of = draw.draw(st.one_of(st.just(kind), st.sampled_from(list(FITTED_ON))))
    y = draw.draw(departing(FITTED_ON[of][:n], TARGETS))
    assert_same_with_and_without(kind, [("partial_fit", (X[:n], y), {})])


@pytest.mark.slow
@property_of(150)
@given(
    kind=st.sampled_from(["int", "one target"]),
    data=st.sampled_from(["array", "float32"]),
    n=st.integers(1, 3),
    draw=st.data(),
)
def test_sample_weight(kind, data, n, draw):
    dtype = FITTED_TO[data].dtype
    weight = draw.draw(departing(np.arange(2, n + 2, dtype=dtype), WEIGHTS))
    call = ("partial_fit", (FITTED_TO[data][:n], FITTED_ON[kind][:n], weight), {})
    assert_same_with_and_without(kind, [call], data)


@pytest.mark.slow
@property_of(150)
@given(
    kind=st.sampled_from(list(FITTED_ON)), of=st.sampled_from(list(FITTED_ON)), data=st.data()
)
def test_classes(kind, of, data):
    classes = data.draw(departing(np.unique(FITTED_ON[of]), CLASSES))
    y = FITTED_ON[kind]
    assert_same_with_and_without(kind, [("partial_fit", (X[:1], y[:1]), {"classes": classes})])


@pytest.mark.parametrize("kind", FITTED_ON)
def test_a_plain_row_takes_the_short_way(monkeypatch, kind):
    model, y = started(kind), FITTED_ON[kind]
    model.partial_fit(X[:1], y[:1])

    def refuse(*args, **kwargs):
        raise AssertionError("the general check")

    monkeypatch.setattr(base, "validate_data", refuse)
    monkeypatch.setattr("sklearn_ed._estimators.labels.type_of_target", refuse)
    monkeypatch.setattr("sklearn_ed._utils.validation.check_parameters", refuse)
    monkeypatch.setattr("sklearn_ed._estimators.data.check_array", refuse)
    if kind == "object":
        with pytest.raises(AssertionError, match="the general check"):
            model.partial_fit(X[:1], y[:1])
    else:
        model.partial_fit(X[:1], y[:1]).partial_fit(X[:1], y[:1], np.ones(1))
        if hasattr(model, "classes_") and kind != "multilabel":
            for classes in (model.classes_, model.classes_.tolist()):
                model.partial_fit(X[:1], y[:1], classes=classes)
    model.predict(X[:1])


@pytest.mark.parametrize("value", [1e200, -1e200, 1e300, 0.0, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_is_finite(value, dtype):
    with np.errstate(over="ignore"):
        array = np.array([[1, value], [value, 2]]).astype(dtype)
    assert shortcuts.is_finite(array) == np.isfinite(array).all()


def test_large_numbers_are_finite():
    for dtype in (np.float16, np.float32, np.float64):
        assert shortcuts.is_finite(np.full((3, 3), np.finfo(dtype).max))


def test_a_changed_parameter_is_checked_again():
    sizes = [3]
    model = EDRegressor(sizes, random_state=0).partial_fit(X, REAL).partial_fit(X, REAL)
    for name, bad in [("alpha", -1), ("tol", None), ("shuffle", 1)]:
        good = getattr(model, name)
        setattr(model, name, bad)
        for _ in range(2):
            with pytest.raises(ValueError, match=f"^{name}: expected"):
                model.partial_fit(X, REAL)
        model.set_params(**{name: good}).partial_fit(X, REAL)
    sizes[0] = 4
    with pytest.raises(ValueError, match=r"^hidden_layer_sizes: expected \(3,\)"):
        model.partial_fit(X, REAL)
    sizes[0] = "3"
    with pytest.raises(ValueError, match=r"^hidden_layer_sizes: expected an integer"):
        model.partial_fit(X, REAL)


def test_only_what_cannot_change_is_taken_as_checked():
    assert shortcuts.are_immutable(("a", 1, 0.5, None, True, np.float32(1), np.bool_(True)))
    for value in ([1], np.array([1]), np.array(1), {}, object()):
        assert not shortcuts.are_immutable((1, value))
