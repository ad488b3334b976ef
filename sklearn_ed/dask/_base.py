"""What the classifier and the regressor share: parameters, fit, predictions."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from .._estimators.calls import Call
from .._estimators.fit_callbacks import CallbackSupportMixin, with_callbacks
from .._estimators.parameters import explain_alpha
from .._estimators.rollback import unchanged_on_error
from .._utils.doc_links import DocumentationLinks
from .._utils.validation import check_parameters
from . import _plan
from ._cluster import Cluster
from ._collections import chunk_tasks, is_collection
from ._learning import learn
from ._monitor import Monitor
from ._prediction import chunk_sums, predict, score

_OWN = ("client", "strategy", "sync_every")

_Class = TypeVar("_Class", bound=type)


def with_parameters_of(plain: type) -> Callable[[_Class], _Class]:
    """A class decorator: `__init__` with the parameters of a plain estimator after its own."""

    def decorate(cls: _Class) -> _Class:
        own = inspect.signature(BaseDaskED.__init__).parameters.values()
        others = inspect.signature(plain).parameters.values()
        keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in others]
        signature = inspect.Signature([*own, *keywords])

        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            bound = signature.bind(self, *args, **kwargs)
            bound.apply_defaults()
            for name, value in list(bound.arguments.items())[1:]:
                setattr(self, name, value)

        __init__.__signature__ = signature  # type: ignore[attr-defined]
        cls.__init__ = explain_alpha(__init__)  # type: ignore[misc]
        cls._plain = plain  # type: ignore[attr-defined]
        return cls

    return decorate


class BaseDaskED(CallbackSupportMixin, DocumentationLinks, BaseEstimator):
    """Base of the estimators that learn on a cluster, over a plain estimator."""

    _plain: ClassVar[type[Any]]
    estimator_: Any
    client: Any
    strategy: str
    sync_every: float
    random_state: Any
    warm_start: bool

    def __init__(
        self, client: Any = None, *, strategy: str = "rows", sync_every: float = 1
    ) -> None:
        """Subclasses have the parameters of the plain estimator too."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model to data on the cluster.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame, list of Delayed or array-like
            Training data of shape (n_samples, n_features). A delayed object is a chunk of rows.
            Chunks are never gathered on the client. What is no collection of Dask is cut into
            one chunk per worker. Chunks without rows are left out.
        y : dask.array.Array, dask.dataframe.Series, list of Delayed or array-like
            Targets, in chunks with the rows of those of X.
        sample_weight : as y, default=None
            Sample weights. A sample with weight 0 does not affect training.

        Returns
        -------
        object
            The fitted estimator itself.

        Raises
        ------
        ValueError
            If a parameter or a chunk is invalid; the message names the chunk. If there is no
            running client. The estimator is then unchanged.
        RuntimeError
            If workers die again and again in the same task, or if the client is closed while
            the call runs. The estimator is then unchanged.
        MissingExtra
            If Dask is not installed; an ImportError.

        Warns
        -----
        ConvergenceWarning
            If training has not converged after `max_iter` epochs.
        UserWarning
            After Ctrl-C: training ends, and what was learned until then is kept.
        """
        self._learn((X, y, sample_weight), is_fit=True)
        return self

    def _learn(self, data: tuple[Any, Any, Any], *, is_fit: bool, classes: Any = None) -> None:
        check_parameters(vars(self), _plan.CHECKS)
        with unchanged_on_error(self) as transaction:
            if isinstance(self.random_state, np.random.RandomState):
                transaction.keep_state(self.random_state)
            self._run(data, is_fit=is_fit, classes=classes)

    @with_callbacks
    def _run(self, data: tuple[Any, Any, Any], *, is_fit: bool, classes: Any) -> None:
        """A call inside of what restores the estimator: callbacks are torn down before."""
        parameters = self._plain_parameters()
        if hasattr(self, "estimator_") and (self.warm_start or not is_fit):
            estimator = copy.copy(self.estimator_).set_params(**parameters)
        else:
            estimator = self._plain(**parameters)
        estimator._check_parameters(Call.FIT)
        _plan.check_supported(estimator)
        monitor = Monitor(self, data, is_fit=is_fit)
        self.estimator_ = learn(
            Cluster(self.client),
            estimator,
            data,
            classes,
            monitor,
            strategy=self.strategy,
            sync_every=self.sync_every,
            is_fit=is_fit,
        )
        monitor.end()

    def predict(self, X: Any) -> Any:
        """Predict where the chunks are.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame, list of Delayed or array-like
            Samples of shape (n_samples, n_features).

        Returns
        -------
        dask.array.Array or ndarray
            Predictions, lazy for a collection of Dask, which needs no client.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is invalid or has other features than those seen during `fit`; for a lazy
            array, when it is computed. The message names the chunk.
        """
        return self._predictions(X, "predict")

    def _predictions(self, X: Any, method: str) -> Any:
        check_is_fitted(self, "estimator_")
        if is_collection(X):
            return predict(self.estimator_, X, method)
        return getattr(self.estimator_, method)(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy of a classifier, R2 of a regressor.

        Parameters
        ----------
        X : dask.array.Array, dask.dataframe.DataFrame, list of Delayed or array-like
            Samples of shape (n_samples, n_features). Chunks are scored where they are; the
            client receives a few numbers of each.
        y : dask.array.Array, dask.dataframe.Series, list of Delayed or array-like
            True targets.
        sample_weight : as y, default=None
            Sample weights.

        Returns
        -------
        float
            The score of all rows.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X or y is invalid; the message names the chunk.
        """
        check_is_fitted(self, "estimator_")
        if not any(map(is_collection, (X, y, sample_weight))):
            result: float = self.estimator_.score(X, y, sample_weight)
            return result
        cluster = Cluster(self.client)
        sent = cluster.constant(self.estimator_)
        chunks = chunk_tasks(cluster, X, y, sample_weight)
        tasks = [
            cluster.task(f"chunk {place}", chunk_sums, chunk, sent, place)
            for place, chunk in enumerate(chunks)
        ]
        return score(cluster.results(tasks))

    def to_local(self) -> Any:
        """The fitted plain estimator, which needs neither Dask nor a cluster.

        Returns
        -------
        EDClassifier or EDRegressor
            A copy of `estimator_`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        check_is_fitted(self, "estimator_")
        return copy.deepcopy(self.estimator_)

    def _plain_parameters(self) -> dict[str, Any]:
        return {
            name: getattr(self, name) for name in self._get_param_names() if name not in _OWN
        }

    def __getattr__(self, name: str) -> Any:
        """Fitted attributes are those of the plain estimator."""
        if name[0] != "_" and name[-1] == "_" and "estimator_" in vars(self):
            return getattr(self.estimator_, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without the client, which belongs to this process."""
        state: dict[str, Any] = super().__getstate__()
        if "estimator_" in state:
            state = {name: value for name, value in state.items() if name != "_skl_callbacks"}
        return {**state, "client": None}

    def __copy__(self) -> Self:
        twin = type(self).__new__(type(self))
        twin.__dict__.update(vars(self))
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A copy with the same client."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(copy.deepcopy({**vars(self), "client": None}, memo))
        twin.client = self.client
        return twin

    def __sklearn_clone__(self) -> Self:
        """A clone with the same client, which cannot be copied."""
        twin = copy.copy(self).set_params(client=None)
        twin = super(BaseDaskED, twin).__sklearn_clone__()
        return twin.set_params(client=self.client)

    def __sklearn_tags__(self) -> Tags:
        return self._plain(**self._plain_parameters()).__sklearn_tags__()
