"""What the methods of credit assignment learn from the same start."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from .._utils.validation import check_parameters, integer, real
from ._learning_task import LearningTask
from ._methods import METHODS, check_methods, check_sizes

_CHECKS = {"batch_size": integer(1), "max_iter": integer(1)}


def credit_assignment_epochs(
    X_train: Any,
    y_train: Any,
    X_test: Any,
    y_test: Any,
    hidden_layer_sizes: Any = (5,),
    *,
    methods: Iterable[str] | Mapping[str, Any] = tuple(METHODS),
    alpha: float | Mapping[str, float] | None = None,
    batch_size: int = 100,
    max_iter: int = 10,
    random_state: int | np.random.RandomState | None = None,
    ways: Any = "deprecated",
) -> Bunch:
    """Learn the same data by several methods, for example backprop and error diffusion.

    All methods start from the same weights and learn the same batches in plain steps
    ``W += alpha dW``, where dW is the mean over the batch. Numerical differentiation and
    backprop make the same steps, so that their accuracies agree.

    Parameters
    ----------
    X_train, y_train, X_test, y_test : array-like
        Training and test data of shape (n_rows, n_features), with class labels of shape
        (n_rows,).
    hidden_layer_sizes : int or sequence of int, default=(5,)
        As in :func:`credit_assignment_cost`.
    methods : iterable of str, or dict of str to str or rule object
        The methods, as in :func:`credit_assignment_cost`. Numerical differentiation takes two
        forward passes for each parameter and batch.
    alpha : float, dict of str to float or None, default=None
        Learning rate, or one for each method. If None, each method uses that of 0.03, 0.1, 0.3,
        1, 3 and 10 with the highest accuracy, averaged over the epochs, on a quarter of the
        training rows; with more than 10,000 rows the choice is made on 10,000 of them. Error
        diffusion needs a rate of its own, since its increments lack the weights of the backward
        pass and the factor 2 / u0.
    batch_size : int, default=100
        Rows of a batch. Rows that do not fill a batch are skipped; every epoch shuffles anew.
    max_iter : int, default=10
        Number of epochs.
    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the order of the rows and the rows on which the learning
        rate is chosen.
    ways : iterable of str
        Former name of `methods`.

        .. deprecated:: 0.1
           Use `methods` instead.

    Returns
    -------
    Bunch
        For each method a Bunch with the attributes

        alpha : float
            The learning rate.
        seconds : ndarray of shape (max_iter,), float64
            Seconds of one update, the mean over each epoch.
        train_accuracy, test_accuracy : ndarray of shape (max_iter,), float64
            Accuracy after each epoch.

    Raises
    ------
    ValueError
        If a parameter or the data is invalid.

    See Also
    --------
    credit_assignment_cost : Time of one update by the same methods.
    compare_rules : Accuracy, alignment and time of learning rules.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_ed.inspection import credit_assignment_epochs
    >>> X, y = load_iris(return_X_y=True)
    >>> parts = train_test_split(X / 8, y, random_state=0)
    >>> X_train, X_test, y_train, y_test = parts
    >>> epochs = credit_assignment_epochs(
    ...     X_train, y_train, X_test, y_test, 3, alpha=1.0, max_iter=3, random_state=0
    ... )
    >>> bool((epochs.numerical.test_accuracy == epochs.backprop.test_accuracy).all())
    True
    """
    if not (isinstance(ways, str) and ways == "deprecated"):
        warnings.warn(
            "ways is deprecated and will be removed; use methods instead.",
            FutureWarning,
            stacklevel=2,
        )
        methods = ways
    check_parameters(locals(), _CHECKS)
    checked = check_methods(methods)
    rates = alpha if isinstance(alpha, Mapping) else dict.fromkeys(checked, alpha)
    for rate in rates.values():
        if rate is not None:
            check_parameters({"alpha": rate}, {"alpha": real(0, closed="neither")})
    sizes = check_sizes(hidden_layer_sizes)
    seed = check_random_state(random_state).randint(2**31)
    task = LearningTask(X_train, y_train, X_test, y_test, sizes, batch_size, seed)
    learned = Bunch()
    for name, method in checked.items():
        rate = rates.get(name)
        if rate is None:
            rate = task.choose_alpha(method, max_iter)
        epochs = list(task.learn(method, rate, max_iter))
        columns = {
            column: np.array([getattr(epoch, column) for epoch in epochs])
            for column in ("seconds", "train_accuracy", "test_accuracy")
        }
        learned[name] = Bunch(alpha=rate, **columns)
    return learned
