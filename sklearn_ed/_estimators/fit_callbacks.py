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
from .._training.loop import EpochHooks, Progress
from . import continuing
from .continuing import SavedFit
from .fitting import Fit

__all__ = [
    "EPOCH",
    "CallbackSupportMixin",
    "FitCallbacks",
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

    def __init__(self, fit: Fit, X: Any, y: Any, sample_weight: Any) -> None:
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._fit, self._estimator = fit, fit.estimator
        self._task = {"estimator": fit.estimator, "X": X, "y": y, "metadata": metadata}
        self.kept: NetworkBank | None = None

    def open(self) -> EpochHooks | None:
        """Set the callbacks up and begin `fit`; return the hooks of epochs, None without."""
        estimator = self._estimator
        if _CALLBACKS not in vars(estimator):
            return None
        estimator._fit_callbacks = self
        n_epochs = self._fit.stopping.max_iter
        self._context = epoch = estimator._init_callback_context(max_subtasks=n_epochs)
        epoch.call_on_fit_task_begin(**self._task, reconstruction_attributes=self._copied)

        def begin(progress: Progress) -> None:
            nonlocal epoch
            epoch = self._context.subcontext(task_name=EPOCH)
            epoch.call_on_fit_task_begin(**self._task, reconstruction_attributes=self._now)

        def end(progress: Progress) -> bool:
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
        return self._fit.history.epochs[-1]

    @property
    def n_epochs(self) -> int:
        """Number of epochs of this call."""
        return self._fit.history.n_iter

    @property
    def is_last_epoch(self) -> bool:
        """Whether training ends after this epoch, unless a callback ends it before."""
        return self._fit.progress.is_over(self._fit.stopping)

    def begin_saving(self) -> dict[str, Any]:
        """Check, at the beginning, that this fit can be saved; return what never changes."""
        return continuing.description(self._fit)

    def saved(self, description: dict[str, Any]) -> SavedFit | None:
        """What `fit` can be continued from after this epoch, None where it diverges."""
        return continuing.saved(self._fit, description)

    def fitted(self) -> Any:
        """A copy of the estimator as `fit` would leave it if it stopped here."""
        twin = copy.copy(self._estimator)
        vars(twin).update(self._now())
        return twin

    def keep(self) -> None:
        """Let `fit` keep the parameters of the last epoch."""
        self.kept = self._fit.trainer.bank.copy()

    def _now(self) -> dict[str, Any]:
        return self._fit.attributes(self.kept or self._fit.progress.kept(self._fit.trainer))

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


def without_callbacks(state: dict[str, Any]) -> dict[str, Any]:
    """The state of an estimator to save or to copy: a fitted one has no callbacks.

    They belong to `fit`, and some hold a key to this process. An estimator that is not fitted
    takes its callbacks along to the process that fits it.
    """
    if "coefs_" not in state and "_callback_fit_ctx" not in state:
        return state
    left_out = (_CALLBACKS, *_OF_A_CALL)
    return {name: value for name, value in state.items() if name not in left_out}
