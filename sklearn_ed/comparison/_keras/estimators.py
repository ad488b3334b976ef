"""The estimators that `keras_mlp` makes. Importing this module imports Keras."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import ceil
from typing import Any, Self

import keras
import numpy as np
from keras.wrappers import SKLearnClassifier, SKLearnRegressor
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ..._estimators.labels import LabelCode, encode_labels
from ..._utils.validation import (
    Check,
    check_hidden_layer_sizes,
    check_parameters,
    either,
    infinity,
    integer,
    one_of,
    real,
)
from .learning import StoppingAsMLPClassifier, no_retracing_warnings, shuffled_batches

DEFAULT_BATCH_SIZE = 200
PREDICTION_ROWS = 1000
"""Rows per step of a prediction: with Keras' own 32 it takes twice as long."""


def _are_sizes(sizes: Any) -> bool:
    try:
        return check_hidden_layer_sizes(sizes) is not None
    except ValueError:
        return False


def _is_activation(name: Any) -> bool:
    try:
        return isinstance(name, str) and callable(keras.activations.get(name))
    except ValueError:
        return False


_CHECKS: dict[str, Check] = {
    "hidden_layer_sizes": (_are_sizes, "an integer >= 1, or a sequence of them"),
    "activation": (_is_activation, "the name of a Keras activation"),
    "learning_rate_init": real(0, closed="neither"),
    "batch_size": either(one_of("auto"), integer(1)),
    "max_iter": integer(1),
    "tol": real(0, closed="left"),
    "n_iter_no_change": either(integer(1), infinity),
}


class _KerasMLP(BaseEstimator):
    """What both estimators share; among their bases it precedes Keras' wrapper.

    Keras' wrapper takes a model as its parameter. This takes the parameters of a model instead,
    so that they can be set, cloned and searched over. Keras' hooks `_get_model`,
    `_process_target` and `_reverse_process_target` keep their meaning.

    Parameters
    ----------
    hidden_layer_sizes, activation, learning_rate_init, batch_size, max_iter, tol, \
    n_iter_no_change, random_state
        As in :func:`keras_mlp`.

    Attributes
    ----------
    model_ : keras.Sequential
    classes_ : ndarray of shape (n_classes,)
        Only of the classifier.
    n_parameters_ : int
        Number of weights and biases.
    n_iter_, epoch_ : int
        Epochs of the last `fit` and of `partial_fit` since.
    loss_curve_ : list of float
        Mean training loss of each of these epochs.
    history_ : dict
        ``{"loss": loss_curve_}``, Keras' name for it.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only if X had column names.
    """

    _has_several_targets: bool

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        *,
        activation: str = "sigmoid",
        learning_rate_init: float = 0.001,
        batch_size: int | str = DEFAULT_BATCH_SIZE,
        max_iter: int = 200,
        tol: float = 1e-4,
        n_iter_no_change: float = 10,
        random_state: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.learning_rate_init = learning_rate_init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state

    def __sklearn_clone__(self) -> Any:
        # The method of Keras' wrapper asks for a model.
        return BaseEstimator.__sklearn_clone__(self)

    @property
    def epoch_(self) -> int:
        """Epochs trained: `n_iter_`, or 0 before any."""
        return int(getattr(self, "n_iter_", 0))

    def fit(self, X: Any, y: Any) -> Self:
        """Train a new network until its loss stops improving or `max_iter` is reached.

        Raises ValueError if a parameter, X or y cannot be used or the loss is not finite any
        more, and warns with ConvergenceWarning if `max_iter` was reached.
        """
        check_parameters(self.get_params(), _CHECKS)
        X, y = self._read(X, y, reset=True)
        self._begin(X, y)
        stopping = StoppingAsMLPClassifier(self.tol, self.n_iter_no_change)
        self._train(X, y, self.max_iter, [stopping])
        if stopping.stopped_epoch == 0:
            warnings.warn(
                f"max_iter={self.max_iter} epochs were reached before the optimization "
                "converged; increase max_iter, tol or learning_rate_init.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The predicted label or targets of each row."""
        return self._reverse_process_target(self._outputs(X))

    def _train_one_epoch(self, X: Any, y: Any, **options: Any) -> Self:
        is_first = not hasattr(self, "model_")
        check_parameters(self.get_params(), _CHECKS)
        X, y = self._read(X, y, reset=is_first, **options)
        if is_first:
            self._begin(X, y)
        self._train(X, y, 1)
        return self

    def _read(
        self, X: Any, y: Any, *, reset: bool, **options: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        """X as float32, and y as the targets of the network."""
        X, y = validate_data(
            self, X, y, reset=reset, dtype=np.float32, multi_output=self._has_several_targets
        )
        return X, self._process_target(y, reset=reset, **options)

    def _begin(self, X: np.ndarray, y: np.ndarray) -> None:
        self.model_ = self._get_model(X, y)
        self.n_parameters_ = int(self.model_.count_params())
        self.n_iter_ = 0
        self.loss_curve_: list[float] = []
        self.history_ = {"loss": self.loss_curve_}

    def _get_model(self, X: np.ndarray, y: np.ndarray) -> keras.Sequential:
        """A compiled network, not trained; the seed of the order of rows is drawn as well."""
        random_state = check_random_state(self.random_state)
        self._order_seed = _draw_seed(random_state)
        n_outputs, output_activation, loss = self._output_layer(y)
        sizes = check_hidden_layer_sizes(self.hidden_layer_sizes) or ()
        layers = [(size, self.activation) for size in sizes]
        model = keras.Sequential([keras.Input((X.shape[1],))])
        for size, activation in [*layers, (n_outputs, output_activation)]:
            # Without a seed Keras would draw one from Python's global generator.
            init = keras.initializers.GlorotUniform(seed=_draw_seed(random_state))
            model.add(keras.layers.Dense(size, activation, kernel_initializer=init))
        model.compile(optimizer=keras.optimizers.Adam(self.learning_rate_init), loss=loss)
        return model

    def _train(
        self, X: np.ndarray, y: np.ndarray, n_epochs: int, callbacks: Sequence[Any] = ()
    ) -> None:
        """Continue for at most `n_epochs` epochs."""
        batch_size = DEFAULT_BATCH_SIZE if self.batch_size == "auto" else int(self.batch_size)
        epochs = range(self.n_iter_, self.n_iter_ + n_epochs)
        n_rows = min(batch_size, X.shape[0])
        batches = shuffled_batches(X, y, n_rows, seed=self._order_seed, epochs=epochs)
        with no_retracing_warnings():
            history = self.model_.fit(
                batches,
                epochs=n_epochs,
                steps_per_epoch=ceil(X.shape[0] / batch_size),
                callbacks=list(callbacks),
                shuffle=False,
                verbose=0,
            )
        self.loss_curve_ += map(float, history.history["loss"])
        self.n_iter_ = len(self.loss_curve_)
        if not np.isfinite(self.loss_curve_[-1]):
            raise ValueError(
                "X, y: expected data that the network can learn, got a training loss of "
                f"{self.loss_curve_[-1]} in epoch {self.n_iter_}; scale X and y, or decrease "
                "learning_rate_init."
            )

    def _outputs(self, X: Any) -> np.ndarray:
        """The network's outputs, float32 of shape (n_samples, n_outputs)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float32)
        with no_retracing_warnings():
            return self.model_.predict(X, batch_size=PREDICTION_ROWS, verbose=0)


def _draw_seed(random_state: np.random.RandomState) -> int:
    return int(random_state.randint(np.iinfo(np.int32).max))


class KerasMLPClassifier(_KerasMLP, SKLearnClassifier):
    """A Keras network of dense layers as a classifier; :func:`keras_mlp` makes it."""

    classes_: np.ndarray
    _has_several_targets = False

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Train for one more epoch; the first call needs all `classes`.

        N calls with the same rows equal one `fit` of N epochs.
        """
        return self._train_one_epoch(X, y, classes=classes, partial=True)

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, float32 of shape (n_samples, n_classes)."""
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self._is_binary else outputs

    @property
    def decision_function(self) -> Any:
        """Not there: the outputs are not distances; scorers use `predict_proba` instead."""
        raise AttributeError(f"{type(self).__name__} has no decision_function.")

    @property
    def _is_binary(self) -> bool:
        return len(self.classes_) == 2

    def _process_target(
        self, y: Any, reset: bool = False, classes: Any = None, partial: bool = False
    ) -> np.ndarray:
        known = None if reset else LabelCode(self.classes_, multilabel=False)
        code, targets = encode_labels(y, known, classes=classes, partial=partial)
        if len(code.classes) < 2:
            raise ValueError(
                f"y: expected at least 2 classes, got 1 class: {code.classes.tolist()}."
            )
        self.classes_ = code.classes
        return targets.astype(np.float32 if self._is_binary else np.int32)[:, np.newaxis]

    def _reverse_process_target(self, y: np.ndarray) -> np.ndarray:
        places = (y[:, 0] > 0.5).astype(int) if self._is_binary else y.argmax(1)
        return self.classes_[places]

    def _output_layer(self, y: np.ndarray) -> tuple[int, str, str]:
        if self._is_binary:
            return 1, "sigmoid", "binary_crossentropy"
        return self.classes_.shape[0], "softmax", "sparse_categorical_crossentropy"


class KerasMLPRegressor(_KerasMLP, SKLearnRegressor):
    """A Keras network of dense layers as a regressor; :func:`keras_mlp` makes it."""

    _has_several_targets = True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X: Any, y: Any) -> Self:
        """Train for one more epoch; N calls with the same rows equal one `fit` of N epochs."""
        return self._train_one_epoch(X, y)

    def _process_target(self, y: Any, reset: bool = False) -> np.ndarray:
        # Keras' own method takes many different integers for class labels, and warns.
        y = check_array(y, dtype=np.float32, ensure_2d=False, input_name="y")
        if reset:
            self._target_shape = y.shape[1:]
        targets: np.ndarray = y.reshape(y.shape[0], -1)
        if not reset and targets.shape[1] != self.model_.output_shape[1]:
            raise ValueError(
                f"y: expected {self.model_.output_shape[1]} targets as in the first call, "
                f"got {targets.shape[1]}."
            )
        return targets

    def _reverse_process_target(self, y: np.ndarray) -> np.ndarray:
        return y.reshape(y.shape[0], *self._target_shape)

    def _output_layer(self, y: np.ndarray) -> tuple[int, str, str]:
        return y.shape[1], "linear", "mse"
