"""Hidden units of networks as features for another estimator."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    clone,
)
from sklearn.frozen import FrozenEstimator
from sklearn.utils import Tags, get_tags
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from .._backend import backend_for
from .._estimators.classifier import EDClassifier
from .._estimators.regressor import EDRegressor


class HiddenFeatures(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Transform rows into the activations of the hidden units of fitted networks.

    The networks learn to predict y; what their hidden units have learned are the features of
    the next step of a pipeline.

    Parameters
    ----------
    estimator : EDClassifier, EDRegressor or None, default=None
        `fit` fits a clone of it. A :class:`~sklearn.frozen.FrozenEstimator` of a fitted
        estimator is used as it is. None: :class:`~sklearn_ed.EDClassifier` if y holds classes
        or labels, :class:`~sklearn_ed.EDRegressor` if it holds numbers that are not all
        integers.
    layer : int, default=-1
        The hidden layer: 0 is the first, -1 the last.
    random_state : int, RandomState instance or None, default=None
        `random_state` of the default estimator; not used if `estimator` is given.

    Attributes
    ----------
    estimator_ : EDClassifier, EDRegressor or FrozenEstimator
        The fitted estimator.
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these features, if X has names that are all strings.

    See Also
    --------
    sklearn_ed.EDClassifier.hidden_activations : The activations of a fitted estimator.

    Notes
    -----
    The names of the features are "hiddenfeatures0", "hiddenfeatures1" and so on: the units of
    the first network, then those of the second.

    The next step learns from activations for the very rows that the networks have learned.
    They are clearer there than for new rows. Where that matters, fit the networks on other rows
    and freeze them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.preprocessing import HiddenFeatures
    >>> X, y = load_iris(return_X_y=True)
    >>> features = HiddenFeatures(EDClassifier(random_state=0))
    >>> model = make_pipeline(StandardScaler(), features, LogisticRegression()).fit(X, y)
    >>> bool(model.score(X, y) > 0.95)
    True
    """

    def __init__(
        self,
        estimator: Any = None,
        layer: int = -1,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.layer = layer
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit the networks.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Classes, labels or numbers. A frozen estimator does not need it.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, which `fit` of the estimator gets.

        Returns
        -------
        HiddenFeatures
            The fitted transformer itself.

        Raises
        ------
        TypeError
            If `estimator` is neither EDClassifier nor EDRegressor.
        ValueError
            If there is no such hidden layer, or if the estimator refuses X or y. What was
            fitted before is then unchanged.
        NotFittedError
            If a frozen estimator is not fitted.
        """
        is_frozen = isinstance(self.estimator, FrozenEstimator)
        network = self.estimator.estimator if is_frozen else self.estimator
        if not (network is None or isinstance(network, (EDClassifier, EDRegressor))):
            raise TypeError(
                "estimator: expected an EDClassifier, an EDRegressor, one of them frozen, or "
                f"None, got {network!r}."
            )
        if y is None and not is_frozen:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target "
                "y is None."
            )
        estimator = clone(self._default_estimator(y) if network is None else self.estimator)
        estimator.fit(X, y, sample_weight=sample_weight)
        estimator._hidden_layer(self.layer)
        if is_frozen:
            # Its `fit` does not look at X.
            with backend_for(X):
                estimator._checked_inputs(X, "hidden_activations")
        validate_data(self, X, skip_check_array=True)
        self.estimator_ = estimator
        return self

    def transform(self, X: Any) -> np.ndarray:
        """The activations of the hidden units.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_networks * n_units)
            Activations from 0 to 1, in the dtype of the weights; a data frame after
            ``set_output(transform="pandas")``.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is invalid or has other features than those seen during `fit`.
        """
        check_is_fitted(self)
        activations: np.ndarray = self.estimator_.hidden_activations(X, layer=self.layer)
        return activations

    def _default_estimator(self, y: Any) -> EDClassifier | EDRegressor:
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        is_discrete = kind in ("binary", "multiclass", "multilabel-indicator")
        network = EDClassifier if is_discrete else EDRegressor
        return network(random_state=self.random_state)

    @property
    def _n_features_out(self) -> int:
        layer = self.estimator_._hidden_layer(self.layer)
        return int(self.estimator_.intercepts_[layer].size)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        network = EDClassifier() if self.estimator is None else self.estimator
        tags.input_tags.sparse = get_tags(network).input_tags.sparse
        tags.target_tags.required = not isinstance(network, FrozenEstimator)
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
