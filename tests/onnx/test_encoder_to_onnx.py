"""ONNX models of PiecewiseLinearEncoder, and of tables of numbers."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_ed import EDClassifier, EDRegressor, make_table_pipeline
from sklearn_ed.onnx import to_onnx
from sklearn_ed.preprocessing import PiecewiseLinearEncoder

pytest.importorskip("skl2onnx")
onnxruntime = pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(skl2onnx|onnx).*")

rng = np.random.RandomState(0)
# Outliers, few values, one value, missing values in two columns.
X = np.c_[
    rng.standard_t(2, size=200),
    rng.randint(3, size=200),
    np.ones(200),
    1e6 + rng.normal(size=200),
    rng.randint(2, size=200),
]
X[::7, 0] = X[::11, 3] = np.nan
NEW = np.r_[X, [[1e30, -5, 2, 1e9, 0.5], [-1e30, np.nan, np.nan, 0, np.nan]]]


def run(model, rows):
    session = onnxruntime.InferenceSession(model.SerializeToString())
    names = [each.name for each in session.get_inputs()]
    feed = {"X": rows} if names == ["X"] else {n: rows[n].to_numpy()[:, None] for n in names}
    return session.run(None, feed)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"n_bins": 3, "keep_values": False},
        {"n_bins": 0, "add_indicator": False},
        {"n_bins": 5, "add_indicator": False, "dtype": np.float32},
        {"dtype": np.float64},
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_encoder(parameters, dtype):
    rows = NEW.astype(dtype)
    encoder = PiecewiseLinearEncoder(**parameters).fit(X.astype(dtype))
    expected = encoder.transform(rows)
    (encoded,) = run(to_onnx(encoder, rows), rows)
    assert encoded.dtype == expected.dtype
    is_double = dtype == expected.dtype == np.float64
    np.testing.assert_allclose(encoded, expected, rtol=0, atol=1e-6 if is_double else 1e-4)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_encoder_before_networks(dtype):
    rows = X.astype(dtype)
    y = (X[:, 1] > 0).astype(int)
    clf = make_pipeline(PiecewiseLinearEncoder(), EDClassifier(random_state=0, max_iter=3))
    clf.fit(rows, y)
    label, p = run(to_onnx(clf, rows), rows)
    assert label.tolist() == clf.predict(rows).tolist()
    atol = 1e-6 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(p, clf.predict_proba(rows), rtol=0, atol=atol)


def test_a_table_of_numbers():
    pd = pytest.importorskip("pandas")
    pytest.importorskip("skrub")
    table = pd.DataFrame(X, columns=["a", "b", "c", "d", "e"])
    for rows in (table, X):
        reg = make_table_pipeline(EDRegressor(random_state=0, max_iter=3)).fit(rows, X[:, 1])
        (values,) = run(to_onnx(reg, rows), rows)
        np.testing.assert_allclose(values.ravel(), reg.predict(rows), rtol=1e-4, atol=1e-4)
