"""ONNX models predict as the estimators do."""

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.onnx import register, to_onnx

pytest.importorskip("skl2onnx")
onnxruntime = pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    # Of skl2onnx and onnx.
    "ignore::DeprecationWarning:(skl2onnx|onnx).*",
)

rng = np.random.RandomState(0)
X = rng.normal(size=(120, 6))
TWO = (X[:, 0] > 0).astype(int)
FIVE = np.digitize(X[:, 0], [-1, -0.3, 0.3, 1])
LABELS = (X[:, :3] > 0).astype(int)
TARGETS = 100 * X[:, :3] + 7
ONE = {"n_members": 1}
DEEP = {"hidden_layer_sizes": (8, 6, 4)}

CLASSIFIERS = {
    "two classes": (TWO, ONE),
    "two classes, members": (TWO, {}),
    "two classes, squared error": (TWO, {"loss": "squared_error", **ONE}),
    "one class": (np.zeros(120), {}),
    "a network per class": (FIVE, {"code_size": None, **ONE}),
    "a network per class, members": (FIVE, {"code_size": None, **DEEP}),
    "a network per pair": (FIVE, {"code_size": "one_vs_one", **ONE, **DEEP}),
    "a network per pair, members": (FIVE, {"code_size": "one_vs_one"}),
    "dichotomies": (FIVE, {"code_size": 2.0, **ONE}),
    "dichotomies, members": (FIVE, {"code_size": 2.0, **DEEP}),
    "dichotomies, squared error": (FIVE, {"code_size": 2.0, "loss": "squared_error"}),
    "classes, squared error": (FIVE, {"loss": "squared_error", **ONE}),
    "no hidden layer": (FIVE, {"hidden_layer_sizes": (), **ONE}),
    "labels": (LABELS, ONE),
    "labels, members": (LABELS, DEEP),
    "labels, squared error": (LABELS, {"loss": "squared_error"}),
    "strings": (np.array(["no", "maybe", "yes", "ä", "b"])[FIVE], {}),
    "objects": (np.array(["no", "yes"], dtype=object)[TWO], ONE),
    "booleans": (TWO.astype(bool), ONE),
    "negative": (3 * FIVE - 7, ONE),
    "scaled inputs": (FIVE, {"scale_inputs": True}),
    "recent rows": (FIVE, {"scale_inputs": True, "recent_rows": 5, **ONE}),
}


def run(model, X):
    """The outputs of an ONNX model with one input or with one per column."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [each.name for each in session.get_inputs()]
    feed = {"X": X} if names == ["X"] else {n: X[n].to_numpy().reshape(-1, 1) for n in names}
    return session.run(None, feed)


def as_scores(decision):
    return np.stack([-decision, decision], axis=1) if decision.ndim == 1 else decision


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers(name, dtype):
    y, parameters = CLASSIFIERS[name]
    # Values that are no float32 statistics: far from 0.
    rows = (X + 100 * bool(parameters.get("scale_inputs"))).astype(dtype)
    clf = EDClassifier(random_state=0, max_iter=5, **parameters).fit(rows, y)
    atol = 1e-6 if dtype == np.float64 else 1e-4
    label, p = run(to_onnx(clf), rows)
    assert label.tolist() == clf.predict(rows).tolist()
    assert p.dtype == dtype
    np.testing.assert_allclose(p, clf.predict_proba(rows), rtol=0, atol=atol)
    label, scores = run(to_onnx(clf, options={"raw_scores": True}), rows)
    assert label.tolist() == clf.predict(rows).tolist()
    expected = as_scores(clf.decision_function(rows))
    np.testing.assert_allclose(scores, expected, rtol=atol, atol=atol)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("y", "parameters"),
    [
        (TARGETS, {}),
        (TARGETS, {**ONE, **DEEP}),
        (TARGETS[:, 0], {}),
        (TARGETS[:, 0], {"hidden_layer_sizes": (), **ONE}),
        (TARGETS[:, 0], {"scale_inputs": True}),
    ],
    ids=["targets", "deep", "one", "linear", "scaled inputs"],
)
def test_regressors(y, parameters, dtype):
    rows = X.astype(dtype)
    reg = EDRegressor(random_state=0, max_iter=5, **parameters).fit(rows, y)
    (values,) = run(to_onnx(reg), rows)
    assert values.dtype == dtype
    tol = 1e-6 if dtype == np.float64 else 1e-4
    expected = reg.predict(rows).reshape(len(X), -1)
    np.testing.assert_allclose(values, expected, rtol=tol, atol=tol)


def test_scores_stay_finite_where_probabilities_are_rounded():
    """As `decision_function`: the mean over members is one of logarithms."""
    for y in (TWO, FIVE, LABELS):
        clf = EDClassifier(random_state=0, max_iter=5).fit(X, y)
        clf.coefs_[-1] = 1000 * clf.coefs_[-1]
        _, scores = run(to_onnx(clf, options={"raw_scores": True}), X)
        expected = as_scores(clf.decision_function(X))
        assert np.abs(expected).max() > 1000
        np.testing.assert_allclose(scores, expected, rtol=1e-9, atol=1e-6)


def test_the_graph_of_many_networks_is_small():
    """Matrices are stacked: a block-diagonal matrix would be 45 times as large."""
    y = np.arange(120) % 10
    clf = EDClassifier((20, 10), random_state=0, max_iter=1, n_members=1).fit(X, y)
    model = to_onnx(clf)
    weights = sum(array.nbytes for array in (*clf.coefs_, *clf.intercepts_))
    assert len(model.SerializeToString()) < 1.1 * weights + clf.code_book_.nbytes + 2000
    assert len(model.graph.node) < 25


def test_options_of_classifiers():
    words, rows = np.array(["no", "yes"]), X.astype(np.float32)
    clf = EDClassifier(random_state=0, max_iter=2).fit(rows, words[TWO])
    label, p = run(to_onnx(clf, options={"zipmap": True}), rows)
    assert [max(row, key=row.get) for row in p] == label.tolist()
    label, _ = run(to_onnx(clf, options={"nocl": True}), rows)
    assert words[label].tolist() == clf.predict(rows).tolist()
    outputs = run(to_onnx(clf, options={"output_class_labels": True}), rows)
    assert outputs[2].tolist() == ["no", "yes"]
    columns = run(to_onnx(clf, options={"zipmap": "columns"}), rows)
    p = np.stack(columns[1:], axis=1)
    np.testing.assert_allclose(p, clf.predict_proba(rows), rtol=0, atol=1e-4)
    by_class = to_onnx(clf, options={EDClassifier: {"zipmap": False, "nocl": True}})
    assert set(run(by_class, rows)[0].tolist()) == {0, 1}


@pytest.mark.parametrize("opset", [13, 17, 18])
def test_operators_of_earlier_versions(opset):
    clf = EDClassifier(random_state=0, max_iter=2).fit(X, FIVE)
    options = {"raw_scores": True}
    _, scores = run(to_onnx(clf, options=options, target_opset=opset), X)
    np.testing.assert_allclose(scores, clf.decision_function(X), rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_inside_other_estimators(dtype):
    rows = (10 * X + 5).astype(dtype)
    columns = ColumnTransformer(
        [("a", StandardScaler(), [0, 1, 2]), ("b", MinMaxScaler(), [5])],
        remainder="passthrough",
    )
    network = EDClassifier(random_state=0, max_iter=3)
    search = GridSearchCV(network, {"alpha": [0.001, 0.01]}, cv=2)
    atol = 1e-6 if dtype == np.float64 else 1e-4
    for model in (
        make_pipeline(StandardScaler(), network),
        make_pipeline(columns, network),
        make_pipeline(StandardScaler(), make_pipeline(MinMaxScaler(), network)),
        search,
    ):
        model.fit(rows, FIVE)
        label, p = run(to_onnx(model, rows[:1]), rows)
        assert label.tolist() == model.predict(rows).tolist()
        np.testing.assert_allclose(p, model.predict_proba(rows), rtol=0, atol=atol)
    # The dtype of the weights decides where X is not given.
    model = make_pipeline(StandardScaler(), network).fit(rows, FIVE)
    assert run(to_onnx(model), rows)[1].dtype == dtype


def test_columns_of_a_frame():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcdef")).assign(f=lambda frame: 10 * frame["f"])
    columns = ColumnTransformer(
        [("s", StandardScaler(), ["a", "f"]), ("p", "passthrough", ["b"])]
    )
    reg = make_pipeline(columns, EDRegressor(random_state=0, max_iter=3)).fit(frame, TARGETS)
    (values,) = run(to_onnx(reg, frame), frame)
    np.testing.assert_allclose(values, reg.predict(frame), rtol=1e-6)
    clf = EDClassifier(random_state=0, max_iter=3).fit(frame, FIVE)
    _, p = run(to_onnx(clf, frame), frame)
    np.testing.assert_allclose(p, clf.predict_proba(frame), atol=1e-6)


def test_skl2onnx_itself_after_registration():
    import skl2onnx

    register()
    clf = EDClassifier(random_state=0, max_iter=2).fit(X, FIVE)
    model = skl2onnx.to_onnx(clf, X[:1], options={"zipmap": False})
    np.testing.assert_allclose(run(model, X)[1], clf.predict_proba(X), atol=1e-6)


def test_errors():
    clf = EDClassifier(random_state=0, max_iter=2)
    with pytest.raises(NotFittedError):
        to_onnx(clf, X)
    clf.fit(X, TWO)
    with pytest.raises(ValueError, match=r"initial_types: expected 6 columns.* got 4"):
        to_onnx(clf, X[:, :4])
    clf.classes_ = np.array([0.5, 1.5])
    with pytest.raises(ValueError, match="classes_: expected integers or strings"):
        to_onnx(clf)
    assert set(run(to_onnx(clf, options={"nocl": True}), X)[0]) == {0, 1}
    clf.classes_ = np.array([0.0, 1.0])
    clf.coefs_[0] = clf.coefs_[0][:, :3]
    with pytest.raises(ValueError, match=r"coefs_\[0\]: expected shape"):
        to_onnx(clf)
