"""What our callbacks share: hooks that follow scikit-learn's protocol, a state for each fit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, NamedTuple, TypeVar

from .._estimators.fit_callbacks import EPOCH, FitCallbacks, in_fit

State = TypeVar("State")


class Task(NamedTuple):
    """A call of `fit` among all that belong to one call of the outermost `fit`.

    Attributes
    ----------
    run : str
        Identifies the outermost `fit`, for example that of a grid search.
    path : tuple of int
        Numbers of the tasks from the outermost `fit` down to this one.
    """

    run: str
    path: tuple[Any, ...]

    def __str__(self) -> str:
        return "-".join(map(str, self.path))


def fit_task(context: Any) -> Task:
    """The fit of a context, which is that of the fit or of an epoch."""
    context = context.parent if context.task_name == EPOCH else context
    path = []
    while context is not None:
        path.append(context.task_id)
        last, context = context, context.parent
    return Task(last.root_uuid.hex, tuple(reversed(path)))


class EpochCallback(ABC, Generic[State]):
    """A callback that acts after each epoch.

    Clones of an estimator share it, also in threads: what belongs to a fit is kept by task.
    """

    def __init__(self) -> None:
        self._states: dict[Task, State] = {}

    @abstractmethod
    def _start(self, fit: FitCallbacks, task: Task) -> State:
        """The state of a fit that begins."""

    @abstractmethod
    def _after_epoch(self, fit: FitCallbacks, task: Task, state: State) -> bool:
        """Act; return whether to stop."""

    def setup(self, estimator: Any, context: Any) -> None:
        """Begin a fit.

        Parameters
        ----------
        estimator : EDClassifier or EDRegressor
            The estimator that learns.
        context : sklearn.callback.CallbackContext
            Its task.

        Raises
        ------
        TypeError
            If the callback is set on another estimator.
        """
        fit, task = in_fit(estimator, self), fit_task(context)
        self._states[task] = self._start(fit, task)

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing.

        Parameters
        ----------
        estimator : EDClassifier or EDRegressor
            The estimator that learns.
        context : sklearn.callback.CallbackContext
            Its task.
        """

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
        """Act at the end of an epoch.

        Parameters
        ----------
        estimator : EDClassifier or EDRegressor
            The estimator that learns.
        context : sklearn.callback.CallbackContext
            Its task.

        Returns
        -------
        bool
            Whether to stop.
        """
        if context.task_name != EPOCH:
            return False
        task = fit_task(context)
        return self._after_epoch(in_fit(estimator, self), task, self._states[task])

    def teardown(self, estimator: Any, context: Any) -> None:
        """Forget the fit.

        Parameters
        ----------
        estimator : EDClassifier or EDRegressor
            The estimator that learns.
        context : sklearn.callback.CallbackContext
            Its task.
        """
        self._states.pop(fit_task(context), None)

    def __getstate__(self) -> dict[str, Any]:
        """The parameters: fits that run now end in this process."""
        return {**vars(self), "_states": {}}
