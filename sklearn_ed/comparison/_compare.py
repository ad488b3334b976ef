"""`compare`: estimators on the same rows, folds and seeds."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import check_scoring, get_scorer_names

from .._utils.conditions import expected_warnings_ignored, one_thread_per_fit
from .._utils.environment import describe_environment
from .._utils.errors import UnusableInput
from .._utils.interruption import Interrupted, interruptible
from .._utils.progress import progress
from .._utils.validation import (
    check_parameters,
    either,
    integer,
    nothing,
    one_of,
    seed,
)
from ._comparison import Comparison
from ._default_estimators import default_estimators, remark_on
from ._estimators import check_estimators
from ._folds import SEARCH_SIZE, choose_max_iter, make_folds
from ._problem import TEST_FRACTION, Problem, make_problem
from ._runner import ComparisonRunner, Scorer
from ._target import TASKS

_CHECKS = {
    "n_repeats": integer(1),
    "random_state": seed,
    "task": one_of("auto", *TASKS),
    "preprocessing": either(
        (lambda value: hasattr(value, "fit") and hasattr(value, "transform"), "a transformer"),
        either(nothing, one_of("auto")),
    ),
}


def compare(
    X: Any,
    y: Any = None,
    *,
    estimators: Any = None,
    baselines: Sequence[str] = ("mlp",),
    max_iter: int | None = None,
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
    """Compare error diffusion with backprop, or any estimators, under the same conditions.

    The candidates of every estimator are cross-validated on the same folds. The best candidate
    of each is fitted on all training rows with several seeds, the same for all estimators, and
    scored on held-out rows. Then its learning curve is recorded epoch by epoch. The estimators
    take turns in all of this. The held-out rows are not used for any choice.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_rows, n_columns), or Problem
        A data frame (pandas, Polars) may have columns of strings, dates and missing values. A
        :class:`Problem`, from :func:`named_problem` or :func:`csv_problem`, has its own target,
        held-out rows, preprocessing and name.
    y : array-like of shape (n_rows,), default=None
        Class labels or real numbers. Ignored if X is a `Problem`, as are `task`, `X_test`,
        `y_test`, `test_size`, `preprocessing` and `name`.
    estimators : sequence or dict, default=None
        Classifiers or regressors, each alone or in a tuple with a parameter grid as for
        :class:`~sklearn.model_selection.GridSearchCV`. The keys of a dict are their names.
        None means :class:`~sklearn_ed.EDClassifier` (or the regressor) and `baselines`.
    baselines : sequence of {"mlp", "keras", "linear", "trees"}, default=("mlp",)
        What error diffusion is compared with if there are no `estimators`: backprop by
        :class:`~sklearn.neural_network.MLPClassifier` or by Keras, a linear model, or trees
        (:class:`~sklearn.ensemble.HistGradientBoostingClassifier` and
        :class:`~sklearn.ensemble.RandomForestClassifier`). All networks have the same learning
        rates and the same numbers of hidden units.
    max_iter : int, default=None
        Maximum number of epochs of these networks. None chooses 300, 100 or 20 by the number of
        rows that the search uses.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto" takes the task of the estimators. Without `estimators` it means regression if y
        has fractions, or many values of which some are rare.
    X_test, y_test : as X and y, default=None
        Held-out rows.
    test_size : float, int or None, default=0.25
        Without `X_test`, the share or number of rows to hold out. None holds out no rows.
    preprocessing : transformer, None or "auto", default="auto"
        First step before every estimator that is not a pipeline. Regressors with
        preprocessing learn standardized targets, except :class:`~sklearn_ed.EDRegressor`,
        which scales its target itself. "auto" depends on the estimator: error
        diffusion has the encoder of :func:`~sklearn_ed.make_table_pipeline`, and every other
        estimator what :func:`skrub.tabular_pipeline` chooses for it. If all columns are
        numbers, skrub is not needed: trees (estimators that accept missing values) take them
        as they are, all others standardized, with missing values replaced by the mean and an
        indicator. Sparse columns are divided by their largest magnitude.
    scoring : str, callable or None, default=None
        As in :class:`~sklearn.model_selection.GridSearchCV`. None means accuracy or R2.
    cv : int, splitter, iterable or None, default=None
        As in :class:`~sklearn.model_selection.GridSearchCV`, but an int means shuffled folds.
        None means 5 folds, or 3 folds of a sample of rows.
    search_size : int or None, default=10_000
        Maximum number of training rows that the search uses. From more rows it draws a sample;
        the best candidates are fitted on all rows.
    n_repeats : int, default=3
        Number of fits of each best candidate on all training rows.
    n_jobs : int, default=None
        Parallel jobs of each search. More than one make it faster and its times less reliable.
    random_state : int, default=0
        Seed of the split, the folds and the search. The seeds of the final fits count up from
        it.
    name : str, default="data"
        Name of the data in reports.
    verbose : bool, default=False
        Whether to show a progress bar on a terminal.

    Returns
    -------
    Comparison
        After Ctrl-C, the part that was finished, with a warning. If not even the first fold
        has been searched by all estimators, KeyboardInterrupt is raised instead.

    Raises
    ------
    ValueError
        If a parameter or the data cannot be used, or if all candidates of an estimator fail.
    MissingExtra
        If `verbose` and rich is not installed, for "keras" if Keras is not installed, or for a
        table with other columns than numbers if skrub is not installed.

    See Also
    --------
    Comparison : The result.
    csv_problem : Data from a CSV file.
    sklearn_ed.inspection.compare_rules : Learning rules on the same networks.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.comparison import compare
    >>> X, y = load_iris(return_X_y=True)
    >>> estimators = [(EDClassifier(), {"alpha": [0.004, 0.01]}), LogisticRegression()]
    >>> comparison = compare(X, y, estimators=estimators, cv=3, n_repeats=1)
    >>> [result.name for result in comparison.results]
    ['EDClassifier', 'LogisticRegression']
    """
    start = time.perf_counter()
    given = {"n_repeats": n_repeats, "random_state": random_state}
    check_parameters(given | {"task": task, "preprocessing": preprocessing}, _CHECKS)
    compared = None if estimators is None else check_estimators(estimators)
    if compared is not None and task == "auto":
        task = compared[0].task
    if isinstance(X, Problem):
        problem = X
    else:
        problem = make_problem(
            name,
            task,
            X,
            y,
            X_test=X_test,
            y_test=y_test,
            test_size=test_size,
            preprocessing=preprocessing,
            random_state=random_state,
        )
    if compared is not None and compared[0].task != problem.task:
        raise UnusableInput(
            f"estimators: expected estimators for {problem.task}, got "
            f"{compared[0].name}, which is for {compared[0].task}."
        )
    folds = make_folds(
        problem.X_train,
        problem.y_train,
        task=problem.task,
        cv=cv,
        search_size=search_size,
        random_state=random_state,
    )
    n_search_rows = np.unique(np.concatenate([np.concatenate(fold) for fold in folds])).size
    remarks: list[str] = []
    if compared is None:
        max_iter = max_iter or choose_max_iter(n_search_rows)
        compared = default_estimators(problem.task, problem.n_classes, max_iter, baselines)
        remarks = remark_on(problem.task, problem.n_classes, max_iter)
    runner = ComparisonRunner(
        compared,
        problem,
        folds,
        scorer=_check_scoring(compared[0].estimator, scoring),
        n_repeats=n_repeats,
        n_jobs=n_jobs,
        random_state=random_state,
    )
    with one_thread_per_fit(), expected_warnings_ignored():
        # Before the search: after it, Ctrl-C would lose the result.
        machine = describe_environment()
        complete = _finish(runner, verbose)
    if not complete:
        warnings.warn(
            "The comparison was interrupted: the result is the part that was finished.",
            UserWarning,
            stacklevel=2,
        )
    return Comparison(
        name=problem.name,
        task=problem.task,
        scoring=_score_name(problem.task, scoring),
        data=problem.facts,
        settings={
            "n_folds": len(folds),
            "n_search_rows": n_search_rows,
            "n_repeats": n_repeats,
            "seeds": runner.seeds,
            "random_state": random_state,
            "n_jobs": n_jobs,
            "remarks": remarks + runner.remarks,
        },
        machine=machine,
        results=runner.results,
        seconds=time.perf_counter() - start,
        complete=complete,
    )


def _finish(runner: ComparisonRunner, verbose: bool) -> bool:
    """Run; False if interrupted after all estimators have searched at least one fold."""
    try:
        with interruptible(), progress(runner.n_steps, show=verbose) as step:
            runner.run(step)
    except (Interrupted, KeyboardInterrupt) as interruption:
        if runner.n_searched_folds == 0:
            raise KeyboardInterrupt from interruption
        return False
    return True


def _check_scoring(estimator: Any, scoring: Any) -> Scorer:
    try:
        if scoring is None or isinstance(scoring, str) or callable(scoring):
            return check_scoring(estimator, scoring)
        raise TypeError("a single score is needed")
    except (ValueError, TypeError) as error:
        raise UnusableInput(
            f"scoring: expected a callable or one of scikit-learn's {len(get_scorer_names())} "
            f"names, got {scoring!r}."
        ) from error


def _score_name(task: str, scoring: Any) -> str:
    if scoring is None:
        return "accuracy" if task == "classification" else "r2"
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", "score")
