"""Weights of classes: the parameter `class_weight`, with scikit-learn's meaning."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from .._utils.validation import Check, is_real
from .labels import LabelCode


def _are_weights(value: Any) -> bool:
    """Whether it is a dict of finite numbers >= 0."""
    return isinstance(value, dict) and all(
        is_real(weight) and 0 <= weight < np.inf for weight in value.values()
    )


def _is_class_weight(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_are_weights, value))
    return (
        value is None or (isinstance(value, str) and value == "balanced") or _are_weights(value)
    )


CLASS_WEIGHT: Check = (
    _is_class_weight,
    "None, 'balanced', a dict of numbers >= 0, or a list of such dicts",
)


def with_class_weight(
    class_weight: Any,
    labels: LabelCode,
    targets: np.ndarray,
    weight: np.ndarray | None,
    *,
    partial: bool,
) -> np.ndarray | None:
    """The sample weights times the weights of the classes; None where all are 1.

    "balanced" counts a sample with its weight. Weights of several labels are multiplied.

    Raises
    ------
    ValueError
        If the weights do not fit the labels; in `partial_fit` for "balanced".
    """
    if class_weight is None:
        return weight
    if partial and isinstance(class_weight, str):
        raise ValueError(
            "class_weight: expected None, a dict or a list of dicts in partial_fit, got "
            "'balanced', which needs the rows of all calls. Pass the weights that "
            "sklearn.utils.class_weight.compute_class_weight finds in a sample."
        )
    columns = targets.T if labels.multilabel else targets[np.newaxis]
    classes = np.arange(2) if labels.multilabel else labels.classes
    per_column = _per_column(class_weight, labels.multilabel, len(columns))
    total = np.ones(targets.shape[0]) if weight is None else weight.astype(np.float64)
    learned = np.flatnonzero(total)
    counted = total[learned]
    for column, of_column in zip(columns, per_column, strict=True):
        total *= _of_classes(of_column, classes, column[learned], counted)[column]
    return None if weight is None and (total == 1).all() else total


def _per_column(class_weight: Any, multilabel: bool, n_columns: int) -> list[Any]:
    """What weighs the classes of each column of y."""
    if isinstance(class_weight, str):
        return [class_weight] * n_columns
    is_list = not isinstance(class_weight, dict)
    if is_list != multilabel or (is_list and len(class_weight) != n_columns):
        wanted = f"a list of {n_columns} dicts, one for each label" if multilabel else "a dict"
        raise ValueError(
            f"class_weight: expected None, 'balanced' or {wanted}, got {class_weight!r}."
        )
    return list(class_weight) if is_list else [class_weight]


def _of_classes(
    class_weight: Any, classes: np.ndarray, codes: np.ndarray, counted: np.ndarray
) -> np.ndarray:
    """The weight of each class; `codes` are those of the rows that weigh `counted`."""
    if isinstance(class_weight, dict):
        try:
            return compute_class_weight(class_weight, classes=classes, y=classes)
        except ValueError as error:
            raise ValueError(f"class_weight: {error}.") from error
    present = np.unique(codes)
    of_classes = np.ones(classes.shape[0])
    of_classes[present] = compute_class_weight(
        "balanced", classes=present, y=codes, sample_weight=counted
    )
    return of_classes
