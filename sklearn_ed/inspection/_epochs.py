"""The three ways to assign credit, learning the same data from the same start."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch, check_random_state, check_X_y

from .._utils.validation import check_parameters, integer, real
from ._cost import check_sizes
from ._ways import WAYS, Ways, make_networks

# Tried where no learning rate is given, on so many rows at most.
ALPHAS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
SEARCH_ROWS = 10_000
_CHECKS = {"batch_size": integer(1), "max_iter": integer(1)}


@dataclass(frozen=True)
class Epoch:
    """What an epoch took and what it led to.

    Attributes
    ----------
    epoch : int
        From 1.
    seconds : float
        Of one update, the mean over the epoch.
    train_accuracy, test_accuracy : float
        After it.
    """

    epoch: int
    seconds: float
    train_accuracy: float
    test_accuracy: float


@dataclass(frozen=True)
class Lesson:
    """Data, the networks that learn it, and the batches.

    Attributes
    ----------
    X_train, X_test : ndarray of shape (n_rows, n_features), float32 or float64
    y_train, y_test : ndarray of shape (n_rows,), int
        Classes 0 to n_classes - 1.
    n_classes : int
    hidden_layer_sizes : tuple of int
    batch_size : int
    seed : int
        Of initial weights and batches: every way starts from the same weights and meets the
        same batches.
    """

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    n_classes: int
    hidden_layer_sizes: tuple[int, ...]
    batch_size: int
    seed: int

    @property
    def n_updates(self) -> int:
        """Updates of an epoch: full batches; the rows left over are others in each epoch."""
        return max(1, self.y_train.shape[0] // self.batch_size)

    def learn(self, way: str, alpha: float, n_epochs: int) -> Iterator[Epoch]:
        """Learn with plain steps by one of `WAYS`; yield each epoch when it is over."""
        rng = np.random.RandomState(self.seed)
        n_train, n_features = self.X_train.shape
        bank, outputs = make_networks(n_features, self.hidden_layer_sizes, self.n_classes, rng)
        batch_size = min(self.batch_size, n_train)
        step = getattr(Ways(bank, outputs, batch_size), way)
        for epoch in range(1, n_epochs + 1):
            rows, seconds = rng.permutation(n_train), 0.0
            for k in range(self.n_updates):
                batch = rows[k * batch_size : (k + 1) * batch_size]
                X = self.X_train[batch].astype(np.float64, copy=False)
                targets = self.y_train[batch]
                start = time.perf_counter()
                step(X, targets, alpha)
                seconds += time.perf_counter() - start
            accuracies = [
                float(np.mean(outputs.predict(bank.output(X)) == y))
                for X, y in ((self.X_train, self.y_train), (self.X_test, self.y_test))
            ]
            yield Epoch(epoch, seconds / self.n_updates, *accuracies)

    def choose_alpha(self, way: str, n_epochs: int) -> float:
        """The rate of `ALPHAS` with the highest accuracy on a quarter of the training rows.

        The mean over the epochs counts: who learns fast and well. Only training rows are
        looked at, of many `SEARCH_ROWS`. Numerical differentiation gets backprop's rate: it
        makes the same steps.
        """
        if way == "numerical":
            way = "backprop"
        y = self.y_train
        X = self.X_train
        if y.shape[0] > SEARCH_ROWS:
            rows = np.random.RandomState(self.seed).permutation(y.shape[0])[:SEARCH_ROWS]
            X, y = X[rows], y[rows]
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.25, random_state=self.seed
        )
        trial = Lesson(
            X_train,
            y_train,
            X_test,
            y_test,
            self.n_classes,
            self.hidden_layer_sizes,
            self.batch_size,
            self.seed,
        )

        def accuracy(alpha: float) -> float:
            epochs = trial.learn(way, alpha, n_epochs)
            return float(np.mean([epoch.test_accuracy for epoch in epochs]))

        return max(ALPHAS, key=accuracy)


def credit_assignment_epochs(
    X_train: Any,
    y_train: Any,
    X_test: Any,
    y_test: Any,
    hidden_layer_sizes: Any = (5,),
    *,
    ways: Iterable[str] = tuple(WAYS),
    alpha: float | Mapping[str, float] | None = None,
    batch_size: int = 100,
    max_iter: int = 10,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Learn the same data by numerical differentiation, backprop and error diffusion.

    All start from the same weights and meet the same batches, in plain steps
    ``W += alpha dW``, where dW is the mean over the batch. Numerical differentiation and
    backprop make the same steps, so that their accuracies agree.

    Parameters
    ----------
    X_train, X_test : array-like of shape (n_rows, n_features)
    y_train, y_test : array-like of shape (n_rows,)
        Class labels.
    hidden_layer_sizes : int or sequence of int, default=(5,)
        Units per hidden layer of each network; a network per class, one for two.
    ways : iterable of {"numerical", "backprop", "error_diffusion"}
        All by default. The first takes two forward passes for each parameter and batch.
    alpha : float, dict of str to float or None, default=None
        Learning rate, or one for each way. None: of 0.03, 0.1, 0.3, 1, 3 and 10, the one with
        the highest accuracy, the mean over the epochs, on a quarter of the training rows held
        out (of more than 10,000 rows, 10,000 are looked at). Error diffusion has its own,
        since its increments lack the weights on the way back and the factor 2 / u0.
    batch_size : int, default=100
        Rows left over by full batches wait for another epoch's order.
    max_iter : int, default=10
        Epochs.
    random_state : int, RandomState instance or None, default=None
        Of the initial weights, the order of the rows and the rows held out.

    Returns
    -------
    Bunch
        For each of the ways a Bunch with the attributes

        alpha : float
            The learning rate.
        seconds : ndarray of shape (max_iter,), float64
            Of one update, the mean over each epoch.
        train_accuracy, test_accuracy : ndarray of shape (max_iter,), float64
            After each epoch.

    Raises
    ------
    ValueError
        If a parameter or the data is invalid.

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
    values = (batch_size, max_iter)
    check_parameters(dict(zip(_CHECKS, values, strict=True)), _CHECKS)
    ways = list(ways)
    for way in ways:
        if way not in WAYS:
            raise ValueError(f"ways: expected some of {', '.join(WAYS)}, got {way!r}.")
    rates = _rates(ways, alpha)
    lesson = make_lesson(
        X_train,
        y_train,
        X_test,
        y_test,
        check_sizes(hidden_layer_sizes),
        batch_size,
        check_random_state(random_state).randint(2**31),
    )
    learned = Bunch()
    for way in ways:
        rate = rates.get(way)
        if rate is None:
            rate = lesson.choose_alpha(way, max_iter)
        epochs = list(lesson.learn(way, rate, max_iter))
        learned[way] = Bunch(
            alpha=rate,
            seconds=np.array([e.seconds for e in epochs]),
            train_accuracy=np.array([e.train_accuracy for e in epochs]),
            test_accuracy=np.array([e.test_accuracy for e in epochs]),
        )
    return learned


def make_lesson(
    X_train: Any,
    y_train: Any,
    X_test: Any,
    y_test: Any,
    hidden_layer_sizes: tuple[int, ...],
    batch_size: int,
    seed: int,
) -> Lesson:
    """The lesson of data that is checked first.

    Raises
    ------
    ValueError
        If the data cannot be learned, or is not alike in training and test rows.
    """
    dtype = [np.float64, np.float32]
    X_train, y_train = check_X_y(X_train, y_train, dtype=dtype, order="C")
    X_test, y_test = check_X_y(X_test, y_test, dtype=dtype, order="C")
    if X_test.shape[1] != X_train.shape[1]:
        raise ValueError(
            f"X_test: expected {X_train.shape[1]} features, as in X_train, "
            f"got {X_test.shape[1]}."
        )
    classes, targets = np.unique(y_train, return_inverse=True)
    if classes.size < 2:
        raise ValueError(f"y_train: expected at least two classes, got only {classes[0]}.")
    unknown = np.setdiff1d(y_test, classes)
    if unknown.size:
        raise ValueError(f"y_test: expected classes of y_train, got {unknown[0]}.")
    return Lesson(
        X_train,
        targets,
        X_test,
        np.searchsorted(classes, y_test),
        classes.size,
        hidden_layer_sizes,
        batch_size,
        seed,
    )


def _rates(ways: list[str], alpha: Any) -> dict[str, float]:
    """The rates that are given."""
    rates = alpha if isinstance(alpha, Mapping) else dict.fromkeys(ways, alpha)
    rates = {way: rate for way, rate in rates.items() if rate is not None}
    for rate in rates.values():
        check_parameters({"alpha": rate}, {"alpha": real(0, closed="neither")})
    return rates
