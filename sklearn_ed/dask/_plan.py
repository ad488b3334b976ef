"""What a call learns: the estimator it starts from, its shares, its rounds."""

from __future__ import annotations

import copy
from functools import reduce
from math import ceil
from typing import Any

import numpy as np

from .._estimators import defaults
from .._estimators.labels import LabelCode
from .._estimators.target_scale import TargetStatistics
from .._utils.validation import Check, is_integer, is_real, one_of
from ._chunk import Description, balanced_weights
from ._combining import Round

LEAST_BATCH = 32
"""Least rows per step of a worker where "auto" divides the batch among the workers."""

CHECKS: dict[str, Check] = {
    "strategy": one_of("rows", "networks"),
    "sync_every": (
        lambda value: (is_integer(value) and value >= 1) or (is_real(value) and 0 < value < 1),
        "an integer >= 1 or a fraction of an epoch, between 0 and 1",
    ),
}

# The estimators that learn on the workers.
_ON_WORKERS: dict[str, Any] = {
    "class_weight": None,
    "early_stopping": False,
    "verbose": False,
    "warm_start": False,
}


def check_supported(estimator: Any) -> None:
    """Refuse parameters that need all rows in one place.

    Raises
    ------
    ValueError
        If there is such a parameter.
    """
    if estimator.early_stopping not in (False, "auto"):
        raise ValueError(
            "early_stopping: expected False or 'auto', which is False here, because no rows "
            f"are held out on a cluster, got {estimator.early_stopping!r}."
        )
    if estimator.scale_inputs or estimator.replay:
        raise ValueError(
            "scale_inputs, replay: expected False and 0, because workers see other rows in "
            f"another order, got {estimator.scale_inputs!r} and {estimator.replay!r}. Scale "
            "the inputs before."
        )


def initialized(estimator: Any, found: Description) -> Any:
    """A copy with new networks for these rows."""
    estimator = copy.copy(estimator)
    features = found.n_features if found.names is None else found.names
    kwargs = {"n_rows": found.n_rows, "dtype": found.dtype.rpartition(" ")[2]}
    if not isinstance(found.labels, LabelCode):
        return estimator.initialize(features, found.labels, **kwargs)
    if found.labels.multilabel:
        estimator.initialize(features, n_labels=len(found.labels.classes), **kwargs)
        estimator._label_dtype = found.labels.dtype
        return estimator
    return estimator.initialize(features, found.labels.classes, **kwargs)


def class_weight(estimator: Any, found: Description) -> Any:
    """`class_weight` as `partial_fit` takes it."""
    value = getattr(estimator, "class_weight", None)
    if isinstance(value, str) and value == "balanced":
        assert found.counts is not None
        return balanced_weights(found.labels, found.counts)
    return value


def learner(estimator: Any, n_rows: int, n_shares: int, n_parts: int, *, is_fit: bool) -> Any:
    """A copy of the fitted estimator as the workers need it: what is "auto" is decided.

    `n_shares` is that of the rows; a part of an epoch counts as an epoch.
    """
    twin = copy.copy(estimator)
    if is_fit:
        twin.n_iter_, twin._has_fitted = 0, False
        vars(twin).pop("history_", None)
    # Workers see arrays.
    vars(twin).pop("feature_names_in_", None)
    loss, batch_size = twin._member_outputs().loss, twin.batch_size
    n_networks = twin.n_networks_ // twin.n_members_
    decides = n_rows if is_fit or twin.max_iter != "auto" else n_rows + twin.t_
    shape = (decides, twin.n_features_in_)
    settings = {name: value for name, value in _ON_WORKERS.items() if hasattr(twin, name)}
    settings |= {
        "batch_size": defaults.batch_rows(batch_size, n_rows, n_networks),
        "dropout": defaults.dropout_rate(twin.dropout, shape, loss, batch_size),
        "weight_decay": defaults.weight_decay(twin.weight_decay, decides, batch_size),
    }
    if batch_size == "auto":
        share = max(LEAST_BATCH, ceil(settings["batch_size"] / n_shares))
        settings["batch_size"] = min(settings["batch_size"], share)
    if is_fit or twin.max_iter != "auto":
        n_epochs = defaults.n_epochs(twin.max_iter, twin.learning_rate, n_rows, n_networks)
        settings["max_iter"] = n_epochs * n_parts
    twin.n_iter_ *= n_parts
    return twin.set_params(**settings)


def with_statistics(estimator: Any, found: list[TargetStatistics]) -> Any:
    """A regressor whose new networks begin at the mean and have the scale of all targets."""
    return estimator._begin_at(reduce(TargetStatistics.with_more, found))


def finished(estimator: Any, learned: Any, n_parts: int, *, is_fit: bool) -> Any:
    """The started estimator with what was learned, and with its own parameters."""
    result = copy.copy(learned)
    result.set_params(**estimator.get_params(deep=False))
    result.n_members_ = learned.n_members_
    result.n_iter_ //= n_parts
    if n_parts > 1:
        n_known = len(estimator.loss_curve_)
        new = np.reshape(learned.loss_curve_[n_known:], (-1, n_parts)).mean(axis=1).tolist()
        result.loss_curve_ = learned.loss_curve_[:n_known] + new
        result.loss_, result.best_loss_ = result.loss_curve_[-1], min(result.loss_curve_)
    if "feature_names_in_" in vars(estimator):
        result.feature_names_in_ = estimator.feature_names_in_
    if is_fit:
        result._has_fitted = True
        vars(result).pop("_solver_state", None)
    return result


def rounds(n_epochs: int, sync_every: float, n_parts: int) -> list[Round]:
    """The rounds of a call."""
    if n_parts > 1:
        return [Round(1, part, n_parts) for part in range(n_parts)] * n_epochs
    step = max(1, int(sync_every))
    return [Round(min(step, n_epochs - done)) for done in range(0, n_epochs, step)]
