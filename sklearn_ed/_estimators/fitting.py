"""One call of `fit` after the checks."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

from .._networks.bank import NetworkBank
from .._training.data import TrainingData
from .._training.history import History
from .._training.loop import Progress, Stopping
from .._training.trainer import Trainer
from . import defaults
from .arrays import as_attributes
from .calls import Call
from .divergence import check_converged
from .starting import Start, epoch_settings
from .validation import ValidationPlan


@dataclass
class Fit:
    """One call of `fit`: what it starts from, and how far it has come.

    Attributes
    ----------
    estimator : EDClassifier or EDRegressor
    call : Call
    start : Start
    trainer : Trainer
    plan : ValidationPlan
    history : History
    data : TrainingData
        The checked data, before the scale of `scale_inputs`.
    given : TrainingData or None
        The validation data that were passed.
    labels : LabelCode or int
        The classes, or the number of targets.
    stopping : Stopping
    progress : Progress
    beginning : dict or None
        Identifies the data and what was drawn, for a fit that can be continued.
    """

    estimator: Any
    call: Call
    start: Start
    trainer: Trainer
    plan: ValidationPlan
    history: History
    data: TrainingData
    given: TrainingData | None
    labels: Any
    stopping: Stopping = field(init=False)
    progress: Progress = field(init=False)
    beginning: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        estimator, plan = self.estimator, self.plan
        settings = epoch_settings(estimator, self.start, plan.data, self.call)
        tol = defaults.tolerance(
            estimator.tol, plan.early_stopping, self._loss, estimator.learning_rate
        )
        n_epochs = int(settings.schedule.n_epochs)
        self.stopping = Stopping(n_epochs, tol, estimator.n_iter_no_change, plan.score)
        self.progress = Progress.start(self.trainer, self.history, self.stopping, settings)

    @property
    def _loss(self) -> str | None:
        return self.trainer.outputs.loss

    def calibrate(self, bank: NetworkBank) -> None:
        """Multiply the outputs of the bank by what the held-out folds say."""
        if self.plan.folds is not None and self._loss == "log_loss":
            self.plan.folds.calibrate(bank)

    def attributes(self, bank: NetworkBank) -> dict[str, Any]:
        """The attributes that `fit` would set if it stopped here with this bank; copies.

        Raises
        ------
        ValueError
            If training has diverged.
        """
        history = self.history
        check_converged(bank, history, self.estimator.alpha)
        bank = bank.copy()
        self.calibrate(bank)
        if self.start.output_scale is not None:
            bank.scale_outputs(self.start.output_scale)
        curve, scores = history.loss_curve.copy(), history.validation_scores.copy()
        history = replace(history, loss_curve=curve, validation_scores=scores)
        trained = self.estimator._trained(bank, self.trainer, history, self.call)
        arrays = {"coefs_": bank.coefs, "intercepts_": bank.biases, "_solver_state": None}
        attributes = as_attributes(copy.deepcopy(self.start.attributes))
        return attributes | trained | arrays
