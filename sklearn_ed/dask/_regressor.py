"""DaskEDRegressor: real targets of chunks."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import RegressorMixin

from .._estimators.parameter_docs import with_shared_docs
from .._estimators.regressor import EDRegressor
from ._base import BaseDaskED, with_parameters_of


@with_shared_docs()
@with_parameters_of(EDRegressor)
class DaskEDRegressor(BaseDaskED, RegressorMixin):
    """:class:`~sklearn_ed.EDRegressor` that learns on a Dask cluster.

    It learns dask arrays, data frames and delayed chunks where they are. It needs the extra
    ``dask`` (``pip install "sklearn-ed[dask]"``).

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    estimator_ : EDRegressor
        The fitted plain estimator. Its fitted attributes, such as `target_scale_`, are also
        those of this one.

    See Also
    --------
    sklearn_ed.EDRegressor : The same on one machine.

    Notes
    -----
    No rows are held out: ``early_stopping="auto"`` is False. The scale of the targets is that
    of all rows of the first call.

    Examples
    --------
    >>> import dask.array as da  # doctest: +SKIP
    >>> from dask.distributed import Client  # doctest: +SKIP
    >>> from sklearn_ed.dask import DaskEDRegressor
    >>> client = Client()  # doctest: +SKIP
    >>> X = da.random.random((1_000_000, 20), chunks=(100_000, 20))  # doctest: +SKIP
    >>> y = X[:, 0] * X[:, 1]  # doctest: +SKIP
    >>> reg = DaskEDRegressor(client, random_state=0).fit(X, y)  # doctest: +SKIP
    >>> reg.score(X, y), reg.to_local()  # doctest: +SKIP
    """

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from every row once.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame, list of Delayed or array-like
            Training data of shape (n_samples, n_features), as in `fit`.
        y : dask.array.Array, dask.dataframe.Series, list of Delayed or array-like
            Real targets.
        sample_weight : as y, default=None
            Sample weights.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            As `fit`. What was learned before is kept.
        RuntimeError
            As `fit`.
        """
        self._learn((X, y, sample_weight), is_fit=False)
        return self
