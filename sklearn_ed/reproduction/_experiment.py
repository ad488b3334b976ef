"""The article's experiment, by every way of running it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from os import PathLike
from typing import Any

import numpy as np

from .._utils.conditions import expected_warnings_ignored, one_thread_per_fit
from .._utils.environment import describe_environment
from .._utils.extras import MissingExtra
from .._utils.interruption import Interrupted, interruptible
from .._utils.progress import progress
from .._utils.validation import check_parameters, integer, seed
from ..comparison import ARTICLE_SETTINGS, keras_mlp
from ._data import zeros_and_ones
from ._estimators import backprop_classifier, with_weights
from ._per_neuron import ArrayNeuron, ListNeuron, Neuron, PerNeuronNetwork
from ._result import ArticleResult, ArticleRow
from ._timing import seconds_of_fit, seconds_of_partial_fit
from ._vectorized import learn_without_kernels

N_TRAIN = 1000
SEED = 10
"""The article's, of the weights."""

AS_PRINTED = "per neuron, NumPy, as printed"
PAIRED = "per neuron, NumPy, inputs paired"

_CHECKS = {"n_train": integer(1), "n_repeats": integer(1), "random_state": seed}


def reproduce_article(
    path: str | PathLike | None = None,
    *,
    n_train: int = N_TRAIN,
    n_repeats: int = 5,
    random_state: int = 0,
    verbose: bool = False,
) -> ArticleResult:
    """Run an article's experiment with error diffusion, neuron by neuron to compiled.

    Ten hidden layers of 16 units learn MNIST's first 1000 zeros and ones in one epoch, row by
    row, and tell the 2115 of the test images apart. The article's code hands each neuron both
    copies of an input in two blocks while the types of the sources alternate, so that a pixel
    meets two of the same type; with the copies side by side it is right on 144 images more.
    From its weights the estimator of this package is right on as many.

    Parameters
    ----------
    path : str or path-like, default=None
        As in :func:`~sklearn_ed.datasets.load_mnist`.
    n_train : int, default=1000
        Training rows.
    n_repeats : int, default=5
        Timings of all but the per-neuron networks.
    random_state : int, default=0
        Seed of MLPClassifier and Keras.
    verbose : bool, default=False
        Whether to show progress on a terminal.

    Returns
    -------
    ArticleResult
        With what was finished if Ctrl-C ended it, `complete` is False then; before the first
        row is finished, KeyboardInterrupt is raised.

    Raises
    ------
    ValueError
        If a parameter is invalid, or the file is damaged.
    FileNotFoundError
        If there is no MNIST.
    MissingExtra
        If `verbose` and rich is missing.

    References
    ----------
    "Speeding up the ED method 8 times by better matrix operations", an article of 2024 in
    Japanese: 91.11 % of the test images.
    """
    values = (n_train, n_repeats, random_state)
    check_parameters(dict(zip(_CHECKS, values, strict=True)), _CHECKS)
    experiment = _Experiment(path, n_train, n_repeats, random_state)
    result = experiment.result
    ways = experiment.ways()
    with one_thread_per_fit(), expected_warnings_ignored():
        try:
            with interruptible(), progress(len(ways), show=verbose) as step:
                for name, way in ways.items():
                    step(name)
                    result.rows.append(way(name))
            result.complete = True
        except (Interrupted, KeyboardInterrupt) as interruption:
            if not result.rows:
                raise KeyboardInterrupt from interruption
        result.machine = describe_environment()
    return result


Way = Callable[[str], ArticleRow]


class _Experiment:
    """The data, and the ways to learn them; each gives its row of the table."""

    def __init__(self, path, n_train, n_repeats, random_state):
        self.X, self.y, self.X_test, self.y_test = zeros_and_ones(path, n_train)
        self.n_repeats = n_repeats
        self.random_state = random_state
        self.result = ArticleResult(
            AS_PRINTED,
            {
                "n_train": self.X.shape[0],
                "n_test": self.X_test.shape[0],
                "n_test_ones": int((self.y_test == 1).sum()),
                "n_repeats": n_repeats,
                "random_state": random_state,
            },
        )

    def ways(self) -> dict[str, Way]:
        """Names and ways, in the order of the table."""
        return {
            "per neuron, Python lists": self._per_neuron(ListNeuron, paired=True),
            AS_PRINTED: self._per_neuron(ArrayNeuron, paired=False),
            PAIRED: self._per_neuron(ArrayNeuron, paired=True),
            "EDClassifier, NumPy": self._vectorized,
            "EDClassifier, compiled, float64": self._compiled(np.float64),
            "EDClassifier, compiled, float32": self._compiled(np.float32),
            "MLPClassifier, sgd": self._backprop("sgd"),
            "MLPClassifier, adam": self._backprop("adam"),
            "Keras, adam": self._keras,
        }

    def _network(self, neuron: type[Neuron], *, paired: bool) -> PerNeuronNetwork:
        draw = random.Random(SEED).random
        return PerNeuronNetwork(neuron, self.X.shape[1], draw, paired=paired)

    def _row(self, name: str, seconds: float, predictions: np.ndarray) -> ArticleRow:
        n_right = int((predictions == self.y_test).sum())
        return ArticleRow(name, self.X.shape[0], seconds, n_right, self.X_test.shape[0])

    def _per_neuron(self, neuron: type[Neuron], *, paired: bool) -> Way:
        def learn(name: str) -> ArticleRow:
            network = self._network(neuron, paired=paired)
            start = time.perf_counter()
            errors = network.fit(self.X, self.y)
            seconds = time.perf_counter() - start
            row = self._row(name, seconds, network.predict(self.X_test))
            if neuron is ArrayNeuron:
                self.result.errors[name] = errors
            return row

        return learn

    def _folded(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The article's weights as EDClassifier has them."""
        return self._network(ListNeuron, paired=True).folded()

    def _vectorized(self, name: str) -> ArticleRow:
        seconds, predictions = learn_without_kernels(
            self.X, self.y, self.X_test, *self._folded(), self.n_repeats
        )
        return self._row(name, seconds, predictions)

    def _compiled(self, dtype: Any) -> Way:
        def learn(name: str) -> ArticleRow:
            X, X_test = self.X.astype(dtype), self.X_test.astype(dtype)
            classifier = with_weights(X, self.y, *self._folded())
            # Milliseconds want more looks.
            seconds, learned = seconds_of_partial_fit(
                classifier, X, self.y, 10 * self.n_repeats
            )
            return self._row(name, seconds, learned.predict(X_test))

        return learn

    def _backprop(self, solver: str) -> Way:
        return lambda name: self._fit(name, backprop_classifier(solver, self.random_state))

    def _keras(self, name: str) -> ArticleRow:
        try:
            network = keras_mlp(**ARTICLE_SETTINGS, random_state=self.random_state)
        except MissingExtra as error:
            return ArticleRow(name, 0, 0.0, None, self.X_test.shape[0], str(error))
        return self._fit(name, network)

    def _fit(self, name: str, estimator: Any) -> ArticleRow:
        seconds, learned = seconds_of_fit(estimator, self.X, self.y, self.n_repeats)
        return self._row(name, seconds, learned.predict(self.X_test))
