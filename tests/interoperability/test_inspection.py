"""scikit-learn's inspection tools and displays with fitted networks."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.inspection import (
    DecisionBoundaryDisplay,
    PartialDependenceDisplay,
    permutation_importance,
)

from sklearn_ed import EDClassifier, EDRegressor

RNG = np.random.RandomState(0)
X = RNG.uniform(-1, 1, size=(200, 3))
y = np.sin(3 * X[:, 0]) + 0.2 * X[:, 1]  # column 2 says nothing
FEW = {"hidden_layer_sizes": (10,), "max_iter": 100, "alpha": 0.02, "random_state": 0}


@pytest.fixture(scope="module")
def regressor():
    return EDRegressor(**FEW).fit(X, y)


@pytest.fixture(scope="module")
def classifier():
    return EDClassifier(**FEW).fit(X[:, :2], np.digitize(y, [-0.3, 0.3]))


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def test_permutation_importance_finds_the_columns_that_matter(regressor):
    found = permutation_importance(regressor, X, y, n_repeats=3, random_state=0)
    first, second, third = found.importances_mean
    assert first > 10 * second > 10 * abs(third)


def test_partial_dependence_follows_the_function(regressor):
    display = PartialDependenceDisplay.from_estimator(
        regressor, X, [0, (0, 1)], grid_resolution=10, kind="average"
    )
    result = display.pd_results[0]
    grid, values = result["grid_values"][0], result["average"][0]
    assert np.corrcoef(values, np.sin(3 * grid))[0, 1] > 0.95


@pytest.mark.parametrize("response_method", ["predict", "predict_proba", "decision_function"])
def test_boundaries_of_classes(classifier, response_method):
    display = DecisionBoundaryDisplay.from_estimator(
        classifier, X[:, :2], response_method=response_method, grid_resolution=10
    )
    assert display.response.shape[:2] == (10, 10)
    assert np.isfinite(display.response).all()
