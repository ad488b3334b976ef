"""DaskEDClassifier: labels and probabilities of chunks."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import ClassifierMixin

from .._estimators.classifier import EDClassifier
from .._estimators.parameter_docs import with_shared_docs
from ._base import BaseDaskED, with_parameters_of


@with_shared_docs()
@with_parameters_of(EDClassifier)
class DaskEDClassifier(BaseDaskED, ClassifierMixin):
    """:class:`~sklearn_ed.EDClassifier` that learns on a Dask cluster.

    It learns dask arrays, data frames and delayed chunks where they are. It needs the extra
    ``dask`` (``pip install "sklearn-ed[dask]"``).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    estimator_ : EDClassifier
        The fitted plain estimator. Its fitted attributes, such as `classes_`, are also those of
        this one.

    See Also
    --------
    sklearn_ed.EDClassifier : The same on one machine.

    Notes
    -----
    No rows are held out: ``early_stopping="auto"`` is False. A `fit` with one worker equals
    that of ``EDClassifier(early_stopping=False)``, bit for bit. `history_` is not recorded.

    Examples
    --------
    >>> import dask.array as da  # doctest: +SKIP
    >>> from dask.distributed import Client  # doctest: +SKIP
    >>> from sklearn_ed.dask import DaskEDClassifier
    >>> client = Client()  # doctest: +SKIP
    >>> X = da.random.random((1_000_000, 20), chunks=(100_000, 20))  # doctest: +SKIP
    >>> y = X[:, 0] > X[:, 1]  # doctest: +SKIP
    >>> clf = DaskEDClassifier(client, random_state=0).fit(X, y)  # doctest: +SKIP
    >>> clf.score(X, y), clf.to_local()  # doctest: +SKIP
    """

    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None
    ) -> Self:
        """Learn from every row once.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame, list of Delayed or array-like
            Training data of shape (n_samples, n_features), as in `fit`.
        y : dask.array.Array, dask.dataframe.Series, list of Delayed or array-like
            Class labels, or indicators of labels.
        sample_weight : as y, default=None
            Sample weights.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur. Without it, the first call takes those of y.
            Ignored for multilabel targets.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            As `fit`; also if a chunk has a class that is not known. What was learned before is
            kept.
        RuntimeError
            As `fit`.
        """
        self._learn((X, y, sample_weight), is_fit=False, classes=classes)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Estimate probabilities where the chunks are.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame, list of Delayed or array-like
            Samples of shape (n_samples, n_features).

        Returns
        -------
        dask.array.Array or ndarray of shape (n_samples, n_classes)
            Probabilities, lazy for a collection of Dask, which needs no client.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            As `predict`.
        """
        return self._predictions(X, "predict_proba")

    def decision_function(self, X: Any) -> Any:
        """Scores of the classes.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame, list of Delayed or array-like
            Samples of shape (n_samples, n_features).

        Returns
        -------
        dask.array.Array or ndarray of shape (n_samples,) or (n_samples, n_classes)
            Logits, lazy for a collection of Dask, which needs no client.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            As `predict`.
        """
        return self._predictions(X, "decision_function")
