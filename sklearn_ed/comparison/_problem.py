"""A problem: data with a target, split into training and held-out rows."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets as embedded
from sklearn.model_selection import train_test_split
from sklearn.utils import column_or_1d

from .. import datasets
from .._utils.errors import UnusableInput
from ._csv_file import read_csv
from ._preprocessing import check_numbers, describe_columns
from ._target import check_target, guess_task

TEST_FRACTION = 0.25

_EMBEDDED = ("digits", "breast_cancer", "wine", "diabetes")
PROBLEM_NAMES = (*_EMBEDDED, "mnist", "fashion_mnist")
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
    preprocessing : transformer, None or "auto"
        First step before every estimator, not fitted, see :func:`compare`.
    inputs : str
        Description of the columns.

    See Also
    --------
    named_problem : A data set by its name.
    csv_problem : A table from a CSV file.

    Examples
    --------
    >>> from sklearn_ed.comparison import named_problem
    >>> problem = named_problem("wine")
    >>> problem.X_train.shape, problem.X_test.shape, problem.n_classes
    ((133, 13), (45, 13), 3)
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
        The data, split.

    Raises
    ------
    ValueError
        If the name is unknown or the data cannot be loaded.

    See Also
    --------
    csv_problem : A table from a CSV file.
    compare : Compares estimators on a problem.

    Examples
    --------
    >>> from sklearn_ed.comparison import named_problem
    >>> named_problem("diabetes").task
    'regression'
    """
    if name in _EMBEDDED:
        X, y = getattr(embedded, f"load_{name}")(return_X_y=True)
        return make_problem(name, "auto", X, y, random_state=random_state)
    if name not in PROBLEM_NAMES:
        raise UnusableInput(f"dataset: expected one of {PROBLEM_NAMES}, got {name!r}.")
    try:
        data = getattr(datasets, f"load_{name}")()
    except (OSError, ValueError) as error:
        raise UnusableInput(str(error)) from error
    rows = (data.X_train, data.X_test, data.y_train, data.y_test)
    return Problem(name, "classification", *rows, None, "pixels between 0 and 1")


def csv_problem(
    path: str | PathLike[str],
    target: str,
    random_state: int = 0,
    *,
    task: str = "auto",
    encoding: str = "utf-8",
) -> Problem:
    """Read a problem from a CSV file with a header.

    A quarter of the rows is held out, stratified by class.

    Parameters
    ----------
    path : str or path-like
        The file, as :func:`pandas.read_csv` reads it. A compressed file, such as .csv.gz,
        may have up to 128 MiB unpacked and 100,000 columns, so that a small file cannot fill
        the memory; a file that is not compressed has no limit.
    target : str
        Name of the column to predict: class labels (numbers or strings), or real numbers.
    random_state : int, default=0
        Seed of the split.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto" means regression if the target has fractions, or many values of which some are
        rare.
    encoding : str, default="utf-8"
        Encoding of the file, for example "latin-1".

    Returns
    -------
    Problem
        The data, split.

    Raises
    ------
    ValueError
        If the file cannot be read, the column is missing, or the target cannot be used.
    MissingExtra
        If pandas is not installed.

    See Also
    --------
    named_problem : A data set by its name.
    compare : Compares estimators on a problem.

    Examples
    --------
    >>> from sklearn_ed.comparison import compare, csv_problem
    >>> problem = csv_problem("shop.csv", "buys")  # doctest: +SKIP
    >>> compare(problem, baselines=["mlp", "linear"])  # doctest: +SKIP
    """
    frame = read_csv(Path(path), encoding)
    if target not in frame.columns:
        listed = ", ".join(map(repr, frame.columns[:10]))
        more = f" and {len(frame.columns) - 10} more" if len(frame.columns) > 10 else ""
        is_one = len(frame.columns) == 1 and any(mark in listed for mark in ";\t|")
        hint = " Are the values separated by commas?" if is_one else ""
        raise UnusableInput(
            f"target: expected a column of {path}, one of {listed}{more}, got {target!r}.{hint}"
        )
    y = frame.pop(target)
    if n_missing := int(y.isna().sum()):
        raise UnusableInput(
            f"target: expected a value in every row of column {target!r}, "
            f"got {n_missing} of {len(y)} rows without a value."
        )
    y = y.to_numpy() if y.dtype.kind in "iuf" else y.astype(str).to_numpy(dtype=object)
    place = ("target", f" in column {target!r}")
    return make_problem(Path(path).stem, task, frame, y, place, random_state=random_state)


def make_problem(
    name: str,
    task: str,
    X: Any,
    y: Any,
    place: tuple[str, str] = ("y", ""),
    X_test: Any = None,
    y_test: Any = None,
    *,
    test_size: float | int | None = TEST_FRACTION,
    preprocessing: Any = "auto",
    random_state: int = 0,
) -> Problem:
    """Check the data; without `X_test`, hold out `test_size` rows, stratified by class.

    `place` names the parameter of the target, and where it is, for messages.
    """
    X, y = _check_rows("X", X, "y", y)
    if (X_test is None) != (y_test is None):
        raise UnusableInput("X_test and y_test: expected both or none, got one.")
    if X_test is not None:
        X_test, y_test = _check_rows("X_test", X_test, "y_test", y_test)
        if X_test.shape[1] != X.shape[1]:
            raise UnusableInput(
                f"X_test: expected {X.shape[1]} columns, as X has, got {X_test.shape[1]}."
            )
    task = guess_task(y) if task == "auto" else task
    check_target(y, task, *place)
    if isinstance(preprocessing, str):
        inputs = describe_columns(X)
    else:
        inputs = "as they are" if preprocessing is None else type(preprocessing).__name__
    strata = y if task == "classification" else None
    try:
        for rows in (X,) if X_test is None else (X, X_test):
            check_numbers(rows)
        if X_test is None and test_size is not None:
            X, X_test, y, y_test = train_test_split(
                X, y, test_size=test_size, stratify=strata, random_state=random_state
            )
    except ValueError as error:
        raise UnusableInput(str(error)) from error
    return Problem(name, task, X, X_test, y, y_test, preprocessing, inputs)


def _check_rows(X_name: str, X: Any, y_name: str, y: Any) -> tuple[Any, np.ndarray]:
    """X as an array if it has no shape, y as a one-dimensional array of the same length."""
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    if len(X.shape) != 2 or 0 in X.shape:
        raise UnusableInput(f"{X_name}: expected rows and columns, got the shape {X.shape}.")
    if y is None:
        raise UnusableInput(f"{y_name}: expected one value for each row of {X_name}, got None.")
    y = column_or_1d(y)
    if y.shape[0] != X.shape[0]:
        raise UnusableInput(
            f"{y_name}: expected {X.shape[0]} values, one for each row of {X_name}, "
            f"got {y.shape[0]}."
        )
    return X, y
