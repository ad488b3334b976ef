"""Predictions of a fitted classifier."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._backend import backend
from .._backend.namespaces import to_numpy
from .._networks.code_book import packed_code_book, unpacked_code_book
from .arrays import labels_at
from .base import BaseErrorDiffusion
from .labels import LabelCode


class ClassPredictions(BaseErrorDiffusion):
    """The prediction methods of a classifier; its outputs compute them."""

    classes_: np.ndarray
    code_book_: np.ndarray
    _multilabel: bool
    _label_dtype: str = "int"

    def _labels(self) -> LabelCode:
        """The labels of the fitted estimator."""
        return LabelCode(to_numpy(self.classes_), self._multilabel, self._label_dtype)

    def _decode(self, targets: np.ndarray) -> np.ndarray:
        if backend().holds_numpy:
            return self._labels().decode(targets)
        if self._multilabel:
            return backend().as_dtype(targets, self._label_dtype)
        return labels_at(self.classes_, targets)

    def decision_function(self, X: Any) -> np.ndarray:
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
        return self._predictions(
            X, "decision_function", lambda outputs, A: outputs.decision_function(A)
        )

    def predict(self, X: Any) -> np.ndarray:
        """Predict classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels; for multilabel targets 0 or 1, in the dtype that y had.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is invalid or has other features than those seen during `fit`.
        """
        return self._predictions(
            X, "predict", lambda outputs, A: outputs.predict(A), self._decode
        )

    def predict_proba(self, X: Any) -> np.ndarray:
        """Estimate probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probability of each class, in the order of `classes_`; for multilabel targets, the
            probability of each label. In the dtype of the weights.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is invalid or has other features than those seen during `fit`.
        """
        return self._predictions(
            X, "predict_proba", lambda outputs, A: outputs.predict_proba(A)
        )

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Estimate log-probabilities, which are finite even where a probability rounds to zero.

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
        return self._predictions(
            X, "predict_log_proba", lambda outputs, A: outputs.predict_log_proba(A)
        )

    def __getstate__(self) -> dict[str, Any]:
        """The attributes, with a small code book."""
        state = super().__getstate__()
        if isinstance(state.get("code_book_"), np.ndarray):
            state["code_book_"] = packed_code_book(state["code_book_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if isinstance(state.get("code_book_"), (np.ndarray, dict)):
            dtype = state["coefs_"][0].dtype
            state = {**state, "code_book_": unpacked_code_book(state["code_book_"], dtype)}
        super().__setstate__(state)
