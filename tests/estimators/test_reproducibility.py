"""The same seed gives the same result: bit by bit where that is promised, else within a bound.

docs/reliability.rst says which is which.
"""

import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._backend import BACKENDS, blas, numpy_backend

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
# A third of the values are zero, as in a sparse matrix.
X = rng.normal(size=(120, 6)) * (rng.uniform(size=(120, 6)) > 1 / 3)
WORDS = np.array(["b", "c", "a"])[np.arange(120) % 3]
TARGETS = X[:, :2] ** 2
SHORT = {"max_iter": 4, "early_stopping": False, "random_state": 0}
ONLINE = {"solver": "sgd", "batch_size": 1}

MODELS = {
    "mini-batches": lambda **options: EDClassifier((6, 4), **SHORT, **options),
    "online": lambda **options: EDClassifier((6,), **SHORT, **ONLINE, **options),
    "regressor": lambda **options: EDRegressor((6,), **SHORT, **options),
}
# Bits differ with the order of sums. The bound is that of the golden weights.
BOUND = {"rtol": 1e-9, "atol": 1e-9}
EVERY_MODEL = pytest.mark.parametrize("name", MODELS)


def learned(name, X=X, **options):
    """Weights after a fit and a call of partial_fit, and what is predicted, in one array."""
    y = TARGETS if name == "regressor" else WORDS
    model = MODELS[name](**options).fit(X, y)
    model.partial_fit(X[:5], y[:5])
    values = model.predict(X) if name == "regressor" else model.predict_proba(X)
    arrays = (*model.coefs_, *model.intercepts_, values)
    return np.concatenate([array.ravel() for array in arrays])


@pytest.fixture(scope="module")
def expected():
    return {name: learned(name) for name in MODELS}


# Bit by bit


@EVERY_MODEL
def test_a_seed_gives_one_result(name, expected):
    np.testing.assert_array_equal(learned(name), expected[name])
    assert not np.array_equal(learned(name, shuffle=False), expected[name])


def memory_mapped(folder):
    joblib.dump(X, folder / "X")
    return joblib.load(folder / "X", mmap_mode="r")


def read_only(folder):
    array = X.copy()
    array.flags.writeable = False
    return array


LAYOUTS = {
    "read-only": read_only,
    "memory-mapped": memory_mapped,
    "every second row": lambda folder: np.repeat(X, 2, axis=0)[::2],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@EVERY_MODEL
def test_the_place_of_the_data_in_memory(name, layout, expected, tmp_path):
    np.testing.assert_array_equal(learned(name, LAYOUTS[layout](tmp_path)), expected[name])


@pytest.mark.parametrize("options", [{}, {"loss": "squared_error"}], ids=str)
def test_jobs(options):
    alone = learned("online", n_members=3, **options)
    for n_jobs in (2, 3, -1):
        shared = learned("online", n_members=3, n_jobs=n_jobs, **options)
        np.testing.assert_array_equal(shared, alone)


# Within the bound


OTHER_LAYOUTS = {
    "Fortran": np.asfortranarray,
    "CSR": sp.csr_array,
    "CSC": sp.csc_array,
}


@pytest.mark.parametrize("layout", OTHER_LAYOUTS)
@EVERY_MODEL
def test_layouts_whose_sums_have_another_order(name, layout, expected):
    found = learned(name, OTHER_LAYOUTS[layout](X))
    np.testing.assert_allclose(found, expected[name], **BOUND)
    if name == "online":
        # It reads row by row and skips zeros, whatever the layout.
        n_weights = found.size - 3 * X.shape[0]
        np.testing.assert_array_equal(found[:n_weights], expected[name][:n_weights])


@EVERY_MODEL
def test_blas_with_other_kernels(name, expected, monkeypatch):
    """Another processor or another BLAS sums in another order: here from the last on."""

    def backwards(A, B, out):
        out[...] = np.einsum("...ik,...kj->...ij", A[..., ::-1], B[..., ::-1, :])

    for module in (blas, numpy_backend):
        monkeypatch.setattr(module, "matmul", backwards)
    found = learned(name)
    np.testing.assert_allclose(found, expected[name], **BOUND)
    assert not np.array_equal(found, expected[name])


@pytest.mark.parametrize("n_threads", [2, 4])
def test_threads_of_blas(n_threads, expected, monkeypatch):
    monkeypatch.setattr(blas, "PART", 500)
    with threadpool_limits(n_threads, "blas"):
        for name in MODELS:
            np.testing.assert_allclose(learned(name), expected[name], **BOUND)


@pytest.mark.skipif("compiled" not in BACKENDS, reason="the compiled kernels are missing")
def test_instruction_sets_of_the_kernels(expected):
    from sklearn_ed._backend import _batch

    try:
        for instruction_set in _batch.INSTRUCTION_SETS:
            _batch.use_instruction_set(instruction_set)
            for name in MODELS:
                np.testing.assert_allclose(learned(name), expected[name], **BOUND)
    finally:
        _batch.use_instruction_set(_batch.INSTRUCTION_SETS[-1])


def in_a_new_process(**variables):
    """What a process learns that has these environment variables."""
    code = "import pickle, sys, test_reproducibility as t\n"
    code += "learned = {name: t.learned(name) for name in t.MODELS}\n"
    code += "sys.stdout.buffer.write(pickle.dumps(learned))"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), **variables}
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(
        command, env=environment, capture_output=True, check=True, timeout=120
    )
    return pickle.loads(done.stdout)


@pytest.mark.slow
def test_instruction_sets_of_numpy(expected):
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    features = [feature for feature in __cpu_dispatch__ if __cpu_features__[feature]]
    if not features:
        pytest.skip("this processor has nothing that NumPy could leave out")
    found = in_a_new_process(NPY_DISABLE_CPU_FEATURES=" ".join(features))
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], **BOUND)
