"""Threads and processes: the results are those of a single thread, bit by bit."""

import multiprocessing
import os
import pickle
import sys
import sysconfig
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._backend import BACKENDS, blas
from sklearn_ed._networks import bank

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # The tests start threads, and then fork.
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

N_THREADS = 16
rng = np.random.RandomState(0)
X = rng.normal(size=(300, 8))
Y = (X[:, 0] + X[:, 1] ** 2 > 1).astype(int) + (X[:, 2] > 1)
WORDS = np.array(["b", "c", "a"])[Y]
TARGETS = X[:, :2] ** 2
ONLINE = {"solver": "sgd", "batch_size": 1}
SHORT = {"max_iter": 3, "random_state": 0}

LEARN = {
    "classifier": lambda: EDClassifier((8, 5), **SHORT).fit(X, WORDS),
    "float32": lambda: EDClassifier((8,), **SHORT).fit(X.astype(np.float32), Y),
    "sparse": lambda: EDClassifier((8,), **SHORT).fit(sp.csr_array(X), Y),
    "online": lambda: EDClassifier(
        (8,), **ONLINE, **SHORT, loss="squared_error", n_jobs=2, early_stopping=False
    ).fit(X, Y),
    "regressor": lambda: EDRegressor((8,), **SHORT).fit(X, TARGETS),
    "stream": lambda: EDClassifier.for_streams(random_state=0).partial_fit(
        X, Y, classes=[0, 1, 2]
    ),
}


@pytest.fixture(scope="module")
def models():
    """Each estimator, learned alone."""
    return {name: learn() for name, learn in LEARN.items()}


@pytest.fixture
def many_switches():
    """Threads change places after microseconds, not after milliseconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def shared_products(monkeypatch):
    """BLAS has two threads, and threads share all but the smallest products."""
    monkeypatch.setattr(blas, "PART", 500)
    # Products are shared only in blocks where BLAS has one thread.
    monkeypatch.setattr(bank, "SERIAL_PRODUCT", 500)
    with threadpool_limits(2, "blas"):
        yield


def at_once(calls):
    """Begin all calls at the same moment, in a thread each; return their results."""
    ready = threading.Barrier(len(calls), timeout=30)

    def begin(call):
        ready.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(begin, calls))


def predictions(model):
    """Everything that a fitted estimator says about chunks and single rows."""
    names = ("predict", "predict_proba", "decision_function", "hidden_activations")
    methods = [getattr(model, name) for name in names if hasattr(model, name)]
    parts = [slice(None), slice(7, 8), slice(40, 90)]
    return content([method(X[part]) for method in methods for part in parts])


def learned(model):
    return content([*model.coefs_, *model.intercepts_, np.array(model.loss_curve_)])


def content(arrays):
    return tuple((array.dtype.str, array.shape, array.tobytes()) for array in arrays)


@pytest.mark.parametrize("name", LEARN)
def test_threads_predict_with_one_estimator(name, models, many_switches, shared_products):
    expected = predictions(models[name])
    # A new one, whose networks the first prediction has yet to put together.
    model = pickle.loads(pickle.dumps(models[name]))
    assert {*at_once([lambda: predictions(model)] * N_THREADS)} == {expected}


@pytest.mark.parametrize("n_rows", [1, 2, 300])
def test_other_threads_do_not_change_the_bits(n_rows):
    """While they learn or predict, BLAS has one thread, by which it sums in another order."""
    model = EDClassifier((1100,), n_members=1, random_state=0)
    rows = rng.normal(size=(n_rows, 784)).astype(np.float32)
    model.partial_fit(rows[:1], [0], classes=[0, 1])
    with threadpool_limits(2, "blas"):
        alone = model.hidden_activations(rows)
        with blas.one_blas_thread():
            beside_others = model.hidden_activations(rows)
    np.testing.assert_array_equal(beside_others, alone)


def test_predictions_of_threads_change_nothing(models, many_switches):
    model = models["stream"]
    before = joblib.hash(model.__getstate__())
    at_once([lambda: predictions(model)] * N_THREADS)
    assert joblib.hash(model.__getstate__()) == before


def test_threads_fit_estimators_of_their_own(models, many_switches, shared_products):
    expected = [learned(learn()) for learn in LEARN.values()]
    assert [learned(model) for model in at_once([*LEARN.values()])] == expected
    with threadpool_limits(1, "blas"):
        assert blas.blas_limit() is None or blas.blas_limit().n_threads == 1


def test_a_backend_is_chosen_for_one_thread(models):
    """`use_backend` in one thread is not seen by another."""
    from sklearn_ed._backend import backend, use_backend

    inside, looked = threading.Event(), threading.Event()

    def other():
        with use_backend("numpy"):
            inside.set()
            assert looked.wait(30)

    def this():
        assert inside.wait(30)
        found = backend()
        looked.set()
        return found

    assert at_once([other, this])[1] is backend()


# Processes


def learn_and_predict(name, state):
    """In a new process: what is learned there, and predictions of a model that was sent."""
    return learned(LEARN[name]()), predictions(pickle.loads(state))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_learn_and_predict_the_same(method, models, monkeypatch):
    """A new interpreter also has other hashes of strings."""
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as processes:
        for name in ("classifier", "online"):
            state = pickle.dumps(models[name])
            found = processes.submit(learn_and_predict, name, state).result(120)
            assert found == (learned(models[name]), predictions(models[name]))


def exit_code(child, seconds=30):
    """Of a process, which is killed after a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "it hangs"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fork_while_other_threads_predict(models, shared_products):
    model, expected = models["classifier"], predictions(models["classifier"])
    done, wrong = threading.Event(), []

    def work():
        while not done.is_set():
            if predictions(model) != expected:
                wrong.append("in the parent")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    code = int(predictions(model) != expected)
                finally:
                    os._exit(code)
            assert exit_code(child) == 0
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has a GIL"
)
@pytest.mark.skipif("compiled" not in BACKENDS, reason="the compiled kernels are missing")
def test_the_kernels_do_not_bring_the_lock_back():
    """An extension module that is not made for it switches the GIL on again."""
    if os.environ.get("PYTHON_GIL") == "1":
        pytest.skip("PYTHON_GIL=1 keeps the lock")
    assert not sys._is_gil_enabled()
