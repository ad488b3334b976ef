"""scikit-learn's callbacks in `fit`: the only module that knows `sklearn.callback`.

The training loop receives two plain functions, and None where no callback is set.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

from sklearn import callback
from sklearn.callback import CallbackSupportMixin

from .._networks.bank import NetworkBank
from .._training.history import History
from .._training.loop import EpochHooks
from .._training.trainer import Trainer
from .calls import Call
from .starting import Start

__all__ = [
    "CallbackSupportMixin",
    "FitCallbacks",
    "fitted_at",
    "with_callbacks",
    "without_callbacks",
]

_CALLBACKS = "_skl_callbacks"
_OF_A_CALL = ("_callback_fit_ctx", "_parent_callback_ctx", "_skl_callbacks_to_teardown")

Method = TypeVar("Method", bound=Callable[..., Any])

# The attributes of an estimator whose training has come to these epochs and this bank.
FittedAttributes = Callable[[History, NetworkBank], dict[str, Any]]


def with_callbacks(method: Method) -> Method:
    """Tear the callbacks down that were set up in a method, however it ends."""
    decorated: Method = callback.with_callbacks(method)
    return decorated


class FitCallbacks:
    """The callbacks of one call of `fit`, which runs inside `with_callbacks`.

    Callbacks receive X, y and sample_weight as the user gave them: scorers expect feature names
    and labels.
    """

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._task = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._context: Any = None

    def open(self, n_epochs: int, fitted: FittedAttributes) -> EpochHooks | None:
        """Set the callbacks up and begin `fit`; return the hooks of epochs, None without."""
        estimator = self._task["estimator"]
        if _CALLBACKS not in vars(estimator):
            return None
        self._context = root = estimator._init_callback_context(max_subtasks=n_epochs)
        root.call_on_fit_task_begin(**self._task, reconstruction_attributes=self._copied)
        epoch = root

        def begin(history: History, bank: NetworkBank) -> None:
            nonlocal epoch
            epoch = root.subcontext(task_name="epoch")
            epoch.call_on_fit_task_begin(
                **self._task, reconstruction_attributes=lambda: fitted(history, bank)
            )

        def end(history: History, bank: NetworkBank) -> bool:
            return epoch.call_on_fit_task_end(
                **self._task, reconstruction_attributes=lambda: fitted(history, bank)
            )

        return EpochHooks(begin, end)

    def close(self) -> None:
        """End `fit`; the estimator has its attributes."""
        if self._context is not None:
            self._context.call_on_fit_task_end(
                **self._task, reconstruction_attributes=self._copied
            )

    def _copied(self) -> dict[str, Any] | None:
        """All attributes of the estimator, None of one that is not fitted."""
        estimator = self._task["estimator"]
        return vars(copy.deepcopy(estimator)) if hasattr(estimator, "coefs_") else None


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
    estimator._check_finite(bank, history)
    bank = bank.copy()
    if calibrate is not None:
        calibrate(bank)
    if start.output_scale is not None:
        bank.scale_outputs(start.output_scale)
    trained = estimator._trained(bank, trainer, copy.deepcopy(history), call)
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
