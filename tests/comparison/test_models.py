"""A contestant as a model, and a model followed from epoch to epoch."""

import warnings

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier
from sklearn_ed.comparison._curves import can_be_followed, follow
from sklearn_ed.comparison._models import count_parameters, make_model


@pytest.mark.parametrize("prefix", ["", "regressor__estimator__"])
def test_model_knows_where_its_estimator_is(prefix):
    model = make_model(Ridge(), StandardScaler() if prefix else None, scale_target=True)
    assert model.prefix == prefix
    found = model.with_params({"alpha": 7.0}, seed=5).get_params()
    assert found[f"{prefix}alpha"] == 7.0
    assert found[f"{prefix}random_state"] == 5


def test_parameters_are_counted():
    X, y = np.random.RandomState(0).normal(size=(30, 4)), np.arange(30) % 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlp = MLPClassifier((5,), max_iter=1).fit(X, y)
        ed = EDClassifier((5,), code_size=None, max_iter=1).fit(X, y)
    assert count_parameters(make_pipeline(StandardScaler(), mlp)) == 5 * 5 + 6 * 3
    assert count_parameters(ed) == 3 * (5 * 5 + 6)
    assert count_parameters(RandomForestClassifier(2).fit(X, y)) is None


def test_following_goes_through_new_orders_and_leaves_the_model_alone():
    """MLPClassifier's partial_fit goes through the rows in one order if the seed is an int."""
    X, y = load_diabetes(return_X_y=True)
    model = make_model(
        MLPRegressor(hidden_layer_sizes=(5,), random_state=0), StandardScaler(), True
    ).whole
    before = model.get_params()
    assert can_be_followed(model)
    options = {"n_epochs": 3, "scorer": lambda m, X, y: m.score(X, y)}
    seconds, scores = follow(model, X, y, X, y, **options)
    again = follow(model, X, y, X, y, **options)
    assert again[1] == scores
    assert len(seconds) == len(scores) == len(set(scores)) == 3
    assert str(model.get_params()) == str(before)


def test_who_cannot_be_followed():
    scaled = make_model(MLPRegressor(), StandardScaler(), True).whole
    assert can_be_followed(scaled)
    assert can_be_followed(make_pipeline(StandardScaler(), MLPClassifier()))
    for model in (
        Ridge(),
        MLPClassifier(early_stopping=True),
        MLPClassifier(solver="lbfgs"),
        # Whose target is transformed inside the pipeline, or by functions.
        make_pipeline(StandardScaler(), scaled),
        TransformedTargetRegressor(MLPRegressor(), func=np.log, inverse_func=np.exp),
    ):
        assert not can_be_followed(model)
