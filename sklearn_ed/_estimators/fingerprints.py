"""What tells the data of a fit from other data, and what was drawn from other draws."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._training.data import TrainingData
from .fitting import Fit
from .labels import LabelCode

DRAWS = "draws"
"""The name of what follows from the seed; the others are arguments of `fit`."""

_ROWS = 1024
"""Rows that are hashed at a time: those of other layouts are copied."""


def fingerprints(fit: Fit) -> dict[str, Any]:
    """The data of a fit and what was drawn before the first epoch, by name; None if absent."""
    start, plan, labels = fit.start, fit.plan, fit.labels
    names = getattr(fit.estimator, "feature_names_in_", None)
    columns = "" if names is None else repr(names.tolist())
    known = labels
    if isinstance(labels, LabelCode):
        classes = labels.classes
        known = classes.tolist(), classes.dtype.str, labels.multilabel, labels.dtype
    found = _of_data(fit.data, columns, repr(known), "X", "y", "sample_weight")
    found |= _of_data(fit.given, "", "", "X_val", "y_val", "sample_weight_val")
    # Weights of the rows differ between members where these hold out folds.
    drawn = (plan.data.rows, plan.data.weight, start.attributes.get("code_book_"))
    digest = hashlib.sha256(str(start.attributes["_dropout_key"]).encode())
    for array in drawn:
        _hash(digest, array)
    return {**found, DRAWS: digest.hexdigest()}


def _of_data(
    data: TrainingData | None, X_text: str, y_text: str, *names: str
) -> dict[str, Any]:
    if data is None:
        return dict.fromkeys(names)
    parts = zip((data.X, data.targets, data.weight), (X_text, y_text, ""), strict=True)
    return {name: _of_array(*part) for name, part in zip(names, parts, strict=True)}


def _of_array(array: Any, text: str) -> dict[str, Any] | None:
    if array is None:
        return None
    digest = hashlib.sha256(text.encode())
    kind = "sparse " if sp.issparse(array) else ""
    parts = (array.indptr, array.indices, array.data) if kind else (array,)
    for part in parts:
        _hash(digest, part)
    shape, dtype = list(array.shape), f"{kind}{array.dtype}"
    return {"shape": shape, "dtype": dtype, "sha256": digest.hexdigest()}


def _hash(digest: Any, array: np.ndarray | None) -> None:
    """Add the values, not the layout; integers of any size, which indices may have."""
    for start in range(0, 0 if array is None else len(array), _ROWS):
        assert array is not None
        part = array[start : start + _ROWS]
        digest.update(np.ascontiguousarray(part, np.int64 if part.dtype.kind == "i" else None))
