"""X of PyTorch and array-api-strict: fit and predict there, equal to NumPy."""

import copy
import os
import pickle

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_diabetes, load_digits, make_multilabel_classification
from sklearn.utils.estimator_checks import estimator_checks_generator

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._backend.namespaces import to_numpy
from sklearn_ed.callbacks import Checkpoint

torch = pytest.importorskip("torch")
strict = pytest.importorskip("array_api_strict")
pytest.importorskip("array_api_compat")
pytestmark = [
    pytest.mark.skipif(
        os.environ.get("SCIPY_ARRAY_API") != "1", reason="SCIPY_ARRAY_API=1 is not set"
    ),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
LIBRARIES = {"torch": torch.asarray, "strict": strict.asarray}
CHECKED = [EDClassifier(max_iter=3), EDRegressor(max_iter=3)]


@pytest.fixture(autouse=True)
def dispatch():
    with sklearn.config_context(array_api_dispatch=True):
        yield


@pytest.fixture(params=LIBRARIES)
def library(request):
    return LIBRARIES[request.param]


def digits(n_rows=200):
    X, y = load_digits(return_X_y=True)
    return (X[:n_rows] / 16).astype(np.float32), y[:n_rows]


def targets():
    X, y = load_diabetes(return_X_y=True)
    return (10 * X[:200]).astype(np.float32), y[:200].astype(np.float32)


def labels():
    X, y = make_multilabel_classification(120, 12, n_classes=3, random_state=0)
    return (X / 10).astype(np.float32), y


def assert_same_networks(one, other, atol=1e-4):
    for name in ("coefs_", "intercepts_"):
        for array, expected in zip(getattr(one, name), getattr(other, name), strict=True):
            np.testing.assert_allclose(to_numpy(array), expected, rtol=0, atol=atol)


def array_api_checks():
    for estimator in CHECKED:
        for _, check in estimator_checks_generator(estimator):
            if "array_api" in check.func.__name__:
                yield estimator, check


@pytest.mark.parametrize(("estimator", "check"), array_api_checks())
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_the_tag_switches_all_checks_on():
    assert len(list(array_api_checks())) == 2 * 21
    unsupported = (
        EDClassifier(batch_size=1),
        EDClassifier.for_streams(),
        EDRegressor(rule="node_perturbation"),
    )
    assert not any(model.__sklearn_tags__().array_api_support for model in unsupported)


SETTINGS = {
    "defaults": (EDClassifier, digits, {"dropout": 0}),
    "dropout": (EDClassifier, digits, {"dropout": 0.3}),
    "members": (EDClassifier, digits, {"code_size": None, "n_members": 2}),
    "gate": (EDClassifier, digits, {"hidden_layer_sizes": (6, 5), "weight_decrement": False}),
    "backprop": (EDClassifier, digits, {"hidden_layer_sizes": (6, 5), "rule": "backprop"}),
    "squared error": (EDClassifier, digits, {"loss": "squared_error", "solver": "sgd"}),
    "labels": (EDClassifier, labels, {"n_members": 3}),
    "linear": (EDClassifier, labels, {"hidden_layer_sizes": (), "loss": "squared_error"}),
    "regression": (EDRegressor, targets, {}),
    "momentum": (EDRegressor, targets, {"solver": "sgd", "momentum": 0.9, "dropout": 0.1}),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", SETTINGS)
def test_an_epoch_equals_that_of_numpy(name, weighted, library):
    made, load, params = SETTINGS[name]
    X, y = load()
    model = made(random_state=0, max_iter=1, early_stopping=False, **params)
    weight = np.random.RandomState(0).uniform(0, 2, len(X)) if weighted else None
    expected = copy.copy(model).fit(X, y, weight)
    Xt = library(X)
    model.fit(Xt, library(y), None if weight is None else library(weight))
    assert_same_networks(model, expected)
    assert model.loss_curve_ == pytest.approx(expected.loss_curve_, abs=1e-5)
    assert model.history_["saturated"] == expected.history_["saturated"]
    found = model.predict(Xt)
    assert type(found) is type(Xt)
    scale = np.abs(expected.predict(X)).max()
    np.testing.assert_allclose(to_numpy(found), expected.predict(X), atol=1e-4 * scale)
    if made is EDClassifier:
        for method in ("predict_proba", "predict_log_proba", "decision_function"):
            found = to_numpy(getattr(model, method)(Xt))
            np.testing.assert_allclose(found, getattr(expected, method)(X), atol=1e-3)


def test_defaults_from_end_to_end():
    X, y = map(torch.asarray, digits(300))
    clf = EDClassifier(random_state=0).fit(X, y)
    assert clf.score(X, y) > 0.97
    arrays = [*clf.coefs_, *clf.intercepts_, clf.code_book_, clf.classes_, clf.predict(X)]
    assert all(isinstance(array, torch.Tensor) for array in arrays)
    assert clf.hidden_activations(X).shape[0] == 300


def test_text_labels_stay_numpys():
    X, y = digits()
    names = np.array(["even", "odd"])[y % 2]
    clf = EDClassifier(max_iter=5, random_state=0).fit(torch.asarray(X), names)
    assert clf.classes_.tolist() == ["even", "odd"]
    assert set(clf.predict(torch.asarray(X))) == {"even", "odd"}


def test_no_step_waits_for_the_device(monkeypatch):
    """A GPU is waited for where a number, or an array, goes to Python."""
    waits = []
    for name in ("item", "tolist", "cpu", "numpy", "__bool__", "__float__", "__int__"):
        method = getattr(torch.Tensor, name)

        def counted(self, *args, method=method):
            waits.append(method)
            return method(self, *args)

        monkeypatch.setattr(torch.Tensor, name, counted)
    X, y = map(torch.asarray, digits(60))

    def n_waits(batch_size):
        params = {"dropout": 0.2, "batch_size": batch_size, "early_stopping": False}
        waits.clear()
        EDClassifier((8, 4), max_iter=2, random_state=0, **params).fit(X, y)
        return len(waits)

    assert n_waits(10) == n_waits(30) > 0


def test_out_of_fold_stopping_equals_numpys(library):
    X, y = digits()
    model = EDClassifier(max_iter=3, random_state=0, code_size=None)
    expected = copy.copy(model).fit(X, y)
    model.fit(library(X), library(y))
    assert len(model.validation_scores_) == 3
    assert model.validation_scores_ == pytest.approx(expected.validation_scores_, abs=1e-5)
    # The factor that calibrates the outputs is where a loss in float32 is lowest.
    found = to_numpy(model.predict_proba(library(X)))
    np.testing.assert_allclose(found, expected.predict_proba(X), atol=2e-3)


def test_partial_fit_continues_and_equals_fit():
    X, y = map(torch.asarray, digits())
    params = {"early_stopping": False, "random_state": 0, "max_iter": 3}
    fitted = EDClassifier(**params).fit(X, y)
    clf = EDClassifier(**params)
    for _ in range(3):
        clf.partial_fit(X, y, classes=torch.arange(10))
        clf = pickle.loads(pickle.dumps(clf))
    assert torch.equal(clf.predict_proba(X), fitted.predict_proba(X))
    warm = EDClassifier(warm_start=True, **params).fit(X, y).fit(X, y)
    assert len(warm.loss_curve_) == 6


def test_a_pickle_has_the_size_of_the_weights():
    X, y = map(torch.asarray, digits())
    clf = EDClassifier(max_iter=1).fit(X, y)
    size = sum(array.nbytes for array in (*clf.coefs_, *clf.intercepts_))
    assert len(pickle.dumps(clf)) < 1.2 * size + 20_000


@pytest.mark.parametrize("made", [EDClassifier, EDRegressor])
def test_an_estimator_moves_to_numpy_and_back(made):
    from sklearn.utils._array_api import get_namespace_and_device, move_estimator_to

    X, y = digits() if made is EDClassifier else targets()
    Xt = torch.asarray(X)
    model = made(max_iter=2, random_state=0).fit(Xt, torch.asarray(y))
    expected = to_numpy(model.predict(Xt))
    for array in (X, Xt):
        xp, _, device = get_namespace_and_device(array)
        model = move_estimator_to(model, xp, device)
        np.testing.assert_allclose(to_numpy(model.predict(array)), expected, rtol=1e-4)
        model.partial_fit(array, y)
        expected = to_numpy(model.predict(array))


@pytest.mark.parametrize("scoring", [None, "loss", "accuracy"])
def test_validation_data(scoring, library):
    X, y = digits()
    fits = []
    for convert in (np.asarray, library):
        clf = EDClassifier(max_iter=3, random_state=0, scoring=scoring)
        X_val, y_val = convert(X[150:]), convert(y[150:])
        fits.append(clf.fit(convert(X[:150]), convert(y[:150]), X_val=X_val, y_val=y_val))
    scores = [clf.validation_scores_ for clf in fits]
    assert scores[1] == pytest.approx(scores[0], abs=1e-5)
    with pytest.raises(ValueError, match=r"^X_val: expected an array of the library"):
        clf.fit(library(X), library(y), X_val=X, y_val=y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"batch_size": 1}, "^batch_size: expected 'auto' or an integer >= 2 with an array of"),
        ({"scale_inputs": True}, "^scale_inputs: expected False"),
        ({"replay": 2}, "^replay: expected 0"),
        ({"rule": "feedback_alignment"}, "^rule: expected 'error_diffusion' or 'backprop'"),
    ],
)
def test_what_needs_numpy_is_refused(params, message):
    X, y = map(torch.asarray, digits())
    clf = EDClassifier(max_iter=1).fit(X, y)
    before = clf.coefs_
    with pytest.raises(ValueError, match=message):
        clf.set_params(**params).fit(X, y)
    assert clf.coefs_ is before


def test_a_sparse_array_is_refused():
    X, y = map(torch.asarray, digits())
    with pytest.raises(TypeError, match=r"^X: expected a dense array of torch"):
        EDClassifier().fit(X.to_sparse(), y)


def test_a_record_of_operations_is_left_alone():
    X, y = map(torch.asarray, digits())
    clf = EDClassifier(max_iter=1).fit(X.requires_grad_(), y)
    assert not any(array.requires_grad for array in (*clf.coefs_, clf.predict_proba(X)))


@pytest.mark.parametrize("method", ["predict", "hidden_activations", "partial_fit"])
def test_other_arrays_than_those_of_fit_are_refused(method):
    X, y = digits()
    clf = EDClassifier(max_iter=1).fit(torch.asarray(X), torch.asarray(y))
    more = (y,) if method == "partial_fit" else ()
    message = rf"EDClassifier\.{method}\(\) must use the same namespace .* got NumPy"
    with pytest.raises(ValueError, match=message):
        getattr(clf, method)(X, *more)
    with (
        sklearn.config_context(array_api_dispatch=False),
        pytest.raises(ValueError, match=r"needs sklearn\.config_context\(array_api_dispatch"),
    ):
        getattr(clf, method)(torch.asarray(X), *more)


def test_what_reads_numpy_arrays_says_so():
    X, y = map(torch.asarray, digits())
    clf = EDClassifier(max_iter=1).fit(X, y)
    for method in (clf.to_mlp, clf.get_weights, lambda: clf.set_weights([], [])):
        with pytest.raises(ValueError, match=r"expected an estimator with NumPy arrays"):
            method()
    with pytest.raises(ValueError, match=r"^Checkpoint: expected X as a NumPy array"):
        EDClassifier().set_callbacks(Checkpoint("never.ckpt")).fit(X, y)


def test_without_dispatch_an_array_is_converted():
    X, y = digits()
    with sklearn.config_context(array_api_dispatch=False):
        clf = EDClassifier(max_iter=1).fit(torch.asarray(X), torch.asarray(y))
    assert isinstance(clf.coefs_[0], np.ndarray)


@needs_cuda
@pytest.mark.parametrize("name", SETTINGS)
def test_an_epoch_on_a_gpu_equals_that_of_numpy(name):
    made, load, params = SETTINGS[name]
    X, y = load()
    model = made(random_state=0, max_iter=1, **params)
    expected = copy.copy(model).fit(X, y)
    Xt = torch.asarray(X, device="cuda")
    model.fit(Xt, torch.asarray(y, device="cuda"))
    assert_same_networks(model, expected)
    assert model.coefs_[0].device == model.predict(Xt).device == Xt.device
