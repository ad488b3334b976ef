"""Input at the limits: a clear error before anything is changed, or the right result."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.comparison._target import check_target

rng = np.random.RandomState(0)
X = rng.normal(size=(40, 5))
Y = np.arange(40) % 3
OPTIONS = {
    "hidden_layer_sizes": (4,),
    "n_members": 1,
    "max_iter": 1,
    "early_stopping": False,
    "random_state": 0,
}


def lil_with(index):
    X_lil = sp.lil_array(X)
    X_lil.rows[0][2] = index
    return X_lil


@pytest.mark.parametrize("index", [5, 10**7, -1, -(10**7)])
def test_indices_of_a_lil_array_are_checked(index):
    clf = EDClassifier(**OPTIONS).fit(X, Y)
    for call in (lambda X: clf.fit(X, Y), clf.predict, lambda X: clf.partial_fit(X, Y)):
        with pytest.raises(ValueError, match="indices fit its shape"):
            call(lil_with(index))


def test_a_lil_row_needs_as_many_values_as_indices():
    X_lil = sp.lil_array(X)
    X_lil.data[0].append(1.0)
    with pytest.raises(ValueError, match="5 indices and 6 values in a row"):
        EDClassifier(**OPTIONS).fit(X_lil, Y)


def csr_with(**arrays):
    X_csr = sp.csr_array(X)
    for name, change in arrays.items():
        setattr(X_csr, name, change(getattr(X_csr, name)))
    return X_csr


def dok_with_index():
    X_dok = sp.dok_array(X)
    X_dok.setdefault((10**6, 0), 1.0)
    return X_dok


def dia_without_offsets():
    X_dia = sp.dia_array(X)
    X_dia.offsets = X_dia.offsets[:1]
    return X_dia


def lil_without_rows():
    X_lil = sp.lil_array(X)
    X_lil.rows = X_lil.rows[:1]
    return X_lil


def no_values_but_pointers():
    X_csc = sp.csc_array(X.shape)
    X_csc.indptr = np.array([0, 0, 10**7, 0, 0, 0])
    return X_csc


BAD_SPARSE = {
    # Differences of unsigned pointers are never negative.
    "unsigned pointers": lambda: csr_with(indptr=lambda p: np.r_[0, p[:0:-1]].astype("u4")),
    "pointers without values": no_values_but_pointers,
    "pointers of floats": lambda: csr_with(indptr=lambda p: p.astype(float)),
    "indices of objects": lambda: csr_with(indices=lambda i: i.astype(object)),
    "indices of two dimensions": lambda: csr_with(indices=lambda i: i[np.newaxis]),
    "dok": dok_with_index,
    "dia": dia_without_offsets,
    "lil": lil_without_rows,
}


@pytest.mark.parametrize("case", BAD_SPARSE)
def test_index_arrays_that_do_not_fit_are_refused(case):
    clf = EDClassifier(**OPTIONS).fit(X, Y)
    for call in (lambda X: clf.fit(X, Y), clf.predict):
        with pytest.raises(ValueError, match="indices fit its shape"):
            call(BAD_SPARSE[case]())


@pytest.mark.parametrize("dtypes", [("u4", "i8"), ("i2", "i4"), ("i8", "u8")])
def test_index_arrays_of_two_dtypes_are_converted(dtypes):
    pointers, indices = dtypes
    X_csr = csr_with(indptr=lambda p: p.astype(pointers), indices=lambda i: i.astype(indices))
    clf = EDClassifier(**OPTIONS).fit(X_csr, Y)
    np.testing.assert_array_equal(clf.predict_proba(X_csr), clf.predict_proba(sp.csr_array(X)))
    assert X_csr.indices.dtype == indices


@pytest.mark.parametrize("kind", ["lil", "dok", "dia", "coo", "bsr", "csc"])
def test_every_sparse_format_gives_the_same_networks(kind):
    expected = EDClassifier(**OPTIONS).fit(sp.csr_array(X), Y)
    clf = EDClassifier(**OPTIONS).fit(sp.csr_array(X).asformat(kind), Y)
    np.testing.assert_array_equal(clf.coefs_[0], expected.coefs_[0])


@pytest.mark.parametrize("name", ["data", "indices"])
@pytest.mark.parametrize("batch_size", [1, 10])
def test_a_csr_array_over_data_that_are_not_contiguous(name, batch_size):
    X_csr, X_apart = sp.csr_array(X), sp.csr_array(X)
    setattr(X_apart, name, np.repeat(getattr(X_csr, name), 2)[::2])
    assert not getattr(X_apart, name).flags.c_contiguous
    options = {**OPTIONS, "batch_size": batch_size, "solver": "sgd"}
    expected, clf = (EDClassifier(**options).fit(rows, Y) for rows in (X_csr, X_apart))
    np.testing.assert_array_equal(clf.predict_proba(X_apart), expected.predict_proba(X_csr))


@pytest.mark.parametrize("sizes", [(), (4,)], ids=str)
@pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
def test_predictions_of_too_large_values_are_refused(Estimator, sizes):
    """Infinite sums of both signs are no number: activations would mean nothing."""
    options = {**OPTIONS, "hidden_layer_sizes": sizes, "alpha": 0.5}
    model = Estimator(**options).fit(X, Y)
    one = np.full((1, 5), 1e308) * [1, -1, 1, -1, 1]
    for rows in (one, np.repeat(one, 300, axis=0), sp.csr_array(one)):
        with pytest.raises(ValueError, match=r"X: expected values up to .*got values up to 1e"):
            model.predict(rows)
    assert np.isfinite(model.predict(one * 1e-10)).all()
    assert np.isfinite(model.predict(sp.csr_array(one * 1e-10))).all()


@pytest.mark.parametrize("way", ["set_weights", "attributes", "pickle"])
@pytest.mark.parametrize("scaled", [False, True])
def test_values_too_large_for_large_weights_are_refused(scaled, way):
    """Moderate values times huge weights are infinite sums of both signs, too."""
    options = {**OPTIONS, "hidden_layer_sizes": (), "scale_inputs": scaled, "solver": "sgd"}
    clf = EDClassifier(**options).fit(X, Y > 0)
    coefs, intercepts = clf.get_weights()
    coefs[0][...] = 2e307 * np.array([1, -1, 1, -1, 1])[:, np.newaxis]
    if way == "set_weights":
        clf.set_weights(coefs, intercepts)
    else:
        clf.coefs_ = coefs
    if way == "pickle":
        clf = pickle.loads(pickle.dumps(clf))
    small, large = np.full((3, 5), 1e-9), np.full((3, 5), 1e10)
    if not scaled:
        assert not np.isnan(clf.decision_function(small)).any()
    for rows in (large, large[:1], large.tolist()):
        with pytest.raises(ValueError, match="X: expected values up to"):
            clf.decision_function(rows)


def test_a_width_that_float32_cannot_divide_by_is_refused():
    with pytest.raises(ValueError, match="u0: expected a real number >= 1e-30"):
        EDClassifier(u0=1e-39).fit(X, Y)
    clf = EDClassifier(**OPTIONS, u0=1e-30).fit(X.astype(np.float32), Y)
    zeros = [np.zeros_like(coef) for coef in clf.coefs_]
    clf.set_weights(zeros, [np.zeros_like(bias) for bias in clf.intercepts_])
    assert (clf.hidden_activations(X) == 0.5).all()


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
def test_too_large_values_are_refused(Estimator, kind):
    """Otherwise a fitted estimator would refuse to predict what it has learned."""
    large, model = kind(np.full(X.shape, 1e308)), Estimator(**OPTIONS)
    classes = {"classes": [0, 1, 2]} if Estimator is EDClassifier else {}
    for learn in (model.fit, lambda X, y: model.partial_fit(X, y, **classes)):
        with pytest.raises(ValueError, match=r"X: expected values up to .*got values up to 1e"):
            learn(large, Y)
        assert not hasattr(model, "coefs_")


def test_integer_targets_that_are_equal_as_floats_are_refused():
    y = np.uint64(2**63) + np.arange(40, dtype=np.uint64)
    with pytest.raises(ValueError, match="y: expected values that differ in float64"):
        EDRegressor(**OPTIONS).fit(X, y)
    with pytest.raises(ValueError, match="y: expected values that differ in float32"):
        EDRegressor(**OPTIONS).fit(X.astype(np.float32), 1e12 + np.arange(40.0))
    assert np.isfinite(EDRegressor(**OPTIONS).fit(X, np.full(40, 7)).predict(X)).all()


@pytest.mark.parametrize("scale", [1e-300, 1.0, 2.0**1000])
def test_early_stopping_scores_targets_of_any_scale(scale):
    options = {**OPTIONS, "early_stopping": True, "max_iter": 3}
    reg = EDRegressor(**options).fit(X, X[:, 0] * scale)
    assert np.isfinite(reg.validation_scores_).all()
    assert np.isfinite(reg.predict(X)).all()


def test_a_comparison_refuses_targets_whose_squares_overflow():
    with pytest.raises(ValueError, match=r"y: expected numbers up to 1e\+150, got 1e\+300"):
        check_target(np.linspace(-1e300, 1e300, 40), "regression", "y")


def test_epsilon_that_is_zero_in_the_dtype_is_named():
    X_32 = X.astype(np.float32)
    X_32[:, 0] = 0
    with pytest.raises(
        ValueError, match=r"epsilon: expected at least 1\.17549e-38 for float32"
    ):
        EDClassifier(**OPTIONS, epsilon=1e-50).fit(X_32, Y)
    assert np.isfinite(EDClassifier(**OPTIONS, epsilon=1e-50).fit(X, Y).loss_)


@pytest.mark.parametrize("name", ["alpha", "beta", "u0", "power_t", "tol", "weight_decay"])
def test_integers_beyond_all_floats_are_refused(name):
    with pytest.raises(ValueError, match=f"{name}: expected .*real number"):
        EDClassifier(**OPTIONS, **{name: 10**400}).fit(X, Y)


@pytest.mark.parametrize("code_size", [1e308, 1e9, 10**400])
def test_more_networks_than_memory_holds_are_refused(code_size):
    with pytest.raises(ValueError, match=r"code_size: expected .*number"):
        EDClassifier(**OPTIONS, code_size=code_size).fit(X, Y)


@pytest.mark.parametrize("n", [1, 39, 41])
def test_the_length_of_sample_weight_is_named(n):
    message = f"sample_weight: expected 40 weights, one for each row of X, got {n}"
    for model in (EDClassifier(**OPTIONS), EDRegressor(**OPTIONS)):
        with pytest.raises(ValueError, match=message):
            model.fit(X, Y, sample_weight=np.ones(n))


@pytest.mark.parametrize("value", [1e308, -1e308])
@pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
def test_weights_whose_sums_overflow_are_refused(Estimator, value):
    """Infinite sums of both signs are no number."""
    model = Estimator(**OPTIONS | {"hidden_layer_sizes": ()}).fit(X, Y)
    coefs, intercepts = model.get_weights()
    with pytest.raises(ValueError, match=r"^coefs\[0\]: expected numbers up to .*got 1e\+308"):
        model.set_weights([np.full_like(coefs[0], value)], intercepts)
    with pytest.raises(ValueError, match=r"^intercepts\[0\]: expected numbers up to"):
        model.set_weights(coefs, [np.full_like(intercepts[0], value)])
    assert np.isfinite(model.set_weights(coefs, intercepts).predict(X)).all()


@pytest.mark.parametrize("targets", [np.full(40, 5e-324), 1e300 + np.zeros(40), X[:, 0]])
def test_targets_and_beta_at_the_limits_of_floats(targets):
    """Warnings are errors here."""
    reg = EDRegressor(**OPTIONS, beta=1e-300).fit(X, targets)
    assert np.isfinite(reg.intercepts_[-1]).all()
    assert np.isfinite(reg.predict(X)).all()
    reg = EDRegressor(**OPTIONS).partial_fit(X, np.full(40, 5e-324))
    assert np.isfinite(reg.partial_fit(X, X[:, 0] * 1e300).predict(X)).all()


def test_a_large_epsilon_for_float32():
    reg = EDRegressor(**OPTIONS, epsilon=1e300).fit(X.astype(np.float32), X[:, 0])
    assert np.isfinite(reg.predict(X)).all()


def test_a_failed_call_draws_nothing_from_the_random_state():
    rng_state = np.random.RandomState(3)
    model = EDClassifier(**OPTIONS | {"random_state": rng_state})
    with pytest.raises(ValueError, match="X: expected values up to"):
        model.fit(np.full(X.shape, 1e308), Y)
    assert rng_state.randint(10**6) == np.random.RandomState(3).randint(10**6)
