"""Both estimators inside scikit-learn's meta-estimators and searches."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_iris, make_multilabel_classification
from sklearn.ensemble import BaggingClassifier, StackingClassifier, StackingRegressor
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    TunedThresholdClassifierCV,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from sklearn_ed import EDClassifier, EDRegressor

X_iris, y_iris = load_iris(return_X_y=True)
X_iris = StandardScaler().fit_transform(X_iris)
X_digits, y_digits = load_digits(n_class=2, return_X_y=True)
X_digits = X_digits / 16
FEW = {"hidden_layer_sizes": (8,), "max_iter": 20, "alpha": 0.02, "random_state": 0}


def small_classifier(**params):
    return EDClassifier(**{**FEW, **params})


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_calibration(method):
    model = CalibratedClassifierCV(small_classifier(), method=method, cv=2)
    model.fit(X_iris, y_iris, sample_weight=np.ones(150))
    assert_allclose(model.predict_proba(X_iris).sum(axis=1), 1)
    assert model.score(X_iris, y_iris) > 0.9


def test_a_frozen_estimator_is_calibrated_and_not_fitted_again():
    fitted = small_classifier().fit(X_iris[::2], y_iris[::2])
    before = fitted.coefs_[0].copy()
    calibrated = CalibratedClassifierCV(FrozenEstimator(fitted)).fit(X_iris[1::2], y_iris[1::2])
    assert_array_equal(fitted.coefs_[0], before)
    assert calibrated.score(X_iris, y_iris) > 0.9


def test_a_threshold_that_is_tuned():
    """One row in nine is of the rare class, which the usual threshold misses more often."""
    X = np.vstack([X_digits[y_digits == 0], X_digits[y_digits == 1][:20]])
    X = X + np.random.RandomState(0).normal(size=X.shape)
    y = np.arange(len(X)) >= len(X) - 20
    model = TunedThresholdClassifierCV(
        small_classifier(), scoring="balanced_accuracy", cv=2, random_state=0
    ).fit(X, y)
    usual = model.estimator_.predict(X)
    assert 0 < model.best_threshold_ < 0.5
    assert balanced_accuracy_score(y, model.predict(X)) > balanced_accuracy_score(y, usual)


def test_bagging_of_rows_and_features():
    params = {"max_features": 0.5, "oob_score": True, "random_state": 0}
    model = BaggingClassifier(small_classifier(max_iter=10), 25, **params).fit(X_iris, y_iris)
    assert model.oob_score_ > 0.85
    assert {member.n_features_in_ for member in model.estimators_} == {2}


@pytest.mark.parametrize(
    "wrapper", [MultiOutputClassifier, OneVsRestClassifier, ClassifierChain]
)
def test_a_classifier_for_each_label(wrapper):
    X, Y = make_multilabel_classification(100, 5, n_classes=3, random_state=0)
    X = StandardScaler().fit_transform(X)
    model = wrapper(small_classifier()).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    assert [len(member.classes_) for member in model.estimators_] == [2, 2, 2]


def test_one_network_against_the_rest_and_partial_fit():
    model = OneVsRestClassifier(small_classifier(alpha=0.05))
    for _ in range(10):
        model.partial_fit(X_iris, y_iris, classes=[0, 1, 2])
    assert model.score(X_iris, y_iris) > 0.8
    columns = np.column_stack([y_iris, y_iris > 0])
    several = MultiOutputClassifier(small_classifier())
    for _ in range(2):
        several.partial_fit(X_iris, columns, classes=[np.arange(3), np.arange(2)])
    assert several.predict(X_iris).shape == (150, 2)


def test_stacking():
    first = [("ed", small_classifier()), ("linear", LogisticRegression())]
    model = StackingClassifier(first, small_classifier(), cv=2, passthrough=True)
    assert model.fit(X_iris, y_iris).score(X_iris, y_iris) > 0.9
    assert model.transform(X_iris).shape == (150, 10)
    X, y = X_iris[:, :3], X_iris[:, 3]
    folds = KFold(2, shuffle=True, random_state=0)
    regressors = StackingRegressor([("ed", EDRegressor(**FEW)), ("ridge", RidgeCV())], cv=folds)
    assert regressors.fit(X, y).score(X, y) > 0.9


def test_self_training_labels_the_rows_without_a_label():
    y = np.where(np.arange(150) % 5, -1, y_iris)
    model = SelfTrainingClassifier(small_classifier(max_iter=60)).fit(X_iris, y)
    assert (model.transduction_ != -1).sum() > 100
    assert model.score(X_iris, y_iris) > 0.85


def test_selection_of_features():
    selector = SequentialFeatureSelector(small_classifier(), n_features_to_select=1, cv=2)
    assert selector.fit(X_iris, y_iris).get_support().nonzero()[0][0] in (2, 3)


def test_a_halving_search():
    space = {"alpha": [1e-5, 0.02], "hidden_layer_sizes": [(4,), (4, 4)]}
    search = HalvingRandomSearchCV(
        small_classifier(), space, n_candidates=4, cv=2, min_resources=40, random_state=0
    ).fit(X_iris, y_iris)
    assert search.best_params_["alpha"] == 0.02
    assert search.n_iterations_ > 1
    by_epochs = HalvingRandomSearchCV(
        small_classifier(),
        {"alpha": [1e-6, 1e-5, 0.02]},
        n_candidates=3,
        cv=2,
        resource="max_iter",
        min_resources=5,
        max_resources=15,
        random_state=0,
    ).fit(X_iris, y_iris)
    assert by_epochs.best_params_ == {"alpha": 0.02, "max_iter": 15}


def test_cross_validation_in_two_processes():
    args = {"cv": 3, "return_estimator": True, "scoring": ["accuracy", "neg_log_loss"]}
    alone = cross_validate(small_classifier(), X_iris, y_iris, **args)
    shared = cross_validate(small_classifier(), X_iris, y_iris, **args, n_jobs=2)
    assert_array_equal(shared["test_neg_log_loss"], alone["test_neg_log_loss"])
    for mine, other in zip(alone["estimator"], shared["estimator"], strict=True):
        assert_array_equal(mine.predict_proba(X_iris), other.predict_proba(X_iris))


@pytest.mark.parametrize("incremental", [False, True])
def test_learning_curves(incremental):
    sizes, _, scores = learning_curve(
        small_classifier(alpha=0.05),
        X_digits,
        y_digits,
        train_sizes=[0.2, 1.0],
        cv=2,
        exploit_incremental_learning=incremental,
    )
    assert sizes.tolist() == [36, 180]
    assert scores.shape == (2, 2)
    assert scores[-1].mean() > 0.95


def test_sample_weights_are_routed():
    """Half of the rows have a wrong label and weight 0: a fit needs the weights to learn."""
    wrong = np.arange(150) % 2 == 0
    y, weight = np.where(wrong, (y_iris + 1) % 3, y_iris), np.where(wrong, 0.0, 1.0)
    with config_context(enable_metadata_routing=True):
        model = small_classifier().set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
        grid = {"edclassifier__max_iter": [60]}
        search = GridSearchCV(pipeline, grid, cv=3, error_score="raise")
        search.fit(X_iris, y, sample_weight=weight)
        assert search.best_score_ > 0.9
        model.set_fit_request(sample_weight=False)
        assert search.fit(X_iris, y, sample_weight=weight).best_score_ < 0.6
        search.set_params(estimator__edclassifier=small_classifier())
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            search.fit(X_iris, y, sample_weight=weight)
