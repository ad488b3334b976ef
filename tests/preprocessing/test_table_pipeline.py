"""make_table_pipeline: every kind of column, every container, searches, errors."""

import pickle
import re
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_ed import EDClassifier, EDRegressor, make_table_pipeline
from sklearn_ed._utils.extras import MissingExtra
from sklearn_ed.preprocessing import PiecewiseLinearEncoder

N = 240


def columns():
    rng = np.random.RandomState(0)
    return {
        "price": rng.lognormal(size=N),
        "count": rng.randint(0, 5, N),
        "open": rng.rand(N) > 0.5,
        "color": [["red", "green", "blue"][i] for i in rng.randint(0, 3, N)],
        "street": [f"{i % 97} road of the {i % 41} trees" for i in range(N)],
        "sold": pd.date_range("2020-01-01", periods=N, freq="7h").to_pydatetime().tolist(),
        "day": pd.date_range("2020-01-01", periods=N).strftime("%Y-%m-%d").tolist(),
        "code": [str(i % 17) for i in range(N)],
    }


@pytest.fixture(params=["pandas", "polars"])
def frame(request):
    return pytest.importorskip(request.param).DataFrame(columns())


def encode(frame, other=None):
    """Names and columns of the encoded frame, or of another one after a fit on the first."""
    encoder = make_table_pipeline()[0]
    encoder.fit(frame)
    encoded = encoder.transform(frame if other is None else other)
    assert encoded.dtype == np.float32
    assert np.isfinite(encoded).all()
    return dict(zip(encoder.get_feature_names_out(), encoded.T, strict=True))


def test_every_kind_of_column(frame):
    encoded = encode(frame)
    of = columns()
    for color in ("red", "green", "blue"):
        expected = np.equal(of["color"], color)
        np.testing.assert_array_equal(encoded[f"color_{color}"], expected)
    months = [day.month for day in of["sold"]]
    assert np.corrcoef(encoded["sold_month"], months)[0, 1] > 0.99
    assert np.corrcoef(encoded["sold_weekday"], [d.weekday() for d in of["sold"]])[0, 1] > 0.99
    assert len(np.unique(encoded["day_day"])) == 31
    assert sum(name.startswith("street_") for name in encoded) == 30
    assert len(np.unique(encoded["open"])) == 2
    # Numbers, also those in strings, and dates as numbers are standardized.
    for name in ("price", "count", "open", "code", "sold_total_seconds", "day_month"):
        assert encoded[name].mean(dtype=float) == pytest.approx(0, abs=1e-6), name
        assert encoded[name].std(dtype=float) == pytest.approx(1, abs=1e-6), name
    price = PiecewiseLinearEncoder(dtype="float32").fit_transform(np.c_[of["price"]])
    np.testing.assert_array_equal(encoded["price"], price[:, 0])


def test_missing_and_new_values():
    frame = pd.DataFrame(columns())
    frame.loc[:9, ["price", "color", "street", "sold", "code"]] = None
    encoded = encode(frame)
    np.testing.assert_array_equal(encoded["price_missing"], np.arange(N) < 10)
    np.testing.assert_array_equal(encoded["color_nan"], np.arange(N) < 10)
    assert (encoded["price"][:10] == 0).all()
    complete = pd.DataFrame(columns()).drop(columns="open")
    other = complete.copy()
    other.loc[0, "color"] = "purple"
    other.loc[1] = None
    encoded = encode(complete, other)
    colors = [encoded[f"color_{color}"] for color in ("red", "green", "blue")]
    np.testing.assert_array_equal(np.sum(colors, axis=0)[:3], [0, 0, 1])
    assert encoded["sold_year"][1] == encoded["code"][1] == 0


def test_columns_are_known_by_their_names():
    frame = pd.DataFrame(columns())[["price", "color", "count"]]
    encoded = encode(frame, frame[["count", "color", "price"]].assign(more="of no use"))
    np.testing.assert_array_equal(encoded["price"], encode(frame)["price"])
    # Numbers as names are not indices.
    numbered = make_table_pipeline()[0].fit_transform(frame.set_axis([7, 0, 1], axis=1))
    np.testing.assert_array_equal(numbered, np.column_stack([*encode(frame).values()]))


@pytest.mark.parametrize("kind", ["Int64", "Float64", "boolean"])
def test_nullable_columns_of_pandas(kind):
    frame = pd.DataFrame({"a": np.arange(N) % 2, "b": np.arange(N)})
    frame["a"] = frame["a"].astype(kind)
    frame.loc[5, "a"] = pd.NA
    encoded = encode(frame)
    assert list(encoded) == ["a", "b", *(f"b_bin{i}" for i in range(8)), "a_missing"]
    assert np.unique(encoded["a"]).shape == (3,)


def test_arrays_are_encoded_as_by_the_encoder_alone():
    X, y = load_wine(return_X_y=True)
    estimator = EDClassifier(max_iter=40, random_state=0)
    table = make_table_pipeline(estimator).fit(X, y)
    alone = make_pipeline(PiecewiseLinearEncoder(dtype="float32"), clone(estimator)).fit(X, y)
    np.testing.assert_array_equal(table.predict_proba(X), alone.predict_proba(X))


# skrub with pandas 2.
@pytest.mark.filterwarnings("ignore:Downcasting behavior:FutureWarning")
def test_an_array_of_objects():
    frame = pd.DataFrame(columns())[["price", "color", "count"]]
    encoder = make_table_pipeline()[0].set_params(numbers__n_bins=0)
    from_array = encoder.fit_transform(frame.to_numpy(dtype=object))
    from_frame = encoder.fit_transform(frame)
    assert from_array.shape == from_frame.shape == (N, 5)
    np.testing.assert_allclose(from_array[:, 0], from_frame[:, 0], rtol=1e-4)


@pytest.mark.slow
def test_searches_clones_and_pickles(frame):
    y = np.asarray(columns()["price"]) > 1
    estimator = EDClassifier(max_iter=40, random_state=0)
    model = make_table_pipeline(estimator)
    first, second = (cross_val_score(m, frame, y, cv=2) for m in (model, clone(model)))
    np.testing.assert_array_equal(first, second)
    grid = {
        "columntransformer__numbers__n_bins": [0, 4],
        "columntransformer__others__cardinality_threshold": [10],
        "edclassifier__alpha": [0.01],
    }
    search = GridSearchCV(model, grid, cv=2).fit(frame, y)
    assert search.best_score_ > 0.7
    restored = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(restored.predict(frame), search.predict(frame))


def test_pickles_name_no_private_module():
    model = make_table_pipeline().fit(np.eye(8), [0, 1] * 4)
    assert b"sklearn_ed.preprocessing" in pickle.dumps(model)
    assert not [
        name for name in re.findall(rb"sklearn_ed[\w.]+", pickle.dumps(model)) if b"._" in name
    ]


def test_the_estimator_follows_the_task():
    assert type(make_table_pipeline()[-1]) is EDClassifier
    assert type(make_table_pipeline(task="classification")[-1]) is EDClassifier
    assert type(make_table_pipeline(task="regression")[-1]) is EDRegressor
    ridge = Ridge()
    assert make_table_pipeline(ridge)[-1] is ridge
    assert make_table_pipeline(ridge, task="regression")[-1] is ridge
    assert list(make_table_pipeline().named_steps) == ["columntransformer", "edclassifier"]


def test_errors(monkeypatch):
    with pytest.raises(ValueError, match=r"estimator: expected one for classification, got R"):
        make_table_pipeline(Ridge(), task="classification")
    with pytest.raises(ValueError, match=r"estimator: expected one for regression, got L"):
        make_table_pipeline(LogisticRegression(), task="regression")
    with pytest.raises(TypeError, match="Sparse data was passed for X"):
        make_table_pipeline().fit(sp.csr_array(np.eye(3)), [0, 0, 1])
    with pytest.raises(ValueError, match=r"X: expected rows and columns, got the shape \(3,\)"):
        make_table_pipeline().fit(np.ones(3), [0, 0, 1])
    with pytest.raises(ValueError, match=r"task: expected None, or one of"):
        make_table_pipeline(task="ranking")
    monkeypatch.setitem(sys.modules, "skrub", None)
    with pytest.raises(MissingExtra, match=r"pip install 'sklearn-ed\[tables\]'"):
        make_table_pipeline()
