"""Input dropout: what is dropped, by every way of learning alike, and what it leaves alone."""

import copy
import pickle
from functools import cache

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_digits

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._backend import BACKENDS, use_backend
from sklearn_ed._backend.numpy_backend import DROPOUT_STEPS as STEPS
from sklearn_ed._backend.splitmix import random_words
from sklearn_ed._training.dropout import InputDropout

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

try:
    from sklearn_ed._backend import _batch
except ImportError:
    INSTRUCTION_SETS = []
else:
    INSTRUCTION_SETS = _batch.INSTRUCTION_SETS
BOTH = pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])
# Every way of learning an epoch: in batches, and row after row by the kernel and by steps.
WAYS = pytest.mark.parametrize(
    "way",
    [
        {"batch_size": 16},
        {"batch_size": 1, "solver": "sgd", "alpha": 0.01},
        {"batch_size": 1},
    ],
    ids=["batches", "kernel", "steps"],
)
digits, y_digits = load_digits(n_class=3, return_X_y=True)
# 61 features: the words, which hold four of them, do not come out even.
X, y = np.ascontiguousarray(digits[:90, 3:]) / 16, y_digits[:90]


def dropped(A, rate=0.3, key=5, epoch=0, n_batches=1):
    """A copy of A after that batch of that epoch."""
    dropout = InputDropout(rate, key, A.shape[1])
    dropout.begin(epoch)
    for _ in range(n_batches):
        copied = A.copy()
        dropout.apply(copied)
    return copied


def rows(n_features, dtype=np.float64, n_samples=7):
    rng = np.random.RandomState(n_features)
    A = rng.normal(size=(n_samples, n_features)).astype(dtype)
    A[rng.uniform(size=A.shape) < 0.3] = 0
    A[0, 0] = -0.0
    return A


def csr(A, wide=False):
    S = sp.csr_array(A)
    if wide:
        S.indices, S.indptr = S.indices.astype(np.int64), S.indptr.astype(np.int64)
    return S


def estimator(Estimator=EDClassifier, **params):
    defaults = {"dropout": 0.4, "max_iter": 3, "tol": 0, "random_state": 0}
    defaults["early_stopping"] = False
    return Estimator(6, **{**defaults, **params})


def assert_same_network(actual, expected, atol=0):
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(actual, name), getattr(expected, name), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=atol)


def test_random_words_are_those_of_splitmix64():
    """The numbers that its reference implementation gives for the seeds 0 and 1234567."""
    assert [f"{word:016x}" for word in random_words(0, range(3))] == [
        "e220a8397b1dcdaf",
        "6e789e6aa1b965f4",
        "06c45d188009454f",
    ]
    assert random_words(1234567, range(3)).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


@pytest.mark.parametrize("rate", [1e-4, 0.05, 0.2, 0.5, 0.93])
def test_share_dropped_and_expectation_kept(rate):
    """Within five standard deviations of binomial counts: by row, by feature and overall."""
    A = 1 + np.random.RandomState(0).uniform(size=(500, 402))
    factors = dropped(A, rate) / A
    exact = round(rate * STEPS) / STEPS
    assert exact == pytest.approx(rate, abs=1 / STEPS)
    values = np.unique(factors.round(9))
    np.testing.assert_allclose(values, [0, 1 / (1 - exact)], rtol=0, atol=1e-8)
    for axis in (0, 1, None):
        n = A.size if axis is None else A.shape[axis]
        deviation = np.sqrt(exact / (1 - exact) / n)
        if n * exact > 10:
            assert (np.abs(factors.mean(axis=axis) - 1) < 5 * deviation).all()


@pytest.mark.parametrize("rate", [1e-12, 1 - 1e-12])
def test_the_least_and_the_most_that_can_be_dropped(rate):
    A = 1 + np.random.RandomState(1).uniform(size=(200, 400))
    share = (dropped(A, rate) == 0).mean()
    assert share == pytest.approx(rate, abs=5e-4)
    assert np.isfinite(dropped(A, rate)).all()


def test_features_are_dropped_independently():
    """Neighbours share a word of random bits: their correlation is that of chance."""
    A = 1 + np.random.RandomState(2).uniform(size=(4000, 12))
    out = (dropped(A, 0.5) == 0).astype(float)
    correlation = np.corrcoef(out.T) - np.eye(12)
    assert np.abs(correlation).max() < 5 / np.sqrt(4000)


@pytest.mark.parametrize("form", ["dense", "CSR", "CSR, 64-bit"])
@pytest.mark.parametrize("n_features", [1, 3, 4, 5, 8, 31, 64, 66])
@pytest.mark.parametrize("instruction_set", INSTRUCTION_SETS)
@DTYPES
def test_kernels_equal_numpy(instruction_set, n_features, form, dtype):
    A = rows(n_features, dtype)
    A = A if form == "dense" else csr(A, wide="64" in form)
    _batch.use_instruction_set(instruction_set)
    try:
        with use_backend("compiled"):
            actual = dropped(A, 0.4)
    finally:
        _batch.use_instruction_set(INSTRUCTION_SETS[-1])
    with use_backend("numpy"):
        expected = dropped(A, 0.4)
    if form != "dense":
        actual, expected = actual.data, expected.data
    assert actual.dtype == dtype
    np.testing.assert_array_equal(actual, expected, strict=True)


@pytest.mark.usefixtures("each_backend")
@pytest.mark.parametrize("wide", [False, True])
@DTYPES
def test_sparse_rows_lose_what_dense_rows_lose(dtype, wide):
    A = rows(31, dtype)
    S = csr(A, wide)
    np.testing.assert_array_equal(dropped(S).toarray(), dropped(A))
    stored_zeros = csr(np.where(A == 0, 1, A), wide)
    stored_zeros.data = A[stored_zeros.nonzero()]
    np.testing.assert_array_equal(dropped(stored_zeros).toarray(), dropped(A))
    backwards = sp.csr_array(
        (S.data[::-1].copy(), S.indices[::-1].copy(), S.nnz - S.indptr[::-1]), shape=S.shape
    )
    np.testing.assert_array_equal(dropped(backwards).toarray(), dropped(A[::-1].copy()))
    empty = sp.csr_array((3, 31), dtype=dtype)
    assert dropped(empty).nnz == 0


@pytest.mark.usefixtures("each_backend")
def test_float32_loses_what_float64_loses():
    A = rows(31, n_samples=50)
    double, single = dropped(A), dropped(A.astype(np.float32))
    np.testing.assert_array_equal(double == 0, single == 0)
    np.testing.assert_allclose(single, double, rtol=1e-6)


def test_equal_rows_of_a_batch_lose_the_same_and_others_not():
    A = np.ones((6, 200))
    A[4:] = 2
    out = dropped(A) == 0
    np.testing.assert_array_equal(out[0], out[3])
    np.testing.assert_array_equal(out[4], out[5])
    assert (out[0] != out[4]).any()
    np.testing.assert_array_equal(dropped(A[::-1].copy())[0] == 0, out[4])


@pytest.mark.parametrize("other", [{"key": 6}, {"epoch": 1}, {"n_batches": 2}])
def test_batches_epochs_and_keys_differ(other):
    A = np.ones((1, 400))
    first, second = dropped(A), dropped(A, **other)
    np.testing.assert_array_equal(dropped(A), first)
    # Two draws at 0.3 differ in 0.42 of the inputs.
    assert 0.3 < (first != second).mean() < 0.54


def test_an_epoch_begins_at_its_first_batch():
    dropout, A = InputDropout(0.3, 5, 50), np.ones((3, 50))
    for epoch in (4, 0, 4):
        for n_batches in (1, 2):
            if n_batches == 1:
                dropout.begin(epoch)
            actual = A.copy()
            dropout.apply(actual)
            expected = dropped(A, epoch=epoch, n_batches=n_batches)
            np.testing.assert_array_equal(actual, expected)


def layouts(A):
    return {
        "C": A.copy(),
        "Fortran": np.asfortranarray(A),
        "view": np.repeat(A, 2, axis=1)[:, ::2],
        "reversed": A[::-1].copy()[::-1],
        "CSR": csr(A),
        "CSR, 64-bit": csr(A, wide=True),
        "CSC": sp.csc_array(A),
    }


@cache
def learned_from_plain_rows(Estimator, shuffle, *params):
    """What every layout comes to."""
    model = estimator(Estimator, shuffle=shuffle, **dict(params))
    return model.fit(X, y).partial_fit(X, y)


@BOTH
@WAYS
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("layout", list(layouts(np.eye(2))))
def test_the_callers_rows_are_left_alone_whatever_their_layout(Estimator, layout, shuffle, way):
    given = layouts(X)[layout]
    before = joblib.hash(given)
    model = estimator(Estimator, shuffle=shuffle, **way).fit(given, y)
    model.partial_fit(given, y)
    assert joblib.hash(given) == before
    assert_same_network(model, learned_from_plain_rows(Estimator, shuffle, *way.items()), 1e-9)


@BOTH
@WAYS
def test_dropout_changes_what_is_learned_but_not_what_is_drawn(Estimator, way):
    with_dropout, without = (
        estimator(Estimator, dropout=dropout, **way).fit(X, y) for dropout in (0.4, 0)
    )
    assert (with_dropout.coefs_[0] != without.coefs_[0]).any()
    states = [joblib.hash(m._random_state.get_state()) for m in (with_dropout, without)]
    assert states[0] == states[1]


@BOTH
@WAYS
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("container", [np.asarray, csr])
def test_calls_of_partial_fit_equal_fit_bit_for_bit(Estimator, way, shuffle, container):
    data = container(X)
    whole = estimator(Estimator, n_iter_no_change=np.inf, shuffle=shuffle, **way).fit(data, y)
    parts = estimator(Estimator, shuffle=shuffle, **way)
    call = {"classes": np.unique(y)} if Estimator is EDClassifier else {}
    for _ in range(3):
        parts.partial_fit(data, y, **call)
    assert_same_network(parts, whole)
    assert parts.loss_curve_ == whole.loss_curve_


@BOTH
def test_a_warm_start_goes_on_where_fit_ended(Estimator):
    params = {"solver": "sgd", "batch_size": 20, "n_iter_no_change": np.inf}
    params["learning_rate"] = "constant"
    warm = estimator(Estimator, warm_start=True, **params).fit(X, y).fit(X, y)
    whole = estimator(Estimator, max_iter=6, **params).fit(X, y)
    assert_same_network(warm, whole)
    assert warm.loss_curve_ == whole.loss_curve_


@BOTH
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("container", [np.asarray, csr])
@DTYPES
def test_weights_equal_copies_in_a_full_batch(Estimator, solver, container, dtype):
    copies = np.random.RandomState(0).randint(0, 4, size=90)
    repeated = np.repeat(np.arange(90), copies)
    A = X.astype(dtype)
    params = {"solver": solver, "batch_size": 1000}
    weighted = estimator(Estimator, **params).fit(container(A), y, copies.astype(float))
    copied = estimator(Estimator, **params).fit(container(A[repeated]), y[repeated])
    tolerance = 1e-9 if dtype == np.float64 else 1e-3
    assert_same_network(weighted, copied, atol=tolerance)


@BOTH
@WAYS
@pytest.mark.parametrize("start", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_a_copy_goes_on_alike(Estimator, way, start, copied):
    model = estimator(Estimator, **way)
    if start == "fit":
        model.fit(X, y)
    else:
        call = {"classes": np.unique(y)} if Estimator is EDClassifier else {}
        model.partial_fit(X, y, **call)
    twin = copied(model)
    for _ in range(2):
        model.partial_fit(X, y)
        twin.partial_fit(X, y)
    assert_same_network(twin, model)


@BOTH
def test_predictions_do_not_depend_on_dropout(Estimator):
    model = estimator(Estimator).fit(X, y)
    before = model.predict(X)
    np.testing.assert_array_equal(model.predict(X), before)
    model.set_params(dropout=0.9)
    np.testing.assert_array_equal(model.predict(X), before)


@BOTH
def test_validation_rows_lose_nothing(Estimator):
    """The score kept is that of the network returned, on whole rows."""
    model = estimator(Estimator, dropout=0.9, early_stopping=True, max_iter=5).fit(X, y)
    model.set_params(warm_start=True, solver="sgd", alpha=1e-300, n_iter_no_change=np.inf)
    before, best = len(model.validation_scores_), model.best_validation_score_
    model.fit(X, y)
    assert model.validation_scores_[before:] == [best] * 5


@BOTH
@pytest.mark.parametrize("dropout", [-0.1, 1, 1.0, np.nan, "0.2", None, True])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_what_is_no_share_is_refused(Estimator, dropout, method):
    message = r"^dropout: expected one of 'auto', or a real number in \[0, 1\), got "
    with pytest.raises(ValueError, match=message):
        getattr(Estimator(dropout=dropout), method)(X, y)


def test_digits_are_learned_without_half_of_the_inputs():
    clf = EDClassifier(dropout=0.5, max_iter=60, random_state=0)
    clf.fit(digits[:400] / 16, y_digits[:400])
    assert clf.score(digits[400:] / 16, y_digits[400:]) > 0.95


@pytest.mark.skipif("compiled" not in BACKENDS, reason="the compiled kernels are missing")
@WAYS
@BOTH
def test_without_the_kernels_numpy_learns_the_same(Estimator, way):
    with use_backend("compiled"):
        expected = estimator(Estimator, **way).fit(X, y)
    with use_backend("numpy"):
        actual = estimator(Estimator, **way).fit(X, y)
    assert_same_network(actual, expected, atol=1e-9)
