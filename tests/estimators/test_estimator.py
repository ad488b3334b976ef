"""What both estimators share: state, copies, random state, memory of their own."""

import copy
import pickle
import re

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor

X, y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
SETTINGS = {"tol": 1.0, "n_iter_no_change": 2, "random_state": 0}
ONE = {"n_members": 1}


@pytest.fixture
def clf():
    return EDClassifier((5, 4), code_size=None, **ONE, **SETTINGS).fit(X, y)


def test_shapes_of_the_fitted_state(clf):
    assert [coef.shape for coef in clf.coefs_] == [(3, 4, 5), (3, 5, 4), (3, 4, 1)]
    assert [b.shape for b in clf.intercepts_] == [(3, 5), (3, 4), (3, 1)]
    assert (clf.n_layers_, clf.n_outputs_, clf.n_networks_) == (4, 3, 3)
    assert clf.out_activation_ == "softmax"
    assert clf.code_book_.tolist() == np.eye(3).tolist()
    assert clf.t_ == clf.n_iter_ * 150
    assert clf.loss_ == clf.loss_curve_[-1]
    assert clf.best_loss_ == min(clf.loss_curve_)


def test_documented_forward_pass(clf):
    """coefs_ and intercepts_ are all that a prediction needs, as the docstring says."""
    Z = X
    for coef, intercept in zip(clf.coefs_, clf.intercepts_, strict=True):
        A = Z @ coef + clf.beta * intercept[:, np.newaxis]
        Z = 1 / (1 + np.exp(-2 * A / clf.u0))
    np.testing.assert_allclose(clf.decision_function(X), A[:, :, 0].T, rtol=1e-12)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_assigning_into_coefs_changes_predictions(clf, layer):
    before = clf.decision_function(X)
    clf.coefs_[layer][1] *= 2
    after = clf.decision_function(X)
    assert (after[:, 1] != before[:, 1]).any()
    np.testing.assert_array_equal(after[:, [0, 2]], before[:, [0, 2]])


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_replacing_an_array_of_coefs_changes_predictions(clf, layer):
    clf.coefs_[layer] = np.zeros_like(clf.coefs_[layer])
    flat = clf.decision_function(X)
    np.testing.assert_allclose(flat, np.broadcast_to(flat[0], flat.shape))


def test_pickle_gives_the_same_predictions_and_the_fast_layout(clf):
    loaded = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    assert loaded.coefs_[0].transpose(1, 0, 2).flags.c_contiguous


def test_pickle_after_fit_is_little_more_than_the_weights():
    digits, labels = load_digits(return_X_y=True)
    clf = EDClassifier(64, **SETTINGS).fit(digits, labels)
    weights = sum(array.nbytes for array in [*clf.coefs_, *clf.intercepts_])
    assert len(pickle.dumps(clf)) < 1.1 * weights


@pytest.mark.parametrize("way", [copy.deepcopy, lambda est: pickle.loads(pickle.dumps(est))])
def test_a_copy_in_mid_stream_goes_on_alike(way):
    clf = EDClassifier(random_state=0, batch_size=20)
    clf.partial_fit(X, y, classes=[0, 1, 2])
    twin = way(clf)
    for est in (clf, twin):
        est.partial_fit(X, y)
    for mine, other in zip(clf.coefs_, twin.coefs_, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_partial_fit_leaves_arrays_that_were_handed_out_alone(clf):
    handed_out = clf.coefs_[0]
    before = handed_out.copy()
    clf.partial_fit(X, y)
    np.testing.assert_array_equal(handed_out, before)
    assert (clf.coefs_[0] != before).any()


def test_fit_starts_anew_unless_warm(clf):
    scores = clf.decision_function(X)
    np.testing.assert_array_equal(clf.fit(X, y).decision_function(X), scores)
    clf.set_params(warm_start=True).fit(X, y)
    assert (clf.decision_function(X) != scores).any()


def test_a_random_state_instance_is_consumed():
    rng = np.random.RandomState(0)
    settings = {**SETTINGS, "random_state": rng}
    first = EDClassifier(**settings).fit(X, y).coefs_[0]
    second = EDClassifier(**settings).fit(X, y).coefs_[0]
    assert (first != second).any()
    settings["random_state"] = np.random.RandomState(0)
    np.testing.assert_array_equal(EDClassifier(**settings).fit(X, y).coefs_[0], first)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rows_of_weight_zero_are_as_good_as_absent():
    weight = np.random.RandomState(0).randint(0, 3, size=150).astype(float)
    for batch_size in (1, 16, "auto"):
        est = EDClassifier(max_iter=3, batch_size=batch_size, random_state=0)
        weighted = clone(est).fit(X, y, weight)
        kept = weight > 0
        without = clone(est).fit(X[kept], y[kept], weight[kept])
        for mine, other in zip(weighted.coefs_, without.coefs_, strict=True):
            np.testing.assert_array_equal(mine, other)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_scale_of_all_weights_changes_nothing_in_batches():
    est = EDRegressor(max_iter=3, batch_size=50, random_state=0)
    weight = np.random.RandomState(0).uniform(1, 2, size=150)
    mine = clone(est).fit(X, X[:, 0], weight).predict(X)
    np.testing.assert_allclose(mine, clone(est).fit(X, X[:, 0], 8 * weight).predict(X))


def test_sparse_data_is_never_made_dense(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("made dense")

    for container in (sp.csr_array, sp.csc_array, sp.csr_matrix, sp.csc_matrix):
        monkeypatch.setattr(container, "toarray", refuse)
        monkeypatch.setattr(container, "todense", refuse)
    for container in (sp.csr_array, sp.csc_array, sp.csr_matrix, sp.csc_matrix):
        clf = EDClassifier(**SETTINGS, batch_size=40).fit(container(X), y)
        assert clf.score(container(X), y) > 0.8


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_grid_search_in_a_pipeline():
    search = GridSearchCV(
        make_pipeline(StandardScaler(), EDClassifier(max_iter=50, random_state=0)),
        {"edclassifier__alpha": [1e-4, 0.05], "edclassifier__hidden_layer_sizes": [4, (4, 4)]},
        cv=3,
    )
    search.fit(X, y)
    assert search.best_score_ > 0.9
    assert search.best_params_["edclassifier__alpha"] == 0.05


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"hidden_layer_sizes": (7,)}, r"hidden_layer_sizes: expected \(5, 4\).*got \(7,\)"),
        ({"code_size": 4}, r"code_size: expected .* same 3 networks.*got 4"),
    ],
)
def test_a_changed_structure_is_refused_in_going_on(clf, changed, message):
    clf.set_params(**changed)
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("container", [sp.csr_array, sp.csr_matrix])
@pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
def test_sparse_y_equals_dense_y(Estimator, container, early_stopping):
    Y = (X[:, :2] > 0).astype(int)
    est = Estimator(max_iter=3, early_stopping=early_stopping, random_state=0)
    dense = clone(est).fit(X, Y).predict(X)
    np.testing.assert_array_equal(est.fit(X, container(Y)).predict(X), dense)


def test_sparse_coordinates_out_of_range_are_refused(clf):
    broken = sp.coo_array(X)
    broken.col[3] = 10**8
    for call in (clf.predict, lambda X: clf.fit(X, y)):
        with pytest.raises(ValueError, match=r"X: expected a sparse array"):
            call(broken)


@pytest.mark.parametrize("changed", [{"u0": 2.0}, {"beta": 0.1}, {"loss": "squared_error"}])
def test_predictions_go_by_what_was_fitted(clf, changed):
    before = clf.predict_proba(X)
    clf.set_params(**changed)
    np.testing.assert_array_equal(clf.predict_proba(X), before)
    message = f"{next(iter(changed))}: expected .* to continue training"
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, y)


@pytest.mark.parametrize("solver", [{"solver": "adam"}, {"solver": "sgd", "momentum": 0.9}])
def test_another_mode_starts_without_the_moments_of_the_first(solver):
    """Those of two-way weights would drive weights that only grow beyond zero."""
    options = {"alpha": 0.02, "weight_decay": 0.0, "random_state": 0, **solver}
    est = EDRegressor((8, 8), weight_decrement=True, **options)
    for sweep in range(10):
        est.partial_fit(X, X[:, 0] - 3 * (sweep > 5))
    est.set_params(weight_decrement=False)
    for _ in range(3):
        before = [np.abs(coef) for coef in est.coefs_[1:]]
        est.partial_fit(X, X[:, 0])
        for coef, magnitude in zip(est.coefs_[1:], before, strict=True):
            assert (np.abs(coef) >= magnitude).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("batch_size", [1, 16, "auto"])
@pytest.mark.parametrize("weight", [np.ones(150), 1.0])
def test_weights_of_one_are_no_weights(batch_size, weight):
    est = EDClassifier(max_iter=3, batch_size=batch_size, random_state=0)
    weighted, plain = clone(est).fit(X, y, weight), clone(est).fit(X, y)
    for mine, other in zip(weighted.coefs_, plain.coefs_, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_chunk_may_have_many_classes_and_few_rows():
    """scikit-learn's warning that y looks like a regression's is an error in the tests."""
    clf = EDClassifier(max_iter=1, random_state=0)
    clf.partial_fit(X[:30], np.arange(30) % 25, classes=np.arange(25))
    assert clf.predict_proba(X).shape == (150, 25)
    with pytest.warns(UserWarning, match="number of unique classes"):
        clf.fit(X[:30], np.arange(30) % 25)


def test_a_loss_that_overflows_is_refused():
    """The scale of the targets, which keeps losses small, is that of the first call."""
    reg = EDRegressor(max_iter=3, random_state=0).fit(X, X[:, 0])
    before = reg.predict(X)
    reg.set_params(warm_start=True)
    for call in (reg.fit, reg.partial_fit):
        with pytest.raises(ValueError, match="non-finite loss"):
            call(X, 1e200 * X[:, 0])
    np.testing.assert_array_equal(reg.predict(X), before)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_members", [1, 3, "auto"])
@pytest.mark.parametrize("learning_rate", ["constant", "invscaling", "linear", "cosine"])
def test_calls_of_partial_fit_follow_the_schedule_of_fit(learning_rate, n_members):
    rng = np.random.RandomState(0)
    # Enough rows for "invscaling" to tell.
    X, y = rng.normal(size=(40_000, 2)), rng.randint(2, size=40_000)
    options = {"learning_rate": learning_rate, "alpha": 0.01, "random_state": 0, "tol": 0.0}
    options |= {"early_stopping": False, "n_members": n_members}
    whole = EDClassifier(3, max_iter=3, n_iter_no_change=np.inf, **options).fit(X, y)
    parts = EDClassifier(3, max_iter=3, **options)
    for _ in range(3):
        parts.partial_fit(X, y, classes=[0, 1])
    np.testing.assert_array_equal(whole.coefs_[0], parts.coefs_[0])
    steady = EDClassifier(3, max_iter=3, **{**options, "learning_rate": "constant"})
    for _ in range(3):
        steady.partial_fit(X, y, classes=[0, 1])
    same = np.array_equal(steady.coefs_[0], parts.coefs_[0])
    assert same == (learning_rate == "constant")


@pytest.mark.parametrize("learning_rate", ["linear", "cosine"])
def test_a_tenth_of_the_rate_is_left_after_the_end_of_a_schedule(learning_rate):
    X, y = np.eye(4), [0, 1, 0, 1]
    params = {"solver": "sgd", "weight_decay": 0, "shuffle": False, "random_state": 0}
    clf = EDClassifier(3, max_iter=2, learning_rate=learning_rate, alpha=0.1, **params)
    for _ in range(2):
        clf.partial_fit(X, y, classes=[0, 1])
    tenth = copy.deepcopy(clf).set_params(learning_rate="constant", alpha=0.01)
    clf.partial_fit(X, y)
    np.testing.assert_allclose(clf.coefs_[0], tenth.partial_fit(X, y).coefs_[0], rtol=1e-12)
    assert not np.array_equal(clf.coefs_[0], clf.fit(X, y).coefs_[0])
    # fit has come to the end, whatever max_iter says afterwards.
    tenth = copy.deepcopy(clf).set_params(learning_rate="constant", alpha=0.01)
    clf.set_params(max_iter=100).partial_fit(X, y)
    np.testing.assert_allclose(clf.coefs_[0], tenth.partial_fit(X, y).coefs_[0], rtol=1e-12)


@pytest.mark.parametrize("learning_rate", ["linear", "cosine"])
def test_a_stream_of_unknown_length_keeps_the_rate(learning_rate):
    X, y = np.eye(4), [0, 1, 0, 1]
    clf, steady = (
        EDClassifier(3, learning_rate=rate, random_state=0)
        for rate in (learning_rate, "constant")
    )
    for _ in range(300):
        for each in (clf, steady):
            each.partial_fit(X, y, classes=[0, 1])
    np.testing.assert_array_equal(clf.coefs_[0], steady.coefs_[0])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_warm_start_wants_the_same_classes():
    params = {"hidden_layer_sizes": 2, "max_iter": 3, "warm_start": True, "random_state": 42}
    clf = EDClassifier(**params).fit(X, y)
    clf.fit(X, y)
    clf.fit(X, np.repeat([0, 1, 2], [40, 40, 70]))
    for classes, counts in [
        ([0, 1], [75, 75]),
        ([0, 1, 3], [50, 50, 50]),
        ([0, 1, 2, 3], [37, 37, 38, 38]),
        ([0, 1, 2, 3, 4], [30] * 5),
    ]:
        message = (
            "warm_start can only be used where `y` has the same classes as in the previous "
            f"call to fit. Previously got [0 1 2], `y` has {np.array(classes)}"
        )
        with pytest.raises(ValueError, match=re.escape(message)):
            clf.fit(X, np.repeat(classes, counts))
