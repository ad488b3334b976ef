"""`to_mlp`: the networks as one MLP of scikit-learn, with the same predictions."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sklearn_ed import EDClassifier, EDRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
X = rng.normal(size=(90, 5))
TWO = (X[:, 0] > 0).astype(int)
FIVE = np.digitize(X[:, 0], [-1, -0.3, 0.3, 1])
LABELS = (X[:, :3] > 0).astype(int)
TARGETS = 100 * X[:, :3] + 7
DEEP = {"hidden_layer_sizes": (7, 5, 3)}

CLASSIFIERS = {
    "two classes": (TWO, {}),
    "two classes, other sigmoid": (TWO, {"u0": 1.3, "beta": 0.2, **DEEP}),
    "two classes, squared error": (TWO, {"loss": "squared_error"}),
    "a network per class": (FIVE, {"code_size": None, **DEEP}),
    "a network per pair": (FIVE, {"code_size": "one_vs_one"}),
    "dichotomies": (FIVE, {"code_size": 2.0, **DEEP}),
    "dichotomies, squared error": (FIVE, {"code_size": 2.0, "loss": "squared_error"}),
    "labels": (LABELS, DEEP),
    "labels, squared error": (LABELS, {"loss": "squared_error"}),
    "no hidden layer": (FIVE, {"hidden_layer_sizes": ()}),
    "strings": (np.array(["no", "maybe", "yes", "ä", "b"])[FIVE], {}),
    "objects": (np.array(["no", "yes"], dtype=object)[TWO], {}),
    "booleans": (TWO.astype(bool), {}),
}


def fitted(y, rows=X, **parameters):
    options = {"n_members": 1, "max_iter": 5, "random_state": 0, **parameters}
    return EDClassifier(**options).fit(rows, y)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classifiers(name):
    y, parameters = CLASSIFIERS[name]
    clf = fitted(y, **parameters)
    mlp = clf.to_mlp()
    assert type(mlp) is MLPClassifier
    assert mlp.activation == "logistic"
    assert [coef.shape[0] for coef in mlp.coefs_[1:]] == list(mlp.hidden_layer_sizes)
    np.testing.assert_array_equal(mlp.classes_, clf.classes_)
    np.testing.assert_array_equal(mlp.predict(X), clf.predict(X))
    np.testing.assert_allclose(mlp.predict_proba(X), clf.predict_proba(X), rtol=0, atol=1e-6)
    assert mlp.score(X, y) == clf.score(X, y)


@pytest.mark.parametrize(
    ("y", "parameters"),
    [(TARGETS, {}), (TARGETS, {"n_members": 1, **DEEP}), (TARGETS[:, 0], {}), (TWO, DEEP)],
    ids=["members", "deep", "one target", "deep members"],
)
def test_regressors(y, parameters):
    reg = EDRegressor(random_state=0, max_iter=5, **parameters).fit(X, y)
    mlp = reg.to_mlp()
    assert type(mlp) is MLPRegressor
    assert mlp.predict(X).shape == np.shape(y)
    np.testing.assert_allclose(mlp.predict(X), reg.predict(X), rtol=1e-9)


def test_single_precision():
    rows = X.astype(np.float32)
    mlp, clf = fitted(FIVE, rows).to_mlp(), fitted(FIVE, rows)
    assert {array.dtype for array in (*mlp.coefs_, *mlp.intercepts_)} == {np.dtype(np.float32)}
    np.testing.assert_allclose(mlp.predict_proba(rows), clf.predict_proba(rows), atol=1e-4)


@pytest.mark.parametrize(
    "y", [TWO, FIVE, LABELS, TARGETS], ids=["two", "five", "labels", "reg"]
)
def test_the_mlp_goes_on_learning(y):
    """From where the networks are, with an optimizer that has no steps behind it."""
    reg = EDRegressor(random_state=0, max_iter=5)
    model = reg.fit(X, y) if y is TARGETS else fitted(y)
    mlp = pickle.loads(pickle.dumps(model.to_mlp()))
    before = [coef.copy() for coef in mlp.coefs_]
    mlp.partial_fit(X, y)
    assert mlp.loss_curve_[:-1] == model.loss_curve_
    assert mlp.t_ == model.t_ + len(X)
    # Adam's first step is as large as the learning rate.
    step = max(np.abs(new - old).max() for new, old in zip(mlp.coefs_, before, strict=True))
    assert step == pytest.approx(mlp.learning_rate_init, rel=1e-3)
    first = mlp.loss_
    for _ in range(50):
        mlp.partial_fit(X, y)
    assert mlp.loss_ < first
    # `fit` begins anew, with the parameters of the MLP.
    assert len(mlp.set_params(max_iter=2).fit(X, y).loss_curve_) == 2


def test_names_of_features():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcde"))
    mlp = fitted(TWO, frame).to_mlp()
    assert mlp.feature_names_in_.tolist() == list("abcde")
    assert mlp.n_features_in_ == 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mlp.predict(frame)
    with pytest.raises(ValueError, match="feature names"):
        mlp.predict(frame.rename(columns={"a": "z"}))


def test_what_no_mlp_can_do_is_refused():
    with pytest.raises(NotFittedError):
        EDClassifier().to_mlp()
    with pytest.raises(
        ValueError, match=r"^n_members: expected 1, got 4: .* Fit with n_members=1"
    ):
        fitted(TWO, n_members=4).to_mlp()
    stream = EDClassifier.for_streams().partial_fit(X, TWO, classes=[0, 1])
    with pytest.raises(ValueError, match=r"^scale_inputs: expected False, got True"):
        stream.to_mlp()
    with pytest.raises(ValueError, match=r"^classes_: expected at least 2 classes, got \[7\]"):
        fitted(np.full(90, 7)).to_mlp()
    clf = fitted(FIVE, hidden_layer_sizes=(8, 4))
    n_weights = 5 * 80 + 80 * 40 + 40 * 5
    for wrong in (n_weights - 1, 0, 2.5):
        with pytest.raises(ValueError, match=r"^max_weights: expected"):
            clf.to_mlp(max_weights=wrong)
    mlp = clf.to_mlp(max_weights=n_weights)
    assert sum(coef.size for coef in mlp.coefs_) == n_weights
