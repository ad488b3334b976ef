"""The estimators that `keras_mlp` makes. Importing this module imports Keras."""

from __future__ import annotations

import numpy as np
from keras.wrappers import SKLearnClassifier, SKLearnRegressor
from sklearn.utils import check_array

from .._estimators.labels import LabelCode, encode_labels
from ._keras_base import KerasMLP


class KerasMLPClassifier(KerasMLP, SKLearnClassifier):
    """A Keras network of dense layers as a classifier; `keras_mlp` makes it.

    Parameters
    ----------
    hidden_layer_sizes, activation, learning_rate_init, batch_size, max_iter, tol, \
    n_iter_no_change, random_state
        As in :func:`keras_mlp`.

    Attributes
    ----------
    model_ : keras.Sequential
    classes_ : ndarray of shape (n_classes,)
    n_parameters_ : int
        Weights and biases.
    n_iter_ : int
        Epochs of the last `fit`, plus those of `partial_fit` after it.
    loss_curve_ : list of float
        Mean training loss of each of these epochs.
    history_ : dict
        ``{"loss": loss_curve_}``, in the words of Keras.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only if X had names.
    """

    classes_: np.ndarray
    _has_several_targets = False

    def partial_fit(self, X, y, classes=None):
        """Learn one more epoch, on these rows.

        N calls with the same rows are one `fit` of N epochs.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)
        classes : array-like of shape (n_classes,), default=None
            All labels there will be; the first call needs them.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter, X, y or `classes` cannot be used, or the loss becomes infinite or
            NaN.
        """
        return self._learn_one_epoch(X, y, classes=classes, partial=True)

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float32
        """
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self._is_binary else outputs

    @property
    def decision_function(self):
        """Scorers shall use `predict_proba`: the outputs are no distances from a boundary."""
        raise AttributeError(f"{type(self).__name__} has no decision_function.")

    @property
    def _is_binary(self):
        return self.classes_.shape[0] == 2

    def _process_target(self, y, reset=False, classes=None, partial=False):
        known = None if reset else LabelCode(self.classes_, multilabel=False)
        code, targets = encode_labels(y, known, classes=classes, partial=partial)
        self.classes_ = code.classes
        return targets.astype(np.float32 if self._is_binary else np.int32)[:, np.newaxis]

    def _reverse_process_target(self, y):
        return self.classes_[(y[:, 0] > 0.5).astype(int) if self._is_binary else y.argmax(1)]

    def _output_layer(self, y):
        if self._is_binary:
            return 1, "sigmoid", "binary_crossentropy"
        return self.classes_.shape[0], "softmax", "sparse_categorical_crossentropy"


class KerasMLPRegressor(KerasMLP, SKLearnRegressor):
    """A Keras network of dense layers as a regressor; `keras_mlp` makes it.

    Parameters
    ----------
    hidden_layer_sizes, activation, learning_rate_init, batch_size, max_iter, tol, \
    n_iter_no_change, random_state
        As in :func:`keras_mlp`.

    Attributes
    ----------
    model_ : keras.Sequential
    n_parameters_ : int
        Weights and biases.
    n_iter_ : int
        Epochs of the last `fit`, plus those of `partial_fit` after it.
    loss_curve_ : list of float
        Mean squared error in training of each of these epochs.
    history_ : dict
        ``{"loss": loss_curve_}``, in the words of Keras.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Only if X had names.
    """

    _has_several_targets = True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def partial_fit(self, X, y):
        """Learn one more epoch, on these rows.

        N calls with the same rows are one `fit` of N epochs.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter, X or y cannot be used, or the loss becomes infinite or NaN.
        """
        return self._learn_one_epoch(X, y)

    def _process_target(self, y, reset=False):
        # Keras' own takes many different integers for class labels, and warns of them.
        y = check_array(y, dtype=np.float32, ensure_2d=False, input_name="y")
        if reset:
            self._target_shape = y.shape[1:]
        y = y.reshape(y.shape[0], -1)
        if not reset and y.shape[1] != self.model_.output_shape[1]:
            raise ValueError(
                f"y: expected {self.model_.output_shape[1]} targets as in the first call, "
                f"got {y.shape[1]}."
            )
        return y

    def _reverse_process_target(self, y):
        return y.reshape(y.shape[0], *self._target_shape)

    def _output_layer(self, y):
        return y.shape[1], "linear", "mse"
