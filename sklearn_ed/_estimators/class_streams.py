"""How a classifier learns a stream: its settings, `partial_fit` and `fit_stream`."""

from __future__ import annotations

from typing import Any, Self

from .._backend.namespaces import to_numpy
from .predictions import ClassPredictions
from .stream_data import STREAM_SETTINGS

_CLASSES = """\
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur; needed where new networks are started. Ignored for
            multilabel targets.
"""
_NEXT = "        epochs : int"


class ClassStreams(ClassPredictions):
    """The methods of a classifier for rows that come little by little."""

    @classmethod
    def for_streams(cls, **overrides: Any) -> Self:
        """A classifier with settings for streams: call `partial_fit` row by row or in chunks.

        The rows are learned one by one in their order. Inputs are scaled inside the stream, and
        every row is followed by a few earlier rows. The user guide says what each setting is
        worth.

        Parameters
        ----------
        **overrides : object
            Parameters of the class in the place of the settings.

        Returns
        -------
        EDClassifier
            Not fitted. The first call of `partial_fit` needs `classes`.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_ed import EDClassifier
        >>> clf = EDClassifier.for_streams(random_state=0)
        >>> rng = np.random.RandomState(0)
        >>> for _ in range(300):
        ...     x = rng.normal(size=(1, 2))
        ...     clf = clf.partial_fit(x, (x[:, 0] > x[:, 1]).astype(int), classes=[0, 1])
        >>> clf.predict([[1.0, -1.0], [-1.0, 1.0]])
        array([1, 0])
        """
        return cls(**{**STREAM_SETTINGS, **overrides})

    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None
    ) -> Self:
        """Learn from every row once.

        With ``max_iter=N`` and ``early_stopping=False``, N calls with the same data equal a
        `fit`, bit for bit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, converted to the dtype of the first call.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or indicators of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights. They are relative to the batch; with ``batch_size=1`` they are
            absolute, so that they also count from call to call.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur: required in the first call. Ignored for multilabel
            targets.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            As `fit`; also if y has a class that the first call did not list. What was learned
            before is kept.
        KeyboardInterrupt
            After Ctrl-C, so that a loop around the call ends. What was learned until then is
            kept, also from a part of the rows.
        """
        return self._partial_fit(X, y, sample_weight, to_numpy(classes))

    def fit_stream(
        self, chunks: Any, *, classes: Any = None, epochs: int = 1, prefetch: bool = True
    ) -> Self:
        return self._fit_stream(chunks, epochs, prefetch, classes)

    fit_stream.__doc__ = (ClassPredictions.fit_stream.__doc__ or "").replace(
        _NEXT, _CLASSES + _NEXT
    )
