"""Which backend is used, and that all backends learn the same."""

import json
import os
import subprocess
import sys
from threading import Thread

import numpy as np
import pytest
from sklearn.datasets import load_iris

from sklearn_ed import EDClassifier
from sklearn_ed._backend import BACKENDS, backend, use_backend

IMPORT = """
import json, sys, warnings
for module in sys.argv[1:]:
    sys.modules[module] = None
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import sklearn_ed
    from sklearn_ed._backend import BACKENDS
messages = [f"{w.category.__name__}: {w.message}" for w in caught]
print(json.dumps([BACKENDS, messages]))
"""
needs_kernels = pytest.mark.skipif(
    "compiled" not in BACKENDS, reason="the compiled kernels are missing"
)


def import_elsewhere(compiled, *blocked):
    """Names of the backends, and warnings, of an import in another process."""
    environment = {**os.environ, "SKLEARN_ED_COMPILED": compiled}
    command = [sys.executable, "-c", IMPORT, *blocked]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


@needs_kernels
def test_the_kernels_are_the_default():
    assert import_elsewhere("1") == [["compiled", "numpy"], []]


@needs_kernels
def test_numpy_on_purpose():
    assert import_elsewhere("0") == [["numpy", "compiled"], []]


@pytest.mark.parametrize("module", ["_batch", "_online"])
def test_a_missing_kernel_is_a_warning(module):
    names, messages = import_elsewhere("1", f"sklearn_ed._backend.{module}")
    assert names == ["numpy"]
    (message,) = messages
    assert message.startswith("RuntimeWarning: The compiled kernels are missing")


@needs_kernels
@pytest.mark.parametrize(
    "params", [{}, {"solver": "sgd", "batch_size": 1}, {"solver": "sgd", "momentum": 0.5}]
)
@pytest.mark.parametrize("rule", ["error_diffusion", "backprop"])
def test_all_backends_learn_the_same(params, rule):
    X, y = load_iris(return_X_y=True)
    found = []
    for name in BACKENDS:
        clf = EDClassifier((4, 3), alpha=0.01, random_state=0, rule=rule, **params)
        with use_backend(name):
            assert backend().name == name
            for _ in range(3):
                clf.partial_fit(X, y, classes=[0, 1, 2])
        found.append(clf.predict_proba(X))
    np.testing.assert_allclose(*found, rtol=0, atol=1e-10)


def test_use_backend_ends_with_its_block_and_stays_in_its_thread():
    default, seen = backend().name, []
    with use_backend("numpy"):
        assert backend().name == "numpy"
        thread = Thread(target=lambda: seen.append(backend().name))
        thread.start()
        thread.join()
    assert [backend().name, *seen] == [default, default]


def test_an_unknown_backend_is_refused():
    message = r"^name: expected one of .*'numpy'.*, got 'torch'"
    with pytest.raises(ValueError, match=message), use_backend("torch"):
        pass
