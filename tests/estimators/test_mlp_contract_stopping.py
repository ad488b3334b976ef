"""What users of scikit-learn's MLP rely on, for error diffusion: stopping and going on.

The other half of test_mlp_contract.py.
"""

import re
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits, load_iris, make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._training.trainer import Trainer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
SOLVERS = pytest.mark.parametrize("solver", ["sgd", "adam"])
X_iris, y_iris = load_iris(return_X_y=True)


def digits(n_samples=100):
    X, y = load_digits(n_class=2, return_X_y=True)
    return X[:n_samples] / 16, y[:n_samples]


def assert_same_network(actual, expected):
    for name in ("coefs_", "intercepts_"):
        for a, b in zip(getattr(actual, name), getattr(expected, name), strict=True):
            assert_array_equal(a, b, strict=True)


def stopping_epoch(losses, tol, n_iter_no_change):
    """First epoch after which more than `n_iter_no_change` in a row were no better by `tol`."""
    best, failures = np.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        failures = failures + 1 if loss > best - tol else 0
        best = min(best, loss)
        if failures > n_iter_no_change:
            return epoch
    return None


@pytest.mark.parametrize("n_iter_no_change", [2, 5, 10, 50])
def test_n_iter_no_change_counts_the_epochs_without_improvement(n_iter_no_change):
    X, y = digits()
    clf = EDClassifier(
        tol=0.01,
        max_iter=1000,
        solver="sgd",
        alpha=0.1,
        n_iter_no_change=n_iter_no_change,
        early_stopping=False,
        random_state=0,
    ).fit(X, y)
    assert clf.n_iter_ < 1000
    assert len(clf.loss_curve_) == clf.n_iter_
    assert stopping_epoch(clf.loss_curve_, 0.01, n_iter_no_change) == clf.n_iter_


def test_no_convergence_warning_where_the_fit_converged():
    X, y = digits()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        EDClassifier(tol=0.05, random_state=0).fit(X, y)


@BOTH
def test_verbose_prints_every_epoch(Estimator, capsys):
    X, y = [[3, 2], [1, 6]], [1, 0]
    model = Estimator(2, max_iter=2, verbose=10, random_state=0).fit(X, y)
    model.partial_fit(X, y)
    out = capsys.readouterr().out
    assert re.findall(r"Iteration (\d), loss = \d", out) == ["1", "2", "3"]
    assert f"Iteration 3, loss = {model.loss_:.8f}" in out
    Estimator(2, max_iter=2, random_state=0).fit(X, y)
    assert capsys.readouterr().out == ""


@BOTH
def test_early_stopping_attributes(Estimator):
    X, y = digits()
    params = {"tol": 0.2, "max_iter": 3000, "solver": "sgd", "alpha": 0.1, "random_state": 0}
    model = Estimator(early_stopping=True, **params).fit(X, y)
    scores = model.validation_scores_
    assert model.n_iter_ == len(scores) < 3000
    assert model.best_loss_ is None
    assert isinstance(scores, list)
    assert model.best_validation_score_ == max(scores)
    n_stop = stopping_epoch([-score for score in scores], 0.2, 10)
    # Then the rate falls to zero.
    assert model.n_iter_ == n_stop + max(4, round(n_stop / 3))
    assert model.t_ == 90 * model.n_iter_

    model = Estimator(early_stopping=False, **params).fit(X, y)
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None
    assert model.best_loss_ == min(model.loss_curve_)


@BOTH
def test_early_stopping_keeps_the_best_weights(Estimator):
    X, y = X_iris[::2], y_iris[::2]
    params = {"early_stopping": True, "alpha": 0.02, "n_iter_no_change": 20, "random_state": 1}
    params["learning_rate"] = "constant"
    model = Estimator(**params).fit(X, y)
    best_epoch = int(np.argmax(model.validation_scores_)) + 1
    assert best_epoch < model.n_iter_
    until_best = Estimator(**params, max_iter=best_epoch).fit(X, y)
    assert_same_network(model, until_best)


def test_validation_split_is_stratified():
    X, y = [[1, 2], [2, 3], [3, 4], [4, 5]], [0, 0, 0, 1]
    with pytest.raises(ValueError, match="The least populated classes in y have only 1 member"):
        EDClassifier(early_stopping=True).fit(X, y)


def test_string_labels_with_early_stopping():
    X, y = make_classification(
        n_samples=200, n_features=10, n_classes=3, n_informative=5, random_state=42
    )
    labels = np.array(["class_a", "class_b", "class_c"], dtype=object)[y]
    params = {"early_stopping": True, "max_iter": 50, "random_state": 42}
    clf = EDClassifier(**params).fit(X, labels)
    assert len(clf.validation_scores_) == clf.n_iter_
    assert clf.validation_scores_ == EDClassifier(**params).fit(X, y).validation_scores_
    assert set(clf.predict(X)) <= set(labels)


def test_a_validation_set_of_one_row_is_refused():
    X, y = make_regression(n_samples=10, n_features=5, random_state=0)
    with pytest.raises(ValueError, match="The validation set is too small"):
        EDRegressor(early_stopping=True, random_state=0).fit(X, y)


@BOTH
def test_feature_names_survive_early_stopping(Estimator):
    rng = np.random.RandomState(0)
    X = pd.DataFrame(rng.randn(20, 2), columns=["colname_a", "colname_b"])
    y = pd.Series(np.arange(20) % 2, name="colname_y")
    model = Estimator(early_stopping=True, validation_fraction=0.2, max_iter=3)
    model.fit(X, y).predict(X)
    assert model.feature_names_in_.tolist() == ["colname_a", "colname_b"]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X.rename(columns={"colname_a": "other"}))


@BOTH
def test_partial_fit_refuses_early_stopping(Estimator):
    model = Estimator(early_stopping=True, max_iter=3, random_state=0).fit(X_iris, y_iris)
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
        model.partial_fit(X_iris, y_iris)
    model.set_params(early_stopping=False).partial_fit(X_iris, y_iris)
    assert model.validation_scores_ is None


@BOTH
def test_rows_of_weight_zero_are_absent_with_early_stopping(Estimator):
    X, y = X_iris, y_iris
    weight = np.random.RandomState(0).randint(0, 3, size=150).astype(float)
    kept = weight > 0
    params = {"early_stopping": True, "max_iter": 15, "batch_size": 10, "random_state": 42}
    weighted = Estimator(**params).fit(X, y, weight)
    subset = Estimator(**params).fit(X[kept], y[kept], weight[kept])
    assert weighted.validation_scores_ == subset.validation_scores_
    assert_same_network(weighted, subset)


def test_validation_scores_are_weighted():
    """Rows that the untrained network errs on weigh a million times as much as the others."""
    X, y = digits(200)
    params = {"solver": "sgd", "alpha": 1e-300, "early_stopping": True, "max_iter": 2}
    clf = EDClassifier(random_state=0, **params).fit(X, y)
    errs = clf.predict(X) != y
    assert 0.2 < errs.mean() < 0.8
    weighted = EDClassifier(random_state=0, **params).fit(X, y, np.where(errs, 1, 1e-6))
    assert 0 < max(weighted.validation_scores_) < 1e-4


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_divergence_under_early_stopping_is_a_nan_score(Estimator, dtype):
    """The errors of a regressor grow with its weights, those of a classifier are below 1."""
    alpha = 1e10 if Estimator is EDRegressor else float(np.finfo(dtype).max) / 10
    model = Estimator(
        solver="sgd",
        alpha=alpha,
        batch_size=200,
        weight_decay=0.0,
        early_stopping=True,
        max_iter=200,
        n_iter_no_change=np.inf,
        random_state=0,
    )
    model.fit(X_iris.astype(dtype), y_iris)
    assert isinstance(model.validation_scores_[-1], float)
    assert np.isnan(model.validation_scores_[-1])
    assert np.isfinite(model.best_validation_score_)
    assert all(np.isfinite(p).all() for p in model.coefs_ + model.intercepts_)


@BOTH
@SOLVERS
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_parameters_that_are_not_finite_are_refused(Estimator, solver, method):
    params = {"solver": solver, "momentum": 0.9, "batch_size": 10, "warm_start": True}
    params["early_stopping"] = False
    model = Estimator((), max_iter=3, random_state=0, **params).fit(X_iris, y_iris)
    model.partial_fit(X_iris, y_iris).set_params(alpha=1e308)
    before = joblib.hash(vars(model))
    with pytest.raises(
        ValueError, match=r"non-finite parameter weights.*epoch \d+.*alpha=1e\+308"
    ):
        getattr(model, method)(100 * X_iris, y_iris)
    assert joblib.hash(vars(model)) == before


@BOTH
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_warning_raised_as_an_error_leaves_the_estimator_as_it_was(Estimator, early_stopping):
    params = {"early_stopping": early_stopping, "warm_start": True, "random_state": 0}
    params["learning_rate"] = "constant"
    model = Estimator(max_iter=3, **params).fit(X_iris, y_iris)
    before = joblib.hash(vars(model))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        with pytest.raises(ConvergenceWarning):
            model.fit(X_iris, y_iris)
    assert joblib.hash(vars(model)) == before


@BOTH
@SOLVERS
def test_warm_start_does_max_iter_epochs_every_time(Estimator, solver):
    params = {"solver": solver, "warm_start": True, "n_iter_no_change": np.inf}
    params["learning_rate"] = "constant"
    model = Estimator(2, max_iter=10, random_state=0, **params)
    for max_iter in (10, 20, 20):
        model.set_params(max_iter=max_iter)
        with pytest.warns(ConvergenceWarning, match=f"max_iter={max_iter}"):
            model.fit(X_iris, y_iris)
        assert model.n_iter_ == max_iter
    assert len(model.loss_curve_) == 50
    assert model.t_ == 50 * 150


@BOTH
def test_warm_start_goes_on_where_fit_ended(Estimator):
    params = {"solver": "sgd", "batch_size": 20, "tol": 0, "random_state": 0}
    params |= {"learning_rate": "constant", "early_stopping": False}
    warm = Estimator(4, max_iter=3, warm_start=True, **params)
    warm.fit(X_iris, y_iris).fit(X_iris, y_iris)
    whole = Estimator(4, max_iter=6, **params).fit(X_iris, y_iris)
    assert_same_network(warm, whole)
    assert warm.loss_curve_ == whole.loss_curve_
    cold = warm.set_params(warm_start=False).fit(X_iris, y_iris)
    assert_same_network(cold, Estimator(4, max_iter=3, **params).fit(X_iris, y_iris))


@BOTH
def test_warm_start_holds_out_the_same_rows(Estimator):
    """With next to no learning rate every score is that of the weights that it started from."""
    params = {"early_stopping": True, "n_iter_no_change": np.inf, "random_state": 0}
    model = Estimator(max_iter=20, warm_start=True, **params).fit(X_iris, y_iris)
    best_score = model.best_validation_score_
    model.set_params(solver="sgd", alpha=1e-300, max_iter=5).fit(X_iris, y_iris)
    assert model.validation_scores_[20:] == [best_score] * 5


def test_warm_start_under_early_stopping_learns_from_other_data():
    """Scores on rows of the data before are no measure: noisy targets never reach them."""
    rng = np.random.RandomState(1)
    X = rng.randn(300, 4)
    easy, noisy = X[:, 0] > 0, (X[:, 1] > 0) ^ (rng.uniform(size=300) < 0.25)
    params = {"alpha": 0.02, "early_stopping": True, "random_state": 0}
    clf = EDClassifier(warm_start=True, **params).fit(X, easy).fit(X, noisy)
    assert clf.score(X, noisy) > 0.7


def test_a_worse_warm_start_leaves_the_lowest_loss_what_it_was():
    params = {"solver": "sgd", "batch_size": 20, "warm_start": True, "random_state": 0}
    reg = EDRegressor(max_iter=20, alpha=0.01, **params).fit(scale(X_iris), y_iris)
    best_loss = reg.best_loss_
    reg.set_params(alpha=100, max_iter=3).fit(scale(X_iris), y_iris)
    assert min(reg.loss_curve_[20:]) > best_loss
    assert reg.best_loss_ == best_loss == min(reg.loss_curve_)


def test_a_worse_warm_start_under_early_stopping_keeps_the_weights():
    params = {"solver": "sgd", "batch_size": 20, "warm_start": True, "random_state": 0}
    reg = EDRegressor(max_iter=20, alpha=0.01, early_stopping=True, **params)
    predictions = reg.fit(scale(X_iris), y_iris).predict(scale(X_iris))
    best_score = reg.best_validation_score_
    reg.set_params(alpha=100, max_iter=3).fit(scale(X_iris), y_iris)
    assert max(reg.validation_scores_[20:]) < best_score
    assert reg.best_validation_score_ == best_score == max(reg.validation_scores_)
    assert_array_equal(reg.predict(scale(X_iris)), predictions)


def interrupt_after(monkeypatch, n_steps):
    """KeyboardInterrupt comes in the place of step `n_steps` + 1."""
    step, steps = Trainer.step, iter(range(n_steps))

    def interrupted(self, *args, **kwargs):
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return step(self, *args, **kwargs)

    monkeypatch.setattr(Trainer, "step", interrupted)


@BOTH
@SOLVERS
@pytest.mark.parametrize(
    ("method", "n_steps"),
    [("fit", 0), ("fit", 3), ("fit", 8), ("partial_fit", 0), ("partial_fit", 3)],
)
def test_an_interrupt_keeps_what_was_learned(Estimator, solver, method, n_steps, monkeypatch):
    """Five steps an epoch: the interrupt meets the first or the second epoch."""
    X, y = digits(50)
    params = {"solver": solver, "batch_size": 10, "shuffle": False, "random_state": 0}
    # With dropout, epochs differ; with a schedule, their rates.
    params |= {"dropout": 0, "learning_rate": "constant", "early_stopping": False}
    call = {"classes": [0, 1]} if Estimator is EDClassifier else {}
    expected = Estimator(6, **params)
    for start in range(0, n_steps * 10, 10):
        batch = slice(start % 50, start % 50 + 10)
        expected.partial_fit(X[batch], y[batch], **call)

    model = Estimator(6, max_iter=4, **params)
    with monkeypatch.context() as patch:
        interrupt_after(patch, n_steps)
        if method == "fit":
            with pytest.warns(UserWarning, match="interrupted; what was learned is kept"):
                model.fit(X, y)
        else:
            with pytest.raises(KeyboardInterrupt):
                model.partial_fit(X, y, **call)
    assert model.n_iter_ == len(model.loss_curve_) == n_steps // 5
    if n_steps:
        assert_same_network(model, expected)
    assert model.predict(X).shape == (50,)
    model.partial_fit(X, y)
    assert model.n_iter_ == n_steps // 5 + 1


def test_an_interrupt_under_early_stopping_keeps_the_best_weights(monkeypatch):
    params = {"early_stopping": True, "alpha": 0.02, "n_iter_no_change": 50, "random_state": 1}
    params["learning_rate"] = "constant"
    params["batch_size"] = 200  # one step an epoch
    whole = EDClassifier(**params, max_iter=40).fit(X_iris, y_iris)
    interrupt_after(monkeypatch, 30)
    with pytest.warns(UserWarning, match="interrupted"):
        interrupted = EDClassifier(**params).fit(X_iris, y_iris)
    assert interrupted.validation_scores_ == whole.validation_scores_[:30]
    best_epoch = int(np.argmax(interrupted.validation_scores_)) + 1
    monkeypatch.undo()
    assert_same_network(
        interrupted, EDClassifier(**params, max_iter=best_epoch).fit(X_iris, y_iris)
    )
