"""What the Keras estimators share: parameters, learning, outputs. It imports Keras."""

from __future__ import annotations

import warnings
from math import ceil
from typing import Any

import keras
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .._utils.validation import (
    Check,
    check_hidden_layer_sizes,
    check_parameters,
    either,
    infinity,
    integer,
    one_of,
    real,
)
from ._keras_learning import StoppingAsMLPClassifier, no_retracing_warnings, shuffled_batches

DEFAULT_BATCH_SIZE = 200
PREDICTION_ROWS = 1000
"""Rows per step of a prediction: Keras' own 32 takes twice as long."""


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


class KerasMLP(BaseEstimator):
    """What both estimators share; it comes before Keras' wrapper among their bases.

    Keras' wrapper takes a model where this takes the parameters of one, so that they can be
    set, cloned and searched over. Its hooks `_get_model`, `_process_target` and
    `_reverse_process_target` keep their meaning.
    """

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        activation="sigmoid",
        learning_rate_init=0.001,
        batch_size=DEFAULT_BATCH_SIZE,
        max_iter=200,
        tol=1e-4,
        n_iter_no_change=10,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.learning_rate_init = learning_rate_init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.random_state = random_state

    def __sklearn_clone__(self):
        # That of Keras' wrapper asks for a model.
        return BaseEstimator.__sklearn_clone__(self)

    @property
    def epoch_(self) -> int:
        """Epochs learned, `n_iter_`; 0 before any."""
        return getattr(self, "n_iter_", 0)

    def fit(self, X, y):
        """Learn anew, until the training loss stops improving or `max_iter` is reached.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,), or (n_samples, n_targets) for a regressor

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter, X or y cannot be used, or the loss becomes infinite or NaN.

        Warns
        -----
        ConvergenceWarning
            If `max_iter` epochs were not enough.
        """
        check_parameters(self.get_params(), _CHECKS)
        X, y = self._read(X, y, reset=True)
        self._begin(X, y)
        stopping = StoppingAsMLPClassifier(self.tol, self.n_iter_no_change)
        self._learn(X, y, self.max_iter, [stopping])
        if stopping.stopped_epoch == 0:
            warnings.warn(
                f"max_iter={self.max_iter} epochs were done before the optimization "
                "converged; raise max_iter, tol or learning_rate_init.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def predict(self, X):
        """Predict a label, or the targets, for each row.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            Labels as `fit` met them; a regressor's numbers are float32.
        """
        return self._reverse_process_target(self._outputs(X))

    def _read(self, X, y, *, reset, **options):
        """X as float32, and y as the targets that the network learns."""
        X, y = validate_data(
            self, X, y, reset=reset, dtype=np.float32, multi_output=self._has_several_targets
        )
        return X, self._process_target(y, reset=reset, **options)

    def _begin(self, X, y):
        self.model_ = self._get_model(X, y)
        self.n_parameters_ = int(self.model_.count_params())
        self.n_iter_ = 0
        self.loss_curve_: list[float] = []
        self.history_ = {"loss": self.loss_curve_}

    def _get_model(self, X, y):
        """A compiled network, not fitted; it draws the seed of the order of rows as well."""
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

    def _learn(self, X, y, n_epochs, callbacks=()):
        """Go on for at most so many epochs."""
        batch_size = DEFAULT_BATCH_SIZE if self.batch_size == "auto" else self.batch_size
        batches = shuffled_batches(
            X,
            y,
            min(int(batch_size), X.shape[0]),
            seed=self._order_seed,
            epochs=range(self.n_iter_, self.n_iter_ + n_epochs),
        )
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
                "X, y: expected data from which a network can learn, got a training loss of "
                f"{self.loss_curve_[-1]} in epoch {self.n_iter_}; scale them, or lower "
                "learning_rate_init."
            )

    def _learn_one_epoch(self, X, y, **options):
        begins = not hasattr(self, "model_")
        check_parameters(self.get_params(), _CHECKS)
        X, y = self._read(X, y, reset=begins, **options)
        if begins:
            self._begin(X, y)
        self._learn(X, y, 1)
        return self

    def _outputs(self, X):
        """What the network puts out, of shape (n_samples, n_outputs), float32."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float32)
        with no_retracing_warnings():
            return self.model_.predict(X, batch_size=PREDICTION_ROWS, verbose=0)


def _draw_seed(random_state: np.random.RandomState) -> int:
    return int(random_state.randint(np.iinfo(np.int32).max))
