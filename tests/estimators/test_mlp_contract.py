"""What users of scikit-learn's MLP rely on, for error diffusion: quality, data, `partial_fit`.

These tests ask for more than those of scikit-learn, which test_sklearn_mlp_suite.py runs: for
both estimators, for all solvers and losses, for exact results, or for what error diffusion
does instead. Stopping and warm starts are in test_mlp_contract_stopping.py.
"""

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits, make_multilabel_classification, make_regression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import scale

from sklearn_ed import EDClassifier, EDRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
SPARSE = [sp.csr_array, sp.csc_array, sp.csr_matrix, sp.csc_matrix]
UNTIL_MAX_ITER = {"tol": 0, "n_iter_no_change": np.inf}  # every epoch runs
ALL_ROWS = {"early_stopping": False, "random_state": 0}


def digits(n_class, n_samples=200):
    X, y = load_digits(n_class=n_class, return_X_y=True)
    return X[:n_samples] / 16, y[:n_samples]


def regression():
    X, y = make_regression(n_samples=200, n_features=10, bias=20.0, noise=100.0, random_state=7)
    return X, scale(y)


def multilabel():
    return make_multilabel_classification(n_samples=50, random_state=0, return_indicator=True)


def small_data(Estimator, n_samples=50):
    """A few rows of three digits; as numbers they are targets of a regression too."""
    X, y = digits(3, n_samples)
    return X, y if Estimator is EDClassifier else y.astype(float)


def first_call(Estimator, y):
    return {"classes": np.unique(y)} if Estimator is EDClassifier else {}


def assert_same_network(actual, expected):
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(actual, name), getattr(expected, name), strict=True):
            assert_array_equal(a, b, strict=True)


def test_one_step_equals_a_worked_example():
    """Two hidden units, the first excitatory; alpha = 0.1, beta = 0.8, u0 = 0.4.

    a_1 = 0.6 * 0.1 + 0.8 * 0.3 + 0.7 * 0.5 + 0.8 * 0.1 = 0.73
    a_2 = 0.6 * 0.2 + 0.8 * 0.1 + 0.7 * 0.0 + 0.8 * 0.1 = 0.28
    z_1 = 1 / (1 + exp(-5 * 0.73)) = 0.974667        z_1 (1 - z_1) = 0.024691
    z_2 = 1 / (1 + exp(-5 * 0.28)) = 0.802184        z_2 (1 - z_2) = 0.158685
    a = 0.1 * 0.974667 - 0.2 * 0.802184 + 0.8 * 0.5 = 0.337030
    p = 1 / (1 + exp(-a)) = 0.583469

    target 0: e = -0.583469; the inhibitory unit's weight to the output learns,
              -0.2 - 0.1 * 0.802184 * 0.583469 = -0.246805
    target 1: e = +0.416531; the excitatory unit's weight learns,
               0.1 + 0.1 * 0.974667 * 0.416531 = 0.140598
    first layer: W_ij + 0.1 x_i (+-1)_j z_j (1 - z_j) e
    """
    X = np.array([[0.6, 0.8, 0.7]])
    expected = {
        0: (
            [[0.0991356, 0.2055553], [0.2988475, 0.1074070], [0.4989916, 0.0064811]],
            [[0.1], [-0.2468049]],
            [0.0988475, 0.1074070],
            [0.4533225],
        ),
        1: (
            [[0.1006171, 0.1960342], [0.3008228, 0.0947122], [0.5007199, -0.0046268]],
            [[0.1405979], [-0.2]],
            [0.1008228, 0.0947122],
            [0.5333225],
        ),
    }
    for target, (coef_1, coef_2, intercept_1, intercept_2) in expected.items():
        params = {"solver": "sgd", "alpha": 0.1, "weight_decrement": False, "n_members": 1}
        params["weight_decay"] = 0
        clf = EDClassifier(2, random_state=1, **params)
        clf.partial_fit(X, [target], classes=[0, 1])
        clf.coefs_ = [
            np.array([[[0.1, 0.2], [0.3, 0.1], [0.5, 0.0]]]),
            np.array([[[0.1], [-0.2]]]),
        ]
        clf.intercepts_ = [np.array([[0.1, 0.1]]), np.array([[0.5]])]
        assert_allclose(clf.predict_proba(X), [[1 - 0.583469, 0.583469]], atol=1e-6)
        clf.partial_fit(X, [target])
        assert_allclose(clf.coefs_[0][0], coef_1, atol=1e-7)
        assert_allclose(clf.coefs_[1][0], coef_2, atol=1e-7)
        assert_allclose(clf.intercepts_[0][0], intercept_1, atol=1e-7)
        assert_allclose(clf.intercepts_[1][0], intercept_2, atol=1e-7)


@pytest.mark.parametrize("n_class", [2, 3])
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"solver": "sgd", "alpha": 0.1},
        {"solver": "sgd", "alpha": 0.1, "momentum": 0.9},
        {"solver": "sgd", "alpha": 0.01, "batch_size": 1, "max_iter": 20},
        {"loss": "squared_error"},
        {"loss": "squared_error", "solver": "sgd", "alpha": 0.1, "weight_decay": 0.0},
        {"code_size": 2},
        {"code_size": 1.5, "loss": "squared_error"},
        {"hidden_layer_sizes": ()},
        {"hidden_layer_sizes": (20, 20)},
        {"code_size": None},
        {"weight_decrement": False},
        {"dropout": 0.5},
        {"weight_decay": 0.3},
        {"init": "uniform"},
    ],
)
def test_digits_are_learned(n_class, params):
    X, y = digits(n_class)
    params = {"hidden_layer_sizes": 50, "max_iter": 150, "random_state": 1, **params}
    clf = EDClassifier(**params).fit(X[:150], y[:150])
    assert clf.score(X[:150], y[:150]) > 0.95
    predictions = clf.predict(X[150:])
    assert predictions.shape == (50,)
    assert predictions.dtype == y.dtype


@pytest.mark.parametrize("weight_decrement", [False, True])
def test_regression_fits_what_no_linear_model_can(weight_decrement):
    X, y = regression()
    linear = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), y, rcond=None)[1]
    assert 1 - linear[0] / len(y) < 0.82
    params = {"weight_decrement": weight_decrement, "weight_decay": 0.0, "random_state": 1}
    params["early_stopping"] = False
    reg = EDRegressor(50, max_iter=500, **params, **UNTIL_MAX_ITER)
    assert reg.fit(X, y).score(X, y) > 0.98


def test_multilabel_with_squared_errors():
    X, Y = multilabel()
    loss = "squared_error"
    clf = EDClassifier(50, loss=loss, dropout=0, max_iter=150, **ALL_ROWS).fit(X, Y)
    assert clf.score(X, Y) > 0.97

    clf = EDClassifier(50, loss=loss, solver="sgd", alpha=0.2, weight_decay=0, random_state=0)
    for _ in range(100):
        clf.partial_fit(X, Y, classes=[0, 1, 2, 3, 4])
    assert clf.score(X, Y) > 0.9

    clf = EDClassifier(loss=loss, early_stopping=True, max_iter=20, random_state=0).fit(X, Y)
    assert clf.predict(X).shape == Y.shape
    assert len(clf.validation_scores_) == clf.n_iter_


def test_first_partial_fit_wants_all_classes():
    X, y = [[3, 2], [1, 6]], [1, 0]
    for classes, name in ((None, "classes"), ([], "classes"), ([1, 2], "y"), ([1], "y")):
        with pytest.raises(ValueError, match=rf"^{name}: expected"):
            EDClassifier().partial_fit(X, y, classes=classes)


def test_later_partial_fit_wants_the_same_classes():
    clf = EDClassifier().partial_fit([[3, 2]], [0], classes=[0, 1])
    clf.partial_fit([[3, 2]], [1], classes=[1, 0])
    for classes in ([1, 2], [0, 1, 2], [0]):
        with pytest.raises(ValueError, match=r"^classes: expected \[0, 1\]"):
            clf.partial_fit([[3, 2]], [0], classes=classes)


def test_a_listed_class_may_come_late():
    X, y = [[1], [2], [3], [4]], ["a", "b", "c", "d"]
    clf = EDClassifier(alpha=0.1, random_state=0)
    clf.partial_fit(X[:3], y[:3], classes=y)
    assert clf.predict_proba(X).shape == (4, 4)
    for _ in range(20):
        clf.partial_fit(X[3:], y[3:])
    assert clf.predict(X[3:]).tolist() == ["d"]


@BOTH
@pytest.mark.parametrize("n_members", [1, 3, "auto"])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("batch_size", [1, 7, "auto"])
@pytest.mark.parametrize(
    "solver",
    [
        {"solver": "adam"},
        {"solver": "sgd", "alpha": 0.1},
        {"solver": "sgd", "alpha": 0.02, "momentum": 0.9},
    ],
)
def test_partial_fit_n_times_is_fit_with_n_epochs(
    Estimator, shuffle, batch_size, solver, n_members
):
    X, y = small_data(Estimator, 75)
    params = {"shuffle": shuffle, "batch_size": batch_size, "random_state": 1, **solver}
    params |= {"n_members": n_members, "max_iter": 4, "early_stopping": False}
    if Estimator is EDRegressor:
        y = 5000 + 300 * y
    fitted = Estimator(8, **UNTIL_MAX_ITER, **params).fit(X, y)
    stepped = Estimator(8, **params)
    for _ in range(4):
        stepped.partial_fit(X, y, **first_call(Estimator, y))
    assert_same_network(stepped, fitted)
    assert stepped.loss_curve_ == fitted.loss_curve_
    assert (stepped.n_iter_, stepped.t_) == (fitted.n_iter_, fitted.t_) == (4, 300)


@BOTH
def test_partial_fit_is_fit_with_weights_and_code_book(Estimator):
    X, y = small_data(Estimator)
    weight = np.random.RandomState(0).randint(0, 4, size=50).astype(float)
    params = {"batch_size": 7, "random_state": 1, "init": "uniform", "max_iter": 3}
    if Estimator is EDClassifier:
        params["code_size"] = 3
    fitted = Estimator((6, 5), **UNTIL_MAX_ITER, **params).fit(X, y, weight)
    stepped = Estimator((6, 5), **params)
    for _ in range(3):
        stepped.partial_fit(X, y, weight, **first_call(Estimator, y))
    assert_same_network(stepped, fitted)
    assert stepped.t_ == fitted.t_ == 3 * np.count_nonzero(weight)


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
@pytest.mark.parametrize(
    ("n_class", "n_samples", "code_size"), [(2, 50, None), (3, 60, None), (3, 60, 2)]
)
def test_probabilities_of_classes(loss, n_class, n_samples, code_size):
    X, y = digits(n_class, n_samples)
    clf = EDClassifier(5, loss=loss, code_size=code_size, max_iter=100, random_state=1)
    proba = clf.fit(X, y).predict_proba(X)
    assert proba.shape == (n_samples, n_class)
    assert (proba >= 0).all()
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    assert_allclose(clf.predict_log_proba(X), np.log(proba), rtol=1e-7, atol=1e-12)
    assert_array_equal(clf.classes_[proba.argmax(axis=1)], clf.predict(X))
    scores = clf.decision_function(X)
    if n_class == 2:
        assert_allclose(scores, np.log(proba[:, 1] / proba[:, 0]), rtol=1e-7, atol=1e-9)
        assert roc_auc_score(y, proba[:, 1]) == 1.0
    else:
        assert_array_equal(scores.argmax(axis=1), proba.argmax(axis=1))


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_probabilities_of_labels_are_independent(loss):
    X, Y = multilabel()
    clf = EDClassifier(30, loss=loss, max_iter=600, **ALL_ROWS, **UNTIL_MAX_ITER).fit(X, Y)
    proba = clf.predict_proba(X)
    assert proba.shape == Y.shape
    assert_array_equal(proba > 0.5, Y)
    assert np.square(proba.sum(axis=1) - 1).sum() > 1e-10
    assert_allclose(clf.predict_log_proba(X), np.log(proba))
    assert_array_equal(clf.decision_function(X) > 0, Y)


@BOTH
@pytest.mark.parametrize("solver", [{"solver": "adam"}, {"solver": "sgd", "alpha": 0.1}])
@pytest.mark.parametrize("container", SPARSE)
def test_sparse_equals_dense(Estimator, solver, container):
    X, y = small_data(Estimator)
    params = {"batch_size": 20, "max_iter": 10, "random_state": 1, **solver}
    dense = Estimator(15, **params).fit(X, y)
    sparse = Estimator(15, **params).fit(container(X), y)
    for a, b in zip(sparse.coefs_, dense.coefs_, strict=True):
        assert_allclose(a, b, rtol=1e-7, atol=1e-9)
    assert_allclose(sparse.predict(container(X)), dense.predict(X))
    assert_allclose(dense.predict(container(X)), dense.predict(X))


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("number", [float, np.float64])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_dtype_of_X_is_kept(Estimator, dtype, number, solver):
    """Also where a parameter is a NumPy number, as grid searches over np.logspace pass them."""
    X, y = small_data(Estimator)
    X = X.astype(dtype)
    params = {"alpha": number(0.01), "beta": number(0.8), "u0": number(0.4)}
    variants = [{}]
    if Estimator is EDClassifier:
        variants += [{"loss": "squared_error"}, {"code_size": 2}]
    for variant in variants:
        model = Estimator(
            (5, 3), solver=solver, max_iter=3, random_state=1, **params, **variant
        )
        model.fit(X, y).partial_fit(X.astype(np.float64), y)
        assert {p.dtype for p in model.coefs_ + model.intercepts_} == {np.dtype(dtype)}
        if Estimator is EDRegressor:
            assert model.predict(X).dtype == dtype
        else:
            assert model.predict(X).dtype == y.dtype
            assert model.predict_proba(X).dtype == dtype
            assert model.predict_log_proba(X).dtype == dtype
            assert model.decision_function(X).dtype == dtype


@BOTH
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_loaded_estimator_goes_on_as_the_dumped_one(Estimator, method, tmp_path):
    X, y = small_data(Estimator)
    model = Estimator(9, batch_size=8, max_iter=3, random_state=42)
    if method == "fit":
        model.fit(X, y)
    else:
        model.partial_fit(X, y, **first_call(Estimator, y))
    joblib.dump(model, tmp_path / "model.pkl")
    loaded = joblib.load(tmp_path / "model.pkl")
    assert_array_equal(loaded.predict(X), model.predict(X))
    before = model.coefs_[0].copy()
    for _ in range(3):
        model.partial_fit(X, y)
        loaded.partial_fit(X, y)
    assert not np.array_equal(before, model.coefs_[0])
    assert_same_network(loaded, model)
    assert_array_equal(loaded.predict(X), model.predict(X))
