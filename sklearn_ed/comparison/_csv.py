"""A problem from a CSV file: columns of numbers and of strings, some values missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .._utils.errors import UnusableInput
from .._utils.extras import import_extra
from ._problem import Problem, split_problem
from ._targets import check_target, guess_task


def csv_problem(
    path: Any, target: str, random_state: int = 0, *, task: str = "auto"
) -> Problem:
    """A problem from a CSV file with a header.

    Columns of numbers are standardized, with the median for missing values; columns of
    strings are one-hot encoded, with a category of its own for missing values. Columns without
    two different values are left out.

    Parameters
    ----------
    path : str or path-like
        The file, as :func:`pandas.read_csv` reads it.
    target : str
        Name of the column of class labels, numbers or strings, or of real numbers.
    random_state : int, default=0
        Seed of the split: a quarter of the rows, of each class as many, are held out.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto": regression for numbers that have fractions, or many values of which some are
        rare.

    Returns
    -------
    Problem

    Raises
    ------
    UnusableInput
        If the file cannot be read, the column is not there, or the data is no such problem.
    MissingExtra
        If pandas is missing.
    """
    frame = _read(Path(path))
    if target not in frame.columns:
        name = frame.columns[0]
        is_one = len(frame.columns) == 1 and any(mark in str(name) for mark in ";\t|")
        hint = " Are its values separated by commas?" if is_one else ""
        raise UnusableInput(
            f"target: expected a column of {path}, one of {_listed(frame.columns)}, "
            f"got {target!r}.{hint}"
        )
    y = _values(frame[target], target)
    if task == "auto":
        task = guess_task(y)
    check_target(y, task, "target", f" in column {target!r}")
    return split_problem(
        Path(path).stem, task, frame.drop(columns=target), y, random_state=random_state
    )


def _read(path: Path) -> Any:
    pandas = import_extra("pandas", "Reading a CSV file")
    if not path.is_file():
        raise UnusableInput(f"data: expected a CSV file, got {path}, which is no file.")
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


def _listed(names: Any, most: int = 10) -> str:
    listed = ", ".join(repr(name) for name in names[:most])
    return listed + (f" and {len(names) - most} more" if len(names) > most else "")


def _values(column: Any, target: str) -> np.ndarray:
    """Numbers as they are, anything else as strings."""
    n_missing = int(column.isna().sum())
    if n_missing:
        raise UnusableInput(
            f"target: expected a value in every row of column {target!r}, "
            f"got {n_missing} of {len(column)} rows without one."
        )
    is_number = column.dtype.kind in "iuf"
    return column.to_numpy() if is_number else column.astype(str).to_numpy(dtype=object)
