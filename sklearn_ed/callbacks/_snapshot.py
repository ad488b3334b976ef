"""A callback that saves the estimator while it learns."""

from __future__ import annotations

import os
from collections import deque
from io import BytesIO
from os import PathLike
from pathlib import Path

import joblib

from .._estimators.fit_callbacks import FitCallbacks
from .._utils.files import write_whole
from .._utils.validation import check_parameters, either, integer, nothing
from ._epoch_callback import EpochCallback, Task

_CHECKS = {"every": integer(1), "keep_last": either(integer(1), nothing)}


class Snapshot(EpochCallback[deque[Path]]):
    """Save the fitted estimator after epochs, each time as `fit` would return it.

    Parameters
    ----------
    path : str or path
        The file, for :func:`joblib.load`. ``{epoch}`` stands for the number of the epoch in
        this call of `fit`, from 1; a format such as ``{epoch:03d}`` may follow. ``{run}`` and
        ``{task}`` name the outermost `fit` and the fit within it, so that the fits of a grid
        search have files of their own. Folders that are missing are created.
    every : int, default=1
        Number of epochs from one file to the next.
    keep_last : int, default=None
        Number of files of one fit to keep; older ones are removed. None: all.

    See Also
    --------
    Logger : Values of every epoch.

    Notes
    -----
    A file appears whole or not at all, and replaces one of the same name. The saved estimator
    has no callbacks.

    Examples
    --------
    >>> import joblib
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.callbacks import Snapshot
    >>> X, y = load_iris(return_X_y=True)
    >>> folder = getfixture("tmp_path")
    >>> clf = EDClassifier(max_iter=4, random_state=0)
    >>> clf = clf.set_callbacks(Snapshot(folder / "model-{epoch}.joblib", every=2)).fit(X, y)
    >>> sorted(file.name for file in folder.iterdir())
    ['model-2.joblib', 'model-4.joblib']
    >>> joblib.load(folder / "model-2.joblib").n_iter_
    2
    """

    def __init__(
        self, path: str | PathLike[str], *, every: int = 1, keep_last: int | None = None
    ) -> None:
        super().__init__()
        # Other processes may have another working directory.
        self.path = os.path.abspath(path)
        self.every = every
        self.keep_last = keep_last
        check_parameters(vars(self), _CHECKS)
        try:
            self._file(Task("run", (0,)), 1)
        except (LookupError, ValueError) as error:
            raise ValueError(
                "path: expected a path in which braces hold 'epoch', 'run' or 'task', got "
                f"{os.fspath(path)!r}."
            ) from error

    def _file(self, task: Task, epoch: int) -> Path:
        return Path(self.path.format(epoch=epoch, run=task.run, task=str(task)))

    def _start(self, fit: FitCallbacks, task: Task) -> deque[Path]:
        return deque()

    def _after_epoch(self, fit: FitCallbacks, task: Task, state: deque[Path]) -> bool:
        if fit.n_epochs % self.every:
            return False
        file, content = self._file(task, fit.n_epochs), BytesIO()
        joblib.dump(fit.fitted(), content)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, content.getvalue())
        if file not in state:
            state.append(file)
        if self.keep_last is not None and len(state) > self.keep_last:
            state.popleft().unlink(missing_ok=True)
        return False
