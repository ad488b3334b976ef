"""A callback that saves what `fit` needs to continue, and the function that continues."""

from __future__ import annotations

import os
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

from .._estimators.calls import Call
from .._estimators.classifier import EDClassifier
from .._estimators.continuing import damage_named
from .._estimators.fit_callbacks import FitCallbacks
from .._estimators.regressor import EDRegressor
from .._estimators.validation import ValidationSet
from .._utils.files import remove_unfinished
from .._utils.validation import check_parameters, integer
from ._checkpoint_file import read_checkpoint, write_checkpoint
from ._epoch_callback import EpochCallback, Task

_CHECKS = {"every": integer(1)}


class Checkpoint(EpochCallback[dict[str, Any]]):
    """Save everything that `fit` needs to continue, for :func:`sklearn_ed.resume`.

    Parameters
    ----------
    path : str or path
        The file, in an existing folder. Each checkpoint replaces the one before.
    every : int, default=1
        Number of epochs from one checkpoint to the next. The last epoch always has one.

    See Also
    --------
    sklearn_ed.resume : Continues a fit.
    Snapshot : Saves the fitted estimator, for predictions.

    Notes
    -----
    The file contains the weights of the last epoch and the best ones, the state of the
    optimizer and of the random numbers, the history, and the parameters of the estimator. Of
    the data, it contains shapes and hashes only. It is an npz file of plain arrays and one
    document in JSON, without pickles, and with a checksum of all bytes.

    A checkpoint appears whole or not at all, also if the process is killed or the power fails.
    If it cannot be written, `fit` ends with the OSError, the estimator is as before, and so is
    the file. An epoch whose weights are not finite has no checkpoint.

    At its beginning, `fit` refuses what a checkpoint cannot contain: a callable as `scoring`,
    a rule or an estimator of your own, and an estimator that is fitted already, with
    ``warm_start=True``. Other callbacks are not saved. The fits of a grid search would all
    write to the same file.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier, resume
    >>> from sklearn_ed.callbacks import Checkpoint
    >>> X, y = load_iris(return_X_y=True)
    >>> path = getfixture("tmp_path") / "fit.npz"
    >>> clf = EDClassifier(max_iter=4, random_state=0)
    >>> clf = clf.set_callbacks(Checkpoint(path, every=2)).fit(X, y)
    >>> resume(path, X, y).n_iter_
    4
    """

    def __init__(self, path: str | PathLike[str], every: int = 1) -> None:
        super().__init__()
        # Other processes may have another working directory.
        self.path = os.path.abspath(path)
        self.every = every
        check_parameters(vars(self), _CHECKS)
        if os.path.isdir(self.path) or not os.path.isdir(os.path.dirname(self.path)):
            raise ValueError(f"path: expected a file in an existing folder, got {self.path!r}.")

    def _start(self, fit: FitCallbacks, task: Task) -> dict[str, Any]:
        return {"every": int(self.every), **fit.begin_saving()}

    def _after_epoch(self, fit: FitCallbacks, task: Task, state: dict[str, Any]) -> bool:
        if fit.n_epochs % self.every == 0 or fit.is_last_epoch:
            saved = fit.saved(state)
            if saved is not None:
                write_checkpoint(Path(self.path), saved)
        return False


def resume(
    path: str | PathLike[str],
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    X_val: Any = None,
    y_val: Any = None,
    sample_weight_val: Any = None,
    callbacks: Iterable[Any] = (),
) -> Any:
    """Continue a `fit` that was killed, from the file of a Checkpoint.

    The result equals that of an uninterrupted `fit` bit for bit, but for the seconds in
    `history_`; a later `partial_fit` is equal too. If the fit had come to its end, no epoch is
    learned.

    Parameters
    ----------
    path : str or path
        The file of a :class:`~sklearn_ed.callbacks.Checkpoint`. The fit goes on writing to it.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        The training data that were passed to `fit`.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets that were passed to `fit`.
    sample_weight : array-like of shape (n_samples,), default=None
        The sample weights that were passed to `fit`.
    X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
        The validation data that were passed to `fit`.
    y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
        Targets of X_val.
    sample_weight_val : array-like of shape (n_val,), default=None
        Weights of X_val.
    callbacks : iterable of callbacks, default=()
        Callbacks besides the Checkpoint. They begin anew.

    Returns
    -------
    EDClassifier or EDRegressor
        The fitted estimator, with the parameters that it had in `fit`.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If the file is damaged, or if the data are not those that were passed to `fit`.

    See Also
    --------
    sklearn_ed.callbacks.Checkpoint : Writes the file.

    Notes
    -----
    Data are compared by their values and dtypes. Bits are equal on the same kind of processor,
    with the same version of BLAS and the same layout of X in memory.

    A fit that another callback or Ctrl-C has ended is continued.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier, resume
    >>> from sklearn_ed.callbacks import Checkpoint
    >>> X, y = load_iris(return_X_y=True)
    >>> path = getfixture("tmp_path") / "fit.npz"
    >>> clf = EDClassifier(max_iter=4, random_state=0)
    >>> clf = clf.set_callbacks(Checkpoint(path)).fit(X, y)
    >>> resumed = resume(path, X, y)
    >>> bool((resumed.predict_proba(X) == clf.predict_proba(X)).all())
    True
    """
    file = Path(path).absolute()
    saved = read_checkpoint(file)
    estimator = saved.estimator((EDClassifier, EDRegressor))
    with damage_named(str(file)):
        checkpoint = Checkpoint(file, saved.document["every"])
    estimator.set_callbacks(checkpoint, *callbacks)
    remove_unfinished(file)
    validation = ValidationSet(X_val, y_val, sample_weight_val)
    estimator._learn(X, y, sample_weight, Call.FIT, validation=validation, saved=saved)
    return estimator
