"""A problem from a CSV file: numbers, strings, missing values."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..._utils.errors import UnusableInput
from ..._utils.extras import import_extra
from .problem import Problem, make_problem
from .target import check_target, guess_task


def csv_problem(
    path: str | PathLike[str], target: str, random_state: int = 0, *, task: str = "auto"
) -> Problem:
    """Read a problem from a CSV file with a header.

    Numeric columns are standardized, and missing numbers replaced by the median. Columns of
    strings are one-hot encoded, with a category of its own for missing values. Constant columns
    are dropped. A quarter of the rows is held out, stratified by class.

    Parameters
    ----------
    path : str or path-like
        The file, as :func:`pandas.read_csv` reads it.
    target : str
        Name of the column to predict: class labels (numbers or strings), or real numbers.
    random_state : int, default=0
        Seed of the split.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto" means regression if the target has fractions, or many values of which some are
        rare.

    Returns
    -------
    Problem
        The data, split and with the preprocessing that suits them.

    Raises
    ------
    ValueError
        If the file cannot be read, the column is missing, or the data cannot be used.
    MissingExtra
        If pandas is not installed.
    """
    frame = _read(Path(path))
    if target not in frame.columns:
        name = frame.columns[0]
        is_one = len(frame.columns) == 1 and any(mark in str(name) for mark in ";\t|")
        hint = " Are the values separated by commas?" if is_one else ""
        raise UnusableInput(
            f"target: expected a column of {path}, one of {_listed(frame.columns)}, "
            f"got {target!r}.{hint}"
        )
    y = _values(frame[target], target)
    if task == "auto":
        task = guess_task(y)
    check_target(y, task, "target", f" in column {target!r}")
    X = frame.drop(columns=target)
    return make_problem(Path(path).stem, task, X, y, random_state=random_state)


def _read(path: Path) -> Any:
    pandas = import_extra("pandas", "Reading a CSV file")
    if not path.is_file():
        raise UnusableInput(f"data: expected a CSV file, got {path}, which is not a file.")
    try:
        frame = pandas.read_csv(path, low_memory=False)
    except (OSError, ValueError) as error:
        # pandas' parser errors are ValueErrors.
        reason = str(error).strip().rstrip(".")
        raise UnusableInput(
            f"data: expected a CSV file, got {path}, which cannot be read: {reason}."
        ) from error
    if frame.empty:
        raise UnusableInput(f"data: expected a CSV file with rows, got {path}, which has none.")
    return frame


def _listed(names: Any, max_names: int = 10) -> str:
    listed = ", ".join(repr(name) for name in names[:max_names])
    n_more = len(names) - max_names
    return listed + (f" and {n_more} more" if n_more > 0 else "")


def _values(column: Any, target: str) -> np.ndarray:
    """Numbers as they are, anything else as strings."""
    n_missing = int(column.isna().sum())
    if n_missing:
        raise UnusableInput(
            f"target: expected a value in every row of column {target!r}, "
            f"got {n_missing} of {len(column)} rows without a value."
        )
    is_number = column.dtype.kind in "iuf"
    return column.to_numpy() if is_number else column.astype(str).to_numpy(dtype=object)
