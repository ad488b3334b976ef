"""What the client does between the rounds: callbacks, printing, stopping."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._estimators import defaults
from .._estimators.fit_callbacks import EPOCH
from .._training.schedules import ENDING


class Monitor:
    """The rounds of one call, as the user sees them.

    Parameters
    ----------
    estimator : DaskEDClassifier or DaskEDRegressor
    data : tuple
        X, y and the sample weights, for callbacks.
    is_fit : bool
        Whether this is `fit`: `partial_fit` neither stops early nor has callbacks.
    """

    def __init__(self, estimator: Any, data: tuple[Any, Any, Any], *, is_fit: bool) -> None:
        self._estimator, self._is_fit = estimator, is_fit
        X, y, weight = data
        metadata = None if weight is None else {"sample_weight": weight}
        self._task = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._context: Any = None
        self._epoch: Any = None
        self._n_printed = 0

    def begin(self, n_rounds: int) -> None:
        """Begin the call."""
        if self._is_fit and "_skl_callbacks" in vars(self._estimator):
            self._context = self._estimator._init_callback_context(max_subtasks=n_rounds)
            self._context.call_on_fit_task_begin(
                **self._task, reconstruction_attributes=lambda: None
            )

    def begin_round(self, result: Callable[[], Any]) -> None:
        """Begin a round; `result` returns what is learned so far."""
        if self._context is not None:
            self._epoch = self._context.subcontext(task_name=EPOCH)
            self._epoch.call_on_fit_task_begin(
                **self._task, reconstruction_attributes=lambda: {"estimator_": result()}
            )

    def end_round(self, result: Callable[[], Any], losses: list[float], n_parts: int) -> bool:
        """End a round; return whether it was the last one. `losses` are those of all parts."""
        n_epochs = len(losses) // n_parts
        epochs = np.reshape(losses[: n_epochs * n_parts], (n_epochs, n_parts)).mean(axis=1)
        if self._estimator.verbose:
            for number in range(self._n_printed, n_epochs):
                print(f"Iteration {number + 1}, loss = {epochs[number]:.8f}")
        self._n_printed = n_epochs
        is_stopped = False
        if self._epoch is not None:
            is_stopped = self._epoch.call_on_fit_task_end(
                **self._task, reconstruction_attributes=lambda: {"estimator_": result()}
            )
        return bool(is_stopped) or (self._is_fit and self._has_stalled(epochs.tolist(), result))

    def warn_of_end(self, n_epochs: int) -> None:
        """Warn if a learning rate without an end was learned with to the last epoch."""
        if self._is_fit and self._estimator.learning_rate not in ENDING:
            warnings.warn(
                f"The optimization has not converged after max_iter={n_epochs} epochs. "
                "Increase max_iter, tol or alpha.",
                ConvergenceWarning,
                stacklevel=5,
            )

    def end(self) -> None:
        """End the call; the estimator is fitted."""
        if self._context is not None:
            attributes = {"estimator_": self._estimator.estimator_}
            self._context.call_on_fit_task_end(
                **self._task, reconstruction_attributes=lambda: attributes
            )

    def _has_stalled(self, losses: list[float], result: Callable[[], Any]) -> bool:
        """Whether the loss has not improved by `tol` for too many epochs, as `fit` counts."""
        estimator, best, n_stalled = self._estimator, np.inf, 0
        loss = getattr(estimator, "loss", None)
        tol = defaults.tolerance(estimator.tol, False, loss, estimator.learning_rate)
        for loss in losses:
            n_stalled = 0 if loss <= best - tol else n_stalled + 1
            best = min(best, loss)
        return bool(n_stalled > estimator.n_iter_no_change)
