"""What a fitted classifier answers."""

from __future__ import annotations

import numpy as np

from .base import BaseErrorDiffusion
from .labels import LabelCode


class ClassPredictions(BaseErrorDiffusion):
    """The prediction methods of a classifier, whose outputs know how to make them."""

    classes_: np.ndarray
    _multilabel: bool

    def decision_function(self, X):
        """Scores of the classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Logits, in the dtype of the weights. For two classes the log-odds of
            ``classes_[1]``; for multilabel targets the log-odds of each label.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is invalid or has other features than those seen during `fit`.
        """
        return self._output(X, "decision_function")

    def predict(self, X):
        """Predict classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels; for multilabel targets 0 or 1.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is invalid or has other features than those seen during `fit`.
        """
        targets = self._output(X, "predict")
        return LabelCode(self.classes_, self._multilabel).decode(targets)

    def predict_proba(self, X):
        """Estimate probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probability of each class, in the order of `classes_`; for multilabel targets of
            each label by itself. In the dtype of the weights.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is invalid or has other features than those seen during `fit`.
        """
        return self._output(X, "predict_proba")

    def predict_log_proba(self, X):
        """Estimate log-probabilities, finite also where a probability rounds to zero.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Logarithms of `predict_proba`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is invalid or has other features than those seen during `fit`.
        """
        return self._output(X, "predict_log_proba")
