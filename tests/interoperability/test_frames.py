"""Data frames of pandas and Polars as X and y, and frames as the output of transformers."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.preprocessing import PiecewiseLinearEncoder

X_iris, y_iris = load_iris(return_X_y=True)
NAMES = ["sepal length", "sepal width", "petal length", "petal width"]
SPECIES = np.array(["setosa", "versicolor", "virginica"])[y_iris]
FEW = {"hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0}


def frame_of(kind, values, names):
    """A data frame of `kind`, which is skipped where its library is missing."""
    library = pytest.importorskip(kind)
    return library.DataFrame(dict(zip(names, np.transpose(values), strict=True)))


def classifier_and_target():
    return EDClassifier(**FEW), SPECIES


def regressor_and_target():
    return EDRegressor(**FEW), X_iris[:, 3]


BOTH = pytest.mark.parametrize("problem", [classifier_and_target, regressor_and_target])
FRAMES = pytest.mark.parametrize("kind", ["pandas", "polars"])


@FRAMES
@BOTH
def test_frames_learn_what_arrays_learn(kind, problem):
    model, target = problem()
    expected = model.fit(X_iris, target).predict(X_iris)
    X = frame_of(kind, X_iris, NAMES)
    y = frame_of(kind, target[:, np.newaxis], ["target"])["target"]
    model.fit(X, y)
    assert model.feature_names_in_.tolist() == NAMES
    assert_array_equal(model.predict(X), expected)
    model.partial_fit(X, y)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(X[NAMES[::-1]])


@FRAMES
def test_frames_of_several_targets(kind):
    X, Y = X_iris[:, :2], X_iris[:, 2:]
    model = EDRegressor(**FEW).fit(X, Y)
    expected = model.predict(X)
    frame = frame_of(kind, X, NAMES[:2])
    model.fit(frame, frame_of(kind, Y, NAMES[2:]))
    assert_allclose(model.predict(frame), expected)
    labels = (X_iris[:, 2:] > 2).astype(int)
    multilabel = EDClassifier(**FEW).fit(frame, frame_of(kind, labels, NAMES[2:]))
    assert multilabel.predict(frame).shape == (150, 2)


@pytest.mark.parametrize("dtype", ["Float64", "Int64", "boolean"])
def test_nullable_dtypes_of_pandas_as_X(dtype):
    values = (10 * X_iris).round() if dtype != "boolean" else X_iris > X_iris.mean(axis=0)
    expected = EDClassifier(**FEW).fit(values.astype(float), SPECIES)
    X = pd.DataFrame(values, columns=NAMES).astype(dtype)
    model = EDClassifier(**FEW).fit(X, SPECIES)
    assert_array_equal(model.predict_proba(X), expected.predict_proba(values.astype(float)))
    X.iloc[0, 0] = pd.NA
    with pytest.raises(ValueError, match="NaN"):
        model.predict(X)


@pytest.mark.parametrize(
    ("dtype", "labels"),
    [
        ("Int64", y_iris % 2),
        ("Float64", y_iris % 2),
        ("boolean", y_iris % 2),
        ("string", SPECIES),
        ("category", SPECIES),
        ("object", SPECIES),
    ],
)
def test_nullable_dtypes_and_strings_of_pandas_as_labels(dtype, labels):
    y = pd.Series(labels).astype(dtype)
    model = EDClassifier(**FEW).fit(X_iris, y)
    classes = sorted(y.unique())
    assert model.classes_.tolist() == classes
    assert set(model.predict(X_iris)) <= set(classes)
    assert model.score(X_iris, y) == np.mean(model.predict(X_iris) == y.to_numpy())
    first = EDClassifier(**FEW).partial_fit(X_iris, y, classes=y.unique())
    assert first.classes_.tolist() == classes


@pytest.mark.parametrize("dtype", ["Int64", "Float64"])
def test_nullable_dtypes_of_pandas_as_targets_and_weights(dtype):
    y, weight = y_iris.astype(float), np.arange(150) % 3
    expected = EDRegressor(**FEW).fit(X_iris, y, sample_weight=weight)
    model = EDRegressor(**FEW).fit(
        X_iris, pd.Series(y).astype(dtype), sample_weight=pd.Series(weight).astype(dtype)
    )
    assert_array_equal(model.predict(X_iris), expected.predict(X_iris))


@FRAMES
def test_transformers_that_return_frames(kind):
    """Every step has the names of its predecessor's columns; the scores do not depend on it."""
    X = frame_of(kind, X_iris, NAMES)
    plain = make_pipeline(
        PiecewiseLinearEncoder(n_bins=2), StandardScaler(), EDClassifier(**FEW)
    )
    expected = plain.fit(X_iris, SPECIES).predict_proba(X_iris)
    named = plain.set_output(transform=kind).fit(X, SPECIES)
    assert_allclose(named.predict_proba(X), expected)
    assert named[-1].feature_names_in_.tolist() == named[:-1].get_feature_names_out().tolist()


@FRAMES
def test_columns_that_are_transformed_apart(kind):
    library = pytest.importorskip(kind)
    X = library.DataFrame(
        {"petal length": X_iris[:, 2], "petal width": X_iris[:, 3], "site": list("abc") * 50}
    )
    numbers = FeatureUnion([("scaled", StandardScaler()), ("axes", PCA(1))])
    columns = ColumnTransformer(
        [
            ("numbers", numbers, ["petal length", "petal width"]),
            ("site", OneHotEncoder(sparse_output=False), ["site"]),
        ]
    ).set_output(transform=kind)
    model = make_pipeline(columns, EDClassifier(hidden_layer_sizes=(8,), random_state=0))
    model.fit(X, SPECIES)
    assert model[-1].n_features_in_ == 6
    assert model[-1].feature_names_in_[-1] == "site__site_c"
    assert model.score(X, SPECIES) > 0.9
