"""A callback that stops a fit which no longer improves."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

from .._estimators.fit_callbacks import FitCallbacks
from .._utils.validation import boolean, check_parameters, integer, is_real, one_of, real
from ._epoch_callback import EpochCallback, Task

_CHECKS = {
    "monitor": (lambda value: isinstance(value, str), "a key of history_"),
    "min_delta": real(0, closed="left"),
    "patience": integer(1),
    "mode": one_of("auto", "min", "max"),
    "restore_best": boolean,
}


@dataclass
class _Progress:
    best: float
    n_waited: int = 0


class EarlyStopping(EpochCallback[_Progress]):
    """Stop `fit` when a value of `history_` no longer improves.

    It acts in addition to the parameter `early_stopping`, which decides whether there are
    validation rows and also ends training, when their score no longer improves.

    Parameters
    ----------
    monitor : str, default="val_loss"
        The value: a key of `history_` with one number per epoch. "val_loss" and "val_score"
        need validation rows.
    min_delta : float, default=0
        Smallest change that counts as an improvement; every change in the right direction does
        if it is 0.
    patience : int, default=5
        Number of consecutive epochs without an improvement after which training ends.
    mode : {"auto", "min", "max"}, default="auto"
        Whether lower or higher is better. "auto": higher for a name that contains "score",
        lower for all others.
    restore_best : bool, default=True
        Whether the estimator keeps the parameters of the epoch with the best value, also where
        training ends otherwise. False: those that it would keep without this callback, the
        best ones by the score of the validation rows, or else the last ones.

    See Also
    --------
    sklearn.callback.ScoringMonitor : Scores of the training data in every epoch.

    Notes
    -----
    A learning rate that falls over the epochs ("linear", "cosine") is still high when this
    callback stops, whereas `early_stopping` lets it fall to zero first. ``"constant"`` suits a
    callback better.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.callbacks import EarlyStopping
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier(learning_rate="constant", max_iter=200, random_state=0)
    >>> clf = clf.set_callbacks(EarlyStopping("val_loss", patience=3)).fit(X, y)
    >>> clf.n_iter_ < 200
    True
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        *,
        min_delta: float = 0.0,
        patience: int = 5,
        mode: str = "auto",
        restore_best: bool = True,
    ) -> None:
        super().__init__()
        self.monitor = monitor
        self.min_delta = min_delta
        self.patience = patience
        self.mode = mode
        self.restore_best = restore_best
        check_parameters(vars(self), _CHECKS)

    def _start(self, fit: FitCallbacks, task: Task) -> _Progress:
        return _Progress(best=-inf)

    def _after_epoch(self, fit: FitCallbacks, task: Task, state: _Progress) -> bool:
        value = self._sign * self._value(fit.record)
        if value > state.best and value >= state.best + self.min_delta:
            state.best, state.n_waited = value, 0
            if self.restore_best:
                fit.keep()
        else:
            state.n_waited += 1
        return state.n_waited >= self.patience

    @property
    def _sign(self) -> int:
        is_higher_better = self.mode == "max" or (
            self.mode == "auto" and "score" in self.monitor
        )
        return 1 if is_higher_better else -1

    def _value(self, record: dict[str, Any]) -> float:
        value: Any = record.get(self.monitor)
        if not is_real(value):
            numbers = ", ".join(repr(name) for name, v in record.items() if is_real(v))
            needs = ""
            if self.monitor.startswith("val_"):
                needs = ", which needs early_stopping=True, or X_val and y_val in fit"
            raise ValueError(
                f"monitor: expected one of {numbers}, got {self.monitor!r}{needs}."
            )
        return float(value)
