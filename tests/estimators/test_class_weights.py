"""`class_weight` has scikit-learn's meaning: it multiplies the sample weights."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils.class_weight import compute_sample_weight

from sklearn_ed import EDClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
X = rng.normal(size=(120, 4))
CLASSES = np.array(["a", "b", "c"])[(X[:, 0] > 0).astype(int) + (X[:, 0] > 1)]
LABELS = (X[:, :2] + rng.normal(size=(120, 2)) > 0.5).astype(int)
WEIGHT = rng.randint(0, 4, size=120).astype(float)

CASES = {
    "balanced": ("balanced", CLASSES),
    "dict": ({"a": 0.5, "b": 2, "c": 4.0}, CLASSES),
    "a class without a weight": ({"c": np.float32(3)}, CLASSES),
    "a class of weight 0": ({"a": 0, "b": 1, "c": 1}, CLASSES),
    "numbers": ({0: 1, 1: 5}, LABELS[:, 0]),
    "balanced labels": ("balanced", LABELS),
    "labels": ([{0: 1, 1: 3}, {1: 0.5}], LABELS),
}


def assert_same(actual, expected):
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(actual, name), getattr(expected, name), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    assert actual.validation_scores_ == expected.validation_scores_


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}, {"batch_size": 1}])
@pytest.mark.parametrize("case", CASES)
def test_equals_the_sample_weights_of_scikit_learn(case, params):
    class_weight, y = CASES[case]
    weight = compute_sample_weight(class_weight, y)
    params = {"max_iter": 4, "random_state": 0, **params}
    clf = EDClassifier(class_weight=class_weight, **params)
    assert_same(clf.fit(X, y), EDClassifier(**params).fit(X, y, weight))
    if isinstance(class_weight, str):
        # Samples count with their weights, as in LogisticRegression.
        copies = np.repeat(np.arange(120), WEIGHT.astype(int))
        of_copies = compute_sample_weight(class_weight, y[copies])
        weight = np.zeros(120)
        weight[copies] = of_copies
    assert_same(clf.fit(X, y, WEIGHT), EDClassifier(**params).fit(X, y, WEIGHT * weight))


def test_balanced_classes_need_no_weights():
    y = np.arange(120) % 3
    params = {"max_iter": 4, "random_state": 0}
    balanced = EDClassifier(class_weight="balanced", **params).fit(X, y)
    for a, b in zip(balanced.coefs_, EDClassifier(**params).fit(X, y).coefs_, strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize("case", [case for case in CASES if "balanced" not in case])
def test_partial_fit_takes_a_dict(case):
    class_weight, y = CASES[case]
    params = {"batch_size": 1, "solver": "sgd", "random_state": 0}
    weighted = EDClassifier(class_weight=class_weight, **params)
    plain = EDClassifier(**params)
    classes = None if y.ndim == 2 else np.unique(y)
    weight = compute_sample_weight(class_weight, y)
    first = int(np.flatnonzero(weight)[0])
    for row in range(first, 60):
        if weight[row]:
            x = X[row : row + 1]
            weighted.partial_fit(x, y[row : row + 1], classes=classes)
            plain.partial_fit(x, y[row : row + 1], weight[row : row + 1], classes=classes)
    assert_same(weighted, plain)


def test_partial_fit_refuses_balanced():
    clf = EDClassifier(class_weight="balanced", random_state=0)
    message = r"^class_weight: expected .* in partial_fit, got 'balanced'"
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, CLASSES, classes=["a", "b", "c"])
    clf.fit(X, CLASSES)
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, CLASSES)


@pytest.mark.parametrize(
    ("class_weight", "y"),
    [
        ([{"a": 1}], CLASSES),
        ({"d": 2}, CLASSES),
        ({"a": 0, "b": 0, "c": 0}, CLASSES),
        ({0: 1}, LABELS),
        ([{0: 1}], LABELS),
    ],
)
def test_weights_that_do_not_fit_the_labels_are_refused(class_weight, y):
    clf = EDClassifier(random_state=0, max_iter=2).fit(X, y)
    before = clf.coefs_[0].copy()
    with pytest.raises(ValueError, match=r"^class_weight: "):
        clf.set_params(class_weight=class_weight).fit(X, y)
    assert_array_equal(clf.coefs_[0], before)


def test_balanced_finds_a_rare_class():
    rng = np.random.RandomState(1)
    X = rng.normal(size=(600, 2))
    y = X[:, 0] + rng.normal(size=600) > 2.4
    assert 0.03 < y.mean() < 0.06
    scores = {}
    for class_weight in (None, "balanced"):
        clf = EDClassifier(class_weight=class_weight, random_state=0).fit(X, y)
        scores[class_weight] = balanced_accuracy_score(y, clf.predict(X))
    logistic = LogisticRegression(class_weight="balanced").fit(X, y)
    expected = balanced_accuracy_score(y, logistic.predict(X))
    assert scores[None] < 0.7 < expected - 0.05 < scores["balanced"]
