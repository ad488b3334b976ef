"""HiddenFeatures: scikit-learn's contract, frozen estimators, pipelines, errors."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.preprocessing import HiddenFeatures

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    # scikit-learn's, for targets of which nearly each is a class of its own.
    "ignore:The number of unique classes:UserWarning",
)

FEW = {"max_iter": 10, "random_state": 0}
rng = np.random.RandomState(0)
X = rng.normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)


@parametrize_with_checks(
    [
        HiddenFeatures(),
        HiddenFeatures(EDClassifier(**FEW)),
        HiddenFeatures(EDRegressor((6, 3), **FEW), layer=0),
    ]
)
def test_meets_scikit_learns_contract(estimator, check):
    check(estimator)


def test_the_features_are_the_hidden_units():
    features = HiddenFeatures(EDClassifier((5, 3), n_members=2, **FEW), layer=0).fit(X, Y)
    alone = EDClassifier((5, 3), n_members=2, **FEW).fit(X, Y)
    np.testing.assert_array_equal(features.transform(X), alone.hidden_activations(X, layer=0))
    names = features.get_feature_names_out()
    assert names.tolist() == [f"hiddenfeatures{k}" for k in range(2 * 5)]
    assert not hasattr(features.estimator, "coefs_")


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (Y, EDClassifier),
        (np.array(["no", "yes"])[Y], EDClassifier),
        (np.column_stack([Y, 1 - Y]), EDClassifier),
        (X[:, 0], EDRegressor),
        (X[:, :2], EDRegressor),
        (np.column_stack([Y, 2 * Y]), EDRegressor),
    ],
)
def test_the_default_estimator_follows_from_y(y, expected):
    assert type(HiddenFeatures().fit(X, y).estimator_) is expected


def test_in_a_pipeline_and_a_search():
    """Better than the same step on the pixels alone."""
    pixels, digits = load_digits(return_X_y=True)
    A, B, a, b = train_test_split(pixels, digits, random_state=0)
    model = make_pipeline(
        StandardScaler(), HiddenFeatures(EDClassifier(**FEW)), LogisticRegression()
    )
    plain = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(A, a)
    assert model.fit(A, a).score(B, b) > plain.score(B, b)
    search = GridSearchCV(
        make_pipeline(HiddenFeatures(EDRegressor((4, 2), max_iter=3)), Ridge()),
        {"hiddenfeatures__layer": [0, 1], "hiddenfeatures__estimator__alpha": [0.01, 0.1]},
        cv=2,
    )
    assert np.isfinite(search.fit(X, X[:, 0]).cv_results_["mean_test_score"]).all()


def test_a_frozen_estimator_is_used_as_it_is():
    fitted = EDClassifier(3, **FEW).fit(X, Y)
    features = HiddenFeatures(FrozenEstimator(fitted))
    found = clone(features).fit(X).transform(X)
    np.testing.assert_array_equal(found, fitted.hidden_activations(X))
    assert features.fit(X, 1 - Y).estimator_.estimator is fitted
    assert features.n_features_in_ == 4
    with pytest.raises(ValueError, match="X has 3 features"):
        HiddenFeatures(FrozenEstimator(fitted)).fit(X[:, :3])
    with pytest.raises(NotFittedError):
        HiddenFeatures(FrozenEstimator(EDClassifier())).fit(X, Y)


def test_data_frames():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcd"), index=np.arange(60) + 5)
    features = HiddenFeatures(EDClassifier(3, **FEW)).set_output(transform="pandas")
    found = features.fit_transform(frame, Y)
    assert found.columns.tolist() == features.get_feature_names_out().tolist()
    assert found.index.equals(frame.index)
    assert features.feature_names_in_.tolist() == list("abcd")
    assert not hasattr(features.fit(X, Y), "feature_names_in_")


def test_sparse_rows_weights_and_pickles():
    network = EDClassifier(3, **FEW)
    features = HiddenFeatures(network).fit(sp.csr_array(X), Y, sample_weight=np.arange(60.0))
    alone = clone(network).fit(X, Y, sample_weight=np.arange(60.0))
    np.testing.assert_allclose(
        features.transform(sp.csr_array(X)), alone.hidden_activations(X), atol=1e-9
    )
    assert b"sklearn_ed.preprocessing" in pickle.dumps(features)
    again = pickle.loads(pickle.dumps(features))
    np.testing.assert_array_equal(again.transform(X), features.transform(X))
    scaled = HiddenFeatures(EDClassifier(3, scale_inputs=True, **FEW))
    assert scaled.fit_transform(X, Y).shape[0] == 60


def test_errors():
    with pytest.raises(NotFittedError):
        HiddenFeatures().transform(X)
    for wrong in (LogisticRegression(), FrozenEstimator(Ridge()), EDClassifier, "ed"):
        with pytest.raises(TypeError, match="estimator: expected an EDClassifier"):
            HiddenFeatures(wrong).fit(X, Y)
    with pytest.raises(ValueError, match="requires y to be passed"):
        HiddenFeatures().fit(X)
    features = HiddenFeatures(EDClassifier(3, **FEW)).fit(X, Y)
    before = features.transform(X)
    with pytest.raises(ValueError, match=r"layer: expected an integer from -1 to 0, got 1"):
        clone(features).set_params(layer=1).fit(X, Y)
    with pytest.raises(ValueError, match="alpha"):
        features.set_params(estimator__alpha=-1.0).fit(X[:, :3], Y)
    np.testing.assert_array_equal(features.transform(X), before)
