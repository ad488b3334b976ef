"""scikit-learn's callbacks in `fit`: the only module that knows `sklearn.callback`.

The training loop receives two plain functions, and None where no callback is set.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from sklearn import callback
from sklearn.callback import CallbackSupportMixin

from .._networks.bank import NetworkBank
from .._training.history import History
from .._training.loop import EpochHooks
from .._training.trainer import Trainer
from .calls import Call
from .divergence import check_converged
from .starting import Start

__all__ = [
    "EPOCH",
    "CallbackSupportMixin",
    "FitCallbacks",
    "fitted_at",
    "in_fit",
    "with_callbacks",
    "without_callbacks",
]

_CALLBACKS = "_skl_callbacks"
_OF_A_CALL = (
    "_callback_fit_ctx",
    "_fit_callbacks",
    "_parent_callback_ctx",
    "_skl_callbacks_to_teardown",
)
EPOCH = "epoch"
"""The name of the tasks of `fit`."""

Method = TypeVar("Method", bound=Callable[..., Any])

# The attributes of an estimator whose training has come to these epochs and this bank.
FittedAt = Callable[[History, NetworkBank], dict[str, Any]]


def with_callbacks(method: Method) -> Method:
    """Tear the callbacks down that were set up in a method, however it ends."""
    decorated: Method = callback.with_callbacks(method)
    return decorated


class FitCallbacks:
    """The callbacks of one call of `fit`, which runs inside `with_callbacks`.

    Callbacks receive X, y and sample_weight as the user gave them: scorers expect feature names
    and labels. While `fit` runs, the estimator refers to this object, for callbacks that need
    no fitted estimator in every epoch, which takes about a millisecond.

    Attributes
    ----------
    kept : NetworkBank or None
        The bank that `fit` keeps instead of the last or the best one.
    """

    _context: Any
    _history: History
    _trainer: Trainer
    _fitted_at: FittedAt

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._task = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._estimator = estimator
        self._bank: NetworkBank | None = None
        self.kept: NetworkBank | None = None

    def open(self, trainer: Trainer, n_epochs: int, fitted_at: FittedAt) -> EpochHooks | None:
        """Set the callbacks up and begin `fit`; return the hooks of epochs, None without."""
        estimator = self._estimator
        if _CALLBACKS not in vars(estimator):
            return None
        self._trainer, self._fitted_at = trainer, fitted_at
        estimator._fit_callbacks = self
        self._context = epoch = estimator._init_callback_context(max_subtasks=n_epochs)
        epoch.call_on_fit_task_begin(**self._task, reconstruction_attributes=self._copied)

        def begin(history: History, bank: NetworkBank) -> None:
            nonlocal epoch
            self._history, self._bank = history, bank
            epoch = self._context.subcontext(task_name=EPOCH)
            epoch.call_on_fit_task_begin(**self._task, reconstruction_attributes=self._now)

        def end(history: History, bank: NetworkBank) -> bool:
            self._bank = bank
            return epoch.call_on_fit_task_end(**self._task, reconstruction_attributes=self._now)

        return EpochHooks(begin, end)

    def close(self) -> None:
        """End `fit`; the estimator has its attributes."""
        if vars(self._estimator).pop("_fit_callbacks", None) is not None:
            self._context.call_on_fit_task_end(
                **self._task, reconstruction_attributes=self._copied
            )

    @property
    def record(self) -> dict[str, Any]:
        """The values of `history_` of the last epoch."""
        return self._history.epochs[-1]

    @property
    def n_epochs(self) -> int:
        """Number of epochs of this call."""
        return self._history.n_iter

    def fitted(self) -> Any:
        """A copy of the estimator as `fit` would leave it if it stopped here."""
        twin = copy.copy(self._estimator)
        vars(twin).update(self._now())
        return twin

    def keep(self) -> None:
        """Let `fit` keep the parameters of the last epoch."""
        self.kept = self._trainer.bank.copy()

    def _now(self) -> dict[str, Any]:
        bank = self._bank if self.kept is None else self.kept
        assert bank is not None
        return self._fitted_at(self._history, bank)

    def _copied(self) -> dict[str, Any] | None:
        """All attributes of the estimator, None of one that is not fitted."""
        estimator = self._estimator
        return vars(copy.deepcopy(estimator)) if hasattr(estimator, "coefs_") else None


def in_fit(estimator: Any, callback: object) -> FitCallbacks:
    """The callbacks of the call of `fit` that runs.

    Raises
    ------
    TypeError
        If the estimator has other callbacks than these.
    """
    callbacks: FitCallbacks | None = vars(estimator).get("_fit_callbacks")
    if callbacks is None:
        raise TypeError(
            f"{type(callback).__name__}: expected to be set on an EDClassifier or EDRegressor, "
            f"got {type(estimator).__name__}. Of a pipeline, set it on the last step."
        )
    return callbacks


def fitted_at(
    estimator: Any,
    trainer: Trainer,
    start: Start,
    call: Call,
    calibrate: Callable[[NetworkBank], None] | None,
    history: History,
    bank: NetworkBank,
) -> dict[str, Any]:
    """The attributes that `fit` would set if it stopped here; copies.

    Raises
    ------
    ValueError
        If training has diverged.
    """
    check_converged(bank, history, estimator.alpha)
    bank = bank.copy()
    if calibrate is not None:
        calibrate(bank)
    if start.output_scale is not None:
        bank.scale_outputs(start.output_scale)
    curve, scores = history.loss_curve.copy(), history.validation_scores.copy()
    history = replace(history, loss_curve=curve, validation_scores=scores)
    trained = estimator._trained(bank, trainer, history, call)
    arrays = {"coefs_": bank.coefs, "intercepts_": bank.biases, "_solver_state": None}
    return copy.deepcopy(start.attributes) | trained | arrays


def without_callbacks(state: dict[str, Any]) -> dict[str, Any]:
    """The state of an estimator to save or to copy: a fitted one has no callbacks.

    They belong to `fit`, and some hold a key to this process. An estimator that is not fitted
    takes its callbacks along to the process that fits it.
    """
    if "coefs_" not in state and "_callback_fit_ctx" not in state:
        return state
    left_out = (_CALLBACKS, *_OF_A_CALL)
    return {name: value for name, value in state.items() if name not in left_out}
