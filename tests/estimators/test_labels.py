"""Labels go in and come back: their dtype, and what a classifier does with few of them."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
X = rng.normal(size=(60, 4))
LABELS = (X[:, :3] > 0).astype(int)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, bool, np.float32])
@pytest.mark.parametrize("n_members", [1, 2])
def test_indicators_come_back_in_the_dtype_of_y(dtype, n_members):
    params = {"n_members": n_members, "max_iter": 2, "random_state": 0}
    Y = LABELS.astype(dtype)
    clf = EDClassifier(**params).fit(X, Y)
    assert clf.predict(X).dtype == pickle.loads(pickle.dumps(clf)).predict(X).dtype == dtype
    assert_array_equal(clf.predict(X), EDClassifier(**params).fit(X, LABELS).predict(X))
    stream = EDClassifier(**params).partial_fit(X, Y).partial_fit(X, LABELS)
    assert stream.predict(X).dtype == dtype
    assert clf.fit(X, LABELS.tolist()).predict(X).dtype == int


@pytest.mark.parametrize("label", [1, "a", True, 2.0])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"code_size": "one_vs_one", "n_members": 1, "solver": "sgd"},
        {"code_size": 2, "early_stopping": True},
        {"code_size": None, "loss": "squared_error", "n_members": 2},
        {"batch_size": 1, "solver": "sgd"},
    ],
)
def test_one_class_is_learned_as_by_mlpclassifier(label, params):
    y = np.full(60, label)
    clf = EDClassifier(max_iter=3, random_state=0, **params)
    mlp = MLPClassifier(3, max_iter=3, random_state=0).fit(X, y)
    streamed = clone(clf).set_params(early_stopping="auto")
    for model in (clf.fit(X, y), streamed.partial_fit(X, y, classes=[label]).partial_fit(X, y)):
        twin = pickle.loads(pickle.dumps(model))
        assert_array_equal(twin.predict(X), mlp.predict(X), strict=True)
        assert twin.score(X, y) == 1
        # MLPClassifier has a second column, of no class.
        assert_array_equal(twin.predict_proba(X), np.ones((60, 1)), strict=True)
        assert_array_equal(twin.predict_log_proba(X), np.zeros((60, 1)))
        assert twin.decision_function(X).shape == (60, 1)
        assert twin.classes_.tolist() == [label]
    with pytest.raises(ValueError, match=r"^y: expected classes among"):
        streamed.partial_fit(X, np.full(60, "other" if label == "a" else 7.0))
    assert len(clf.fit(X, X[:, 0] > 0).classes_) == 2


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("early_stopping", [True, "auto", False])
def test_weights_may_leave_one_class(n_classes, early_stopping):
    y = np.arange(60) % n_classes
    clf = EDClassifier(early_stopping=early_stopping, random_state=0)
    clf.fit(X, y, sample_weight=(y == 1).astype(float))
    assert_array_equal(clf.predict(X), np.ones(60))
    assert clf.predict_proba(X).shape == (60, n_classes)


def test_classes_of_a_subclass_whose_dtype_cannot_be_set():
    class Odd(np.ndarray):
        dtype = property(lambda self: np.dtype(float))

    X, y = np.random.RandomState(0).normal(size=(12, 3)), np.arange(12) % 3
    clf = EDClassifier(3, random_state=0)
    for _ in range(2):
        clf.partial_fit(X, y, classes=np.arange(3).view(Odd))
    assert clf.classes_.tolist() == [0, 1, 2]
