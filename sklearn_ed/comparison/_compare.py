"""`compare`: contestants on the same rows, folds and terms."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils import column_or_1d

from .._utils.environment import describe_environment
from .._utils.errors import UnusableInput
from .._utils.interruption import Interrupted, interruptible
from .._utils.progress import progress
from .._utils.validation import check_parameters, integer, seed
from ._budget import SEARCH_SIZE, plan_epochs, plan_folds
from ._comparison import Comparison
from ._conditions import expected_warnings_ignored, one_thread_per_fit
from ._contestants import Contestant, Terms, default_contestants, given_contestants
from ._problem import TEST_FRACTION, Problem, make_problem, split_problem
from ._race import Race
from ._targets import TASKS, check_target, guess_task

TOL = 1e-3
"""Least improvement of the training loss that counts, for the contestants of the package."""

_CHECKS = {"n_repeats": integer(1), "random_state": seed}


def compare(
    X: Any,
    y: Any,
    *,
    estimators: Any = None,
    task: str = "auto",
    X_test: Any = None,
    y_test: Any = None,
    test_size: float | int | None = TEST_FRACTION,
    preprocessing: Any = "auto",
    scoring: Any = None,
    cv: Any = None,
    search_size: int | None = SEARCH_SIZE,
    n_repeats: int = 3,
    n_jobs: int | None = None,
    random_state: int = 0,
    name: str = "data",
    verbose: bool = False,
) -> Comparison:
    """Compare error diffusion with backprop, or any estimators, on the same terms.

    Every contestant's candidates are cross-validated on the same folds; the best of each is
    fitted on all training rows with several seeds, the same for all, and scored on held-out
    rows; then it is followed from epoch to epoch. Contestants take turns all the way. No
    choice is made on held-out rows.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_rows, n_columns)
        A data frame may have columns of strings, and missing values.
    y : array-like of shape (n_rows,)
        Class labels or real numbers.
    estimators : sequence or dict, default=None
        The contestants: classifiers or regressors, each alone or in a tuple with a parameter
        grid as :class:`~sklearn.model_selection.GridSearchCV` takes it. A dict gives them
        names. None: :class:`EDClassifier` and
        :class:`~sklearn.neural_network.MLPClassifier` (or the regressors) with the same
        learning rates and as many hidden units.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto": what the estimators are; without them regression for numbers that have
        fractions, or many values of which some are rare.
    X_test, y_test : as X and y, default=None
        Held-out rows.
    test_size : float, int or None, default=0.25
        Without `X_test` this share or number of the rows is held out; None: nothing is.
    preprocessing : transformer, None or "auto", default="auto"
        What is put before every estimator that is no pipeline. "auto": numbers standardized,
        strings one-hot encoded, missing values filled in; regressors then learn standardized
        targets.
    scoring : str, callable or None, default=None
        As in :class:`~sklearn.model_selection.GridSearchCV`; None: accuracy, or R2.
    cv : int, splitter, iterable or None, default=None
        As in :class:`~sklearn.model_selection.GridSearchCV`, ints for shuffled folds; None: 5
        folds, 3 of a sample of rows.
    search_size : int or None, default=10_000
        Most training rows that the search sees, a sample; the best are fitted on all.
    n_repeats : int, default=3
        Fits of each best candidate on all training rows.
    n_jobs : int, default=None
        Jobs of each search. More than one speed it up, and disturb its times.
    random_state : int, default=0
        Seed of the split, the folds and the search; the fits' seeds count up from it.
    name : str, default="data"
        Of the data, for reports.
    verbose : bool, default=False
        Whether to show progress on a terminal.

    Returns
    -------
    Comparison
        If Ctrl-C ends it after every contestant has searched a fold, a warning says so and the
        result has what was finished; before that, KeyboardInterrupt is raised.

    Raises
    ------
    ValueError
        If a parameter or the data cannot be used, or all candidates of an estimator fail.
    MissingExtra
        If `verbose` and rich is missing.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.comparison import compare
    >>> X, y = load_iris(return_X_y=True)
    >>> contestants = [(EDClassifier(), {"alpha": [0.004, 0.01]}), LogisticRegression()]
    >>> comparison = compare(X, y, estimators=contestants, cv=3, n_repeats=1)
    >>> [outcome.name for outcome in comparison.outcomes]
    ['EDClassifier', 'LogisticRegression']
    """
    check_parameters({"n_repeats": n_repeats, "random_state": random_state}, _CHECKS)
    contestants = None if estimators is None else given_contestants(estimators)
    X, y = _check_rows("X", X, "y", y)
    task = _check_task(task, contestants, y)
    check_target(y, task, "y")
    if (X_test is None) != (y_test is None):
        raise UnusableInput("X_test and y_test: expected both or none, got one.")
    if X_test is not None:
        X_test, y_test = _check_rows("X_test", X_test, "y_test", y_test)
        if X_test.shape[1] != X.shape[1]:
            raise UnusableInput(
                f"X_test: expected {X.shape[1]} columns, as X has, got {X_test.shape[1]}."
            )
    _check_preprocessing(preprocessing)
    if X_test is None and test_size is not None:
        try:
            problem = split_problem(
                name,
                task,
                X,
                y,
                test_size=test_size,
                preprocessing=preprocessing,
                random_state=random_state,
            )
        except ValueError as error:
            raise UnusableInput(str(error)) from error
    else:
        problem = make_problem(name, task, X, y, X_test, y_test, preprocessing)
    comparison = compare_problem(
        problem,
        contestants,
        scoring=scoring,
        cv=cv,
        search_size=search_size,
        n_repeats=n_repeats,
        n_jobs=n_jobs,
        random_state=random_state,
        verbose=verbose,
    )
    if not comparison.complete:
        warnings.warn(
            "The comparison was interrupted: the result has what was finished.",
            UserWarning,
            stacklevel=2,
        )
    return comparison


def compare_problem(
    problem: Problem,
    contestants: list[Contestant] | None = None,
    *,
    baselines: Sequence[str] = ("mlp",),
    max_iter: int | None = None,
    scoring: Any = None,
    cv: Any = None,
    search_size: int | None = SEARCH_SIZE,
    n_repeats: int = 3,
    n_jobs: int | None = None,
    random_state: int = 0,
    verbose: bool = False,
) -> Comparison:
    """`compare` on a problem; without contestants, ED and these baselines.

    Parameters
    ----------
    problem : Problem
    contestants : list of Contestant, default=None
    baselines : sequence of {"mlp", "keras", "linear"}, default=("mlp",)
    max_iter : int, default=None
        Most epochs of a fit of the package's contestants; None: by the number of rows.
    scoring, cv, search_size, n_repeats, n_jobs, random_state, verbose
        As in `compare`.
    """
    began = time.perf_counter()
    folds = plan_folds(
        problem.X_train,
        problem.y_train,
        task=problem.task,
        cv=cv,
        search_size=search_size,
        random_state=random_state,
    )
    n_search_rows = np.unique(np.concatenate([np.concatenate(fold) for fold in folds])).shape[0]
    remarks = []
    if contestants is None:
        terms = Terms(
            problem.task, problem.n_classes, max_iter or plan_epochs(n_search_rows), TOL
        )
        contestants = default_contestants(terms, baselines)
        remarks = _remarks(terms)
    race = Race(
        contestants,
        problem,
        folds,
        scorer=_scorer(contestants[0].estimator, scoring),
        n_repeats=n_repeats,
        n_jobs=n_jobs,
        random_state=random_state,
        scale_target=problem.task == "regression",
    )
    with one_thread_per_fit(), expected_warnings_ignored():
        complete = _finish(race, verbose)
        facts = describe_environment()
    return Comparison(
        name=problem.name,
        task=problem.task,
        scoring=_score_name(problem.task, scoring),
        data=problem.facts(),
        terms={
            "n_folds": len(folds),
            "n_search_rows": n_search_rows,
            "n_repeats": n_repeats,
            "seeds": race.seeds,
            "random_state": random_state,
            "n_jobs": n_jobs,
            "remarks": remarks + race.remarks,
        },
        machine=facts,
        outcomes=race.outcomes,
        seconds=time.perf_counter() - began,
        complete=complete,
    )


def _finish(race: Race, verbose: bool) -> bool:
    """Run the race; False if it was interrupted after some of it was finished."""
    try:
        with interruptible(), progress(race.n_steps, show=verbose) as step:
            race.run(step)
    except (Interrupted, KeyboardInterrupt) as interruption:
        if race.n_rounds == 0:
            raise KeyboardInterrupt from interruption
        return False
    return True


def _check_rows(X_name: str, X: Any, y_name: str, y: Any) -> tuple[Any, np.ndarray]:
    """X as an array if it has no shape, y as an array of one axis; as many rows in both."""
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    if len(X.shape) != 2 or X.shape[0] == 0:
        raise UnusableInput(f"{X_name}: expected rows and columns, got the shape {X.shape}.")
    y = column_or_1d(y)
    if y.shape[0] != X.shape[0]:
        raise UnusableInput(
            f"{y_name}: expected {X.shape[0]} values, one for each row of {X_name}, "
            f"got {y.shape[0]}."
        )
    return X, y


def _check_preprocessing(preprocessing: Any) -> None:
    is_known = preprocessing is None or (
        preprocessing == "auto"
        if isinstance(preprocessing, str)
        else hasattr(preprocessing, "fit") and hasattr(preprocessing, "transform")
    )
    if not is_known:
        raise UnusableInput(
            f"preprocessing: expected a transformer, None or 'auto', got {preprocessing!r}."
        )


def _check_task(task: str, contestants: list[Contestant] | None, y: np.ndarray) -> str:
    if task not in ("auto", *TASKS):
        raise UnusableInput(f"task: expected one of {('auto', *TASKS)}, got {task!r}.")
    if contestants is not None:
        kind = contestants[0].kind
        if task not in ("auto", kind):
            raise UnusableInput(f"task: expected {kind!r} for these estimators, got {task!r}.")
        return kind
    if task != "auto":
        return task
    return guess_task(y)


def _scorer(estimator: Any, scoring: Any) -> Any:
    message = (
        f"scoring: expected a callable or one of scikit-learn's {len(get_scorer_names())} "
        f"names, got {scoring!r}."
    )
    if not (scoring is None or isinstance(scoring, str) or callable(scoring)):
        raise UnusableInput(message)
    try:
        return check_scoring(estimator, scoring)
    except (ValueError, TypeError) as error:
        raise UnusableInput(message) from error


def _score_name(task: str, scoring: Any) -> str:
    if scoring is None:
        return "accuracy" if task == "classification" else "r2"
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", "score")


def _remarks(terms: Terms) -> list[str]:
    networks = (
        "ED's sizes are those of each of its networks: one per pair of classes, from eleven "
        "classes on one per class, one alone for two classes"
        if terms.task == "classification"
        else "ED has one network"
    )
    return [
        f"Networks: learning rates, numbers of hidden units and epochs (at most "
        f"{terms.max_iter}) are the same. {networks}."
    ]
