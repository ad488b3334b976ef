"""What stands before each estimator: raw numbers, standardized numbers, encoded tables."""

import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler

from shop import make_shop
from sklearn_ed import EDClassifier, EDRegressor, make_table_pipeline
from sklearn_ed._utils.errors import UnusableInput
from sklearn_ed._utils.extras import MissingExtra
from sklearn_ed.comparison import compare
from sklearn_ed.comparison._preprocessing import make_preprocessing
from sklearn_ed.preprocessing import PiecewiseLinearEncoder

TREES = [HistGradientBoostingClassifier(), RandomForestClassifier()]
QUICK = {"cv": 2, "n_repeats": 1, "max_iter": 3}


@pytest.fixture
def without_skrub(monkeypatch):
    monkeypatch.setitem(sys.modules, "skrub", None)


def shop(n=200):
    frame = make_shop(n)
    return frame, frame.pop("buys").to_numpy(dtype=object)


def as_polars(frame):
    pl = pytest.importorskip("polars")
    columns = {name: frame[name].tolist() for name in frame}
    return pl.DataFrame(
        {name: [None if v != v else v for v in values] for name, values in columns.items()}
    )


@pytest.mark.usefixtures("without_skrub")
def test_numbers_need_no_skrub():
    X = np.array([[1.0, 2.0], [np.nan, 4.0], [3.0, 5.0], [2.0, 3.0]])
    for table in (X, pd.DataFrame(X, columns=["a", "b"])):
        for ED in (EDClassifier, EDRegressor):
            assert isinstance(make_preprocessing(ED(), table), PiecewiseLinearEncoder)
        for tree in TREES:
            assert make_preprocessing(tree, table) is None
        scaled = make_preprocessing(Ridge(), table).fit_transform(table)
        np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-12)
        np.testing.assert_allclose(scaled.std(0), 1)
        assert scaled.shape == (4, 3)
        assert scaled[1, 0] == 0


@pytest.mark.usefixtures("without_skrub")
def test_strings_need_it():
    frame, _ = shop()
    for estimator in (EDClassifier(), LogisticRegression(), *TREES):
        with pytest.raises(MissingExtra, match=r"pip install 'sklearn-ed\[tables\]'"):
            make_preprocessing(estimator, frame)


def test_sparse_columns_and_pipelines():
    X = sp.csr_array(np.eye(3))
    assert isinstance(make_preprocessing(EDClassifier(), X), MaxAbsScaler)
    pipeline = make_pipeline(MinMaxScaler(), EDClassifier())
    assert make_preprocessing(pipeline, shop()[0]) is None


def test_error_diffusion_has_the_encoder_of_the_table_pipeline():
    frame, _ = shop()
    mine = make_preprocessing(EDClassifier(), frame).fit_transform(frame)
    np.testing.assert_array_equal(mine, make_table_pipeline()[0].fit_transform(frame))


def test_linear_models_get_finite_numbers_and_one_hot_strings():
    frame, _ = shop()
    encoder = make_preprocessing(LogisticRegression(), frame)
    encoded = np.asarray(encoder.fit_transform(frame))
    assert np.isfinite(encoded).all()
    assert encoded.shape[1] >= 2 + 4
    stranger = frame.head(1).assign(city="Quito")
    with pytest.warns(UserWarning, match="unknown categories"):
        assert np.isfinite(np.asarray(encoder.transform(stranger))).all()


def test_trees_get_missing_values():
    frame, _ = shop()
    for tree in TREES:
        encoded = make_preprocessing(tree, frame).fit_transform(frame)
        assert encoded["age"].isna().sum() == frame["age"].isna().sum()


@pytest.mark.slow
def test_frames_of_polars_are_compared_like_those_of_pandas():
    frame, y = shop()
    frame = frame.drop(columns="nothing")
    results = [
        compare(table, y, baselines=["mlp", "linear", "trees"], **QUICK).results
        for table in (frame, as_polars(frame))
    ]
    assert len(results[0]) == 5
    for mine, other in zip(*results, strict=True):
        assert mine.name == other.name
        assert mine.test_score == pytest.approx(other.test_score, abs=0.1)
        assert mine.n_failed == other.n_failed == 0


def test_a_table_without_numbers_is_compared():
    frame, y = shop()
    result = compare(frame[["city"]], y, **QUICK)
    assert result.data["inputs"] == "0 of them numeric"
    assert [each.n_failed for each in result.results] == [0, 0]


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_numbers_are_unusable_input(value):
    frame, y = shop()
    frame.loc[5, "age"] = value
    for table in (frame, frame[["age"]].to_numpy()):
        with pytest.raises(UnusableInput, match="Input X contains infinity"):
            compare(table, y, **QUICK)


def test_huge_numbers_are_learned():
    frame, y = shop()
    frame = frame[["age"]].fillna(50)
    frame.loc[5, "age"] = 1e300
    result = compare(frame, y, estimators=[EDClassifier(max_iter=100)], cv=2, n_repeats=1)
    assert result.results[0].best.score > 0.65
