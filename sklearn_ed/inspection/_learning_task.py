"""A data set that each method of credit assignment learns under the same conditions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from copy import copy
from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_X_y

from ._methods import Method, make_networks, make_step

ALPHAS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Learning rates to choose from."""

SEARCH_ROWS = 10_000
"""Maximum number of rows that the choice is made on."""


class Epoch(NamedTuple):
    """Seconds of one update, the mean over the epoch, and the accuracies after the epoch."""

    epoch: int
    seconds: float
    train_accuracy: float
    test_accuracy: float


class LearningTask:
    """Data, networks and batches; the data is checked, and labels become numbers from 0.

    The initial weights and the batches depend on the seed, and are the same for every method.
    """

    def __init__(
        self,
        X_train: Any,
        y_train: Any,
        X_test: Any,
        y_test: Any,
        hidden_layer_sizes: tuple[int, ...],
        batch_size: int,
        seed: int,
    ) -> None:
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
        self.X_train, self.y_train = X_train, targets
        self.X_test, self.y_test = X_test, np.searchsorted(classes, y_test)
        self.n_classes, self.hidden_layer_sizes = classes.size, hidden_layer_sizes
        self.batch_size, self.seed = batch_size, seed

    @property
    def n_updates(self) -> int:
        """Updates of an epoch: full batches only. Which rows are left over varies."""
        return max(1, len(self.y_train) // self.batch_size)

    def learn(self, method: Method, alpha: float, n_epochs: int) -> Iterator[Epoch]:
        """Learn with plain steps by a method; yield each epoch when it is over."""
        rng = np.random.RandomState(self.seed)
        n_train, n_features = self.X_train.shape
        bank, outputs = make_networks(n_features, self.hidden_layer_sizes, self.n_classes, rng)
        step = make_step(method, bank, outputs)
        batch_size = min(self.batch_size, n_train)
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

    def choose_alpha(self, method: Method, n_epochs: int) -> float:
        """The rate of `ALPHAS` with the highest accuracy on a quarter of the training rows.

        The accuracy is the mean over the epochs, so that fast learning counts too. Numerical
        differentiation makes the same steps as backprop and gets the same rate.
        """
        if method == "numerical":
            method = "backprop"
        rows = np.arange(self.y_train.shape[0])
        if rows.size > SEARCH_ROWS:
            rows = np.random.RandomState(self.seed).permutation(rows)[:SEARCH_ROWS]
        trial = copy(self)
        trial.X_train, trial.X_test, trial.y_train, trial.y_test = train_test_split(
            self.X_train[rows], self.y_train[rows], test_size=0.25, random_state=self.seed
        )

        def accuracy(alpha: float) -> float:
            epochs = trial.learn(method, alpha, n_epochs)
            return float(np.mean([epoch.test_accuracy for epoch in epochs]))

        return max(ALPHAS, key=accuracy)
