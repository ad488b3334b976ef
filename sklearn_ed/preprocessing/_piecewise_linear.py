"""Numbers for networks: robustly scaled values and their piecewise-linear code."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from .._utils.clipping import smooth_clip
from .._utils.doc_links import DocumentationLinks
from .._utils.validation import (
    Check,
    boolean,
    check_parameters,
    either,
    integer,
    nothing,
    one_of,
)
from ._columns import center_and_scale, quantile_edges

MAX_AUTO_BINS, ROWS_PER_BIN = 16, 375
"""A bin for so many rows, up to the maximum."""

FEW_COLUMNS, MIN_AUTO_BINS, MIN_AUTO_ROWS = 10, 8, 50
"""So few columns have at least so many bins, from so many rows on."""

MANY_COLUMNS_BINS, ROWS_PER_COLUMN = 4, 4
"""More columns have at least so many bins, where there are so many rows per column."""

BLOCK_SIZE = 2**18
"""Numbers in a temporary array of `transform`."""

_float_dtype: Check = (
    lambda value: np.dtype(value) in (np.float32, np.float64),
    "the dtype float32 or float64",
)
_CHECKS: dict[str, Check] = {
    "n_bins": either(one_of("auto"), integer(0)),
    "keep_values": boolean,
    "add_indicator": boolean,
    "dtype": either(nothing, _float_dtype),
}


class PiecewiseLinearEncoder(
    DocumentationLinks, OneToOneFeatureMixin, TransformerMixin, BaseEstimator
):
    """Encode numeric features for networks: robustly scaled values and quantile bins.

    The output has three groups of columns:

    1. The value of each feature, scaled so that outliers cannot dominate.
    2. The piecewise-linear code [1]_ of each feature: one column for each bin between two
       quantiles. In the column of a bin a network can weight this part of the feature's range
       separately, so that a single layer fits a piecewise-linear function of the feature.
    3. An indicator for each feature that had missing values in `fit`.

    Parameters
    ----------
    n_bins : "auto" or int, default="auto"
        Number of bins of each feature. "auto" is one for 375 rows in `fit`, at most 16. Up to
        10 features have at least 8, if there are 50 rows; more features have at least 4, if
        there are 4 rows per feature, and else none. Equal quantiles are one edge, so that a
        feature can have fewer bins. A feature with at most `n_bins` + 1 distinct values has
        one bin between each two neighboring values. A feature with two distinct values has no
        code.
    keep_values : bool, default=True
        Whether the output contains the scaled values. If False, "auto" means at least one bin,
        and a feature with two distinct values has one bin.
    add_indicator : bool, default=True
        Whether a feature with missing values in `fit` has an additional column, which is 1
        where the value is missing and 0 elsewhere.
    dtype : dtype or None, default=None
        Type of the output, float32 or float64. None means float32 for float32 input and
        float64 for all other input.

    Attributes
    ----------
    center_ : ndarray of shape (n_features,)
        Median of each feature.
    scale_ : ndarray of shape (n_features,)
        Interquartile range of each feature. Half of the range if the quartiles are equal, and
        infinity if all values are equal.
    mean_, std_ : ndarray of shape (n_features,)
        Mean and standard deviation of the clipped values.
    bin_edges_ : list of n_features ndarray of shape (n_bins_[j] + 1,)
        Edges of the bins of each feature, empty for a feature without code.
    n_bins_ : ndarray of shape (n_features,)
        Number of bins of each feature.
    missing_features_ : ndarray of shape (n_indicators,)
        Indices of the features that have an indicator.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features seen in `fit`, if they are all strings.

    See Also
    --------
    sklearn_ed.make_table_pipeline : A pipeline for tables that also have strings and dates.
    sklearn.preprocessing.RobustScaler : Scaling by the interquartile range only.
    sklearn.preprocessing.KBinsDiscretizer : Bins that are piecewise constant.

    Notes
    -----
    Let m be the median of a feature x and q its interquartile range. Its scaled value is

    .. math::

        z = \\frac{x - m}{q}, \\qquad \\frac{z}{\\sqrt{1 + (z / 3)^2}},

    standardized to mean 0 and variance 1. The values are thus clipped smoothly to three
    interquartile ranges around the median [2]_.

    The edges :math:`b_0 < \\dots < b_T` of its T bins are quantiles of x. The column of bin t
    is

    .. math::

        \\min\\left(1, \\max\\left(0, \\frac{x - b_t}{b_{t+1} - b_t}\\right)\\right)
        - \\frac{1}{2}.

    Missing values (NaN) are 0 in all columns of the feature: the mean of the scaled values and
    the middle of each bin. The output is dense. In addition to it, `transform` needs a few MB
    of memory at most, whatever the number of rows.

    References
    ----------
    .. [1] Y. Gorishniy, I. Rubachev, A. Babenko, "On Embeddings for Numerical Features in
       Tabular Deep Learning", NeurIPS 2022, arXiv:2203.05556.
    .. [2] D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by Default: Strong Pre-Tuned MLPs
       and Boosted Trees on Tabular Data", NeurIPS 2024, arXiv:2407.04491.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ed.preprocessing import PiecewiseLinearEncoder
    >>> X = np.array([[0.0], [10.0], [20.0], [100.0]])
    >>> PiecewiseLinearEncoder(n_bins=2, keep_values=False).fit_transform(X)
    array([[-0.5, -0.5],
           [ 0. , -0.5],
           [ 0.5, -0.5],
           [ 0.5,  0.5]])
    >>> encoder = PiecewiseLinearEncoder(n_bins=2).fit(X)
    >>> encoder.get_feature_names_out(["age"])
    array(['age', 'age_bin0', 'age_bin1'], dtype=object)
    """

    def __init__(
        self,
        n_bins: int | Literal["auto"] = "auto",
        *,
        keep_values: bool = True,
        add_indicator: bool = True,
        dtype: Any = None,
    ) -> None:
        self.n_bins = n_bins
        self.keep_values = keep_values
        self.add_indicator = add_indicator
        self.dtype = dtype

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the scales and the bins of the features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers. NaN means that a value is missing.
        y : None
            Ignored.

        Returns
        -------
        PiecewiseLinearEncoder
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter is not valid, X contains infinity, or the output would have no
            columns.
        """
        check_parameters(self.get_params(deep=False), _CHECKS)
        X = self._validated(X, reset=True)
        n_bins = _n_bins(*X.shape) if isinstance(self.n_bins, str) else int(self.n_bins)
        if not self.keep_values:
            if self.n_bins == 0:
                raise ValueError("n_bins: expected at least 1 without keep_values, got 0.")
            n_bins = max(n_bins, 1)
        self._learn_columns(X, n_bins)
        self.n_bins_ = np.array([max(len(edges) - 1, 0) for edges in self.bin_edges_])
        self._binned_features = np.repeat(np.arange(X.shape[1]), self.n_bins_)
        self._bin_starts = np.concatenate([edges[:-1] for edges in self.bin_edges_])
        self._bin_widths = np.concatenate([np.diff(edges) for edges in self.bin_edges_])
        return self

    def _learn_columns(self, X: np.ndarray, n_bins: int) -> None:
        statistics = np.zeros((4, X.shape[1]), X.dtype)
        self.center_, self.scale_, self.mean_, self.std_ = statistics
        self.bin_edges_, missing = [], []
        for feature, column in enumerate(X.T):
            values = np.sort(column)
            n_values = int(np.searchsorted(values, np.nan))
            if n_values < X.shape[0]:
                missing.append(feature)
            values = values[:n_values] if n_values else np.zeros(1, X.dtype)
            min_bins = 2 if self.keep_values else 1
            self.bin_edges_.append(quantile_edges(values, n_bins, min_bins))
            # Overflow ends in the clipping.
            with np.errstate(over="ignore", invalid="ignore"):
                # In the dtype in which `transform` computes.
                center, scale = np.array(center_and_scale(values), X.dtype)
                clipped = smooth_clip((values - center) / scale)
            mean, std = clipped.mean(dtype=float), clipped.std(dtype=float)
            statistics[:, feature] = center, scale, mean, std or 1.0
        self.missing_features_ = np.array(missing if self.add_indicator else [], dtype=int)

    def transform(self, X: Any) -> np.ndarray:
        """Encode the features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers. NaN means that a value is missing.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            The scaled values of all features, then the codes of all features, then the
            indicators.
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        n_values = X.shape[1] if self.keep_values else 0
        n_coded = n_values + self._binned_features.shape[0]
        n_out = n_coded + self.missing_features_.shape[0]
        output = np.empty((X.shape[0], n_out), self.dtype or X.dtype)
        for rows in gen_batches(X.shape[0], max(1, BLOCK_SIZE // max(n_out, 1))):
            block, encoded = X[rows], output[rows]
            with np.errstate(over="ignore", invalid="ignore"):
                if self.keep_values:
                    encoded[:, :n_values] = self._values(block)
                encoded[:, n_values:n_coded] = self._codes(block)
            np.copyto(encoded, 0, where=np.isnan(encoded))
            encoded[:, n_coded:] = np.isnan(block[:, self.missing_features_])
        return output

    def _values(self, X: np.ndarray) -> np.ndarray:
        return (smooth_clip((X - self.center_) / self.scale_) - self.mean_) / self.std_

    def _codes(self, X: np.ndarray) -> np.ndarray:
        codes = np.take(X, self._binned_features, axis=1)
        codes -= self._bin_starts
        codes /= self._bin_widths
        np.clip(codes, 0, 1, out=codes)
        codes -= 0.5
        return codes

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of the output.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the features. None means the names seen in `fit`, or "x0", "x1", ...

        Returns
        -------
        ndarray of str
            For a feature "age": "age", "age_bin0", "age_bin1", ..., "age_missing".
        """
        check_is_fitted(self)
        features = super().get_feature_names_out(input_features)
        names = list(features) if self.keep_values else []
        for feature, n_bins in zip(features, self.n_bins_, strict=True):
            names += [f"{feature}_bin{place}" for place in range(n_bins)]
        names += [f"{features[index]}_missing" for index in self.missing_features_]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _validated(self, X: Any, *, reset: bool) -> np.ndarray:
        return validate_data(
            self,
            X,
            reset=reset,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
        )


def _n_bins(n_rows: int, n_columns: int) -> int:
    """The number of bins that "auto" stands for."""
    bins = min(MAX_AUTO_BINS, round(n_rows / ROWS_PER_BIN))
    if n_columns <= FEW_COLUMNS:
        return max(MIN_AUTO_BINS, bins) if n_rows >= MIN_AUTO_ROWS else 0
    return max(MANY_COLUMNS_BINS, bins) if n_rows >= ROWS_PER_COLUMN * n_columns else 0
