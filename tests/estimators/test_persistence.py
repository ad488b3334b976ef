"""Files of fitted estimators: small, safe to load, and equal to what was saved."""

import copy
import io
import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.rules import ErrorDiffusion

rng = np.random.RandomState(0)
X = rng.normal(size=(200, 60))
Y = np.digitize(X[:, 0], [-0.5, 0.5])
LABELS = (X[:, :4] > 0).astype(int)
TARGETS = 100 * X[:, :3] + 7
PARTIAL = {"classes": [0, 1, 2]}
SHORT = {"max_iter": 2, "random_state": 0}


def weights(model):
    return sum(array.nbytes for array in (*model.coefs_, *model.intercepts_))


def sizes(model):
    """Bytes of the files that joblib and pickle write."""
    file = io.BytesIO()
    joblib.dump(model, file)
    return len(file.getvalue()), len(pickle.dumps(model))


def warm():
    clf = EDClassifier(warm_start=True, early_stopping=True, **SHORT)
    return clf.fit(X, Y).fit(X, Y)


def partial(**parameters):
    return EDClassifier(**SHORT, **parameters).partial_fit(X, Y, **PARTIAL)


def many_classes(**parameters):
    return EDClassifier(**SHORT, **parameters).fit(X, np.arange(200) % 100)


MODELS = {
    "default": lambda: EDClassifier(**SHORT).fit(X, Y),
    "early stopping": lambda: EDClassifier(early_stopping=True, **SHORT).fit(X, Y),
    "float32": lambda: EDClassifier((260,), **SHORT).fit(X.astype(np.float32), Y),
    "one deep member": lambda: EDClassifier((90, 50), n_members=1, **SHORT).fit(X, Y),
    "many members": lambda: EDClassifier(n_members=9, **SHORT).fit(X, Y),
    "labels": lambda: EDClassifier(**SHORT).fit(X, LABELS),
    "squared error": lambda: EDClassifier(loss="squared_error", **SHORT).fit(X, Y),
    "backprop": lambda: EDClassifier(rule="backprop", **SHORT).fit(X, Y),
    "network per class": lambda: many_classes(),
    "dichotomies": lambda: many_classes(code_size=1.5),
    "network per pair": lambda: many_classes(code_size="one_vs_one", hidden_layer_sizes=(2,)),
    "target": lambda: EDRegressor(**SHORT).fit(X, TARGETS[:, 0]),
    "targets": lambda: EDRegressor(**SHORT).fit(X, TARGETS),
    "warm start": warm,
    "scaled inputs": lambda: EDClassifier(scale_inputs=True, recent_rows=5, **SHORT).fit(X, Y),
    "fit after partial_fit": lambda: partial().fit(X, Y),
    "partial_fit with sgd": lambda: partial(solver="sgd"),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", MODELS)
def test_a_file_is_little_more_than_the_weights(name):
    model = MODELS[name]()
    assert sum(array.size for array in (*model.coefs_, *model.intercepts_)) >= 20_000
    assert max(sizes(model)) < 1.1 * weights(model)
    restored = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(restored.predict(X), model.predict(X))
    if hasattr(model, "code_book_"):
        np.testing.assert_array_equal(restored.code_book_, model.code_book_, strict=True)


def test_partial_fit_keeps_the_moments_of_adam_until_a_fit():
    clf = partial(early_stopping=False)
    assert 3 < min(sizes(clf)) / weights(clf) < 3.1
    assert max(sizes(clf.fit(X, Y))) < 1.1 * weights(clf)


def test_a_code_book_with_other_numbers_is_kept_as_it_is():
    clf = partial(n_members=1)
    for value in (0.5, np.nan, 300.0):
        clf.code_book_ = np.full_like(clf.code_book_, value)
        restored = pickle.loads(pickle.dumps(clf))
        np.testing.assert_array_equal(restored.code_book_, clf.code_book_, strict=True)


SAVED = {
    "default": (MODELS["default"], ()),
    "one deep member": (MODELS["one deep member"], ()),
    "network per class": (MODELS["network per class"], ()),
    "strings": (lambda: EDClassifier(**SHORT).fit(X, np.array(["no", "yes"])[Y % 2]), ()),
    "labels": (MODELS["labels"], ()),
    "targets": (MODELS["targets"], ()),
    "partial_fit": (partial, ()),
    "stream": (lambda: EDClassifier.for_streams().partial_fit(X, Y, **PARTIAL), ()),
    "rule": (lambda: partial(rule=ErrorDiffusion()), ("sklearn_ed.rules.ErrorDiffusion",)),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", SAVED)
def test_skops_needs_trust_in_the_estimator_and_the_rule_only(name):
    skops = pytest.importorskip("skops.io")
    make, more = SAVED[name]
    model = make()
    file = skops.dumps(model)
    trusted = [f"sklearn_ed.{type(model).__name__}", *more]
    assert sorted(skops.get_untrusted_types(data=file)) == sorted(trusted)
    restored = skops.loads(file, trusted=trusted)
    predict = "predict_proba" if hasattr(model, "classes_") else "predict"
    y = model.predict(X)
    for _ in range(2):
        np.testing.assert_array_equal(getattr(restored, predict)(X), getattr(model, predict)(X))
        for each in (restored, model):
            each.partial_fit(X, y)


def test_a_fitted_estimator_is_saved_without_its_callbacks():
    skops = pytest.importorskip("skops.io")
    clf = EDClassifier(max_iter=2, random_state=0).set_callbacks(ProgressBar())
    file = skops.dumps(clf.fit(X, Y))
    assert skops.get_untrusted_types(data=file) == ["sklearn_ed.EDClassifier"]
    restored = skops.loads(file, trusted=["sklearn_ed.EDClassifier"])
    np.testing.assert_array_equal(restored.coefs_[0], clf.coefs_[0])


MID_TRAINING = {
    "adam": {},
    "momentum": {"solver": "sgd", "momentum": 0.9, "dropout": 0.2},
    "after a fit": {"early_stopping": "out_of_fold", "n_members": 2},
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", MID_TRAINING)
def test_copies_and_pickles_in_mid_training_go_on_bit_for_bit(name):
    """A clone is not fitted: it becomes what the original was after its first calls."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(60, 4)), np.arange(60) % 3
    options = {"batch_size": 16, "max_iter": 2, "random_state": 0, "n_members": 1}
    original = EDClassifier((4, 3), **{**options, **MID_TRAINING[name]})

    def begin(model):
        if name == "after a fit":
            return model.fit(X, y).set_params(early_stopping="auto")
        return model.partial_fit(X, y, classes=[0, 1, 2]).partial_fit(X[:7], y[:7])

    untouched = clone(original)
    begin(original)
    copies = [copy.deepcopy(original), pickle.loads(pickle.dumps(original)), begin(untouched)]
    original.partial_fit(X, y).partial_fit(X[:1], y[:1])
    for twin in copies:
        twin.partial_fit(X, y).partial_fit(X[:1], y[:1])
        for found, expected in zip(twin.coefs_, original.coefs_, strict=True):
            np.testing.assert_array_equal(found, expected)
        assert twin.loss_curve_ == original.loss_curve_
