"""EarlyStopping: which epoch is the last one, and whose parameters are kept."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier
from sklearn_ed.callbacks import EarlyStopping

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
X = rng.normal(size=(80, 4))
y = (X[:, 0] + 0.5 * rng.normal(size=80) > 0).astype(int)


def made(**params):
    """It overfits: the loss on the validation rows rises again."""
    defaults = {"early_stopping": True, "learning_rate": "constant", "alpha": 0.1}
    params = {**defaults, "n_iter_no_change": 100, "max_iter": 30, "random_state": 0, **params}
    return EDClassifier((8,), n_members=1, dropout=0.0, **params)


def after(n_epochs, **params):
    """The parameters after this number of epochs, of which nothing is held back."""
    model = made(**params).set_callbacks(Collector())
    model.fit(X, y)
    return model._skl_callbacks[0].coefs[n_epochs - 1]


class Collector:
    """Notes the parameters of the networks that learn."""

    def __init__(self):
        self.coefs = []

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        if context.parent is not None:
            bank = estimator._fit_callbacks._fit.trainer.bank
            self.coefs.append([coef.copy() for coef in bank.coefs])


@pytest.mark.parametrize(("monitor", "sign"), [("val_loss", 1), ("val_score", -1)])
def test_it_stops_after_epochs_without_improvement_and_restores_the_best(monitor, sign):
    curve = sign * np.array(made().fit(X, y).history_[monitor])
    patience = 4
    waits = np.arange(curve.size) - [np.argmin(curve[: k + 1]) for k in range(curve.size)]
    n_epochs = int(np.argmax(waits == patience)) + 1
    assert patience < n_epochs < 30
    model = made().set_callbacks(EarlyStopping(monitor, patience=patience)).fit(X, y)
    assert model.n_iter_ == n_epochs == len(model.history_["loss"])
    for kept, best in zip(model.coefs_, after(n_epochs - patience), strict=True):
        np.testing.assert_array_equal(kept, best)


def test_without_restoring_the_estimator_keeps_what_it_would_keep():
    params = {"early_stopping": False}
    callback = EarlyStopping("loss", min_delta=0.02, patience=2, restore_best=False)
    model = made(**params).set_callbacks(callback).fit(X, y)
    losses = model.history_["loss"]
    assert 3 < model.n_iter_ < 30
    assert min(losses[-2:]) > min(losses[:-2]) - 0.02
    for kept, last in zip(model.coefs_, after(model.n_iter_, **params), strict=True):
        np.testing.assert_array_equal(kept, last)


def test_the_best_parameters_are_restored_where_training_ends_otherwise():
    model = made(max_iter=12).set_callbacks(EarlyStopping(patience=30)).fit(X, y)
    assert model.n_iter_ == 12
    best = int(np.argmin(model.history_["val_loss"])) + 1
    assert best < 12
    for kept, wanted in zip(model.coefs_, after(best), strict=True):
        np.testing.assert_array_equal(kept, wanted)


def test_the_default_estimator_is_calibrated_after_restoring():
    model = EDClassifier(max_iter=20, learning_rate="constant", alpha=0.05, random_state=0)
    same = clone(model).set_callbacks(EarlyStopping("val_loss", patience=3)).fit(X, y)
    assert same.n_iter_ < 20
    # The best epoch by the score of the members, minus the loss, is that of the callback.
    kept = clone(model).set_callbacks(EarlyStopping("val_loss", patience=3, restore_best=False))
    np.testing.assert_array_equal(same.predict_proba(X), kept.fit(X, y).predict_proba(X))


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_fits_of_a_search_share_a_callback(n_jobs):
    callback = EarlyStopping(patience=2)
    pipeline = make_pipeline(StandardScaler(), made().set_callbacks(callback))
    grid = {"edclassifier__alpha": [0.05, 0.1, 0.2]}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=n_jobs).fit(X, y)
    best = search.best_params_["edclassifier__alpha"]
    alone = make_pipeline(
        StandardScaler(), made(alpha=best).set_callbacks(EarlyStopping(patience=2))
    )
    alone.fit(X, y)
    assert search.best_estimator_[-1].n_iter_ == alone[-1].n_iter_ < 30
    assert callback._states == {}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"monitor": 3}, "monitor: expected a key of history_, got 3"),
        ({"min_delta": -1}, "min_delta: expected a real number >= 0"),
        ({"patience": 0}, "patience: expected an integer >= 1, got 0"),
        ({"mode": "lower"}, "mode: expected one of 'auto', 'min', 'max', got 'lower'"),
        ({"restore_best": 1}, "restore_best: expected True or False, got 1"),
    ],
)
def test_bad_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**params)


@pytest.mark.parametrize(
    ("monitor", "got"),
    [
        ("accuracy", "expected one of 'loss', .*, got 'accuracy'.$"),
        ("val_loss", "got 'val_loss', which needs early_stopping=True"),
        ("saturated", "expected one of 'loss', 'seconds', 'learning_rate', got 'saturated'.$"),
    ],
)
def test_values_that_history_does_not_have(monitor, got):
    model = made(early_stopping=False).set_callbacks(EarlyStopping(monitor))
    with pytest.raises(ValueError, match=got):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")


def test_other_estimators_are_refused():
    message = r"EarlyStopping: expected to be set on an EDClassifier .*, got LogisticRegression"
    with pytest.raises(TypeError, match=message):
        LogisticRegression().set_callbacks(EarlyStopping()).fit(X, y)
