"""One thread for BLAS, the number restored afterwards, and products that threads share."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from faults import Fault, Tracer, fault_points
from sklearn.datasets import load_iris
from threadpoolctl import ThreadpoolController, threadpool_limits

from sklearn_ed import EDClassifier
from sklearn_ed._backend import blas
from sklearn_ed._backend.blas import BlasLimit, blas_limit, matmul, one_blas_thread


class Library:
    """A BLAS library with a number of threads, or, by OpenMP, with one per calling thread."""

    def __init__(self, threading_layer="pthreads", n_threads=4):
        self.threading_layer = threading_layer
        self._numbers = threading.local() if threading_layer == "openmp" else self
        self._default = n_threads

    def get_num_threads(self):
        return getattr(self._numbers, "n_threads", self._default)

    def set_num_threads(self, n_threads):
        self._numbers.n_threads = n_threads


@pytest.fixture
def library(monkeypatch):
    """A library in the place of NumPy's BLAS."""
    library = Library()
    limit = BlasLimit(library)
    monkeypatch.setattr(blas, "blas_limit", lambda: limit)
    return library


@pytest.fixture
def two_threads():
    """NumPy's BLAS with two threads; skips where threadpoolctl does not know it."""
    with threadpool_limits(2, "blas"):
        if blas_limit() is None or n_blas_threads() != 2:
            pytest.skip("this BLAS has no number of threads that can be set")
        yield


def n_blas_threads():
    return blas_limit()._library.get_num_threads()


@pytest.fixture
def small_parts(monkeypatch):
    """Threads share all but the smallest products; returns how many calls each one made."""
    shared = []
    monkeypatch.setattr(blas, "PART", 500)
    share = blas.share
    monkeypatch.setattr(blas, "share", lambda calls: shared.append(len(calls)) or share(calls))
    return shared


def test_the_library_is_numpys():
    found = ThreadpoolController().select(user_api="blas").lib_controllers
    if len(found) == 1:
        assert blas_limit()._library.filepath == found[0].filepath
    else:
        assert "numpy" in blas_limit()._library.filepath


def test_threads_that_look_for_the_library_at_once_share_one_limit(monkeypatch):
    """With a limit each, one would save the single thread that the other has set."""
    n_threads = 4
    all_look = threading.Barrier(n_threads, timeout=10)

    class Controller(ThreadpoolController):
        def __init__(self):
            all_look.wait()
            super().__init__()

    monkeypatch.setattr(blas, "ThreadpoolController", Controller)
    monkeypatch.setattr(blas, "_limits", {})
    blas_limit.cache_clear()
    with ThreadPoolExecutor(n_threads) as threads:
        found = list(threads.map(lambda _: blas_limit(), range(n_threads)))
    blas_limit.cache_clear()
    assert len({id(limit) for limit in found}) == 1


def test_no_library_no_limit(monkeypatch):
    monkeypatch.setattr(blas, "blas_limit", lambda: None)
    A = np.ones((300, 300))
    out = np.empty_like(A)
    with one_blas_thread():
        matmul(A, A, out)
    assert (out == 300).all()


def test_one_thread_within_the_block(library):
    with one_blas_thread():
        assert library.get_num_threads() == 1
        with one_blas_thread():
            assert library.get_num_threads() == 1
        assert library.get_num_threads() == 1
    assert library.get_num_threads() == 4


def test_a_small_block_changes_nothing(library):
    with one_blas_thread(is_needed=False):
        assert library.get_num_threads() == 4


@pytest.mark.parametrize("error", [Fault, KeyboardInterrupt])
def test_restored_after_an_error(library, error):
    with pytest.raises(error), one_blas_thread():
        raise error
    assert library.get_num_threads() == 4


def test_restored_after_an_error_at_any_line(library):
    def block():
        with one_blas_thread():
            pass

    # The tracer also interrupts between the lines of the clean-up, where no signal would.
    source = Path(blas.__file__)
    points = fault_points(block)
    with Tracer() as tracer:
        block()
    lines = source.read_text("utf-8").splitlines()
    tested = 0
    for at in points:
        file, line = tracer.lines[at]
        if file != str(source) or lines[line - 1].strip() in ("try:", "finally:"):
            continue
        tested += 1
        with pytest.raises(Fault), Tracer(at):
            block()
        assert library.get_num_threads() == 4, lines[line - 1]
    assert tested > 10


def test_a_number_that_changed_between_two_blocks_is_kept(library):
    for n_threads in (3, 1, 2):
        library.set_num_threads(n_threads)
        with one_blas_thread():
            assert library.get_num_threads() == 1
        assert library.get_num_threads() == n_threads


@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_blocks_of_two_threads(library, first_to_leave):
    blocks = [ExitStack(), ExitStack()]
    for block in blocks:
        block.enter_context(one_blas_thread())
    blocks.pop(first_to_leave).close()
    assert library.get_num_threads() == 1
    blocks.pop().close()
    assert library.get_num_threads() == 4


@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_a_thread_that_does_not_control_blas_limits_it_and_restores_it(
    first_to_leave, two_threads
):
    """The main thread has set the number before, and threadpoolctl heeds no other then."""
    if blas_limit()._has_own_numbers:
        pytest.skip("with OpenMP, every thread has a number of its own")
    main, other = ExitStack(), ExitStack()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(other.enter_context, one_blas_thread()).result()
        assert n_blas_threads() == 1
        main.enter_context(one_blas_thread())
        leave = [main.close, lambda: pool.submit(other.close).result()]
        leave.pop(first_to_leave)()
        assert n_blas_threads() == 1
        leave.pop()()
        assert n_blas_threads() == 2


def test_with_openmp_every_thread_restores_its_number():
    library = Library("openmp")
    limit = BlasLimit(library)
    seen, step = {}, threading.Barrier(2, timeout=10)

    def run(name, is_first_to_leave):
        with limit.block():
            step.wait()
            inside = library.get_num_threads()
            if not is_first_to_leave:
                step.wait()
        if is_first_to_leave:
            step.wait()
        seen[name] = inside, library.get_num_threads()

    both = [threading.Thread(target=run, args=item) for item in (("a", True), ("b", False))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert seen == {"a": (1, 4), "b": (1, 4)}


def in_child(check):
    """Whether `check` returns True in a forked process."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if check() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
ignores_threads = pytest.mark.filterwarnings(
    "ignore:.*multi-threaded, use of fork:DeprecationWarning"
)


@needs_fork
@ignores_threads
def test_a_child_of_another_thread_is_not_limited(two_threads):
    entered, done = threading.Event(), threading.Event()

    def fit():
        with one_blas_thread():
            entered.set()
            done.wait(10)

    thread = threading.Thread(target=fit)
    thread.start()
    entered.wait(10)

    def check():
        restored = n_blas_threads() == 2
        with one_blas_thread():
            limited = n_blas_threads() == 1
        return restored and limited and n_blas_threads() == 2

    child_is_sane = in_child(check)
    done.set()
    thread.join()
    assert child_is_sane
    assert n_blas_threads() == 2


@needs_fork
@ignores_threads
def test_a_child_of_a_thread_within_the_block_leaves_it(two_threads):
    in_a_child = None
    with one_blas_thread():
        child = os.fork()
        in_a_child = child == 0
        limited = n_blas_threads() == 1
    if in_a_child:
        os._exit(0 if limited and n_blas_threads() == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


SHAPES = [
    ((40, 30), (30, 17)),
    ((40, 30), (30, 5)),
    ((1, 300), (300, 70)),
    ((7, 1), (1, 400)),
    ((5, 20, 10), (5, 10, 12)),
    ((2, 20, 10), (2, 10, 12)),
    ((9, 20, 1), (9, 1, 30)),
]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shared_products(shapes, dtype, small_parts, library):
    rng = np.random.default_rng(0)
    A, B = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    expected = np.matmul(A, B)
    out = np.full_like(expected, np.nan)
    with one_blas_thread():
        matmul(A, B, out)
    np.testing.assert_allclose(out, expected, rtol=1e-4 if dtype == np.float32 else 1e-11)
    assert all(1 <= n <= 4 for n in small_parts)


def test_shared_products_of_views(small_parts, library):
    rng = np.random.default_rng(0)
    X, D = rng.standard_normal((50, 20)), rng.standard_normal((50, 64))
    expected, out = X.T @ D, np.full((20, 64), np.nan)
    with one_blas_thread():
        matmul(X.T, D, out)
        repeated = out.copy()
        matmul(X.T, D, repeated)
    np.testing.assert_allclose(out, expected)
    assert small_parts == [4, 4]
    np.testing.assert_array_equal(repeated, out)


@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_no_more_threads_than_blas_had(library, small_parts, n_threads):
    library.set_num_threads(n_threads)
    A = np.ones((64, 64))
    with one_blas_thread():
        matmul(A, A, np.empty_like(A))
    assert small_parts == [n_threads]


def test_outside_of_a_block_the_product_is_numpys(library, small_parts):
    A = np.ones((64, 64))
    matmul(A, A, np.empty_like(A))
    assert small_parts == [1]


@pytest.mark.parametrize("rule", ["error_diffusion", "backprop"])
def test_a_fit_learns_the_same_with_shared_products(two_threads, small_parts, rule):
    X, y = load_iris(return_X_y=True)
    clf = EDClassifier((4, 3), dropout=0, max_iter=3, tol=0, random_state=0, rule=rule)
    with threadpool_limits(1, "blas"):
        alone = clf.fit(X, y).predict_proba(X)
    assert {*small_parts} <= {1}
    clf.fit(X, y)
    assert max(small_parts) == 2
    np.testing.assert_allclose(clf.predict_proba(X), alone, rtol=1e-9)


def test_calls_of_partial_fit_are_a_fit_bit_by_bit(two_threads, small_parts):
    X, y = load_iris(return_X_y=True)
    X = X.astype(np.float32)
    params = {"max_iter": 3, "early_stopping": False, "random_state": 0}
    whole = EDClassifier((4, 3), n_iter_no_change=np.inf, **params).fit(X, y)
    steps = EDClassifier((4, 3), **params)
    for _ in range(3):
        steps.partial_fit(X, y, classes=[0, 1, 2])
    assert max(small_parts) == 2
    for a, b in zip(whole.coefs_, steps.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("batch_size", [1, "auto"])
def test_an_estimator_restores_the_number(two_threads, batch_size):
    X, y = load_iris(return_X_y=True)
    seen = []

    class Watching(EDClassifier):
        def _score_predictions(self, *args):
            seen.append(n_blas_threads())
            return super()._score_predictions(*args)

    clf = Watching((4, 3), batch_size=batch_size, max_iter=2, early_stopping=True)
    clf.fit(X, y)
    clf.predict(X)
    assert n_blas_threads() == 2
    assert {*seen} == {2}
    clf.set_params(early_stopping=False, solver="sgd", alpha=1e308)
    with pytest.raises(ValueError, match="non-finite"):
        clf.partial_fit(X * 1e10, y)
    assert n_blas_threads() == 2


def test_fits_in_several_threads_restore_the_number(two_threads, small_parts):
    X, y = load_iris(return_X_y=True)

    def fit(out, seed):
        clf = EDClassifier((4, 3), random_state=seed)
        out[seed] = [clf.partial_fit(X, y, classes=[0, 1, 2]) for _ in range(5)][-1].coefs_

    alone, together = {}, {}
    for seed in range(4):
        fit(alone, seed)
    fits = [threading.Thread(target=fit, args=(together, seed)) for seed in range(4)]
    for thread in fits:
        thread.start()
    for thread in fits:
        thread.join()
    assert n_blas_threads() == 2
    for seed, coefs in together.items():
        for a, b in zip(coefs, alone[seed], strict=True):
            np.testing.assert_array_equal(a, b)
