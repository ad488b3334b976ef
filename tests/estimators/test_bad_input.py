"""Bad parameters and bad data: a clear error, and a fitted estimator is wholly as it was.

Every error names the parameter or says what the data lacks. "Wholly" is a hash over all
attributes, contents of arrays and random states included.
"""

import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.rules import Backprop

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 30
rng = np.random.RandomState(0)
X = rng.randn(N, 4)
CLASSES = np.arange(N) % 3
REAL = rng.randn(N)
LABELS = np.column_stack([CLASSES > 0, CLASSES > 1]).astype(int)

BOTH = pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
LEARNING = pytest.mark.parametrize("method", ["fit", "partial_fit"])


def target(Estimator):
    return CLASSES if Estimator is EDClassifier else REAL


def first_call(Estimator, method):
    """What the first call needs besides the data."""
    needs_classes = Estimator is EDClassifier and method == "partial_fit"
    return {"classes": [0, 1, 2]} if needs_classes else {}


def fitted(Estimator, y=None, **params):
    model = Estimator(4, max_iter=2, random_state=0, **params)
    return model.fit(X, target(Estimator) if y is None else y)


def assert_refused(model, message, method, *args, **kwargs):
    before = joblib.hash(vars(model))
    with pytest.raises((ValueError, TypeError), match=message):
        getattr(model, method)(*args, **kwargs)
    assert joblib.hash(vars(model)) == before


@BOTH
def test_the_snapshot_sees_what_learning_changes(Estimator):
    model = fitted(Estimator)
    before = joblib.hash(vars(model))
    model.predict(X)
    assert joblib.hash(vars(model)) == before
    model.partial_fit(X, target(Estimator))
    assert joblib.hash(vars(model)) != before


NOT_POSITIVE = [0, -0.1, np.nan, np.inf, "0.1", True, None, np.array([0.1, 0.2]), 1j]
NOT_A_FLAG = ["yes", 1, None]
BAD_PARAMETERS = {
    "hidden_layer_sizes": [
        *(0, -1, 2.5, "8", (8, 0), (8, -1), (8, 2.0), (8, "8"), True, None, np.nan),
        *([[8]], np.array(8.0), "Auto", ("auto",), np.array("auto")),
    ],
    "activation": ["relu", "identity", "Logistic", None],
    "alpha": NOT_POSITIVE,
    "beta": [-0.1, np.nan, np.inf, "0.8", True, None],
    "u0": NOT_POSITIVE,
    "rule": ["hebb", "Backprop", None, 1, True, (), Backprop],
    "weight_decrement": NOT_A_FLAG,
    "init": ["he", "Scaled", None, 1],
    "code_size": [0, -1, np.nan, np.inf, "2", "Auto", "one_vs_rest", True],
    "loss": ["hinge", "logloss", None, 0],
    "class_weight": ["balance", 2.0, {0: -1}, {0: np.nan}, {0: "1"}, [{0: -1}], np.ones(3)],
    "solver": ["lbfgs", "SGD", None, 1],
    "learning_rate": ["adaptive", "Linear", 0.1, None],
    "power_t": [-0.5, np.nan, np.inf, "0.5", None],
    "dropout": [-0.1, 1, 1.5, np.nan, np.inf, "0.2", "Auto", None, True, [0.2]],
    "weight_decay": [-0.1, np.nan, np.inf, "0.3", "Auto", None, True, [0.3]],
    "batch_size": [0, -1, "all", 2.5, True, None],
    "max_iter": [0, -1, 2.5, "10", True, None, np.inf],
    "shuffle": NOT_A_FLAG,
    "tol": [-1e-4, np.nan, "0", "Auto", None],
    "verbose": [-1, "yes", 0.5, None],
    "warm_start": NOT_A_FLAG,
    "momentum": [-0.1, 1, np.nan, "0.9", True],
    "early_stopping": NOT_A_FLAG,
    "scoring": ["f2", "Loss", 1, True, ["r2"], ("r2",), {"r2": "r2"}],
    "validation_fraction": [0, 1, -0.1, np.nan, "0.1"],
    "beta_1": [-0.1, 1, np.nan],
    "beta_2": [-0.1, 1, np.nan],
    "epsilon": [0, -1e-8, np.nan],
    "n_members": [0, -1, 2.5, "4", "Auto", True, None, np.inf],
    "scale_inputs": NOT_A_FLAG,
    "recent_rows": [0, -1, 2.5, "50", True],
    "replay": [-1, 2.5, "8", True, None],
    "memory_size": [0, -1, 2.5, "500", True, None],
    "n_jobs": [0, 1.5, "2", True],
    "n_iter_no_change": [0, -1, 2.5, np.nan, -np.inf, "10", None],
}
PARAMETER_CASES = [
    pytest.param(Estimator, name, value, id=f"{Estimator.__name__}-{name}={value!r}")
    for Estimator in (EDClassifier, EDRegressor)
    for name, values in BAD_PARAMETERS.items()
    if name in Estimator().get_params()
    for value in values
]


@LEARNING
@pytest.mark.parametrize(("Estimator", "name", "value"), PARAMETER_CASES)
def test_bad_parameter(Estimator, name, value, method):
    message = rf"^{name}: expected .*, got "
    model = fitted(Estimator).set_params(**{name: value})
    assert_refused(model, message, method, X, target(Estimator))
    new = Estimator(**{name: value})
    assert_refused(new, message, method, X, target(Estimator), **first_call(Estimator, method))
    assert not hasattr(new, "n_features_in_")


@BOTH
@pytest.mark.parametrize("seed", [-1, 2**32, "seed", 1.5, np.random.default_rng(0)])
def test_bad_random_state(Estimator, seed):
    model = fitted(Estimator).set_params(random_state=seed)
    assert_refused(model, "(?i)seed", "fit", X, target(Estimator))


def test_every_parameter_has_a_bad_case():
    for Estimator in (EDClassifier, EDRegressor):
        assert set(Estimator().get_params()) <= {*BAD_PARAMETERS, "random_state"}


@pytest.mark.parametrize("n_classes", [3, 4, 5, 9])
def test_code_size_too_small_to_tell_the_classes_apart(n_classes):
    y = np.arange(N) % n_classes
    model = fitted(EDClassifier, y)
    bits = int(np.ceil(np.log2(n_classes)))
    for code_size in (0.01, (bits - 0.5) / n_classes):
        model.set_params(code_size=code_size)
        assert_refused(model, r"^code_size: expected at least .*, got ", "fit", X, y)
    model.set_params(code_size=(bits + 0.5) / n_classes).fit(X, y)
    assert model.n_networks_ == 4 * bits
    assert np.unique(model.code_book_, axis=1).shape == (bits, n_classes)


def with_entry(value):
    bad = X.copy()
    bad[3, 2] = value
    return bad


def broken(container, attribute, value):
    bad = container(X)
    getattr(bad, attribute)[3] = value
    return bad


LENGTHS = "inconsistent numbers of samples: "
BAD_X = {
    "nan": (with_entry(np.nan), "^Input X contains NaN"),
    "inf": (with_entry(np.inf), "^Input X contains infinity"),
    "-inf": (with_entry(-np.inf), "^Input X contains infinity"),
    "float32 nan": (with_entry(np.nan).astype(np.float32), "^Input X contains NaN"),
    "sparse nan": (sp.csr_array(with_entry(np.nan)), "^Input X contains NaN"),
    "complex": (X + 1j, "^Complex data not supported"),
    "strings": (np.full((N, 4), "a"), "could not convert string to float"),
    "1-D": (X[:, 0], "^Expected 2D array, got 1D array"),
    "3-D": (X.reshape(N, 2, 2), "^Found array with dim 3"),
    "scalar": (1.0, "^Expected 2D array, got scalar array"),
    "no rows": (X[:0], r"^Found array with 0 sample\(s\)"),
    "no features": (X[:, :0], r"^Found array with 0 feature\(s\)"),
    "index too high": (broken(sp.csr_array, "indices", 4), "^X: expected .*must be < 4"),
    "index far too high": (broken(sp.csr_array, "indices", 10**8), "^X: expected .*be < 4"),
    "index below 0": (broken(sp.csr_matrix, "indices", -1), "^X: expected .*must be >= 0"),
    "pointer": (broken(sp.csr_array, "indptr", 10**8), "^X: expected .*non-decreasing"),
}


@BOTH
@LEARNING
@pytest.mark.parametrize("case", BAD_X)
def test_bad_X_in_learning(Estimator, method, case):
    bad, message = BAD_X[case]
    assert_refused(fitted(Estimator), message, method, bad, target(Estimator))


@pytest.mark.parametrize("case", BAD_X)
def test_bad_X_in_predicting(case):
    bad, message = BAD_X[case]
    for model in (fitted(EDClassifier), fitted(EDRegressor)):
        for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
            if hasattr(model, method):
                assert_refused(model, message, method, bad)
        assert_refused(model, message, "score", bad, target(type(model)))


@pytest.mark.slow
def test_columns_with_an_index_out_of_range():
    """In a process of its own: unchecked, the index is written to, beyond the array."""
    script = f"""
import numpy as np, scipy.sparse as sp
from sklearn_ed import EDRegressor
X, y = np.random.RandomState(0).randn({N}, 4), np.arange({N}.)
model = EDRegressor(4, random_state=0).partial_fit(X, y)
for attribute in ("indices", "indptr"):
    broken = sp.csc_array(X)
    getattr(broken, attribute)[3] = 10**8
    for method in ("fit", "partial_fit", "predict"):
        try:
            getattr(model, method)(*(broken, y)[: 1 if method == "predict" else 2])
        except ValueError as error:
            print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    messages = done.stdout.splitlines()
    assert len(messages) == 6
    for message in messages:
        assert message.startswith("X: expected a sparse array whose indices fit its shape")


@BOTH
@pytest.mark.parametrize("n_features", [3, 5])
def test_wrong_number_of_features(Estimator, n_features):
    message = f"^X has {n_features} features, but {Estimator.__name__} is expecting 4 features"
    y = target(Estimator)
    for container in (np.asarray, sp.csr_array):
        other = container(np.ones((N, n_features)))
        model = fitted(Estimator)
        assert_refused(model, message, "predict", other)
        assert_refused(model, message, "score", other, y)
        assert_refused(model, message, "partial_fit", other, y)
        assert_refused(model.set_params(warm_start=True), message, "fit", other, y)


ONES = np.ones(N)
BAD_WEIGHT = {
    "negative": (np.where(CLASSES, 1, -0.5), "^sample_weight: expected no negative.*-0.5"),
    "all zero": (0 * ONES, "^sample_weight: expected at least one positive weight"),
    "nan": (np.where(CLASSES, 1, np.nan), "^Input sample_weight contains NaN"),
    "inf": (np.where(CLASSES, 1, np.inf), "^Input sample_weight contains infinity"),
    "2-D": (ONES[:, np.newaxis], r"^sample_weight: expected a 1D array, .*\(30, 1\)"),
    "too short": (ONES[:-1], "^sample_weight: expected 30 weights, .* got 29"),
    "too long": (np.ones(N + 1), "^sample_weight: expected 30 weights, .* got 31"),
    "complex": (1j * ONES, "^Complex data not supported"),
}


@BOTH
@LEARNING
@pytest.mark.parametrize("case", BAD_WEIGHT)
def test_bad_sample_weight(Estimator, method, case):
    bad, message = BAD_WEIGHT[case]
    y = target(Estimator)
    assert_refused(fitted(Estimator), message, method, X, y, sample_weight=bad)


OF_BOTH = {
    "too short": (CLASSES[:-1], LENGTHS + r"\[30, 29\]"),
    "nan": (np.where(CLASSES, 1, np.nan), "^Input y contains NaN"),
    "inf": (np.where(CLASSES, 1, np.inf), "^Input y contains infinity"),
    "complex": (CLASSES + 1j, "^Complex data not supported"),
    "3-D": (np.zeros((N, 2, 2)), "^Found array with dim 3"),
    "none": (None, "requires y to be passed"),
}
BAD_Y = {
    EDClassifier: {
        **OF_BOTH,
        "continuous": (REAL, "^Unknown label type: continuous"),
        "classes in columns": (
            np.column_stack([CLASSES, CLASSES]),
            "^y: expected one class per sample, .*multiclass-multioutput",
        ),
        "mixed types": (np.array([1, "a", None] * 10, dtype=object), "^Unknown label type"),
        "labels 1 and 2": (LABELS + 1, "^y: expected "),
        "labels -1 and 1": (2 * LABELS - 1, "^y: expected "),
        "labels 0 and 256": (256 * LABELS, "^y: expected "),
    },
    EDRegressor: {
        **OF_BOTH,
        "strings": (np.array(["a", "b", "c"])[CLASSES], "^y: expected real numbers, got "),
        "objects": (
            np.array(["a", "b", "c"], dtype=object)[CLASSES],
            "^y: expected real numbers, got: could not convert string to float: 'a'",
        ),
    },
}
Y_CASES = [(Estimator, case) for Estimator, cases in BAD_Y.items() for case in cases]


@LEARNING
@pytest.mark.parametrize(("Estimator", "case"), Y_CASES)
def test_bad_y(Estimator, case, method):
    bad, message = BAD_Y[Estimator][case]
    several = getattr(bad, "ndim", 1) == 2 and case != "classes in columns"
    good = LABELS if several else target(Estimator)
    assert_refused(fitted(Estimator, good), message, method, X, bad)
    new = Estimator(max_iter=2)
    assert_refused(new, message, method, X, bad, **first_call(Estimator, method))


STARTED_WITH = {
    "unseen class": (CLASSES, CLASSES + 1),
    "more classes": (CLASSES, np.arange(N) % 4),
    "strings for numbers": (CLASSES, CLASSES.astype(str)),
    "labels for classes": (CLASSES, LABELS),
    "classes for labels": (LABELS, CLASSES),
    "more labels": (LABELS, np.column_stack([LABELS, CLASSES > 1])),
    "more targets": (REAL, np.column_stack([REAL, REAL])),
    "fewer targets": (np.column_stack([REAL, REAL]), REAL),
}


@LEARNING
@pytest.mark.parametrize("case", STARTED_WITH)
def test_going_on_with_other_targets(case, method):
    first, then = STARTED_WITH[case]
    Estimator = EDRegressor if "targets" in case else EDClassifier
    model = fitted(Estimator, first, warm_start=True)
    message = "^y: expected|`y` has the same classes|^Mix of label input types"
    assert_refused(model, message, method, X, then)


def test_going_on_with_other_classes():
    model = fitted(EDClassifier)
    message = r"^classes: expected \[0, 1, 2\] as in the first call, got "
    for classes in ([0, 1], [0, 1, 2, 3], ["a", "b", "c"]):
        assert_refused(model, message, "partial_fit", X, CLASSES, classes=classes)
    model.set_params(warm_start=True)
    assert_refused(model, "same classes", "fit", X[CLASSES < 2], CLASSES[CLASSES < 2])


@BOTH
@LEARNING
@pytest.mark.parametrize("sizes", [(), 5, (4, 4)])
def test_going_on_with_other_hidden_layers(Estimator, method, sizes):
    model = fitted(Estimator, warm_start=True).set_params(hidden_layer_sizes=sizes)
    message = r"^hidden_layer_sizes: expected \(4,\), .* got "
    assert_refused(model, message, method, X, target(Estimator))


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
@pytest.mark.parametrize(
    "values",
    [
        *(["no", "yes"], ["b", "é"], [False, True]),
        *([1.0, 2.0], [-1, 1], np.array([3, 200], dtype=np.uint8)),
    ],
)
def test_two_classes_of_any_kind_are_learned_alike(values, loss):
    values, indices = np.asarray(values), (X[:, 0] > 0).astype(int)
    params = {"loss": loss, "alpha": 0.05, "random_state": 0}
    plain = EDClassifier(4, **params).fit(X, indices)
    named = EDClassifier(4, **params).fit(X, values[indices])
    assert named.classes_.tolist() == values.tolist()
    assert named.classes_.dtype == values.dtype
    assert named.predict(X).tolist() == values[plain.predict(X)].tolist()
    np.testing.assert_array_equal(named.predict_proba(X), plain.predict_proba(X))
    assert named.score(X, values[indices]) == plain.score(X, indices) > 0.95
    named.partial_fit(X, values[indices], classes=values[::-1])
    assert named.n_iter_ == plain.n_iter_ + 1


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_strings_of_pandas_are_classes(dtype):
    names = np.array(["a", "bb", "ccc"])[CLASSES]
    clf = fitted(EDClassifier, pd.Series(names, dtype=dtype))
    np.testing.assert_array_equal(clf.predict(X), fitted(EDClassifier, names).predict(X))
    others = pd.Series([f"{name}d" for name in names])
    assert_refused(clf, "^y: expected classes among", "partial_fit", X, others)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float32, object])
def test_regressor_takes_numbers_of_any_kind(dtype):
    actual = fitted(EDRegressor, CLASSES.astype(bool).astype(dtype))
    expected = fitted(EDRegressor, CLASSES.astype(bool).astype(float))
    np.testing.assert_array_equal(actual.predict(X), expected.predict(X))
