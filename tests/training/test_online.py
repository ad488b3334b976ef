"""The compiled online kernel against the scalar reference and against the NumPy step."""

from functools import partial
from threading import Barrier, Event

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import assert_same_parameters, bank_of, make_trainer, random_references
from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._backend import backend, threads, use_backend
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.code_book import make_code_book
from sklearn_ed._networks.outputs import ClassOutputs, LabelOutputs, TargetOutputs
from sklearn_ed._training import online
from sklearn_ed._training.data import TrainingData
from sklearn_ed._training.online import learn_row_in_place
from sklearn_ed._training.schedules import EpochRate

_online = pytest.importorskip("sklearn_ed._backend._online")
# Widths around and beyond the vectors' lengths, and no hidden layer.
SIZES = [(), (1,), (7,), (16,), (33,), (3, 5), (18, 2), (2, 17, 4), (16,) * 4]
KINDS = ["binary", "classes", "code", "pairs", "squared", "labels", "label_squares", "targets"]


def make_outputs(kind, n_samples, rng, dtype=np.float64):
    """Outputs with their networks, and targets."""
    if kind == "binary":
        return (
            ClassOutputs(np.array([[0, 1]], dtype), "log_loss", 0.4),
            1,
            rng.randint(2, size=n_samples),
        )
    if kind in ("classes", "squared"):
        loss = "log_loss" if kind == "classes" else "squared_error"
        return (
            ClassOutputs(np.eye(3, dtype=dtype), loss, 0.4),
            3,
            rng.randint(3, size=n_samples),
        )
    if kind == "code":
        code = make_code_book(4, 5, rng).astype(dtype)
        return ClassOutputs(code, "log_loss", 0.4), 20, rng.randint(4, size=n_samples)
    if kind == "pairs":
        code = make_code_book(4, "one_vs_one", rng).astype(dtype)
        return ClassOutputs(code, "log_loss", 0.4), 6, rng.randint(4, size=n_samples)
    if kind == "targets":
        return TargetOutputs(), 2, rng.normal(size=(n_samples, 2)).astype(dtype)
    loss = "log_loss" if kind == "labels" else "squared_error"
    return LabelOutputs(loss, 0.4), 3, rng.randint(2, size=(n_samples, 3)).astype(np.int8)


def make_bank(sizes, n_networks, n_features, rng, dtype=np.float64):
    return NetworkBank.initialize(
        n_features,
        sizes,
        n_networks,
        init="scaled",
        u0=0.4,
        beta=0.8,
        dtype=dtype,
        rng=rng,
    )


def make_data(X, targets, weighted, rng):
    n_samples = X.shape[0]
    weight = rng.uniform(0.2, 2, size=n_samples).astype(X.dtype) if weighted else None
    return TrainingData(X, targets, weight, rng.permutation(n_samples)[: n_samples - 2])


def learn(bank, outputs, data, *, alpha, two_way, name="compiled", n_jobs=None):
    """One epoch on a copy of the bank; returns it and the loss."""
    bank = bank.copy()
    trainer = make_trainer(bank, outputs, two_way=two_way, n_jobs=n_jobs)
    with use_backend(name):
        return bank, trainer.epoch(data, 1, None, EpochRate.constant(alpha))


def sparse_rows(rng, n_samples, n_features, dtype=np.float64):
    X = rng.normal(size=(n_samples, n_features))
    X[rng.uniform(size=X.shape) < 0.6] = 0
    X[3] = 0
    return X.astype(dtype)


@pytest.mark.parametrize("two_way", [False, True])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_epoch_equals_scalar_reference(sizes, two_way):
    rng = np.random.RandomState(len(sizes))
    references = random_references(rng, 21, sizes, 3, weight_decrement=two_way)
    bank = bank_of(references)
    X, labels = sparse_rows(rng, 12, 21), rng.randint(3, size=12)
    outputs = ClassOutputs(np.eye(3), "squared_error", 0.4)
    data = TrainingData(X, labels, None, np.arange(12))
    with use_backend("compiled"):
        make_trainer(bank, outputs, two_way=two_way).epoch(
            data, 1, None, EpochRate.constant(0.3)
        )
    for x, label in zip(X, labels, strict=True):
        for k, reference in enumerate(references):
            reference.learn(x, float(k == label), 0.3)
    assert_same_parameters(bank, references)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("two_way", [False, True])
def test_epoch_equals_numpy_steps(sizes, kind, two_way, dtype):
    rng = np.random.RandomState(1)
    outputs, n_networks, targets = make_outputs(kind, 25, rng, dtype)
    bank = make_bank(sizes, n_networks, 37, rng, dtype)
    data = make_data(sparse_rows(rng, 25, 37, dtype), targets, True, rng)
    # A step that is too long for the linear output units would magnify rounding errors.
    options = {"alpha": 0.02, "two_way": two_way}
    expected, expected_loss = learn(bank, outputs, data, name="numpy", **options)
    actual, loss = learn(bank, outputs, data, **options)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(actual.flat, expected.flat, rtol=0, atol=tolerance)
    assert loss == pytest.approx(expected_loss, rel=tolerance)
    assert np.abs(actual.flat - bank.flat).max() > 1e-3


@pytest.mark.parametrize("instruction_set", _online.INSTRUCTION_SETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_instruction_set_gives_the_same(instruction_set, dtype, monkeypatch):
    rng = np.random.RandomState(2)
    outputs, n_networks, targets = make_outputs("code", 25, rng, dtype)
    bank = make_bank((18, 9), n_networks, 70, rng, dtype)
    data = make_data(sparse_rows(rng, 25, 70, dtype), targets, False, rng)
    options = {"alpha": 0.2, "two_way": False}
    expected, _ = learn(bank, outputs, data, name="numpy", **options)
    with use_backend("compiled"):
        kernel = partial(_online.learn, instruction_set=instruction_set)
        monkeypatch.setattr(type(backend()), "learn_online", staticmethod(kernel))
    actual, _ = learn(bank, outputs, data, **options)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(actual.flat, expected.flat, rtol=0, atol=tolerance)


def layouts(X):
    """The same rows in every form that the kernel reads."""
    wide = sp.csr_array(X)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    twice = sp.csr_array(X)
    data = np.repeat(twice.data / 2, 2)
    twice = sp.csr_array((data, np.repeat(twice.indices, 2), twice.indptr * 2), shape=X.shape)
    stored = sp.csr_array(np.where(X == 0, 1.0, X))
    stored.data = X[stored.nonzero()]
    record = np.zeros(X.shape[0], dtype=[("x", X.dtype, X.shape[1]), ("id", np.int32)])
    record["x"] = X
    return {
        "Fortran": np.asfortranarray(X),
        "strided": np.repeat(X, 2, axis=1)[:, ::2],
        "rows": np.repeat(X, 2, axis=0)[::2],
        "reversed": X[::-1].copy()[::-1],
        "field of a packed record": record["x"],
        "reversed field": record[::-1].copy()[::-1]["x"],
        "CSR": sp.csr_array(X),
        "CSR with stored zeros": stored,
        "CSR, 64-bit": wide,
        "CSR, entries twice": twice,
    }


@pytest.mark.parametrize("layout", list(layouts(np.eye(2))))
def test_layout_of_X_does_not_matter(layout):
    rng = np.random.RandomState(3)
    outputs, n_networks, targets = make_outputs("classes", 25, rng)
    bank = make_bank((6,), n_networks, 40, rng)
    X = sparse_rows(rng, 25, 40)
    data = make_data(X, targets, False, rng)
    other = TrainingData(layouts(X)[layout], targets, None, data.rows)
    options = {"alpha": 0.5, "two_way": False}
    expected, _ = learn(bank, outputs, data, **options)
    actual, _ = learn(bank, outputs, other, **options)
    np.testing.assert_allclose(actual.flat, expected.flat, rtol=0, atol=1e-13)


def test_an_epoch_in_pieces_is_the_same(monkeypatch):
    """Long epochs are cut, so that Ctrl-C is noticed: no update may be lost at the cuts."""
    rng = np.random.RandomState(4)
    outputs, n_networks, targets = make_outputs("classes", 25, rng)
    bank = make_bank((6, 4), n_networks, 40, rng)
    data = make_data(sparse_rows(rng, 25, 40), targets, True, rng)
    options = {"alpha": 0.5, "two_way": True}
    expected, expected_loss = learn(bank, outputs, data, **options)
    monkeypatch.setattr(online, "CALL_WEIGHTS", 4 * bank.flat.size)
    actual, loss = learn(bank, outputs, data, **options)
    np.testing.assert_allclose(actual.flat, expected.flat, rtol=0, atol=1e-13)
    assert loss == pytest.approx(expected_loss, rel=1e-13)


@pytest.mark.parametrize("kind", ["squared", "labels", "targets"])
@pytest.mark.parametrize("n_jobs", [2, 3, -1])
def test_threads_learn_the_same(kind, n_jobs):
    rng = np.random.RandomState(5)
    outputs, n_networks, targets = make_outputs(kind, 40, rng)
    bank = make_bank((16, 5), n_networks, 30, rng)
    data = make_data(sparse_rows(rng, 40, 30), targets, True, rng)
    options = {"alpha": 0.3, "two_way": False}
    expected, expected_loss = learn(bank, outputs, data, **options)
    actual, loss = learn(bank, outputs, data, n_jobs=n_jobs, **options)
    np.testing.assert_allclose(actual.flat, expected.flat, rtol=0, atol=1e-13)
    assert loss == pytest.approx(expected_loss, rel=1e-13)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**31),
    sizes=st.lists(st.integers(1, 35), max_size=3),
    n_features=st.integers(1, 70),
    kind=st.sampled_from(KINDS),
    two_way=st.booleans(),
)
def test_random_networks_equal_numpy_steps(seed, sizes, n_features, kind, two_way):
    rng = np.random.RandomState(seed)
    outputs, n_networks, targets = make_outputs(kind, 9, rng)
    bank = make_bank(tuple(sizes), n_networks, n_features, rng)
    data = make_data(sparse_rows(rng, 9, n_features), targets, True, rng)
    options = {"alpha": 0.1, "two_way": two_way}
    expected, _ = learn(bank, outputs, data, name="numpy", **options)
    actual, _ = learn(bank, outputs, data, **options)
    np.testing.assert_allclose(actual.flat, expected.flat, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saturated_units_stay_as_they_are_in_numpy(dtype):
    rng = np.random.RandomState(6)
    outputs, n_networks, targets = make_outputs("squared", 10, rng, dtype)
    bank = make_bank((5, 4), n_networks, 8, rng, dtype)
    X = (1e4 * rng.normal(size=(10, 8))).astype(dtype)
    data = TrainingData(X, targets, None, np.arange(10))
    options = {"alpha": 0.1, "two_way": False}
    expected, _ = learn(bank, outputs, data, name="numpy", **options)
    actual, _ = learn(bank, outputs, data, **options)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(actual.flat, expected.flat, rtol=0, atol=tolerance)


@pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
def test_divergence_is_an_error_and_keeps_what_was_learned(Estimator):
    rng = np.random.RandomState(7)
    X, y = rng.normal(size=(30, 4)), rng.randint(3, size=30)
    est = Estimator((5,), solver="sgd", batch_size=1, alpha=0.01, max_iter=2, tol=0)
    est.partial_fit(X, y, **({"classes": [0, 1, 2]} if Estimator is EDClassifier else {}))
    before = [coef.copy() for coef in est.coefs_]
    est.set_params(alpha=1e308)
    with pytest.raises(ValueError, match="non-finite"):
        est.partial_fit(1e10 * X, y)
    for coef, kept in zip(est.coefs_, before, strict=True):
        np.testing.assert_array_equal(coef, kept)


def test_calls_of_partial_fit_equal_fit_bit_for_bit():
    rng = np.random.RandomState(8)
    X, y = sparse_rows(rng, 50, 12), rng.randint(3, size=50)
    options = {"solver": "sgd", "batch_size": 1, "alpha": 0.05, "random_state": 0, "tol": 0}
    options["max_iter"] = 4
    whole = EDClassifier((6, 5), n_iter_no_change=np.inf, **options).fit(X, y)
    parts = EDClassifier((6, 5), **options)
    for _ in range(4):
        parts.partial_fit(X, y, classes=[0, 1, 2])
    for one, other in zip(whole.coefs_, parts.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_a_csr_array_remembers_of_its_indices_may_be_out_of_date():
    rng = np.random.RandomState(9)
    S = sp.csr_array(sp.random(20, 30, density=0.5, random_state=rng))
    y = rng.normal(size=20)
    reg = EDRegressor(4, solver="sgd", batch_size=1, alpha=0.01, random_state=0)
    reg.partial_fit(S, y)
    assert S.has_canonical_format
    S.indices[:] %= 3
    dense = EDRegressor(**reg.get_params()).partial_fit(S.toarray(), y)
    stale = EDRegressor(**reg.get_params()).partial_fit(S, y)
    np.testing.assert_allclose(
        stale.coefs_[0][:, :3], dense.coefs_[0][:, :3], rtol=0, atol=1e-12
    )


@pytest.mark.parametrize(
    "weight", [np.repeat(np.arange(1.0, 13), 2)[::2], np.broadcast_to(2.0, 12)]
)
def test_sample_weight_of_any_stride(weight):
    rng = np.random.RandomState(10)
    X, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    reg = EDRegressor(4, solver="sgd", batch_size=1, alpha=0.01, random_state=0)
    for _ in range(2):  # the second call may take a shortcut
        reg.partial_fit(X, y, weight)
    same = EDRegressor(**reg.get_params())
    for _ in range(2):
        same.partial_fit(X, y, weight.copy())
    np.testing.assert_array_equal(reg.coefs_[0], same.coefs_[0])


def test_two_interrupts_do_not_leave_threads_writing(monkeypatch):
    """Whoever interrupts twice gets the interrupt, but only after the threads' last write."""
    done, waited, both_began = [], threads.wait, Barrier(2)
    released, interrupts = Event(), iter([KeyboardInterrupt])

    def interrupted(futures):
        for interrupt in interrupts:
            raise interrupt
        released.set()
        return waited(futures)

    def kernel_call(*args, **options):
        def learn(*block_and_part):
            both_began.wait(60)
            if block_and_part[-1].start == 0:
                raise KeyboardInterrupt
            assert released.wait(60)
            done.append(True)

        return learn

    monkeypatch.setattr(threads, "wait", interrupted)
    monkeypatch.setattr(online, "_kernel_call", kernel_call)
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    bank = NetworkBank.initialize(
        3, (4,), 2, init="scaled", u0=0.4, beta=0.8, dtype=np.float64, rng=rng
    )
    data = TrainingData(X, y, None, np.arange(5))
    try:
        with pytest.raises(KeyboardInterrupt):
            learn(bank, TargetOutputs(), data, alpha=0.1, two_way=True, n_jobs=2)
        assert done == [True]
    finally:
        released.set()


@pytest.mark.parametrize("instruction_set", _online.INSTRUCTION_SETS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("two_way", [False, True])
def test_a_row_in_place_equals_the_same_row_in_padded_copies(
    sizes, dtype, two_way, instruction_set, monkeypatch
):
    """Bit for bit: columns beyond the last whole vector run through the same code."""
    rng = np.random.RandomState(11)
    outputs, n_networks, targets = make_outputs("targets", 1, rng, dtype)
    bank = make_bank(sizes, n_networks, 19, rng, dtype)
    X = sparse_rows(rng, 4, 19, dtype)[:1]
    data = TrainingData(X, targets, np.array([1.7], dtype), np.arange(1))
    with use_backend("compiled"):
        kernel = partial(_online.learn, instruction_set=instruction_set)
        monkeypatch.setattr(type(backend()), "learn_online", staticmethod(kernel))
        expected, loss = learn(bank, outputs, data, alpha=0.1, two_way=two_way)
        rule, report = make_trainer(bank, outputs, two_way=two_way).rule, np.zeros(2)
        assert learn_row_in_place(bank, outputs, rule, data, 0.1, report)
    np.testing.assert_array_equal(bank.flat, expected.flat)
    assert report.tolist() == [1, pytest.approx(loss * 1.7, rel=1e-6)]


@pytest.mark.parametrize(
    ("x", "target", "alpha"), [(1e200, 1.0, 0.1), (1.0, 1e200, 0.1), (1.0, 1.0, 1e300)]
)
def test_a_row_in_place_that_might_overflow_changes_nothing(x, target, alpha):
    rng = np.random.RandomState(12)
    bank = make_bank((5, 3), 1, 4, rng)
    before = bank.flat.copy()
    data = TrainingData(np.full((1, 4), x), np.full((1, 1), target), None, np.arange(1))
    rule, report = make_trainer(bank, TargetOutputs(), two_way=True).rule, np.zeros(2)
    with use_backend("compiled"):
        assert not learn_row_in_place(bank, TargetOutputs(), rule, data, alpha, report)
    np.testing.assert_array_equal(bank.flat, before)
    assert report.tolist() == [0, 0]
