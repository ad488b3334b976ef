"""`fit` with validation data of its own: X_val, y_val, sample_weight_val."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
rng = np.random.RandomState(0)
ALL = rng.normal(size=(200, 4)) * (rng.uniform(size=(200, 4)) < 0.7)
X, X_VAL = ALL[:120], ALL[120:]
NOISE = rng.normal(size=(200, 2))
REAL = 1000 + 300 * (ALL[:, 0] + np.sin(ALL[:, 1]) + 0.2 * NOISE[:, 0])
SEVERAL = np.column_stack([REAL, 1e-3 * ALL[:, 2] ** 2])
NAMES = np.array(["low", "mid", "up"])[np.digitize(ALL[:, 0] + NOISE[:, 0], [-0.5, 0.5])]
LABELS = (ALL[:, :2] + NOISE > 0).astype(int)
WEIGHT = rng.randint(0, 4, size=80).astype(float)


def target(Estimator):
    y = NAMES if Estimator is EDClassifier else REAL
    return y[:120], y[120:]


def assert_same(actual, expected):
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(actual, name), getattr(expected, name), strict=True):
            assert_array_equal(a, b)


@BOTH
@pytest.mark.parametrize("early_stopping", ["auto", True])
@pytest.mark.parametrize("n_members", [1, 3])
def test_all_rows_are_learned_up_to_the_best_epoch(Estimator, early_stopping, n_members):
    y, y_val = target(Estimator)
    params = {"learning_rate": "constant", "alpha": 0.02, "n_members": n_members}
    params |= {"random_state": 0, "n_iter_no_change": 20, "max_iter": 60}
    model = Estimator(early_stopping=early_stopping, **params)
    model.fit(X, y, X_val=X_VAL, y_val=y_val)
    n_best = int(np.argmax(model.validation_scores_)) + 1
    assert n_best < model.n_iter_ == len(model.validation_scores_)
    assert model.t_ == 120 * model.n_iter_
    params |= {"max_iter": n_best, "n_iter_no_change": np.inf}
    assert_same(model, Estimator(early_stopping=False, **params).fit(X, y))


CASES = {
    "classes": (EDClassifier, NAMES, {}),
    "one member": (EDClassifier, NAMES, {"n_members": 1}),
    "online": (EDClassifier, NAMES, {"batch_size": 1, "solver": "sgd"}),
    "labels": (EDClassifier, LABELS, {}),
    "target": (EDRegressor, REAL, {}),
    "targets": (EDRegressor, SEVERAL, {"n_members": 2}),
    "scaled": (EDClassifier, NAMES, {"scale_inputs": True}),
    "scaled with recent rows": (EDRegressor, REAL, {"scale_inputs": True, "recent_rows": 9}),
}


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("case", CASES)
def test_the_best_score_is_that_of_the_fitted_estimator(case, weight):
    Estimator, y, params = CASES[case]
    model = Estimator(max_iter=6, random_state=0, **params)
    model.fit(X, y[:120], X_val=X_VAL, y_val=y[120:], sample_weight_val=weight)
    expected = model.score(X_VAL, y[120:], sample_weight=weight)
    assert_allclose(model.best_validation_score_, expected, rtol=1e-9)
    assert model.best_validation_score_ == max(model.validation_scores_)


@BOTH
@pytest.mark.parametrize("container", [sp.csr_array, sp.csc_array, sp.coo_matrix, pd.DataFrame])
def test_other_containers_are_scored_as_dense_arrays(Estimator, container):
    y, y_val = target(Estimator)
    model = Estimator(max_iter=4, random_state=0).fit(X, y, X_val=X_VAL, y_val=y_val)
    kind = sp.csr_array if container is not pd.DataFrame else pd.DataFrame
    other = Estimator(max_iter=4, random_state=0)
    other.fit(kind(X), y, X_val=container(X_VAL), y_val=pd.Series(y_val))
    assert_allclose(other.validation_scores_, model.validation_scores_, rtol=1e-9)


@BOTH
def test_rows_of_weight_zero_are_absent(Estimator):
    y, y_val = target(Estimator)
    kept = WEIGHT > 0
    params = {"max_iter": 4, "random_state": 0}
    parts = {"X_val": X_VAL, "y_val": y_val, "sample_weight_val": WEIGHT}
    whole = Estimator(**params).fit(X, y, **parts)
    part = Estimator(**params).fit(X, y, **{name: v[kept] for name, v in parts.items()})
    assert whole.validation_scores_ == part.validation_scores_
    assert_same(whole, part)


@BOTH
def test_nothing_but_the_scores_is_kept(Estimator):
    y, y_val = target(Estimator)
    X_large, y_large = np.tile(X_VAL, (50, 1)), np.tile(y_val, 50)
    params = {"max_iter": 4, "random_state": 0, "n_members": 1}
    model = Estimator(**params).fit(X, y, X_val=X_large, y_val=y_large)
    plain = Estimator(**params).fit(X, y)
    assert vars(model).keys() == vars(plain).keys()
    assert len(pickle.dumps(model)) < len(pickle.dumps(plain)) + 200


@BOTH
def test_a_warm_start_scores_what_it_started_from(Estimator):
    y, y_val = target(Estimator)
    model = Estimator(max_iter=20, warm_start=True, random_state=0)
    model.fit(X, y, X_val=X_VAL, y_val=y_val)
    best, before = model.best_validation_score_, model.predict(X)
    model.set_params(alpha=1e-300, solver="sgd", max_iter=3)
    model.fit(X, y, X_val=X_VAL, y_val=y_val)
    assert model.best_validation_score_ == best
    assert_array_equal(model.predict(X), before)


def test_wrong_validation_data_are_refused_by_name():
    y, y_val = target(EDClassifier)
    clf = EDClassifier(max_iter=2, random_state=0).fit(X, y)
    data = {"X_val": X_VAL, "y_val": y_val}
    nan = np.where(X_VAL > 1, np.nan, X_VAL)
    for changed, params, message in [
        ({"y_val": None}, {}, r"^y_val: expected a value beside X_val, got None"),
        ({"X_val": None}, {}, r"^X_val: expected a value beside y_val, got None"),
        (
            {"X_val": None, "y_val": None, "sample_weight_val": WEIGHT},
            {},
            r"^X_val: expected a value beside sample_weight_val",
        ),
        ({}, {"early_stopping": False}, r"^early_stopping: expected True or 'auto' .* False"),
        ({}, {"early_stopping": "out_of_fold"}, r"^early_stopping: .* got 'out_of_fold'"),
        ({}, {"validation_fraction": 0.2}, r"^validation_fraction: expected 0.1, .* got 0.2"),
        ({"X_val": X_VAL[:, :3]}, {}, r"^X_val: X has 3 features, but EDClassifier is"),
        ({"X_val": nan}, {}, r"^X_val: Input X contains NaN"),
        ({"X_val": X_VAL[:5]}, {}, r"^y_val: expected 5 targets, .* got 80"),
        ({"y_val": np.full(80, "new")}, {}, r"^y_val: expected classes among .*'new'"),
        ({"y_val": np.zeros(80)}, {}, r"^y_val: Mix of label input types"),
        ({"y_val": LABELS[120:]}, {}, r"^y_val: expected one class per sample"),
        ({"sample_weight_val": WEIGHT[:5]}, {}, r"^sample_weight_val: expected 80 weights"),
        ({"sample_weight_val": -WEIGHT}, {}, r"^sample_weight_val: expected no negative"),
        ({"X_val": X_VAL[:1], "y_val": y_val[:1]}, {}, r"^X_val: expected at least 2 rows"),
        (
            {"X_val": sp.csr_array(X_VAL)},
            {"scale_inputs": True},
            r"^X_val: expected a dense array with scale_inputs",
        ),
    ]:
        clf.set_params(early_stopping="auto", validation_fraction=0.1, scale_inputs=False)
        clf.set_params(**params)
        before = joblib.hash(vars(clf))
        with pytest.raises(ValueError, match=message):
            clf.fit(X, y, **data | changed)
        assert joblib.hash(vars(clf)) == before


def test_wrong_targets_are_refused_by_name():
    for y, y_val, message in [
        (SEVERAL[:120], REAL[120:], r"^y_val: expected 2 targets as in y, got 1"),
        (REAL[:120], np.full(80, "a"), r"^y_val: expected real numbers"),
        (REAL[:120], np.full(80, np.nan), r"^Input y_val contains NaN"),
    ]:
        with pytest.raises(ValueError, match=message):
            EDRegressor(max_iter=2).fit(X, y, X_val=X_VAL, y_val=y_val)


def test_features_have_the_names_of_the_training_data():
    y, y_val = target(EDClassifier)
    frame, other = (
        pd.DataFrame(X, columns=list("abcd")),
        pd.DataFrame(X_VAL, columns=list("abce")),
    )
    with pytest.raises(ValueError, match=r"^X_val: The feature names should match"):
        EDClassifier(max_iter=2).fit(frame, y, X_val=other, y_val=y_val)


def test_a_subclass_may_lack_the_parameters_of_validation():
    class Small(EDClassifier):
        def __init__(self, max_iter=2):
            super().__init__(max_iter=max_iter)

    y, y_val = target(EDClassifier)
    assert len(Small().fit(X, y, X_val=X_VAL, y_val=y_val).validation_scores_) == 2


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@BOTH
def test_a_pipeline_transforms_validation_data(Estimator, routing):
    y, y_val = target(Estimator)
    model = Estimator(max_iter=5, random_state=0).set_fit_request(X_val=True, y_val=True)
    pipe = make_pipeline(StandardScaler(), model, transform_input=["X_val"])
    pipe.fit(100 + X, y, X_val=100 + X_VAL, y_val=y_val)
    scaler = StandardScaler().fit(100 + X)
    alone = Estimator(max_iter=5, random_state=0)
    alone.fit(scaler.transform(100 + X), y, X_val=scaler.transform(100 + X_VAL), y_val=y_val)
    assert pipe[-1].validation_scores_ == alone.validation_scores_
    assert pipe[-1].best_validation_score_ == pipe.score(100 + X_VAL, y_val)


@pytest.mark.parametrize("is_routed", [True, False])
def test_other_pipelines_leave_validation_data_as_they_are(is_routed):
    """In silence; the user guide warns of it."""
    y, y_val = target(EDRegressor)
    model = EDRegressor(max_iter=5, random_state=0)
    prefix = "" if is_routed else "edregressor__"
    data = {f"{prefix}X_val": 100 + X_VAL, f"{prefix}y_val": y_val}
    with sklearn.config_context(enable_metadata_routing=is_routed):
        if is_routed:
            model.set_fit_request(X_val=True, y_val=True)
        pipe = make_pipeline(StandardScaler(), model).fit(100 + X, y, **data)
    scaled = StandardScaler().fit_transform(100 + X)
    alone = EDRegressor(max_iter=5, random_state=0)
    alone.fit(scaled, y, X_val=100 + X_VAL, y_val=y_val)
    assert pipe[-1].validation_scores_ == alone.validation_scores_
