"""`compare`: the same conditions for all, and numbers that an independent run confirms."""

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
from sklearn_ed.comparison import compare, named_problem
from sklearn_ed.comparison._default_estimators import default_estimators
from sklearn_ed.comparison._folds import choose_max_iter, make_folds
from sklearn_ed.preprocessing import PiecewiseLinearEncoder

ALPHAS = {"alpha": [0.003, 0.01]}


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True)


@pytest.fixture(scope="module")
def compared():
    return compare(named_problem("wine"), random_state=3)


# The numbers


def test_the_best_is_the_best_of_the_search(compared):
    assert [result.name for result in compared.results] == ["EDClassifier", "MLPClassifier"]
    for result in compared.results:
        assert len(result.candidates) == 8
        assert all(
            len(c.scores) == compared.settings["n_folds"] == 5 for c in result.candidates
        )
        assert result.n_fits == 40
        assert result.best.score == max(c.score for c in result.candidates)
        assert result.n_failed == 0
        assert result.test_score > 0.9
        assert len(result.fits) == 3
    assert compared.complete


def test_numbers_are_those_of_an_independent_run(compared):
    problem = named_problem("wine")
    result = compared.results[0]
    folds = StratifiedKFold(5, shuffle=True, random_state=3)

    def model(seed):
        estimator = EDClassifier(
            **result.best.params, max_iter=300, tol=1e-3, random_state=seed
        )
        return make_pipeline(PiecewiseLinearEncoder(dtype="float32"), estimator)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = cross_val_score(model(3), problem.X_train, problem.y_train, cv=folds)
        fitted = [model(seed).fit(problem.X_train, problem.y_train) for seed in (3, 4, 5)]
    np.testing.assert_allclose(result.best.scores, scores)
    assert result.best.spread == pytest.approx(scores.std())
    tests = [m.score(problem.X_test, problem.y_test) for m in fitted]
    assert [fit.test_score for fit in result.fits] == tests
    assert [fit.n_iter for fit in result.fits] == [m[-1].n_iter_ for m in fitted]
    assert result.test_score == np.mean(tests)
    assert result.test_spread == np.std(tests)
    assert result.n_parameters == sum(
        w.size for part in (fitted[0][-1].coefs_, fitted[0][-1].intercepts_) for w in part
    )


def test_learning_curve_is_that_of_fits_of_so_many_epochs():
    problem = named_problem("wine")
    # Fits of several lengths have a learning rate in common only if it is constant.
    steady = EDClassifier(learning_rate="constant", max_iter=20)
    result = compare(problem, estimators=[(steady, ALPHAS)], random_state=3).results[0]
    folds = StratifiedKFold(5, shuffle=True, random_state=3)
    train, test = next(iter(folds.split(problem.X_train, problem.y_train)))
    scores = result.curve.scores[0]
    assert len(scores) == np.ceil(np.mean(result.best.n_iters))
    for n_epochs in (1, 2, len(scores)):
        # What fit does when nothing stops it, partial_fit does epoch by epoch.
        estimator = clone(steady).set_params(
            **result.best.params, max_iter=n_epochs, tol=0, random_state=3
        )
        estimator.set_params(n_iter_no_change=1000, early_stopping=False)
        model = make_pipeline(PiecewiseLinearEncoder(dtype="float32"), estimator)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(problem.X_train[train], problem.y_train[train])
        expected = model.score(problem.X_train[test], problem.y_train[test])
        assert scores[n_epochs - 1] == expected
    for seconds in result.curve.seconds:
        assert (np.diff(seconds) > 0).all()


def test_times_are_there(compared):
    for result in compared.results:
        assert all(c.fit_time > 0 and c.score_time > 0 for c in result.candidates)
        assert result.search_time <= compared.seconds
        assert 0 < result.predict_time < result.fit_time


def test_regression_learns_scaled_targets_unless_the_estimator_scales_them():
    X, y = load_diabetes(return_X_y=True)
    estimators = [EDRegressor(max_iter=20), Ridge()]
    comparison = compare(X, y, estimators=estimators, cv=3, n_repeats=1, test_size=None)
    assert (comparison.task, comparison.scoring) == ("regression", "r2")
    model = make_pipeline(
        PiecewiseLinearEncoder(dtype="float32"), EDRegressor(max_iter=20, random_state=0)
    )
    linear = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), Ridge()), transformer=StandardScaler()
    )
    folds = KFold(3, shuffle=True, random_state=0)
    ed, ridge = comparison.results
    np.testing.assert_allclose(ed.best.scores, cross_val_score(model, X, y, cv=folds))
    np.testing.assert_allclose(ridge.best.scores, cross_val_score(linear, X, y, cv=folds))
    assert ridge.n_parameters == 11
    assert ridge.curve is None
    # The last epoch's score is in the target's own unit, as the search's is.
    assert ed.curve.scores[0][-1] == pytest.approx(ed.best.scores[0], abs=0.05)
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
    assert named.results[0].best.scores == called.results[0].best.scores


def test_a_score_that_fails_is_a_failed_fit(wine):
    X, y = wine

    def scoring(model, X, y):
        if model[-1].C == 1:
            raise MemoryError("no room")
        return model.score(X, y)

    estimators = [(LogisticRegression(), {"C": [1.0, 2.0]})]
    compared = compare(X, y, estimators=estimators, scoring=scoring, cv=3, n_repeats=1)
    (result,) = compared.results
    assert result.best.params == {"C": 2.0}
    assert np.isnan(result.candidates[0].scores).all()
    assert result.n_failed == 3


def test_same_seed_same_scores(wine):
    X, y = wine
    runs = [
        compare(X, y, estimators=[(EDClassifier(max_iter=3), ALPHAS)], cv=2, random_state=seed)
        for seed in (1, 1, 2)
    ]
    scores = [
        [c.scores for c in run.results[0].candidates]
        + [fit.test_score for fit in run.results[0].fits]
        for run in runs
    ]
    assert scores[0] == scores[1] != scores[2]


def test_a_problem_with_estimators_of_ones_own():
    problem = named_problem("wine")
    estimators = {"a": (EDClassifier(max_iter=2), ALPHAS), "b": LogisticRegression()}
    comparison = compare(problem, estimators=estimators, cv=2, n_repeats=1)
    assert [result.name for result in comparison.results] == ["a", "b"]
    with pytest.raises(ValueError, match=r"expected estimators for classification, got Ridge"):
        compare(problem, estimators=[Ridge()])
    with pytest.raises(ValueError, match="n_repeats: expected an integer >= 1, got 0"):
        compare(problem, n_repeats=0)
    with pytest.raises(ValueError, match=r"baselines: expected .*'linear'.*, got 'forest'"):
        compare(problem, baselines=["forest"])


# The conditions


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_both_get_the_same_conditions(task, n_classes):
    n_classes = n_classes if task == "classification" else 0
    ed, mlp = default_estimators(task, n_classes, max_iter=3)
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
        _, linear = default_estimators(task, 3, max_iter=3, baselines=["linear"])
        assert isinstance(linear.estimator, Estimator)
        assert linear.task == task


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_trees_are_boosting_and_a_forest(task):
    _, *trees = default_estimators(task, 3, max_iter=3, baselines=("trees",))
    assert [each.name.removesuffix("ifier").removesuffix("or") for each in trees] == [
        "HistGradientBoosting" + ("Class" if task == "classification" else "Regress"),
        "RandomForest" + ("Class" if task == "classification" else "Regress"),
    ]
    assert all(each.task == task and len(each.candidates) == 4 for each in trees)


def test_few_rows_are_all_searched():
    y = np.arange(500) % 4
    folds = make_folds(y, y, task="classification", cv=None, search_size=1000, random_state=0)
    assert len(folds) == 5
    np.testing.assert_array_equal(
        np.sort(np.concatenate([t for _, t in folds])), np.arange(500)
    )


def test_many_rows_are_sampled_by_class():
    y = np.repeat([0, 1, 2], [300, 200, 100])
    folds = make_folds(y, y, task="classification", cv=None, search_size=60, random_state=0)
    rows = np.concatenate([test for _, test in folds])
    assert len(folds) == 3
    assert np.unique(rows).size == 60
    np.testing.assert_array_equal(np.bincount(y[rows]), [30, 20, 10])
    for train, test in folds:
        assert not np.intersect1d(train, test).size
        assert np.isin(train, rows).all()
    assert choose_max_iter(60_000) < choose_max_iter(600)


def test_no_more_folds_than_rows_of_a_class():
    y = np.array([0] * 50 + [1] * 3)
    folds = make_folds(y, y, task="classification", cv=None, search_size=None, random_state=0)
    assert len(folds) == 3


def test_folds_of_the_users_own(wine):
    X, y = wine
    folds = [(np.arange(100, 178), np.arange(100)), (np.arange(78), np.arange(78, 178))]
    splitter = KFold(2)
    for cv, n_folds in ((folds, 2), (iter(folds), 2), (splitter, 2), (4, 4)):
        found = make_folds(X, y, task="classification", cv=cv, search_size=None, random_state=0)
        assert len(found) == n_folds
    np.testing.assert_array_equal(found[0][0][:3], np.sort(found[0][0])[:3])


def test_worker_processes_warn_no_more(wine, capfd):
    estimators = [
        (EDClassifier(learning_rate="constant", max_iter=1), ALPHAS),
        (MLPClassifier(max_iter=1), {}),
    ]
    comparison = compare(*wine, estimators=estimators, cv=2, n_repeats=1, n_jobs=2)
    assert [result.n_out_of_epochs for result in comparison.results] == [4, 2]
    assert "Warning" not in capfd.readouterr().err


# The estimators


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
    names = [result.name for result in comparison.results]
    assert names == [
        "RandomForestClassifier",
        "Pipeline",
        "MLPClassifier",
        "SGDClassifier 1",
        "SGDClassifier 2",
    ]
    followed = [result.curve is not None for result in comparison.results]
    assert followed == [False, True, False, True, True]
    counts = [result.n_parameters for result in comparison.results]
    assert counts[0] is None
    assert counts[3] == 3 * 14
    assert estimators[0].random_state is None


def test_sparse_rows(wine):
    X, y = wine
    estimators = [EDClassifier(max_iter=3), LogisticRegression()]
    sparse = compare(sp.csr_array(X), y, estimators=estimators, cv=2, n_repeats=1)
    assert sparse.results[1].test_score > 0.8
