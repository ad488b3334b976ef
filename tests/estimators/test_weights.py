"""Networks without data: `initialize`, `get_weights` and `set_weights`."""

import pickle

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.rules import ErrorDiffusion

rng = np.random.RandomState(0)
X = rng.normal(size=(70, 5))
FIVE = np.digitize(X[:, 0], [-1, -0.3, 0.3, 1])
WORDS = np.array(["no", "maybe", "yes", "ä", "b"])
LABELS = (X[:, :3] > 0).astype(int)
TARGETS = 1000 * X[:, :3] + 5000

CLASSIFIERS = {
    "default": {},
    "deep": {"hidden_layer_sizes": (6, 4)},
    "dichotomies": {"code_size": 2.0, "solver": "sgd", "momentum": 0.5},
    "squared error": {"loss": "squared_error", "init": "uniform", "rule": "backprop"},
    "one member, dropout": {"n_members": 1, "dropout": 0.2, "max_iter": 3},
    "online": {"solver": "sgd", "batch_size": 1},
}


def assert_same(model, expected):
    """All that is kept but times, and the bank, whose arrays are among the attributes."""
    found, wanted = model.__getstate__(), expected.__getstate__()
    for state in (found, wanted):
        if "history_" in state:
            state["history_"] = {**state["history_"], "seconds": None}
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert pickle.dumps(found[name]) == pickle.dumps(value), name


def rows_of(X, n_rows):
    """Chunks of so many rows."""
    return [slice(start, start + n_rows) for start in range(0, len(X), n_rows)]


@pytest.mark.parametrize("n_rows", [1, 70])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers_continue_as_if_partial_fit_had_begun(name, dtype, n_rows):
    options = {"random_state": 0, **CLASSIFIERS[name]}
    rows, y = X.astype(dtype), WORDS[FIVE]
    expected = EDClassifier(**options)
    clf = EDClassifier(**options).initialize(5, WORDS, dtype=dtype)
    assert clf.predict(rows).shape == y.shape
    for part in rows_of(X, n_rows)[:3]:
        expected.partial_fit(rows[part], y[part], classes=WORDS)
        clf.partial_fit(rows[part], y[part])
        assert_same(clf, expected)


@pytest.mark.parametrize("make", [EDClassifier.for_streams, EDClassifier])
def test_labels_and_streams(make):
    expected = make(random_state=0).partial_fit(X[:1], LABELS[:1])
    clf = make(random_state=0).initialize(5, n_labels=3)
    assert clf.predict_proba(X).shape == (70, 3)
    clf.partial_fit(X[:1], LABELS[:1])
    for _ in range(2):
        assert_same(clf, expected)
        clf.partial_fit(X, LABELS)
        expected.partial_fit(X, LABELS)


@pytest.mark.parametrize("n_rows", [1, 30])
@pytest.mark.parametrize("beta", [0.8, 0])
@pytest.mark.parametrize("y", [TARGETS, TARGETS[:, 0], X[:, 0]], ids=["many", "one", "unit"])
def test_regressors_begin_at_the_mean_of_the_first_targets(y, beta, n_rows):
    n_targets = 1 if y.ndim == 1 else y.shape[1]
    expected = EDRegressor(random_state=0, beta=beta)
    reg = EDRegressor(random_state=0, beta=beta).initialize(5, n_targets)
    assert np.abs(reg.predict(X)).max() < 10
    for part in rows_of(X, n_rows)[:3]:
        expected.partial_fit(X[part], y[part])
        reg.partial_fit(X[part], y[part])
        assert_same(reg, expected)


def test_a_warm_start_begins_with_these_networks():
    reg = EDRegressor(random_state=0, warm_start=True, max_iter=1, alpha=1e-9)
    reg.initialize(5)
    first = reg.coefs_[0].copy()
    reg.fit(X, TARGETS[:, 0])
    np.testing.assert_allclose(reg.coefs_[0], first, atol=1e-6)
    assert abs(reg.predict(X).mean() / TARGETS[:, 0].mean() - 1) < 0.3


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_initialize_replaces_what_was_learned():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcde"))
    clf = EDClassifier(random_state=0, max_iter=2).fit(frame, FIVE)
    clf.initialize(3, [0, 1])
    assert_same(clf, EDClassifier(random_state=0, max_iter=2).initialize(3, [0, 1]))
    # `fit` begins anew.
    expected = EDClassifier(random_state=0, max_iter=2).fit(X, FIVE)
    assert_same(clf.fit(X, FIVE), expected)
    named = clf.initialize(frame.columns, range(5))
    assert named.feature_names_in_.tolist() == list("abcde")
    named.partial_fit(frame, FIVE)
    with pytest.raises(ValueError, match="feature names"):
        named.predict(frame.rename(columns={"a": "z"}))


def test_rows_decide_about_layers_and_members():
    few = EDRegressor(random_state=0).initialize(3)
    many = EDRegressor(random_state=0).initialize(3, n_rows=3000)
    assert (few.n_layers_, many.n_layers_) == (3, 4)
    expected = EDClassifier(random_state=0).partial_fit(
        np.zeros((20_000, 1)), np.zeros(20_000), classes=range(5)
    )
    clf = EDClassifier(random_state=0).initialize(1, range(5), n_rows=20_000)
    assert clf.n_members_ == expected.n_members_ == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.initialize(0, [0, 1]), r"^n_features: expected an integer >= 1, got 0"),
        (lambda c: c.initialize(2.5, [0, 1]), r"^n_features: expected .* got 2.5"),
        (lambda c: c.initialize([1, 2], [0, 1]), r"^n_features: expected .* got \[1, 2\]"),
        (lambda c: c.initialize(3), r"^classes: expected all classes, .* got None"),
        (lambda c: c.initialize(3, [0, 1], n_labels=2), r"^classes: expected .* n_labels=2"),
        (lambda c: c.initialize(3, []), r"^classes: expected at least one class"),
        (lambda c: c.initialize(3, n_labels=1), r"^n_labels: expected an integer >= 2, got 1"),
        (lambda c: c.initialize(3, [0, 1], n_rows=0), r"^n_rows: expected .* got 0"),
        (lambda c: c.initialize(3, [0, 1], dtype=int), r"^dtype: expected float32 or float64"),
        (
            lambda c: c.set_params(alpha=-1).initialize(3, [0, 1]),
            r"^alpha: expected a real number > 0",
        ),
        (
            lambda c: c.set_params(early_stopping=True).initialize(3, [0, 1]),
            r"^partial_fit does not support early_stopping=True",
        ),
    ],
)
def test_a_refused_initialize_leaves_the_estimator_as_it_was(call, message):
    clf = EDClassifier(random_state=0).partial_fit(X, FIVE, classes=range(5))
    before = pickle.dumps(clf.coefs_), clf.classes_, sorted(vars(clf))
    with pytest.raises(ValueError, match=message):
        call(clf)
    assert (pickle.dumps(clf.coefs_), clf.classes_, sorted(vars(clf))) == before
    with pytest.raises(ValueError, match=r"^n_targets: expected an integer >= 1, got 0"):
        EDRegressor().initialize(3, 0)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_weights_of_another_estimator(solver):
    options = {"hidden_layer_sizes": (6, 4), "solver": solver, "momentum": 0.9}
    teacher = EDClassifier(random_state=0, **options).partial_fit(X, FIVE, classes=range(5))
    clf = EDClassifier(random_state=1, **options).partial_fit(X, FIVE, classes=range(5))
    coefs, intercepts = teacher.get_weights()
    assert clf.set_weights(coefs, [array.tolist() for array in intercepts]) is clf
    np.testing.assert_array_equal(clf.predict_proba(X), teacher.predict_proba(X))
    # Copies on both ways.
    coefs[0][...] = 0
    np.testing.assert_array_equal(clf.predict_proba(X), teacher.predict_proba(X))
    clf.get_weights()[1][0][...] = 0
    np.testing.assert_array_equal(clf.predict_proba(X), teacher.predict_proba(X))
    # The moments of other weights are forgotten: the first step is that of a new optimizer.
    new = EDClassifier(random_state=1, **options).initialize(5, range(5))
    new.set_weights(*teacher.get_weights())
    for model in (clf, new):
        model.set_params(shuffle=False).partial_fit(X[:50], FIVE[:50])
    for found, expected in zip(clf.coefs_, new.coefs_, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_regressor_with_given_weights_stays_where_they_are():
    """The first targets decide about its scale; its predictions do not move to their mean."""
    teacher = EDRegressor(random_state=0).partial_fit(X, TARGETS)
    reg = EDRegressor(random_state=0, alpha=1e-12).initialize(5, 3)
    reg.set_weights(*teacher.get_weights())
    reg.partial_fit(X, TARGETS)
    np.testing.assert_allclose(reg.predict(X), teacher.predict(X), rtol=1e-6)
    np.testing.assert_array_equal(reg.target_scale_, teacher.target_scale_)


def test_one_row_after_given_weights():
    clf = EDClassifier.for_streams(random_state=0).partial_fit(X, FIVE, classes=range(5))
    other = pickle.loads(pickle.dumps(clf))
    other.set_weights(*clf.get_weights())
    for model in (clf, other):
        for row in range(3):
            model.partial_fit(X[[row]], FIVE[[row]])
    np.testing.assert_array_equal(other.predict_proba(X), clf.predict_proba(X))


def replaced(arrays, layer, value):
    return [value if place == layer else array for place, array in enumerate(arrays)]


def wrong_sign(arrays):
    array = np.abs(arrays[1])
    array[2, 3, 1] = array[2, 0, 2] = -0.25
    return array * np.outer([1, 1, 1, -1, -1, -1], [1, 1, -1, -1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c, b: (c[:1], b), r"^coefs: expected 3 arrays, one per layer, got 1"),
        (lambda c, b: (c, [*b, b[0]]), r"^intercepts: expected 3 arrays, .* got 4"),
        (
            lambda c, b: (replaced(c, 0, c[0][:, :3]), b),
            r"^coefs\[0\]: expected shape \(5, 5, 6\), got \(5, 3, 6\)",
        ),
        (
            lambda c, b: (c, replaced(b, 1, b[1].ravel())),
            r"^intercepts\[1\]: expected shape \(5, 4\), got \(20,\)",
        ),
        (
            lambda c, b: (replaced(c, 2, c[2].astype(complex)), b),
            r"^coefs\[2\]: expected real numbers, got the dtype complex128",
        ),
        (
            lambda c, b: (c, replaced(b, 2, np.full((5, 1), "a"))),
            r"^intercepts\[2\]: expected real numbers",
        ),
        (
            lambda c, b: (replaced(c, 1, np.full((5, 6, 4), np.nan)), b),
            r"^coefs\[1\]: expected finite numbers in the range of float32",
        ),
        (
            lambda c, b: (c, replaced(b, 0, np.full((5, 6), 1e300))),
            r"^intercepts\[0\]: expected finite numbers in the range of float32",
        ),
        (
            lambda c, b: (replaced(c, 1, wrong_sign(c)), b),
            r"^coefs\[1\]: expected weights <= 0 between units of different types, .* got 0.25 "
            r"from unit 0 to unit 2 of network 2, and 2 wrong signs in all",
        ),
        (lambda c, b: (replaced(c, 2, -c[2]), b), r"^coefs\[2\]: expected weights >= 0"),
    ],
)
def test_refused_weights_leave_the_estimator_as_it_was(change, message):
    clf = EDClassifier((6, 4), n_members=1, code_size=None, random_state=0)
    clf.partial_fit(X.astype(np.float32), FIVE, classes=range(5))
    before, state = pickle.dumps(clf), dict(vars(clf))
    with pytest.raises(ValueError, match=message):
        clf.set_weights(*change(*clf.get_weights()))
    assert pickle.dumps(clf) == before
    assert all(vars(clf)[name] is value for name, value in state.items())


def test_signs_matter_for_error_diffusion_only():
    for rule in ("backprop", "error_diffusion", ErrorDiffusion()):
        clf = EDClassifier((6,), n_members=1, rule=rule).initialize(5, [0, 1])
        coefs, intercepts = clf.get_weights()
        coefs[1] = -coefs[1]
        if rule == "backprop":
            clf.set_weights(coefs, intercepts).partial_fit(X, FIVE > 2)
        else:
            with pytest.raises(ValueError, match=r"^coefs\[1\]"):
                clf.set_weights(coefs, intercepts)


def test_before_there_are_networks():
    for call in (EDClassifier().get_weights, lambda: EDRegressor().set_weights([], [])):
        with pytest.raises(NotFittedError):
            call()
