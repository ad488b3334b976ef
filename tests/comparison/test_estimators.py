"""An estimator inside its model, and the learning curve of a model."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.comparison._estimators import ComparedEstimator, count_parameters
from sklearn_ed.comparison._learning_curve import learning_curve, learns_by_epochs


def in_pipeline(regressor):
    """Standardized inputs before the regressor, a standardized target around it."""
    return ComparedEstimator("mlp", regressor, {}, StandardScaler(), True).model


@pytest.mark.parametrize("prefix", ["", "regressor__estimator__"])
def test_model_knows_where_its_estimator_is(prefix):
    ridge = ComparedEstimator(
        "ridge", Ridge(), {"alpha": [7.0]}, StandardScaler() if prefix else None, True
    )
    assert ridge.prefix == prefix
    assert ridge.model_grid == [{f"{prefix}alpha": [7.0]}]
    found = ridge.make_model({"alpha": 7.0}, seed=5).get_params()
    assert found[f"{prefix}alpha"] == 7.0
    assert found[f"{prefix}random_state"] == 5


def test_parameters_are_counted():
    X, y = np.random.RandomState(0).normal(size=(30, 4)), np.arange(30) % 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlp = MLPClassifier((5,), max_iter=1).fit(X, y)
        ed = EDClassifier((5,), code_size=None, n_members=2, max_iter=1).fit(X, y)
    assert count_parameters(make_pipeline(StandardScaler(), mlp)) == 5 * 5 + 6 * 3
    assert count_parameters(ed) == 2 * 3 * (5 * 5 + 6)
    assert count_parameters(RandomForestClassifier(2).fit(X, y)) is None


def test_a_learning_curve_visits_rows_in_new_orders_and_leaves_the_model_alone():
    """MLPClassifier's partial_fit goes through the rows in one order if the seed is an int."""
    X, y = load_diabetes(return_X_y=True)
    model = in_pipeline(MLPRegressor(hidden_layer_sizes=(5,), random_state=0))
    before = model.get_params()
    assert learns_by_epochs(model)
    options = {"n_epochs": 3, "scorer": lambda m, X, y: m.score(X, y)}
    seconds, scores = learning_curve(model, X, y, X, y, **options)
    again = learning_curve(model, X, y, X, y, **options)
    assert again[1] == scores
    assert len(seconds) == len(scores) == len(set(scores)) == 3
    assert str(model.get_params()) == str(before)


@pytest.mark.parametrize("n_members", [1, 4])
def test_a_learning_curve_of_error_diffusion_has_the_learning_rates_of_fit(n_members):
    X, y = load_diabetes(return_X_y=True)
    model = EDRegressor(4, early_stopping=False, n_members=n_members, random_state=0)
    model.set_params(n_iter_no_change=np.inf, alpha=0.02)
    fitted = clone(model).fit(X, y)
    options = {"n_epochs": fitted.n_iter_, "scorer": lambda m, X, y: m.score(X, y)}
    _, scores = learning_curve(model, X, y, X, y, **options)
    assert scores[-1] == fitted.score(X, y)
    assert model.max_iter == "auto"


def test_estimators_without_epochs_have_no_learning_curve():
    scaled = in_pipeline(MLPRegressor())
    assert learns_by_epochs(scaled)
    assert learns_by_epochs(make_pipeline(StandardScaler(), MLPClassifier()))
    for model in (
        Ridge(),
        MLPClassifier(early_stopping=True),
        MLPClassifier(solver="lbfgs"),
        # Whose target is transformed inside the pipeline, or by functions.
        make_pipeline(StandardScaler(), scaled),
        TransformedTargetRegressor(MLPRegressor(), func=np.log, inverse_func=np.exp),
    ):
        assert not learns_by_epochs(model)
