"""With and without the compiled kernels: which one runs, and that both come to the same."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from sklearn_ed._backend import compiled as _compiled

FIT = """
import json, sys, warnings
if sys.argv[1] == "blocked":
    sys.modules["sklearn_ed._backend._online"] = None
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from sklearn_ed import EDClassifier
    from sklearn_ed._backend import compiled as _compiled
    from sklearn.datasets import load_iris
    X, y = load_iris(return_X_y=True)
    found = []
    for options in ({}, {"solver": "sgd", "batch_size": 1}, {"solver": "sgd", "momentum": 0.5}):
        clf = EDClassifier((4, 3), alpha=0.01, random_state=0, **options)
        for _ in range(3):
            clf.partial_fit(X, y, classes=[0, 1, 2])
        found.append(clf.predict_proba(X).tolist())
print(json.dumps({
    "compiled": [_compiled.batch is not None, _compiled.online is not None],
    "warnings": [f"{w.category.__name__}: {w.message}" for w in caught],
    "found": found,
}))
"""


def fit_elsewhere(mode, **environment):
    done = subprocess.run(
        [sys.executable, "-c", FIT, mode],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    return json.loads(done.stdout)


@pytest.mark.skipif(_compiled.online is None, reason="the compiled kernels were not built")
def test_without_the_kernels_numpy_does_the_same_after_one_warning():
    compiled = fit_elsewhere("all", SKLEARN_ED_COMPILED="1")
    assert compiled["compiled"] == [True, True]
    assert compiled["warnings"] == []
    fallback = fit_elsewhere("blocked", SKLEARN_ED_COMPILED="1")
    assert fallback["compiled"] == [False, False]
    (warning,) = fallback["warnings"]
    assert warning.startswith("RuntimeWarning: The compiled kernels are missing")
    np.testing.assert_allclose(fallback["found"], compiled["found"], rtol=0, atol=1e-10)


def test_numpy_on_purpose_is_no_reason_to_warn():
    found = fit_elsewhere("all", SKLEARN_ED_COMPILED="0")
    assert found["compiled"] == [False, False]
    assert found["warnings"] == []
