"""The shortcuts decide nothing: with and without them every call comes to the same."""

import copy
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._estimators import base as _estimator
from sklearn_ed._estimators import shortcuts as _shortcuts
from sklearn_ed._estimators.labels import LabelCode

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


def started(kind, **params):
    y = FITTED_ON[kind]
    if "target" in kind:
        return EDRegressor(3, random_state=0, **params).partial_fit(X, y)
    classes = None if kind == "multilabel" else np.unique(y)
    return EDClassifier(3, random_state=0, **params).partial_fit(X, y, classes=classes)


def without_shortcuts(monkeypatch):
    for name in ("are_same", "is_plain_X", "is_plain_y", "is_plain_weight"):
        monkeypatch.setattr(_shortcuts, name, lambda *args: False)
    monkeypatch.setattr(LabelCode, "encode_plain", lambda *args, **kwargs: None)


def outcome(model, method, *args, **kwargs):
    """What a call returns or raises, warns of, and leaves behind."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = getattr(model, method)(*args, **kwargs)
        except Exception as error:
            result = type(error), str(error)
    state = {name: value for name, value in vars(model).items() if name[0] != "_"}
    if not isinstance(result, tuple):
        result = "itself" if result is model else (result.dtype, repr(result.tolist()))
    warned = [(w.category, str(w.message)) for w in caught]
    return joblib.hash((result, state, model._random_state.get_state())), result, warned


def with_entry(array, value):
    array = array.copy()
    array.flat[0] = value
    return array


class Subclass(np.ndarray):
    pass


ROWS = {
    "plain": X[:1],
    "several": X,
    "Fortran": np.asfortranarray(X),
    "one of Fortran": np.asfortranarray(X)[1:2],
    "every second": X[::2],
    "read-only": np.broadcast_to(X[0], (3, 4)),
    "list": X[:1].tolist(),
    "float32": X[:2].astype(np.float32),
    "big-endian": X[:2].astype(">f8"),
    "int": X[:2].astype(int),
    "object": X[:2].astype(object),
    "frame": pd.DataFrame(X[:2], columns=list("abcd")),
    "other names": pd.DataFrame(X[:2], columns=list("abce")),
    "sparse": sp.csr_array(X[:2]),
    "matrix": np.asmatrix(X[:2]),
    "subclass": X[:2].view(Subclass),
    "masked": np.ma.array(X[:2]),
    "huge": with_entry(X[:2], 1e200),
    "nan": with_entry(X[:2], np.nan),
    "inf": with_entry(X[:2], -np.inf),
    "1-D": X[0],
    "3-D": X[np.newaxis],
    "no rows": X[:0],
    "no features": X[:, :0],
    "few features": X[:1, :3],
    "many features": np.ones((1, 5)),
    "complex": X[:1] + 0j,
    "strings": np.full((1, 4), "a"),
    "none": None,
}


@pytest.mark.parametrize("kind", ["int", "one target", "named", "float32 data"])
@pytest.mark.parametrize("assume_finite", [False, True])
@pytest.mark.parametrize("case", ROWS)
def test_X(monkeypatch, case, kind, assume_finite):
    rows = ROWS[case]
    n = 1 if rows is None or case == "1-D" else rows.shape[0] if hasattr(rows, "shape") else 1
    if kind == "named":
        frame = pd.DataFrame(X, columns=list("abcd"))
        model = EDRegressor(3, random_state=0).partial_fit(frame, REAL)
    elif kind == "float32 data":
        model = EDRegressor(3, random_state=0).partial_fit(X.astype(np.float32), REAL)
    else:
        model = started(kind)
    y = CODES if kind == "int" else REAL
    calls = [("partial_fit", rows, y[:n]), ("predict", rows), ("partial_fit", X[:1], y[:1])]
    twin = copy.deepcopy(model)
    with sklearn.config_context(assume_finite=assume_finite):
        quick = [outcome(model, *call) for call in calls]
        without_shortcuts(monkeypatch)
        assert quick == [outcome(twin, *call) for call in calls]


TARGETS = {
    **{f"like {kind}": y[:2] for kind, y in FITTED_ON.items()},
    "one": CODES[:1],
    "one too many": CODES[:3],
    "many": CODES[:1].repeat(N),
    "unseen": np.array([1, 3]),
    "below": np.array([-5, 0]),
    "unseen string": np.array(["a", "b"]),
    "prefix": np.array(["ccc", "cccc"]),
    "near": np.array([0.0, np.nextafter(1.0, 2)]),
    "halves": np.array([0.5, 1.0]),
    "minus zero": np.array([-0.0, 1.0]),
    "beyond float": np.array([2**53, 2**53 + 1], dtype=float),
    "int32": CODES[:2].astype(np.int32),
    "big-endian": CODES[:2].astype(">i8"),
    "float16": np.array([1, 2], dtype=np.float16),
    "float16 large": np.array([1, 6e4], dtype=np.float16),
    "longdouble": np.array([1, 2], dtype=np.longdouble),
    "bytes": np.array([b"a", b"b"]),
    "dates": np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
    "complex": np.array([1j, 2]),
    "objects": np.array([0, 1], dtype=object),
    "none": None,
    "nan": np.array([np.nan, 1]),
    "inf": np.array([np.inf, 1]),
    "huge": np.array([1e200, 1]),
    "list": [0, 1],
    "list of strings": ["a", "bb"],
    "series": pd.Series([0, 1]),
    "column": CODES[:2, np.newaxis],
    "scalar": np.array(1),
    "empty": CODES[:0],
    "no columns": np.empty((2, 0)),
    "3-D": np.zeros((2, 2, 2)),
    "labels -1": 2 * LABELS[:2] - 1,
    "labels 2": LABELS[:2] + 1,
    "labels 256": 256 * LABELS[:2],
    "bool labels": LABELS[:2].astype(bool),
    "float labels": LABELS[:2].astype(float),
    "labels all one": np.ones((2, 3), dtype=np.uint8),
    "two labels": LABELS[:2, :2],
    "sparse labels": sp.csr_array(LABELS[:2]),
    "subclass": CODES[:2].view(Subclass),
}


@pytest.mark.parametrize("kind", FITTED_ON)
@pytest.mark.parametrize("case", TARGETS)
def test_y(monkeypatch, case, kind):
    y = TARGETS[case]
    n = N if case == "many" else 1 if case == "one" else 2
    again = FITTED_ON[kind][:1]
    calls = [("partial_fit", X[:n], y), ("partial_fit", X[:n], y, [2.0] * n)]
    calls += [("partial_fit", X[:1], again), ("predict", X[:2])]
    model, twin = started(kind), started(kind)
    quick = [outcome(model, *call) for call in calls]
    without_shortcuts(monkeypatch)
    assert quick == [outcome(twin, *call) for call in calls]


WEIGHTS = [
    *(np.array([2.0]), np.array([2.0], dtype=np.float32), np.array([2]), np.array([True])),
    *([2.0], 2.0, 2, np.float32(2), "2", [[2.0]], np.array([[2.0]]), np.array(2.0)),
    *(np.array([0.0]), np.array([-1.0]), np.array([np.nan]), np.array([np.inf]), np.nan),
    *(np.array([1e308]), np.array([1.0, 1.0]), np.array([]), np.array(["2"]), np.array([2j])),
    *(np.array([2.0], dtype=object), pd.Series([2.0]), np.array([2.0]).view(Subclass)),
]


@pytest.mark.parametrize("kind", ["int", "one target"])
@pytest.mark.parametrize("weight", WEIGHTS, ids=repr)
def test_weight(monkeypatch, weight, kind):
    y = FITTED_ON[kind]
    model, twin = started(kind), started(kind)
    quick = outcome(model, "partial_fit", X[:1], y[:1], weight)
    without_shortcuts(monkeypatch)
    assert quick == outcome(twin, "partial_fit", X[:1], y[:1], weight)


@pytest.mark.parametrize("kind", ["int", "str", "bool", "float", "multilabel"])
@pytest.mark.parametrize(
    "classes",
    [
        *(np.arange(3), np.arange(3.0), np.arange(3)[::-1], np.arange(4), [0, 1, 2], NAMES),
        *(np.array([False, True]), np.array([0, 0, 1, 2]), np.array([[0, 1, 2]]), "abc", 1),
    ],
    ids=repr,
)
def test_classes(monkeypatch, classes, kind):
    y = FITTED_ON[kind]
    model, twin = started(kind), started(kind)
    quick = outcome(model, "partial_fit", X[:1], y[:1], classes=classes)
    without_shortcuts(monkeypatch)
    assert quick == outcome(twin, "partial_fit", X[:1], y[:1], classes=classes)


@pytest.mark.parametrize("kind", FITTED_ON)
def test_a_plain_row_takes_the_short_way(monkeypatch, kind):
    model, y = started(kind), FITTED_ON[kind]
    model.partial_fit(X[:1], y[:1])

    def refuse(*args, **kwargs):
        raise AssertionError("the general check")

    monkeypatch.setattr(_estimator, "validate_data", refuse)
    monkeypatch.setattr("sklearn_ed._estimators.labels.type_of_target", refuse)
    monkeypatch.setattr("sklearn_ed._utils.validation.check_parameters", refuse)
    monkeypatch.setattr("sklearn_ed._estimators.data.check_array", refuse)
    if kind == "object":
        with pytest.raises(AssertionError, match="the general check"):
            model.partial_fit(X[:1], y[:1])
    else:
        model.partial_fit(X[:1], y[:1]).partial_fit(X[:1], y[:1], np.ones(1))
    model.predict(X[:1])


@pytest.mark.parametrize("value", [1e200, -1e200, 1e300, 0.0, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_is_finite(value, dtype):
    with np.errstate(over="ignore"):
        array = np.array([[1, value], [value, 2]]).astype(dtype)
    assert _shortcuts.is_finite(array) == np.isfinite(array).all()


def test_large_numbers_are_finite():
    for dtype in (np.float16, np.float32, np.float64):
        assert _shortcuts.is_finite(np.full((3, 3), np.finfo(dtype).max))


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
    assert _shortcuts.are_immutable(("a", 1, 0.5, None, True, np.float32(1), np.bool_(True)))
    for value in ([1], np.array([1]), np.array(1), {}, object()):
        assert not _shortcuts.are_immutable((1, value))
