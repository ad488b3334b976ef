"""`compare`: the same terms for all, in turns, and numbers that an independent run confirms."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import balanced_accuracy_score, make_scorer
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.comparison import compare, compare_problem, named_problem
from sklearn_ed.comparison._budget import plan_epochs, plan_folds
from sklearn_ed.comparison._contestants import BASELINES, Terms, default_contestants

ALPHAS = {"alpha": [0.003, 0.01]}


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True)


@pytest.fixture(scope="module")
def compared():
    return compare_problem(named_problem("wine"), random_state=3)


# The numbers


def test_the_best_is_the_best_of_the_search(compared):
    assert [outcome.name for outcome in compared.outcomes] == ["EDClassifier", "MLPClassifier"]
    for outcome in compared.outcomes:
        assert len(outcome.candidates) == 8
        assert all(len(c.scores) == compared.terms["n_folds"] == 5 for c in outcome.candidates)
        assert outcome.n_fits == 40
        assert outcome.best.score == max(c.score for c in outcome.candidates)
        assert outcome.n_failed == 0
        assert outcome.test_score > 0.9
        assert len(outcome.fits) == 3
    assert compared.complete


def test_numbers_are_those_of_an_independent_run(compared):
    problem = named_problem("wine")
    outcome = compared.outcomes[0]
    folds = StratifiedKFold(5, shuffle=True, random_state=3)

    def model(seed):
        estimator = EDClassifier(
            **outcome.best.params, max_iter=300, tol=1e-3, random_state=seed
        )
        return make_pipeline(StandardScaler(), estimator)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = cross_val_score(model(3), problem.X_train, problem.y_train, cv=folds)
        fitted = [model(seed).fit(problem.X_train, problem.y_train) for seed in (3, 4, 5)]
    np.testing.assert_allclose(outcome.best.scores, scores)
    assert outcome.best.spread == pytest.approx(scores.std())
    tests = [m.score(problem.X_test, problem.y_test) for m in fitted]
    assert [fit.test_score for fit in outcome.fits] == tests
    assert [fit.n_iter for fit in outcome.fits] == [m[-1].n_iter_ for m in fitted]
    assert outcome.test_score == np.mean(tests)
    assert outcome.test_spread == np.std(tests)
    assert outcome.n_parameters == sum(
        w.size for part in (fitted[0][-1].coefs_, fitted[0][-1].intercepts_) for w in part
    )


def test_learning_curve_is_that_of_fits_of_so_many_epochs(compared):
    problem = named_problem("wine")
    outcome = compared.outcomes[0]
    folds = StratifiedKFold(5, shuffle=True, random_state=3)
    train, test = next(iter(folds.split(problem.X_train, problem.y_train)))
    scores = outcome.curve.scores[0]
    assert len(scores) == np.ceil(np.mean(outcome.best.n_iters))
    for n_epochs in (1, 2, len(scores)):
        # What fit does when nothing stops it, partial_fit does epoch by epoch.
        estimator = EDClassifier(
            **outcome.best.params, max_iter=n_epochs, tol=0, random_state=3
        ).set_params(n_iter_no_change=1000)
        model = make_pipeline(StandardScaler(), estimator)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(problem.X_train[train], problem.y_train[train])
        expected = model.score(problem.X_train[test], problem.y_train[test])
        assert scores[n_epochs - 1] == expected
    for seconds in outcome.curve.seconds:
        assert (np.diff(seconds) > 0).all()


def test_times_are_there(compared):
    for outcome in compared.outcomes:
        assert all(c.fit_time > 0 and c.score_time > 0 for c in outcome.candidates)
        assert outcome.search_time <= compared.seconds
        assert 0 < outcome.predict_time < outcome.fit_time


def test_regression_learns_scaled_targets():
    X, y = load_diabetes(return_X_y=True)
    contestants = [EDRegressor(max_iter=20), Ridge()]
    comparison = compare(X, y, estimators=contestants, cv=3, n_repeats=1, test_size=None)
    assert (comparison.task, comparison.scoring) == ("regression", "r2")
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), EDRegressor(max_iter=20, random_state=0)),
        transformer=StandardScaler(),
    )
    folds = KFold(3, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = cross_val_score(model, X, y, cv=folds)
    ed, ridge = comparison.outcomes
    np.testing.assert_allclose(ed.best.scores, scores)
    assert ridge.n_parameters == 11
    assert ridge.curve is None
    # The last epoch's score is in the target's own unit, as the search's is.
    assert ed.curve.scores[0][-1] == pytest.approx(scores[0], abs=0.05)
    assert np.isnan(ed.test_score)
    assert comparison.data["n_test"] == 0


def test_scoring_of_choice(wine):
    X, y = wine
    scorer = make_scorer(balanced_accuracy_score)
    named, called = (
        compare(X, y, estimators=[LogisticRegression()], scoring=scoring, cv=3, n_repeats=1)
        for scoring in ("balanced_accuracy", scorer)
    )
    assert named.scoring == "balanced_accuracy"
    assert named.outcomes[0].best.scores == called.outcomes[0].best.scores


def test_same_seed_same_scores(wine):
    X, y = wine
    runs = [
        compare(X, y, estimators=[(EDClassifier(max_iter=3), ALPHAS)], cv=2, random_state=seed)
        for seed in (1, 1, 2)
    ]
    scores = [
        [c.scores for c in run.outcomes[0].candidates]
        + [fit.test_score for fit in run.outcomes[0].fits]
        for run in runs
    ]
    assert scores[0] == scores[1] != scores[2]


# The terms


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_both_get_the_same_terms(task, n_classes):
    n_classes = n_classes if task == "classification" else 0
    ed, mlp = default_contestants(Terms(task, n_classes, max_iter=3, tol=0.5))
    assert ed.grid["alpha"] == mlp.grid["learning_rate_init"]
    for name in ("max_iter", "tol", "n_iter_no_change", "batch_size"):
        assert getattr(ed.estimator, name) == getattr(mlp.estimator, name), name
    assert len(ed.grid["hidden_layer_sizes"]) > 1
    X = np.random.RandomState(0).normal(size=(50, 4))
    y = np.arange(50) % n_classes if n_classes else X[:, 0]
    for ed_sizes, mlp_sizes in zip(
        ed.grid["hidden_layer_sizes"], mlp.grid["hidden_layer_sizes"], strict=True
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = clone(ed.estimator).set_params(hidden_layer_sizes=ed_sizes).fit(X, y)
        n_networks = getattr(fitted, "n_networks_", 1)
        assert n_networks * sum(ed_sizes) == sum(mlp_sizes)


def test_linear_baseline_suits_the_task():
    for task, Estimator in (("classification", LogisticRegression), ("regression", Ridge)):
        contestant = BASELINES["linear"](Terms(task, 3, max_iter=3, tol=0.5))
        assert isinstance(contestant.estimator, Estimator)
        assert contestant.kind == task


def test_few_rows_are_all_searched():
    y = np.arange(500) % 4
    folds = plan_folds(y, y, task="classification", cv=None, search_size=1000, random_state=0)
    assert len(folds) == 5
    np.testing.assert_array_equal(
        np.sort(np.concatenate([t for _, t in folds])), np.arange(500)
    )


def test_many_rows_are_sampled_by_class():
    y = np.repeat([0, 1, 2], [300, 200, 100])
    folds = plan_folds(y, y, task="classification", cv=None, search_size=60, random_state=0)
    rows = np.concatenate([test for _, test in folds])
    assert len(folds) == 3
    assert np.unique(rows).size == 60
    np.testing.assert_array_equal(np.bincount(y[rows]), [30, 20, 10])
    for train, test in folds:
        assert not np.intersect1d(train, test).size
        assert np.isin(train, rows).all()
    assert plan_epochs(60_000) < plan_epochs(600)


def test_no_more_folds_than_rows_of_a_class():
    y = np.array([0] * 50 + [1] * 3)
    folds = plan_folds(y, y, task="classification", cv=None, search_size=None, random_state=0)
    assert len(folds) == 3


def test_folds_of_the_users_own(wine):
    X, y = wine
    folds = [(np.arange(100, 178), np.arange(100)), (np.arange(78), np.arange(78, 178))]
    splitter = KFold(2)
    for cv, n_folds in ((folds, 2), (iter(folds), 2), (splitter, 2), (4, 4)):
        found = plan_folds(X, y, task="classification", cv=cv, search_size=None, random_state=0)
        assert len(found) == n_folds
    np.testing.assert_array_equal(found[0][0][:3], np.sort(found[0][0])[:3])


def test_worker_processes_warn_no_more(wine, capfd):
    estimators = [(EDClassifier(max_iter=1), ALPHAS), (MLPClassifier(max_iter=1), {})]
    comparison = compare(*wine, estimators=estimators, cv=2, n_repeats=1, n_jobs=2)
    assert [outcome.n_out_of_epochs for outcome in comparison.outcomes] == [4, 2]
    assert "Warning" not in capfd.readouterr().err


# The contestants


def test_any_estimator_and_names(wine):
    X, y = wine
    pipeline = make_pipeline(MinMaxScaler(), EDClassifier(max_iter=5))
    estimators = [
        RandomForestClassifier(3),
        (pipeline, {"edclassifier__alpha": [0.01]}),
        MLPClassifier(max_iter=2, early_stopping=True),
        SGDClassifier(),
        SGDClassifier(alpha=0.1),
    ]
    comparison = compare(X, y, estimators=estimators, cv=2, n_repeats=1)
    names = [outcome.name for outcome in comparison.outcomes]
    assert names == [
        "RandomForestClassifier",
        "Pipeline",
        "MLPClassifier",
        "SGDClassifier 1",
        "SGDClassifier 2",
    ]
    followed = [outcome.curve is not None for outcome in comparison.outcomes]
    assert followed == [False, True, False, True, True]
    counts = [outcome.n_parameters for outcome in comparison.outcomes]
    assert counts[0] is None
    assert counts[3] == 3 * 14
    assert estimators[0].random_state is None


def test_sparse_rows(wine):
    X, y = wine
    estimators = [EDClassifier(max_iter=3), LogisticRegression()]
    sparse = compare(sp.csr_array(X), y, estimators=estimators, cv=2, n_repeats=1)
    assert sparse.outcomes[1].test_score > 0.8
