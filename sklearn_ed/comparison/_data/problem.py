"""A problem: data with a target, split into training and held-out rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import datasets as embedded
from sklearn.model_selection import train_test_split

from ..._utils.errors import UnusableInput
from ...datasets import load_fashion_mnist, load_mnist
from .preprocessing import make_preprocessing
from .target import guess_task

TEST_FRACTION = 0.25

_EMBEDDED: dict[str, Callable[..., Any]] = {
    "digits": embedded.load_digits,
    "breast_cancer": embedded.load_breast_cancer,
    "wine": embedded.load_wine,
    "diabetes": embedded.load_diabetes,
}
_IMAGES: dict[str, Callable[[], Any]] = {
    "mnist": load_mnist,
    "fashion_mnist": load_fashion_mnist,
}

PROBLEM_NAMES = (*_EMBEDDED, *_IMAGES)
"""Names that :func:`named_problem` accepts."""


@dataclass(frozen=True)
class Problem:
    """Data to learn, split into training and held-out rows.

    Parameters
    ----------
    name : str
        Name of the data.
    task : {"classification", "regression"}
    X_train, X_test : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_columns)
        `X_test` is None if no rows are held out.
    y_train, y_test : ndarray of shape (n_rows,)
        Class labels (numbers or strings), or real numbers.
    preprocessing : transformer or None
        The first step of each pipeline, not fitted.
    inputs : str
        Description of the preprocessing.
    """

    name: str
    task: str
    X_train: Any
    X_test: Any
    y_train: np.ndarray
    y_test: np.ndarray | None
    preprocessing: Any
    inputs: str

    @property
    def n_classes(self) -> int:
        """Number of classes, 0 for regression."""
        return np.unique(self.y_train).shape[0] if self.task == "classification" else 0

    @property
    def description(self) -> str:
        """A sentence on the data."""
        return describe_data(self.name, self.task, self.facts)

    @property
    def facts(self) -> dict[str, Any]:
        """What `Comparison.data` says about the data."""
        facts: dict[str, Any] = {
            "n_train": self.y_train.shape[0],
            "n_test": 0 if self.y_test is None else self.y_test.shape[0],
            "n_features": self.X_train.shape[1],
            "inputs": self.inputs,
        }
        if self.task == "classification":
            y = self.y_train if self.y_test is None else self.y_test
            counts = np.unique(y, return_counts=True)[1]
            majority = float(counts.max() / counts.sum())
            facts |= {"n_classes": self.n_classes, "majority": majority}
        return facts


def describe_data(name: str, task: str, data: dict[str, Any]) -> str:
    """A sentence on the data, given as `Comparison.data`."""
    test = f" and {data['n_test']} test" if data["n_test"] else ""
    text = (
        f"{name}: {data['n_train']} training{test} rows, {data['n_features']} columns "
        f"({data['inputs']})"
    )
    if task == "classification":
        rows = "test rows" if data["n_test"] else "rows"
        text += (
            f", {data['n_classes']} classes; the most frequent class has "
            f"{data['majority']:.1%} of the {rows}"
        )
    return text + "."


def named_problem(name: str, random_state: int = 0) -> Problem:
    """Load a data set by its name.

    Parameters
    ----------
    name : {"digits", "breast_cancer", "wine", "diabetes", "mnist", "fashion_mnist"}
        The first four are part of scikit-learn; a quarter of their rows is held out. The
        others are loaded by :mod:`sklearn_ed.datasets` and keep their published split.
    random_state : int, default=0
        Seed of the split.

    Returns
    -------
    Problem
        The data, split and with the preprocessing that suits them.

    Raises
    ------
    ValueError
        If the name is unknown or the data cannot be loaded.
    """
    if name in _EMBEDDED:
        X, y = _EMBEDDED[name](return_X_y=True)
        return make_problem(name, guess_task(y), X, y, random_state=random_state)
    if name not in _IMAGES:
        raise UnusableInput(f"dataset: expected one of {PROBLEM_NAMES}, got {name!r}.")
    try:
        data = _IMAGES[name]()
    except (OSError, ValueError) as error:
        raise UnusableInput(str(error)) from error
    rows = (data.X_train, data.X_test, data.y_train, data.y_test)
    return Problem(name, "classification", *rows, None, "pixels between 0 and 1")


def make_problem(
    name: str,
    task: str,
    X: Any,
    y: np.ndarray,
    X_test: Any = None,
    y_test: np.ndarray | None = None,
    *,
    test_size: float | int | None = TEST_FRACTION,
    preprocessing: Any = "auto",
    random_state: int = 0,
) -> Problem:
    """The problem; without `X_test`, `test_size` rows are held out, stratified by class."""
    if isinstance(preprocessing, str) and preprocessing == "auto":
        preprocessing, inputs = make_preprocessing(X)
    else:
        inputs = "as they are" if preprocessing is None else type(preprocessing).__name__
    if X_test is None and test_size is not None:
        X, X_test, y, y_test = train_test_split(
            X,
            y,
            test_size=test_size,
            stratify=y if task == "classification" else None,
            random_state=random_state,
        )
    return Problem(name, task, X, X_test, y, y_test, preprocessing, inputs)
