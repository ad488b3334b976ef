"""Chunks of rows: what the workers find in them, and what is made of them for training."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.multiclass import unique_labels

from .._estimators.calls import Call
from .._estimators.data import check_sample_weight
from .._estimators.labels import LabelCode
from .._estimators.target_scale import TargetStatistics
from .._utils.validation import is_real
from ._combining import Rows

Chunk = tuple[Any, Any, Any]
"""X, y and the sample weights, or None."""


@dataclass(frozen=True)
class Description:
    """What a chunk contains; small enough for the client.

    Attributes
    ----------
    n_rows : int
        Rows with a positive weight; 0 if the chunk has no rows.
    is_empty : bool
    error : str
        Why the chunk is refused; empty if it is not.
    n_features : int
    names : list of str or None
        Names of the features.
    dtype : str
        float32 or float64, as X is learned, after "sparse " if it is.
    labels : LabelCode, int or None
        The classes, or the number of targets.
    counts : ndarray of shape (n_classes,) or (n_labels, 2), or None
        Sum of the weights of each class, or without and with each label.
    """

    n_rows: int = 0
    is_empty: bool = False
    error: str = ""
    n_features: int = 0
    names: list[str] | None = None
    dtype: str = ""
    labels: Any = None
    counts: Any = None


def describe(chunk: Chunk, estimator: Any, classes: Any = None) -> Description:
    """Check a chunk for the estimator, which may be fitted already."""
    try:
        return _describe(chunk, estimator, classes)
    except (ValueError, TypeError) as error:
        return Description(error=str(error))


def _describe(chunk: Chunk, estimator: Any, classes: Any) -> Description:
    if not n_rows_of(chunk[0]):
        return Description(is_empty=True)
    estimator = copy.copy(estimator)
    is_known = hasattr(estimator, "coefs_")
    X, y, weight = _checked(chunk, estimator, reset=not is_known)
    call = Call.PARTIAL_FIT if is_known else Call.FIT
    if classes is not None and not is_known:
        call = Call.FIRST_PARTIAL_FIT
    labels, targets = _encoded(estimator, y, X.dtype, call, classes)
    names = getattr(estimator, "feature_names_in_", None)
    return Description(
        n_rows=X.shape[0] if weight is None else int(np.count_nonzero(weight)),
        n_features=X.shape[1],
        names=None if names is None else names.tolist(),
        dtype=("sparse " if sp.issparse(X) else "") + X.dtype.name,
        labels=labels,
        counts=_counts(labels, targets, weight) if isinstance(labels, LabelCode) else None,
    )


def _checked(chunk: Chunk, estimator: Any, *, reset: bool) -> Chunk:
    X, y, weight = chunk
    X, y = estimator._validate_X_y(X, y, reset=reset)
    # Other chunks may have positive weights.
    if weight is not None and not is_real(weight) and not np.any(np.asarray(weight)):
        checked = check_sample_weight(np.asarray(weight) + 1.0, X)
        return X, y, np.zeros_like(checked)
    return X, y, check_sample_weight(weight, X)


def _encoded(estimator: Any, y: Any, dtype: Any, call: Call, classes: Any) -> tuple[Any, Any]:
    with warnings.catch_warnings():
        # A chunk may have many classes and few rows.
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        found: tuple[Any, Any] = estimator._encode_targets(y, dtype, call, classes)
    return found


def _counts(labels: LabelCode, targets: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    total = np.ones(len(targets)) if weight is None else weight.astype(np.float64)
    if labels.multilabel:
        present = total @ targets
        return np.column_stack([total.sum() - present, present])
    return np.bincount(targets, weights=total, minlength=len(labels.classes))


def n_rows_of(X: Any) -> int:
    """Number of rows of an array, a sparse one, a data frame or a list."""
    return int(X.shape[0]) if hasattr(X, "shape") and X.shape else len(X)


def summary(found: Sequence[Description]) -> Description:
    """What all chunks contain together.

    Raises
    ------
    ValueError
        If a chunk was refused, or has other features, another dtype or other kinds of targets
        than the first one; the message names it. If there are no rows.
    """
    for place, one in enumerate(found):
        if one.error:
            raise ValueError(f"chunk {place}: {one.error}")
    filled = [(place, one) for place, one in enumerate(found) if not one.is_empty]
    if not filled:
        raise ValueError(f"X: expected rows, got {len(found)} chunks without any.")
    start, first = filled[0]
    for place, one in filled[1:]:
        for name in ("n_features", "names", "dtype"):
            expected, got = getattr(first, name), getattr(one, name)
            if expected != got:
                wanted = f"{name}={expected} as in chunk {start}"
                raise ValueError(f"chunk {place}: X: expected {wanted}, got {name}={got}.")
    n_rows = sum(one.n_rows for one in found)
    if not n_rows:
        raise ValueError(
            "sample_weight: expected at least one positive weight, got only zeros: no sample "
            "is left."
        )
    labels, counts = _all_labels(filled)
    return Description(
        n_rows, False, "", first.n_features, first.names, first.dtype, labels, counts
    )


def _all_labels(filled: Sequence[tuple[int, Description]]) -> tuple[Any, np.ndarray | None]:
    (start, first), *others = filled
    labels = first.labels
    for place, one in others:
        if _kind(one.labels) != _kind(labels):
            raise ValueError(
                f"chunk {place}: y: expected {_kind(labels)} as in chunk {start}, got "
                f"{_kind(one.labels)}."
            )
        if isinstance(labels, LabelCode) and not labels.multilabel:
            try:
                classes = unique_labels(labels.classes, one.labels.classes)
            except ValueError as error:
                raise ValueError(f"chunk {place}: y: {error}") from error
            labels = LabelCode(classes, False)
    if not isinstance(labels, LabelCode):
        return labels, None
    if labels.multilabel:
        return labels, np.sum([one.counts for _, one in filled], axis=0)
    total = np.zeros(len(labels.classes))
    for _, one in filled:
        total[np.searchsorted(labels.classes, one.labels.classes)] += one.counts
    return labels, total


def _kind(labels: Any) -> str:
    if not isinstance(labels, LabelCode):
        return f"{labels} targets"
    return f"{len(labels.classes)} labels" if labels.multilabel else "one class per row"


def balanced_weights(labels: LabelCode, counts: np.ndarray) -> Any:
    """The weights of ``class_weight="balanced"`` as `partial_fit` takes them.

    A class without weight, which no row of positive weight has, gets the weight 1.
    """

    def of_column(classes: Any, weights: np.ndarray) -> dict[Any, float]:
        n_present = np.count_nonzero(weights)
        balanced = weights.sum() / (n_present * np.where(weights > 0, weights, 1))
        return dict(zip(classes, np.where(weights > 0, balanced, 1.0).tolist(), strict=True))

    if labels.multilabel:
        return [of_column((0, 1), column) for column in counts]
    return of_column(labels.classes.tolist(), counts)


def join(chunks: Sequence[Chunk], estimator: Any, class_weight: Any) -> Rows:
    """The rows of chunks as `partial_fit` of the fitted estimator takes them, in one piece.

    Rows of weight 0 are left out; the weights are those of the classes too.
    """
    estimator = copy.copy(estimator)
    estimator.class_weight = class_weight
    pieces = [_piece(chunk, estimator) for chunk in chunks if n_rows_of(chunk[0])]
    X, y, weights = zip(*pieces, strict=True)
    weight = None
    if any(one is not None for one in weights):
        weight = np.concatenate(
            [
                np.ones(len(targets), X[0].dtype) if one is None else one
                for one, targets in zip(weights, y, strict=True)
            ]
        )
    stacked = sp.vstack(X, format="csr") if sp.issparse(X[0]) else np.concatenate(X)
    return Rows(stacked, np.concatenate(y), weight)


def _piece(chunk: Chunk, estimator: Any) -> tuple[Any, np.ndarray, np.ndarray | None]:
    X, y, weight = _checked(chunk, estimator, reset=False)
    labels, targets = _encoded(estimator, y, X.dtype, Call.PARTIAL_FIT, None)
    if weight is not None and not weight.all():
        index = np.flatnonzero(weight)
        X, targets, weight = X[index], targets[index], weight[index]
    if len(targets):
        weight = estimator._with_class_weight(
            labels, targets, weight, X, Call.FIRST_PARTIAL_FIT
        )
    if isinstance(labels, LabelCode):
        y = targets if labels.multilabel else labels.classes[targets]
    else:
        y = targets.ravel() if targets.shape[1] == 1 else targets
    return X, y, weight


def statistics(rows: Rows) -> TargetStatistics:
    """Mean and scale of the targets of a regressor."""
    return TargetStatistics.of(rows.y.reshape(len(rows.y), -1), rows.weight)
