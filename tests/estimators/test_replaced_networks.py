"""Fitted attributes that a user has replaced: used as they are, or refused before anything."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp

from sklearn_ed import EDClassifier

rng = np.random.RandomState(0)
X = rng.normal(size=(30, 5))
Y = np.arange(30) % 3


def fitted(**parameters):
    options = {"hidden_layer_sizes": (6,), "n_members": 1, "max_iter": 1, "random_state": 0}
    return EDClassifier(**{**options, **parameters}).partial_fit(X, Y, classes=[0, 1, 2])


def shorter_first(clf):
    clf.coefs_[0] = clf.coefs_[0][:, :3]


def shorter_second(clf):
    clf.coefs_[1] = clf.coefs_[1][:, :2]


def shorter_intercept(clf):
    clf.intercepts_[0] = clf.intercepts_[0][:, :2]


def fewer_networks(clf):
    clf.coefs_ = [coef[:1] for coef in clf.coefs_]
    clf.intercepts_ = [intercept[:1] for intercept in clf.intercepts_]


def flat(clf):
    clf.coefs_[1] = clf.coefs_[1].ravel()


def empty(clf):
    clf.coefs_[0] = clf.coefs_[0][..., :0]
    clf.coefs_[1] = clf.coefs_[1][:, :0]
    clf.intercepts_[0] = clf.intercepts_[0][:, :0]


def a_layer_less(clf):
    del clf.coefs_[1]


def no_layers(clf):
    clf.coefs_, clf.intercepts_ = [], []


def lists(clf):
    clf.coefs_[0] = clf.coefs_[0].tolist()


def half_precision(clf):
    clf.coefs_ = [coef.astype(np.float16) for coef in clf.coefs_]


def whole_numbers(clf):
    clf.coefs_ = [coef.astype(int) for coef in clf.coefs_]


def complex_numbers(clf):
    clf.intercepts_[1] = clf.intercepts_[1].astype(complex)


def few_entries(n_rows):
    """Rows of 300,000 features, nearly all of them zero."""
    return sp.csr_array(sp.random(n_rows, 300_000, 1e-4, random_state=0))


def more_features(clf):
    clf.n_features_in_ = 300_000


def other_code_book(clf):
    clf.code_book_ = clf.code_book_[:, :2]


REPLACED = {
    shorter_first: r"coefs_\[0\]: expected shape \(3, 5, 6\) .* got \(3, 3, 6\)",
    shorter_second: r"coefs_\[1\]: expected shape \(3, 6, 1\) .* got \(3, 2, 1\)",
    shorter_intercept: r"coefs_\[0\]: expected shape \(3, 5, 2\) .* got \(3, 5, 6\)",
    fewer_networks: r"coefs_\[0\]: expected shape \(3, 5, 6\) .* got \(1, 5, 6\)",
    flat: r"coefs_\[1\]: expected shape \(3, 6, 1\) .* got \(18,\)",
    empty: r"coefs_\[0\]: expected shape \(3, 5, 0\)",
    a_layer_less: "expected one array per layer in each, got 1 and 2 arrays",
    no_layers: "expected one array per layer in each, got 0 and 0 arrays",
    lists: r"coefs_\[0\]: expected float32 or float64, got list",
    half_precision: r"coefs_\[0\]: expected float32 or float64, got float16",
    whole_numbers: r"coefs_\[0\]: expected float32 or float64, got int64",
    complex_numbers: r"intercepts_\[1\]: expected real numbers, got complex128",
    more_features: r"coefs_\[0\]: expected shape \(3, 300000, 6\)",
    other_code_book: r"code_book_: expected shape \(3, 3\) .* got \(3, 2\)",
}


@pytest.mark.parametrize("replace", REPLACED, ids=lambda replace: replace.__name__)
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_networks_that_do_not_fit_are_refused_by_every_method(replace, sparse):
    clf = fitted(warm_start=True)
    replace(clf)
    state = dict(vars(clf))
    rows = sp.csr_array(X) if sparse else X
    if replace is more_features:
        rows = few_entries(30)
    for call in (
        lambda: clf.predict_proba(rows),
        lambda: clf.partial_fit(rows, Y),
        lambda: clf.partial_fit(rows[:1], Y[:1]),
        lambda: clf.fit(rows, Y),
    ):
        with pytest.raises(ValueError, match=REPLACED[replace]):
            call()
        assert all(vars(clf)[name] is value for name, value in state.items())


def test_layer_one_of_many_sparse_features_is_checked():
    many = few_entries(20)
    clf = EDClassifier((4,), n_members=1, max_iter=1).fit(many, Y[:20])
    clf.coefs_[0] = clf.coefs_[0][:, :200]
    with pytest.raises(ValueError, match=r"coefs_\[0\]: expected shape \(3, 300000, 4\)"):
        clf.predict_proba(many)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64])
def test_deeper_arrays_of_another_dtype_are_converted(dtype):
    clf = fitted()
    clf.coefs_[1] = (100 * clf.coefs_[1]).astype(dtype)
    expected = fitted()
    expected.coefs_[1] = (100 * expected.coefs_[1]).astype(dtype).astype(np.float64)
    np.testing.assert_array_equal(clf.predict_proba(X), expected.predict_proba(X))
    assert clf.predict_proba(X).dtype == np.float64


def test_networks_of_single_precision_replace_those_of_double_precision():
    clf = fitted()
    clf.coefs_ = [coef.astype(np.float32) for coef in clf.coefs_]
    assert clf.predict_proba(X).dtype == np.float32
    assert clf.partial_fit(X, Y).coefs_[1].dtype == np.float32


def test_a_shape_changed_in_place_does_not_reach_the_networks():
    clf = fitted()
    before = clf.predict_proba(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        clf.coefs_[1].shape = (1, 18, 1)
    np.testing.assert_array_equal(clf.predict_proba(X), before)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_larger_networks_start_with_a_new_optimizer_state(solver):
    options = {"solver": solver, "momentum": 0.9, "hidden_layer_sizes": "auto"}
    clf = fitted(**options)
    larger = fitted(**{**options, "hidden_layer_sizes": (2000,)})
    clf.coefs_, clf.intercepts_ = larger.coefs_, larger.intercepts_
    clf.partial_fit(X, Y)
    assert clf.coefs_[1].shape == (3, 2000, 1)
    assert np.isfinite(clf.predict_proba(X)).all()


def test_a_change_in_place_counts_after_pickling_and_a_prediction():
    clf = pickle.loads(pickle.dumps(fitted()))
    before = clf.decision_function(X)
    for array in (clf.coefs_[1], clf.intercepts_[1]):
        array *= 2
    np.testing.assert_allclose(clf.decision_function(X), 2 * before)


def test_a_change_in_place_of_an_array_that_is_not_contiguous_counts():
    clf = fitted()
    clf.coefs_[0] = np.asfortranarray(clf.coefs_[0])
    clf.predict(X)
    clf.coefs_[0][...] = 0
    assert np.ptp(clf.decision_function(X), axis=0) == pytest.approx(0)


def test_scaled_inputs_with_recent_rows_are_twice_as_many():
    clf = EDClassifier.for_streams(random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    assert pickle.loads(pickle.dumps(clf)).predict_proba(X).shape == (30, 3)
    clf.coefs_[0] = clf.coefs_[0][:, :5]
    with pytest.raises(ValueError, match=r"coefs_\[0\]: expected shape \(3, 10, 100\)"):
        clf.predict(X)
