"""Learning rules side by side on the same data."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch
from threadpoolctl import threadpool_limits

from .._estimators.classifier import EDClassifier
from .._utils.environment import describe_environment
from .._utils.interruption import Interrupted, interruptible
from .._utils.progress import progress
from .._utils.timing import TimedCall, time_in_turns
from .._utils.validation import check_parameters, integer, real, seed
from ..rules import Rule
from ..rules._names import RULES
from ._alignment import gradient_alignment
from ._learning_task import SEARCH_ROWS, LearningTask
from ._methods import check_methods, check_sizes, describe_method, make_networks, make_step
from ._rule_comparison import RuleComparison

ALIGNMENT_ROWS = 200
"""Maximum number of training rows of the batch that gives the alignment with the gradient."""

# Nothing but the rule and plain steps; one network per class.
_SETTINGS: dict[str, Any] = {
    "solver": "sgd",
    "learning_rate": "constant",
    "code_size": None,
    "n_members": 1,
    "dropout": 0.0,
    "weight_decay": 0.0,
    "early_stopping": False,
    "tol": 0.0,
    "n_iter_no_change": np.inf,
}
_CHECKS = {
    "batch_size": integer(1),
    "max_iter": integer(1),
    "n_seeds": integer(1),
    "n_repeats": integer(1),
    "random_state": seed,
}


def compare_rules(
    X_train: Any,
    y_train: Any,
    X_test: Any,
    y_test: Any,
    hidden_layer_sizes: int | Sequence[int] = (16, 16),
    *,
    rules: Iterable[str] | Mapping[str, Any] = tuple(RULES),
    alphas: Sequence[float] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
    batch_size: int = 20,
    max_iter: int = 20,
    n_seeds: int = 5,
    n_repeats: int = 9,
    random_state: int = 0,
    verbose: bool = False,
) -> RuleComparison:
    """Compare learning rules: accuracy, alignment with the gradient, time per update.

    All rules train the same networks, one per class, in the same loop: initial weights, order
    of rows and batches are the same for the same seed. The steps are plain, ``W += alpha dW``.

    Every rule gets the learning rate of `alphas` with the highest accuracy on validation rows,
    a quarter of the training rows (of 10,000 of them, if there are more), after training on the
    others with one seed. The smaller of equally good rates is taken. Then each rule learns all
    training rows with `n_seeds` seeds.

    Parameters
    ----------
    X_train, y_train, X_test, y_test : array-like
        Training and test data of shape (n_rows, n_features), with class labels of shape
        (n_rows,).
    hidden_layer_sizes : int or sequence of int, default=(16, 16)
        Units per hidden layer of each network.
    rules : iterable of str, or dict of str to str or rule object
        Names of the parameter `rule` of the estimators, or own names for rule objects. All
        names by default.
    alphas : sequence of float, default=(0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
        Learning rates to choose from.
    batch_size : int, default=20
        Rows of a batch.
    max_iter : int, default=20
        Number of epochs.
    n_seeds : int, default=5
        Number of fits with all training rows; their seeds begin at `random_state`.
    n_repeats : int, default=9
        Timings of an update by each rule, taken in turns; the median is reported.
    random_state : int, default=0
        First seed, and seed of the validation rows.
    verbose : bool, default=False
        Whether to show progress on a terminal.

    Returns
    -------
    RuleComparison
        Numbers, text, files and a plot. If Ctrl-C interrupts the comparison, the result has the
        rules that were finished and its attribute `complete` is False.

    Raises
    ------
    ValueError
        If a parameter or the data is invalid.
    MissingExtra
        If `verbose` is set and rich is missing.
    KeyboardInterrupt
        If Ctrl-C interrupts the comparison before a rule was finished.

    See Also
    --------
    gradient_alignment : The alignment of one estimator, for each sample too.
    credit_assignment_cost : Time of an update for networks of any size.

    Notes
    -----
    Random feedback weights are the same in all fits: their seed is that of the rule object. The
    spread over seeds is that of initial weights and batches.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_ed.inspection import compare_rules
    >>> X, y = load_iris(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X / 8, y, random_state=0)
    >>> comparison = compare_rules(
    ...     X_train,
    ...     y_train,
    ...     X_test,
    ...     y_test,
    ...     4,
    ...     rules=["error_diffusion", "backprop"],
    ...     alphas=[0.1, 1.0],
    ...     max_iter=5,
    ...     n_seeds=2,
    ...     n_repeats=1,
    ... )
    >>> comparison.rules["backprop"].cosine.round(6)
    array([[1., 1.],
           [1., 1.]])
    """
    check_parameters(locals(), _CHECKS)
    sizes, checked = check_sizes(hidden_layer_sizes), check_methods(rules, parameter="rules")
    alphas = list(alphas)
    if not alphas:
        raise ValueError("alphas: expected at least one learning rate, got none.")
    for alpha in alphas:
        check_parameters({"alphas": alpha}, {"alphas": real(0, closed="neither")})
    task = LearningTask(X_train, y_train, X_test, y_test, sizes, batch_size, random_state)
    settings = {
        "hidden_layer_sizes": list(sizes),
        "alphas": [float(alpha) for alpha in sorted(alphas)],
        "batch_size": batch_size,
        "max_iter": max_iter,
        "n_seeds": n_seeds,
        "n_repeats": n_repeats,
        "random_state": random_state,
        "n_train": len(task.y_train),
        "n_test": len(task.y_test),
        "n_classes": task.n_classes,
        "n_alignment_rows": min(ALIGNMENT_ROWS, len(task.y_train)),
    }
    result = RuleComparison(settings)
    experiment = _Experiment(task, settings)
    try:
        n_steps = 1 + len(checked) * (len(alphas) + n_seeds)
        with (
            interruptible(),
            threadpool_limits(1),
            warnings.catch_warnings(),
            progress(n_steps, show=verbose) as announce,
        ):
            warnings.simplefilter("ignore", ConvergenceWarning)
            announce("time per update")
            seconds = experiment.time(checked)
            for name, rule in checked.items():
                step = partial(_say, announce, describe_method(name))
                measured = experiment.measure(rule, step)
                result.rules[name] = Bunch(**measured, seconds=seconds[name])
        result.complete = True
    except (Interrupted, KeyboardInterrupt) as interruption:
        if not result.rules:
            raise KeyboardInterrupt from interruption
    result.machine = describe_environment()
    return result


def _say(announce: Callable[[str], None], name: str, text: str) -> None:
    announce(f"{name}: {text}")


class _Experiment:
    """What is measured of each rule."""

    def __init__(self, task: LearningTask, settings: dict[str, Any]) -> None:
        self.task, self.settings = task, settings

    def time(self, rules: Mapping[str, str | Rule]) -> dict[str, float]:
        """Seconds of one update by each rule, of networks of their own."""
        task, calls = self.task, {}
        X = task.X_train[: task.batch_size].astype(np.float64)
        targets = task.y_train[: task.batch_size]
        for name, rule in rules.items():
            rng = np.random.RandomState(task.seed)
            sizes, n_classes = task.hidden_layer_sizes, task.n_classes
            step = make_step(rule, *make_networks(X.shape[1], sizes, n_classes, rng))
            calls[name] = TimedCall(partial(step, X, targets, 1e-3), n_calls=None)
        timings = time_in_turns(calls, self.settings["n_repeats"])
        return {name: timing.median for name, timing in timings.items()}

    def measure(self, rule: str | Rule, announce: Callable[[str], None]) -> dict[str, Any]:
        """Learning rate, accuracies and alignment of a rule."""
        task, first = self.task, self.settings["random_state"]
        validation = {}
        rows = np.arange(len(task.y_train))
        if rows.size > SEARCH_ROWS:
            rows = np.random.RandomState(task.seed).permutation(rows)[:SEARCH_ROWS]
        X_learn, X_val, y_learn, y_val = train_test_split(
            task.X_train[rows], task.y_train[rows], test_size=0.25, random_state=first
        )
        for alpha in self.settings["alphas"]:
            announce(f"learning rate {alpha:g}")
            clf = self._fit(rule, alpha, first, X_learn, y_learn)
            validation[alpha] = 0.0 if clf is None else float(clf.score(X_val, y_val))
        alpha = max(validation, key=lambda alpha: validation[alpha])
        n_rows, n_layers = self.settings["n_alignment_rows"], len(task.hidden_layer_sizes) + 1
        accuracies, cosines, agreements = [], [], []
        for number in range(self.settings["n_seeds"]):
            announce(f"fit {number + 1}")
            clf = self._fit(rule, alpha, (first + number) % 2**32, task.X_train, task.y_train)
            alignment = Bunch(
                cosine=np.full(n_layers, np.nan), sign_agreement=np.full(n_layers, np.nan)
            )
            if clf is not None:
                X, y = task.X_train[:n_rows], task.y_train[:n_rows]
                alignment = gradient_alignment(clf, X, y)
            accuracies.append(0.0 if clf is None else clf.score(task.X_test, task.y_test))
            cosines.append(alignment.cosine)
            agreements.append(alignment.sign_agreement)
        return {
            "alpha": alpha,
            "validation_accuracy": validation,
            "test_accuracy": np.array(accuracies),
            "cosine": np.array(cosines),
            "sign_agreement": np.array(agreements),
        }

    def _fit(
        self, rule: str | Rule, alpha: float, seed: int, X: np.ndarray, y: np.ndarray
    ) -> EDClassifier | None:
        """The fitted classifier; None if training diverged."""
        clf = EDClassifier(
            self.task.hidden_layer_sizes,
            rule=rule,
            alpha=alpha,
            batch_size=self.task.batch_size,
            max_iter=self.settings["max_iter"],
            random_state=seed,
            **_SETTINGS,
        )
        try:
            return clf.fit(X, y)
        except ValueError as error:
            if "non-finite" not in str(error):
                raise
            return None
