"""The activations of hidden units, as the documented forward pass has them."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit
from sklearn import config_context
from sklearn.exceptions import NotFittedError

from sklearn_ed import EDClassifier, EDRegressor

rng = np.random.RandomState(0)
X = rng.normal(size=(700, 5)) * (rng.uniform(size=(700, 5)) < 0.5)
Y = np.arange(700) % 3
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def fitted(Estimator=EDClassifier, X=X, **params):
    params = {"hidden_layer_sizes": (7, 4), "n_members": 2, "max_iter": 2, **params}
    return Estimator(random_state=0, **params).fit(X, Y)


def expected(model, Z, layer):
    for coef, intercept in list(zip(model.coefs_, model.intercepts_, strict=True))[: layer + 1]:
        Z = expit(2 / model.u0 * (Z @ coef + model.beta * intercept[:, np.newaxis]))
    return np.concatenate(list(Z), axis=1)


@pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
@pytest.mark.parametrize("make", [np.asarray, sp.csr_array, sp.csc_array])
def test_the_documented_forward_pass(Estimator, make):
    model = fitted(Estimator)
    for layer, n_units in ((0, 7), (1, 4)):
        found = model.hidden_activations(make(X), layer=layer)
        assert found.shape == (700, model.n_networks_ * n_units)
        np.testing.assert_allclose(found, expected(model, X, layer), atol=1e-12)
        np.testing.assert_array_equal(found, model.hidden_activations(make(X), layer=layer - 2))
    np.testing.assert_allclose(model.hidden_activations(X), found, atol=1e-12)
    np.testing.assert_allclose(model.hidden_activations(X[3:4]), found[3:4], atol=1e-12)


def test_the_result_does_not_depend_on_the_memory_of_a_chunk():
    model = fitted()
    whole = [model.hidden_activations(X, layer) for layer in (0, 1)]
    with config_context(working_memory=0.005):
        for layer in (0, 1):
            found = model.hidden_activations(X, layer)
            np.testing.assert_allclose(found, whole[layer], atol=1e-12)
            # Not the memory of the next call.
            kept = found.copy()
            model.hidden_activations(-X, layer)
            np.testing.assert_array_equal(found, kept)


def test_dtype_and_scaled_inputs():
    assert fitted(X=X.astype(np.float32)).hidden_activations(X).dtype == np.float32
    scaled = fitted(X=1e3 * X + 5, scale_inputs=True)
    found = scaled.hidden_activations(1e3 * X + 5, layer=0)
    plain = fitted(scale_inputs=True)
    np.testing.assert_allclose(found, plain.hidden_activations(X, layer=0), atol=1e-6)
    assert (found.std(axis=0) > 0.01).all()


def test_errors():
    with pytest.raises(NotFittedError):
        EDClassifier().hidden_activations(X)
    model = fitted()
    for layer in (2, -3, 0.0, True, None, "last"):
        with pytest.raises(ValueError, match=r"^layer: expected an integer from -2 to 1, got"):
            model.hidden_activations(X, layer=layer)
    with pytest.raises(ValueError, match=r"^layer: expected networks with hidden layers"):
        fitted(hidden_layer_sizes=()).hidden_activations(X)
    with pytest.raises(ValueError, match="4 features"):
        model.hidden_activations(X[:, :4])
    with pytest.raises(ValueError, match="NaN"):
        model.hidden_activations(np.full((2, 5), np.nan))
