"""A callback that reports the values of each epoch."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any

from .._estimators.fit_callbacks import FitCallbacks
from .._utils.files import append_whole
from .._utils.validation import is_real
from ._epoch_callback import EpochCallback, Task

Write = Callable[[dict[str, Any]], object]


class Logger(EpochCallback[Write]):
    """Report the values of `history_` after each epoch.

    Parameters
    ----------
    target : callable, logging.Logger or path
        Where the records go. A function is called with each record, a dict. A
        :class:`logging.Logger` receives a message of level INFO, and the record as the
        attribute ``epoch_record`` of the message. A path is a file to which each record is
        appended as one line of JSON, where numbers that are not finite are null. In an existing
        folder, every call of `fit` has a file of its own, ``<run>-<task>.jsonl``.

    See Also
    --------
    sklearn.callback.ScoringMonitor : Scores of the training data in every epoch.

    Notes
    -----
    A record has these items, besides the values of `history_`:

    - ``"run"``: identifies the outermost `fit`, for example that of a grid search.
    - ``"task"``: a list with the numbers of the tasks from the outermost `fit` down to the one
      that is recorded. It tells apart the fits of a run; the documentation of the callbacks of
      scikit-learn calls it the path of the task ids.
    - ``"epoch"``: number of the epoch in this call of `fit`, from 1. After
      :func:`sklearn_ed.resume`, the numbers continue from those of the checkpoint.

    Threads and processes may write to the same file: a line is appended whole. On Windows, this
    holds for threads only; there, give several processes a folder. In a process that joblib
    starts, a function is a copy, and a :class:`logging.Logger` has the handlers that this
    process has set.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.callbacks import Logger
    >>> X, y = load_iris(return_X_y=True)
    >>> records = []
    >>> clf = EDClassifier(max_iter=2, random_state=0)
    >>> clf = clf.set_callbacks(Logger(records.append)).fit(X, y)
    >>> [(record["task"], record["epoch"]) for record in records]
    [([0], 1), ([0], 2)]
    """

    def __init__(self, target: Write | logging.Logger | str | PathLike[str]) -> None:
        super().__init__()
        if isinstance(target, (str, os.PathLike)):
            # Other processes may have another working directory.
            target = Path(target).absolute()
            if not target.parent.is_dir():
                raise ValueError(
                    f"target: expected a file in an existing folder, got {str(target)!r}."
                )
        elif not (callable(target) or isinstance(target, logging.Logger)):
            raise TypeError(
                "target: expected a function, a logging.Logger or a path, got "
                f"{type(target).__name__}."
            )
        self.target = target

    def _start(self, fit: FitCallbacks, task: Task) -> Write:
        target = self.target
        if isinstance(target, Path):
            file = target / f"{task.run}-{task}.jsonl" if target.is_dir() else target
            return lambda record: append_whole(file, _as_json(record) + "\n")
        if isinstance(target, logging.Logger):
            logger = target
            return lambda record: logger.info(_as_text(record), extra={"epoch_record": record})
        return target

    def _after_epoch(self, fit: FitCallbacks, task: Task, state: Write) -> bool:
        place = {"run": task.run, "task": list(task.path), "epoch": fit.n_epochs}
        state({**place, **fit.record})
        return False


def _as_json(record: dict[str, Any]) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, float):
            return float(value) if isfinite(value) else None
        return value

    return json.dumps({name: plain(value) for name, value in record.items()}, allow_nan=False)


def _as_text(record: dict[str, Any]) -> str:
    task = "-".join(map(str, record["task"]))
    values = [f"{k} = {v:.4g}" for k, v in record.items() if k != "epoch" and is_real(v)]
    return f"fit {task}, epoch {record['epoch']}: {', '.join(values)}"
