"""Results that must not change by accident: trained weights and pickles of old versions."""

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

GOLDEN = Path(__file__).parent / "golden"
sys.path.insert(0, str(GOLDEN))

import cases  # noqa: E402


def load(file):
    with np.load(file) as arrays:
        return dict(arrays)


EXPECTED = load(cases.WEIGHTS)


def test_every_case_is_kept():
    assert sorted(EXPECTED) == sorted(cases.CASES)


@pytest.mark.parametrize("name", cases.CASES)
def test_trained_weights(name):
    """Equal but for the order of sums, which the processor's vectors and BLAS decide.

    The factor of the outputs after "out_of_fold" is found to five digits.
    """
    tolerance = 1e-4 if "float32" in name or "out of fold" in name else 1e-9
    found = cases.joined(cases.train(name))
    np.testing.assert_allclose(found, EXPECTED[name], rtol=tolerance, atol=tolerance)


@pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.0.0",
    reason="NumPy 1 cannot read the arrays in pickles that were written with NumPy 2",
)
@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_pickles_of_an_earlier_version(kind):
    """They predict as they did, and go on learning as they did."""
    expected = load(GOLDEN / "predictions-0.1.0.npz")
    model = pickle.loads((GOLDEN / f"{kind}-0.1.0.pkl").read_bytes())
    is_classifier = kind == "classifier"
    predict = model.predict_proba if is_classifier else model.predict
    np.testing.assert_allclose(predict(cases.X), expected[kind], rtol=1e-12)
    y = np.array(list("abcd"))[cases.Y_CLASSES] if is_classifier else cases.Y_TARGETS
    # What "auto" stood for.
    decay = {} if is_classifier else {"weight_decay": 0.5}
    model.set_params(early_stopping=False, **decay).partial_fit(cases.X, y)
    np.testing.assert_allclose(predict(cases.X), expected[f"{kind} after"], rtol=1e-9)
