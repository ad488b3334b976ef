"""Class labels and class indices: checks, encoding and decoding."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import (
    check_classification_targets,
    type_of_target,
    unique_labels,
)

from .._utils.validation import check_parameters, integer


def read_labels(y: Any) -> tuple[np.ndarray, bool]:
    """y as a dense array, and whether it holds indicators of several labels."""
    y = y.toarray() if sp.issparse(y) else y
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multiclass-multioutput":
        raise ValueError(
            "y: expected one class per sample, or indicators 0 and 1 of several labels, "
            f"got {y.shape[1]} columns of class labels ({kind})."
        )
    multilabel = kind == "multilabel-indicator"
    if multilabel and not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"y: expected indicators 0 and 1 of several labels, got {np.unique(y).tolist()}."
        )
    return y, multilabel


@dataclass(frozen=True)
class LabelCode:
    """The labels of a classifier.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted class labels; for multilabel targets the indices of the labels.
    multilabel : bool
    dtype : str
        Of indicators of several labels, as predictions have them.
    """

    classes: np.ndarray
    multilabel: bool
    dtype: str = "int"

    @classmethod
    def first(
        cls, y: np.ndarray, multilabel: bool, *, classes: Any, partial: bool
    ) -> LabelCode:
        """Learn the classes: those of y, or those that the first `partial_fit` lists."""
        if multilabel:
            dtype = y.dtype.str if y.dtype.kind in "biuf" else "int"
            return cls(np.arange(y.shape[1]), True, dtype)
        if partial and classes is None:
            raise ValueError(
                "classes: expected all classes in the first call of partial_fit, got None."
            )
        if partial and not np.size(classes):
            raise ValueError(f"classes: expected at least one class, got {classes!r}.")
        return cls(unique_labels(classes if partial else y), False)

    @classmethod
    def without_data(cls, classes: Any, n_labels: Any) -> LabelCode:
        """The code of classes, or of labels of which only the number is known."""
        if (classes is None) == (n_labels is None):
            raise ValueError(
                "classes: expected all classes, or None with n_labels for multilabel targets, "
                f"got {classes!r} with n_labels={n_labels!r}."
            )
        if classes is not None:
            return cls.first(np.empty(0), False, classes=classes, partial=True)
        check_parameters({"n_labels": n_labels}, {"n_labels": integer(2)})
        return cls(np.arange(n_labels), True, np.dtype(int).str)

    def check_same(
        self, y: np.ndarray, multilabel: bool, *, classes: Any, partial: bool
    ) -> None:
        """Refuse labels that a later call must not have; `fit` must have all classes again."""
        if multilabel != self.multilabel:
            names = {False: "one class per sample", True: "indicators of several labels"}
            raise ValueError(
                f"y: expected {names[self.multilabel]} as in the first call, "
                f"got {names[multilabel]}."
            )
        if multilabel:
            if y.shape[1] != self.classes.shape[0]:
                raise ValueError(
                    f"y: expected {self.classes.shape[0]} labels as in the first call, "
                    f"got {y.shape[1]}."
                )
            return
        if classes is not None and not self._are_all(unique_labels(classes)):
            raise ValueError(
                f"classes: expected {self.classes.tolist()} as in the first call, "
                f"got {np.asarray(classes).tolist()}."
            )
        present = unique_labels(y)
        if not partial and not self._are_all(present):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes}, `y` has {present}"
            )

    def _are_all(self, labels: np.ndarray) -> bool:
        """Whether these sorted labels are the classes; strings and numbers are different."""
        return bool(labels.tolist() == self.classes.tolist())

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Class indices (n_samples,), or indicators (n_samples, n_labels) as int8."""
        if self.multilabel:
            return y.astype(np.int8)
        known = unique_labels(y, self.classes).shape[0] <= self.classes.shape[0]
        indices = np.searchsorted(self.classes, y)
        # Labels of several types have no one order.
        if not known or not np.all(self.classes.take(indices, mode="clip") == y):
            raise ValueError(
                f"y: expected classes among {self.classes.tolist()}, "
                f"got {unique_labels(y).tolist()}."
            )
        return indices.astype(self._index_dtype)

    def encode_plain(self, y: np.ndarray, *, classes: Any) -> np.ndarray | None:
        """A fast path for `check_same` and `encode` in `partial_fit`.

        It handles y with the dtype of the classes and known labels only, and integer indicators
        0 and 1. None means that the general checks decide.
        """
        if self.multilabel:
            plain = y.ndim == 2 and y.dtype.kind in "biu" and y.shape[1] == len(self.classes)
            return self.encode(y) if plain and ((y == 0) | (y == 1)).all() else None
        if y.ndim != 1 or not self._is_like_classes(y):
            return None
        if classes is not None and not self._are_listed(classes):
            return None
        targets = self.classes.searchsorted(y)
        known = (self.classes.take(targets, mode="clip") == y).all()
        return targets.astype(self._index_dtype) if known else None

    def _are_listed(self, classes: Any) -> bool:
        """Whether an array or a list has the classes in their order and of their type."""
        known = self.classes.tolist()
        if type(classes) is np.ndarray:
            return self._is_like_classes(classes) and bool(classes.tolist() == known)
        is_like = type(classes) is list and list(map(type, classes)) == list(map(type, known))
        return is_like and bool(classes == known)

    @property
    def _index_dtype(self) -> np.dtype:
        """The smallest dtype for class indices, which are kept for every row of a fit."""
        return np.min_scalar_type(self.classes.shape[0] - 1)

    def _is_like_classes(self, labels: np.ndarray) -> bool:
        """Whether labels compare with the classes without a conversion."""
        kind = labels.dtype.kind
        if kind == "U":  # of any length
            return self.classes.dtype.kind == "U"
        return kind in "biuf" and labels.dtype == self.classes.dtype

    def decode(self, targets: np.ndarray) -> np.ndarray:
        """Labels of class indices; indicators in the dtype that y had."""
        if self.multilabel:
            return targets.astype(self.dtype, copy=False)
        return self.classes[targets]


def encode_labels(
    y: Any, known: LabelCode | None, *, classes: Any, partial: bool
) -> tuple[LabelCode, np.ndarray]:
    """The code of y's labels, new or the `known` one, and y as targets.

    Raises
    ------
    ValueError
        If y does not hold class labels or indicators, or other ones than are known.
    """
    if partial and known is not None and type(y) is np.ndarray:
        plain = known.encode_plain(y, classes=classes)
        if plain is not None:
            return known, plain
    if isinstance(classes, np.ndarray):
        # A subclass may have no attributes that can be set, which scikit-learn would set.
        classes = np.asarray(classes)
    with warnings.catch_warnings():
        if partial:
            # A chunk of a stream may have many classes and few rows.
            warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        y, multilabel = read_labels(y)
        if known is None:
            known = LabelCode.first(y, multilabel, classes=classes, partial=partial)
        else:
            known.check_same(y, multilabel, classes=classes, partial=partial)
        return known, known.encode(y)
