"""`n_jobs`: how many threads share the products of batches, also in workers of joblib."""

import threading
from functools import partial

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from joblib import Parallel, delayed
from sklearn.datasets import load_iris
from threadpoolctl import threadpool_limits

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._backend import BACKENDS, backend, blas
from sklearn_ed._backend.blas import blas_limit, count_threads, matmul, one_blas_thread
from sklearn_ed._networks import bank
from sklearn_ed._training import online

X, y = load_iris(return_X_y=True)
MODEL = EDClassifier((4, 3), max_iter=2, random_state=0)
pytestmark = [
    pytest.mark.skipif(blas_limit() is None, reason="the threads of this BLAS are not known"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


@pytest.fixture
def shared(monkeypatch):
    """Threads share all but the smallest products; the numbers of threads that did."""
    found = []
    share = blas.share
    monkeypatch.setattr(blas, "PART", 500)
    monkeypatch.setattr(bank, "SERIAL_PRODUCT", 0)
    monkeypatch.setattr(blas, "share", lambda calls: found.append(len(calls)) or share(calls))
    return found


def max_threads(shared, call):
    shared.clear()
    call()
    return max(shared, default=1)


@pytest.mark.parametrize("n_blas", [1, 2])
def test_fits_and_predictions_have_the_threads_that_are_asked_for(n_blas, shared):
    with threadpool_limits(n_blas, "blas"):
        for n_jobs, expected in {None: n_blas, 1: 1, 2: 2, 3: 3}.items():
            model = EDClassifier(**{**MODEL.get_params(), "n_jobs": n_jobs})
            new = EDClassifier(**model.get_params())
            calls = {
                "fit": partial(model.fit, X, y),
                "partial_fit": partial(new.partial_fit, X, y, classes=[0, 1, 2]),
                "predict": partial(model.predict, X),
                "hidden_activations": partial(model.hidden_activations, X),
            }
            found = {name: max_threads(shared, call) for name, call in calls.items()}
            assert found == dict.fromkeys(calls, expected)
        assert blas._asked.get() is None


@pytest.mark.parametrize("is_sparse", [False, True])
def test_threads_learn_the_same(shared, is_sparse):
    rows = sp.csr_array(X) if is_sparse else X
    alone, together = (
        EDClassifier(**{**MODEL.get_params(), "n_jobs": n_jobs, "dropout": 0}).fit(rows, y)
        for n_jobs in (1, 3)
    )
    assert max(shared) == 3
    probabilities = alone.predict_proba(rows)
    np.testing.assert_allclose(together.predict_proba(rows), probabilities, rtol=1e-9)


@pytest.mark.skipif("compiled" not in BACKENDS, reason="SciPy's product is not shared")
@pytest.mark.parametrize("width", [66, 90])
def test_columns_of_a_sparse_product_are_shared_bit_by_bit(width, shared):
    A = sp.random(40, 30, density=0.2, format="csr", random_state=0)
    W, out, expected = np.random.default_rng(1).random((30, width)), [], []
    for n_jobs, found in ((1, expected), (3, out)):
        found.append(np.full((40, width), np.nan))
        with one_blas_thread(), blas.sharing_among(n_jobs):
            backend().input_product(A, W, found[0])
    assert max(shared) == 3
    np.testing.assert_array_equal(out[0], expected[0])


def test_fits_in_several_threads_have_the_threads_of_blas_together(shared):
    """What BLAS has is divided among the callers; the parts of a product stay the same."""
    A = np.ones((64, 64))
    inside = threading.Barrier(2)

    def multiply(_):
        with one_blas_thread():
            inside.wait(10)
            matmul(A, A, np.empty_like(A))
            inside.wait(10)

    with threadpool_limits(2, "blas"):
        Parallel(2, backend="threading")(delayed(multiply)(k) for k in range(2))
        assert shared == [1, 1]
        with one_blas_thread():
            matmul(A, A, np.empty_like(A))
        assert shared == [1, 1, 2]


def fit_in_worker(n_jobs):
    """The threads of a fit in batches, of one row by row, and those of BLAS."""
    model = EDClassifier((4, 3), max_iter=2, random_state=0, n_jobs=n_jobs)
    found, part, share = [], blas.PART, blas.share
    blas.PART = 500
    blas.share = lambda calls: found.append(len(calls)) or share(calls)
    try:
        model.fit(X, y)
    finally:
        blas.PART, blas.share = part, share
    return max(found, default=1), online._count_threads(n_jobs), blas_limit().n_outside


@pytest.mark.slow
def test_processes_of_joblib():
    by_value = joblib.wrap_non_picklable_objects(fit_in_worker)
    asked = (3, -1, None)
    explicit, all_processors, default = Parallel(2, backend="loky")(
        delayed(by_value)(n_jobs) for n_jobs in asked
    )
    assert explicit[:2] == (3, 3)
    # joblib gives each worker its share of the processors, by the threads of BLAS.
    n_blas = all_processors[2]
    assert n_blas <= max(1, joblib.cpu_count() // 2)
    assert all_processors == (n_blas, n_blas, n_blas)
    assert default == (n_blas, 1, n_blas)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_workers_of_dask():
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 1, "threads_per_worker": 3, "processes": False}
    with (
        distributed.Client(**options, dashboard_address=None),
        threadpool_limits(2, "blas"),
        joblib.parallel_config("dask"),
    ):
        # joblib itself would say 3, the processors of the cluster, for all of them.
        found = {k: Parallel()([delayed(fit_in_worker)(k)])[0] for k in (None, 1, 2, -1)}
    assert found == {None: (2, 1, 2), 1: (1, 1, 2), 2: (2, 2, 2), -1: (2, 2, 2)}


def test_the_online_kernel_has_the_threads_that_are_asked_for(monkeypatch):
    found, share = [], online.share
    monkeypatch.setattr(online, "share", lambda calls: found.append(len(calls)) or share(calls))
    settings = {"batch_size": 1, "solver": "sgd", "max_iter": 1, "random_state": 0}
    targets = np.stack([X[:, 0]] * 4, axis=1)
    for n_jobs, expected in ((None, 1), (2, 2), (9, 4)):
        EDRegressor((3,), n_jobs=n_jobs, **settings).fit(X, targets)
        assert found.pop() == expected
    with joblib.parallel_config("threading", n_jobs=2):
        EDRegressor((3,), **settings).fit(X, targets)
    assert found.pop() == 2


def test_negative_numbers(monkeypatch):
    monkeypatch.setattr(blas, "cpu_count", lambda: 8)
    with threadpool_limits(2, "blas"):
        n_blas = blas_limit().n_outside
        assert [count_threads(n) for n in (-1, -2, -20)] == [8, 7, 1]
        call = delayed(count_threads)
        in_worker = Parallel(2, backend="threading")(call(n) for n in (-1, -2, 5))
    assert in_worker == [n_blas, max(1, n_blas - 1), 5]
