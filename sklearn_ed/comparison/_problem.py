"""What is learned: data split into training and held-out rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import datasets as embedded
from sklearn.model_selection import train_test_split

from .._utils.errors import UnusableInput
from ..datasets import load_fashion_mnist, load_mnist
from ._preprocessing import make_preprocessing
from ._targets import guess_task

TEST_FRACTION = 0.25

_EMBEDDED = {
    "digits": embedded.load_digits,
    "breast_cancer": embedded.load_breast_cancer,
    "wine": embedded.load_wine,
    "diabetes": embedded.load_diabetes,
}
_IMAGES = {"mnist": load_mnist, "fashion_mnist": load_fashion_mnist}

PROBLEM_NAMES = (*_EMBEDDED, *_IMAGES)


@dataclass(frozen=True)
class Problem:
    """Data to learn, with their split.

    Attributes
    ----------
    name : str
        Of the data.
    task : {"classification", "regression"}
    X_train, X_test : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_columns)
        X_test is None if nothing is held out.
    y_train, y_test : ndarray of shape (n_rows,)
        Class labels, numbers or strings, or real numbers.
    preprocessing : transformer or None
        First step of each pipeline, not fitted.
    inputs : str
        The preprocessing in words.
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
        """0 for regression."""
        is_classification = self.task == "classification"
        return np.unique(self.y_train).shape[0] if is_classification else 0

    def facts(self) -> dict[str, Any]:
        """What a report says about the data: `Comparison.data`."""
        facts: dict[str, Any] = {
            "n_train": self.y_train.shape[0],
            "n_test": 0 if self.y_test is None else self.y_test.shape[0],
            "n_features": self.X_train.shape[1],
            "inputs": self.inputs,
        }
        if self.task == "classification":
            y = self.y_train if self.y_test is None else self.y_test
            counts = np.unique(y, return_counts=True)[1]
            facts |= {
                "n_classes": self.n_classes,
                "majority": float(counts.max() / counts.sum()),
            }
        return facts


def named_problem(name: str, random_state: int = 0) -> Problem:
    """One of the data sets that every installation knows.

    Parameters
    ----------
    name : {"digits", "breast_cancer", "wine", "diabetes", "mnist", "fashion_mnist"}
        The first four are part of scikit-learn and have a quarter held out; the others are
        loaded by :mod:`sklearn_ed.datasets` and keep their own split.
    random_state : int, default=0
        Seed of the split.

    Returns
    -------
    Problem

    Raises
    ------
    UnusableInput
        If the name is unknown, or its data cannot be had.
    """
    if name in _EMBEDDED:
        X, y = _EMBEDDED[name](return_X_y=True)
        return split_problem(name, guess_task(y), X, y, random_state=random_state)
    if name not in _IMAGES:
        raise UnusableInput(f"dataset: expected one of {PROBLEM_NAMES}, got {name!r}.")
    try:
        data = _IMAGES[name]()
    except (OSError, ValueError) as error:
        raise UnusableInput(str(error)) from error
    return Problem(
        name=name,
        task="classification",
        X_train=data.X_train,
        X_test=data.X_test,
        y_train=data.y_train,
        y_test=data.y_test,
        preprocessing=None,
        inputs="pixels between 0 and 1",
    )


def split_problem(
    name: str,
    task: str,
    X: Any,
    y: np.ndarray,
    *,
    test_size: float | int = TEST_FRACTION,
    preprocessing: Any = "auto",
    random_state: int = 0,
) -> Problem:
    """The problem with some of its rows held out, of each class as many.

    Parameters
    ----------
    name : str
    task : {"classification", "regression"}
    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_columns)
    y : ndarray of shape (n_rows,)
    test_size : float or int, default=0.25
        Share or number of the rows that are held out.
    preprocessing : transformer, None or "auto", default="auto"
        "auto": what suits X.
    random_state : int, default=0
        Seed of the split.
    """
    preprocessing, inputs = _with_words(preprocessing, X)
    X_train, X_test, y_train, y_test = train_test_split(
        X,
        y,
        test_size=test_size,
        stratify=y if task == "classification" else None,
        random_state=random_state,
    )
    return Problem(name, task, X_train, X_test, y_train, y_test, preprocessing, inputs)


def make_problem(
    name: str,
    task: str,
    X: Any,
    y: np.ndarray,
    X_test: Any,
    y_test: np.ndarray | None,
    preprocessing: Any = "auto",
) -> Problem:
    """The problem with the split that it has; X_test is None if nothing is held out."""
    preprocessing, inputs = _with_words(preprocessing, X)
    return Problem(name, task, X, X_test, y, y_test, preprocessing, inputs)


def _with_words(preprocessing: Any, X: Any) -> tuple[Any, str]:
    """The transformer, which "auto" leaves to X, and what it does in words."""
    if isinstance(preprocessing, str) and preprocessing == "auto":
        return make_preprocessing(X)
    words = "as they are" if preprocessing is None else type(preprocessing).__name__
    return preprocessing, words
