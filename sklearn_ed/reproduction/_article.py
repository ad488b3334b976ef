"""The article's experiment with each of its methods."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from os import PathLike
from typing import Any

import numpy as np
from sklearn.base import clone

from .._backend import BACKENDS, use_backend
from .._utils.conditions import expected_warnings_ignored, one_thread_per_fit
from .._utils.environment import describe_environment
from .._utils.extras import MissingExtra
from .._utils.interruption import Interrupted, interruptible
from .._utils.progress import progress
from .._utils.timing import TimedCall, time_in_turns
from .._utils.validation import check_parameters, integer, seed
from ..comparison import ARTICLE_SETTINGS as KERAS_SETTINGS
from ..comparison import keras_mlp
from ._article_problem import ed_classifier_from, mlp_classifier, zeros_and_ones
from ._article_result import ArticleResult, MethodResult
from ._neuron_by_neuron import ArrayNeuron, Neuron, NeuronByNeuronNetwork, alternating
from ._settings import ARTICLE_SETTINGS

N_TRAIN = 1000
WEIGHT_SEED = 10
"""The article's seed of the initial weights."""

AS_PRINTED = "per neuron, NumPy, as printed"
PAIRED = "per neuron, NumPy, inputs paired"

_CHECKS = {"n_train": integer(1), "n_repeats": integer(1), "random_state": seed}


def reproduce_article(
    path: str | PathLike[str] | None = None,
    *,
    n_train: int = N_TRAIN,
    n_repeats: int = 5,
    random_state: int = 0,
    verbose: bool = False,
) -> ArticleResult:
    """Repeat an article's experiment with error diffusion, from single neurons to kernels.

    Ten hidden layers of 16 units learn the first 1000 zeros and ones of MNIST in one epoch, row
    by row, and classify the 2115 zeros and ones of the test images. The article's code passes
    the two copies of the inputs as two blocks, whereas the types of the sources alternate, so
    that an input feeds two sources of the same type. With the two copies of each input side by
    side, 144 more test images are classified correctly. The estimator of this package, started
    from the same weights, classifies the same number of images correctly.

    Parameters
    ----------
    path : str or path-like, default=None
        As in :func:`~sklearn_ed.datasets.load_mnist`.
    n_train : int, default=1000
        Number of training rows.
    n_repeats : int, default=5
        Number of timings of every method except the per-neuron networks, which are timed once.
    random_state : int, default=0
        Seed of MLPClassifier and Keras.
    verbose : bool, default=False
        Whether to show progress on a terminal.

    Returns
    -------
    ArticleResult
        If Ctrl-C interrupts the experiment, the result contains the methods that finished and
        its attribute `complete` is False.

    Raises
    ------
    ValueError
        If a parameter is invalid or the file is damaged.
    FileNotFoundError
        If MNIST is not found.
    MissingExtra
        If `verbose` is set and rich is missing.
    KeyboardInterrupt
        If Ctrl-C interrupts the experiment before the first method has finished.

    See Also
    --------
    NeuronByNeuronNetwork : The networks of single neurons.
    reproduce_cost : Another published experiment.

    References
    ----------
    "Speeding up the ED method 8 times by better matrix operations", 2024, in Japanese. The
    article reports an accuracy of 91.11 % on the test images.

    Examples
    --------
    >>> from sklearn_ed.reproduction import reproduce_article
    >>> result = reproduce_article("data/mnist.npz")  # doctest: +SKIP
    >>> print(result.to_text())  # doctest: +SKIP
    """
    check_parameters(locals(), _CHECKS)
    X, y, X_test, y_test = zeros_and_ones(path, n_train)
    settings = {
        "n_train": X.shape[0],
        "n_test": X_test.shape[0],
        "n_test_ones": int((y_test == 1).sum()),
        "n_repeats": n_repeats,
        "random_state": random_state,
    }
    result = ArticleResult(AS_PRINTED, settings)
    experiment = _Experiment(X, y, X_test, y_test, result)
    methods = experiment.methods()
    with one_thread_per_fit(), expected_warnings_ignored():
        try:
            with interruptible(), progress(len(methods), show=verbose) as step:
                for name, method in methods.items():
                    step(name)
                    result.rows.append(experiment.run(name, method))
            result.complete = True
        except (Interrupted, KeyboardInterrupt) as interruption:
            if not result.rows:
                raise KeyboardInterrupt from interruption
        result.machine = describe_environment()
    return result


Method = Callable[[], tuple[float, np.ndarray]]


@dataclass
class _Experiment:
    """The data and the methods, which return their seconds and their predictions."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    result: ArticleResult

    def methods(self) -> dict[str, Method]:
        """The methods by name, in the order of the table."""
        ed, per_neuron, fit = self._error_diffusion, self._per_neuron, self._fit
        return {
            "per neuron, Python lists": partial(per_neuron, Neuron),
            AS_PRINTED: partial(per_neuron, ArrayNeuron, AS_PRINTED),
            PAIRED: partial(per_neuron, ArrayNeuron, PAIRED),
            "EDClassifier, NumPy": partial(ed, "numpy", np.float64),
            "EDClassifier, compiled, float64": partial(ed, "compiled", np.float64),
            "EDClassifier, compiled, float32": partial(ed, "compiled", np.float32),
            "MLPClassifier, sgd": partial(fit, mlp_classifier, solver="sgd"),
            "MLPClassifier, adam": partial(fit, mlp_classifier, solver="adam"),
            "Keras, adam": partial(fit, keras_mlp, **KERAS_SETTINGS),
        }

    def run(self, name: str, method: Method) -> MethodResult:
        """The row of the table; a method whose package is missing has a remark in it."""
        n_test = self.X_test.shape[0]
        try:
            seconds, predictions = method()
        except MissingExtra as error:
            return MethodResult(name, 0, 0.0, None, n_test, str(error))
        n_correct = int((predictions == self.y_test).sum())
        return MethodResult(name, self.X.shape[0], seconds, n_correct, n_test)

    def _network(
        self, neuron: type[Neuron] = Neuron, *, paired: bool = True
    ) -> NeuronByNeuronNetwork:
        kinds = [alternating(size) for size in ARTICLE_SETTINGS["hidden_layer_sizes"]]
        draw = random.Random(WEIGHT_SEED).random
        return NeuronByNeuronNetwork(self.X.shape[1], kinds, draw, neuron=neuron, paired=paired)

    def _per_neuron(
        self, neuron: type[Neuron], name: str | None = None
    ) -> tuple[float, np.ndarray]:
        """Neuron by neuron; the errors are kept under `name`."""
        network = self._network(neuron, paired=name != AS_PRINTED)
        start = time.perf_counter()
        errors = network.fit(self.X, self.y, ARTICLE_SETTINGS["alpha"])
        seconds = time.perf_counter() - start
        predictions = network.predict(self.X_test)
        if name is not None:
            self.result.errors[name] = errors
        return seconds, predictions

    def _error_diffusion(self, backend: str, dtype: Any) -> tuple[float, np.ndarray]:
        """EDClassifier from the article's weights."""
        if backend not in BACKENDS:
            raise MissingExtra(f"this installation has no {backend} kernels.")
        X = self.X.astype(dtype)
        start = ed_classifier_from(X, self.y, *self._network().folded())
        call = TimedCall(lambda clf: clf.partial_fit(X, self.y), lambda: deepcopy(start))
        # An epoch of the kernel takes milliseconds: its median needs more samples.
        n_rounds = self.result.settings["n_repeats"] * (10 if backend == "compiled" else 1)
        with use_backend(backend):
            return self._timed(call, n_rounds, dtype)

    def _fit(self, make: Callable[..., Any], **params: Any) -> tuple[float, np.ndarray]:
        """The estimator that `make` returns."""
        settings = self.result.settings
        estimator = make(**params, random_state=settings["random_state"])
        call = TimedCall(
            lambda unfitted: unfitted.fit(self.X, self.y),
            set_up=lambda: clone(estimator),
            warm_up=lambda: clone(estimator).fit(self.X[:50], self.y[:50]),
        )
        return self._timed(call, settings["n_repeats"])

    def _timed(
        self, call: TimedCall, n_rounds: int, dtype: Any = np.float64
    ) -> tuple[float, np.ndarray]:
        timing = time_in_turns({"": call}, n_rounds)[""]
        return timing.median, timing.result.predict(self.X_test.astype(dtype))
