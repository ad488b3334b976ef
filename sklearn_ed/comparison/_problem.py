"""What is learned: named data sets, split into training and test rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import datasets as embedded
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from ..datasets import load_fashion_mnist, load_mnist
from ._errors import UnusableInput

TEST_FRACTION = 0.25

_EMBEDDED = {
    "digits": embedded.load_digits,
    "breast_cancer": embedded.load_breast_cancer,
    "wine": embedded.load_wine,
}
_IMAGES = {"mnist": load_mnist, "fashion_mnist": load_fashion_mnist}

PROBLEM_NAMES = (*_EMBEDDED, *_IMAGES)


@dataclass(frozen=True)
class Problem:
    """A classification problem with its split.

    Attributes
    ----------
    name : str
        Names the report and the picture's file.
    X_train, X_test : {ndarray, DataFrame} of shape (n_rows, n_columns)
    y_train, y_test : ndarray of shape (n_rows,)
        Class labels: numbers or strings.
    preprocessing : transformer or "passthrough"
        First step of each pipeline, not fitted.
    inputs : str
        The preprocessing in words.
    """

    name: str
    X_train: Any
    X_test: Any
    y_train: np.ndarray
    y_test: np.ndarray
    preprocessing: Any
    inputs: str

    @property
    def n_classes(self) -> int:
        return np.unique(self.y_train).shape[0]


def named_problem(name: str, random_state: int = 0) -> Problem:
    """One of the data sets that every installation knows.

    Parameters
    ----------
    name : {"digits", "breast_cancer", "wine", "mnist", "fashion_mnist"}
        The first three are part of scikit-learn and get a stratified test split of a quarter;
        the others are loaded by :mod:`sklearn_ed.datasets` and keep their own.
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
        return split_problem(name, X, y, StandardScaler(), "standardized", random_state)
    if name not in _IMAGES:
        raise UnusableInput(f"dataset: expected one of {PROBLEM_NAMES}, got {name!r}.")
    try:
        data = _IMAGES[name]()
    except (OSError, ValueError) as error:
        raise UnusableInput(str(error)) from error
    return Problem(
        name=name,
        X_train=data.X_train,
        X_test=data.X_test,
        y_train=data.y_train,
        y_test=data.y_test,
        preprocessing="passthrough",
        inputs="pixels between 0 and 1",
    )


def split_problem(
    name: str, X: Any, y: np.ndarray, preprocessing: Any, inputs: str, random_state: int
) -> Problem:
    """The problem with a stratified quarter of its rows held out."""
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=TEST_FRACTION, stratify=y, random_state=random_state
    )
    return Problem(name, X_train, X_test, y_train, y_test, preprocessing, inputs)
