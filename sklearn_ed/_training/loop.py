"""The training loop: epochs, stopping and validation."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._backend.blas import one_blas_thread
from .._networks.bank import NetworkBank
from .data import TrainingData
from .history import History, StateOfUnits, ValidationResult
from .schedules import EpochRate, Schedule
from .trainer import Trainer

COOLDOWN, LEAST_COOLDOWN = 1 / 3, 4
"""Epochs with a falling rate after early stopping: share of those before, and minimum."""


@dataclass(frozen=True)
class Stopping:
    """When to stop, with the meaning that these names have in MLPClassifier.

    Attributes
    ----------
    max_iter : int
        Maximum number of epochs.
    tol : float
        Smallest improvement that counts.
    n_iter_no_change : float
        Maximum number of consecutive epochs without an improvement.
    score : callable or None
        Score and loss of a bank on validation rows; None: the training loss decides.
    """

    max_iter: int
    tol: float
    n_iter_no_change: float
    score: Callable[[NetworkBank], ValidationResult] | None = None


@dataclass(frozen=True)
class EpochSettings:
    """How every epoch of a call is learned.

    Attributes
    ----------
    batch_size : int
    rng : RandomState or None
        Shuffles the rows, if given.
    schedule : Schedule
    verbose : bool or int
        Whether to print the loss.
    """

    batch_size: int
    rng: np.random.RandomState | None
    schedule: Schedule
    verbose: bool | int = False


@dataclass
class Progress:
    """How far `train` has come: all that its loop changes, beside the trainer.

    Attributes
    ----------
    history : History
    settings : EpochSettings
        The schedule is another one after early stopping.
    n_epochs : int
        Number of epochs after which training ends.
    best : NetworkBank or None
        The bank with the best validation score; None without such scores.
    best_loss : float
        Lowest training loss, where there is no validation score.
    is_cooling : bool
        Whether the rate falls to zero after early stopping.
    """

    history: History
    settings: EpochSettings
    n_epochs: int
    best: NetworkBank | None = None
    best_loss: float = np.inf
    is_cooling: bool = False

    @classmethod
    def start(
        cls, trainer: Trainer, history: History, stopping: Stopping, settings: EpochSettings
    ) -> Progress:
        """Before the first epoch. A warm start has seen the bank that it starts from."""
        best = None
        if stopping.score is not None and history.loss_curve:
            best = trainer.bank.copy()
            history.best_validation_score = stopping.score(best).score
        return cls(history, settings, stopping.max_iter, best)

    def kept(self, trainer: Trainer) -> NetworkBank:
        """The bank that `train` returns if it ends here."""
        return trainer.bank if self.best is None else self.best

    def has_stalled(self, stopping: Stopping) -> bool:
        """Whether early stopping takes effect after the last epoch."""
        has_none = self.history.n_no_improvement > stopping.n_iter_no_change
        return has_none and not self.is_cooling

    @property
    def n_cooling(self) -> int:
        """Number of epochs in which the rate would fall to zero after early stopping."""
        if self.best is None or not self.settings.schedule.changes_within_epoch:
            return 0
        n_done = self.history.n_iter
        n_wanted = max(LEAST_COOLDOWN, round(COOLDOWN * n_done))
        return min(n_wanted, self.n_epochs - n_done)

    def is_over(self, stopping: Stopping) -> bool:
        """Whether the last epoch was the last one of all."""
        if self.has_stalled(stopping):
            return not self.n_cooling
        return self.history.n_iter >= self.n_epochs

    def cool(self, trainer: Trainer) -> None:
        """Go back to the best parameters, from which the rate falls to zero."""
        assert self.best is not None
        n_done, n_epochs = self.history.n_iter, self.history.n_iter + self.n_cooling
        schedule = self.settings.schedule.to_zero(n_done, self.history.t, n_epochs)
        self.is_cooling, self.n_epochs = True, n_epochs
        trainer.bank.flat[...] = self.best.flat
        self.settings = replace(self.settings, schedule=schedule)


@dataclass(frozen=True)
class EpochHooks:
    """What `train` calls before and after each epoch.

    Attributes
    ----------
    begin : callable
    end : callable
        Returns whether to stop.
    """

    begin: Callable[[Progress], None]
    end: Callable[[Progress], bool]


@contextmanager
def kept_on_interrupt(trainer: Trainer) -> Iterator[None]:
    """End the block with a warning, not an error, on KeyboardInterrupt."""
    with noted_interrupt(trainer) as interrupts:
        yield
    if interrupts:
        warnings.warn("Training interrupted; what was learned is kept.", stacklevel=3)


@contextmanager
def noted_interrupt(trainer: Trainer) -> Iterator[list[KeyboardInterrupt]]:
    """End the block on KeyboardInterrupt, and put it into the list for the caller to raise."""
    came: list[KeyboardInterrupt] = []
    try:
        yield came
    except KeyboardInterrupt as interrupt:
        # It may have come in the middle of a step.
        trainer.complete_step(trainer.alpha)
        came.append(interrupt)


def run_epoch(
    trainer: Trainer, data: TrainingData, history: History, settings: EpochSettings
) -> float:
    """Learn one epoch and add it to `history`; return its mean loss.

    An overflow is no warning here: it ends in parameters that are not finite, which the caller
    must refuse.
    """
    rate = begin_epoch(trainer, history, settings)
    with np.errstate(over="ignore", invalid="ignore"), one_blas_thread():
        loss = trainer.epoch(data, settings.batch_size, settings.rng, rate)
    history.record_epoch(loss, data.rows.shape[0])
    if settings.verbose:
        print_epoch(history)
    return loss


def begin_epoch(trainer: Trainer, history: History, settings: EpochSettings) -> EpochRate:
    """Prepare dropout for the next epoch; return its learning rate."""
    if trainer.dropout is not None:
        trainer.dropout.begin(len(history.loss_curve))
    return EpochRate(settings.schedule, history.n_iter, history.t)


def print_epoch(history: History) -> None:
    """Print the loss of the last epoch."""
    print(f"Iteration {history.n_iter}, loss = {history.loss_curve[-1]:.8f}")


def train(
    trainer: Trainer,
    data: TrainingData,
    progress: Progress,
    stopping: Stopping,
    hooks: EpochHooks | None = None,
) -> NetworkBank:
    """Learn until `stopping` or a hook says so; on KeyboardInterrupt, keep what was learned.

    Changes `trainer`, `progress` and the random state. All three, as they were after an epoch,
    are what a call needs to continue from there.

    Where the schedule has an end, training does not stop at a high rate when the validation
    score no longer improves: it goes back to the best parameters, and the rate falls to zero.

    Returns
    -------
    NetworkBank
        The bank of `trainer`; with a validation score, the best one that was seen. A warm
        start has seen the one that it started from.

    Warns
    -----
    ConvergenceWarning
        If `max_iter` epochs were not enough.
    """
    history = progress.history
    state_of_units = StateOfUnits(trainer.bank, data)
    with kept_on_interrupt(trainer):
        while _goes_on(trainer, progress, stopping):
            settings = progress.settings
            if hooks is not None:
                hooks.begin(progress)
            rate = EpochRate(settings.schedule, history.n_iter, history.t)
            loss = run_epoch(trainer, data, history, settings)
            validation = None
            if stopping.score is None:
                improved = loss <= progress.best_loss - stopping.tol
                progress.best_loss = min(progress.best_loss, loss)
            else:
                validation = stopping.score(trainer.bank)
                score = validation.score
                if score > history.best_validation_score:
                    progress.best = trainer.bank.copy()
                improved = history.record_score(score, stopping.tol)
                if settings.verbose:
                    print(f"Validation score: {score:f}")
            last_rate = rate.of_last_step(data.rows.size, settings.batch_size)
            history.describe_epoch(validation, last_rate, state_of_units(trainer.bank))
            history.n_no_improvement = 0 if improved else history.n_no_improvement + 1
            if hooks is not None and hooks.end(progress):
                break
    return progress.kept(trainer)


def _goes_on(trainer: Trainer, progress: Progress, stopping: Stopping) -> bool:
    """Whether another epoch follows; prepare it if it is the first after early stopping."""
    settings, is_over = progress.settings, progress.is_over(stopping)
    if progress.has_stalled(stopping):
        if settings.verbose:
            _print_end(stopping, progress.n_cooling)
        if not is_over:
            progress.cool(trainer)
    elif is_over and not settings.schedule.changes_within_epoch:
        # A schedule that comes to its end has done what was asked.
        _warn_of_end(stopping.max_iter)
    return not is_over


def _print_end(stopping: Stopping, n_left: int) -> None:
    what = "Training loss" if stopping.score is None else "Validation score"
    then = f"The learning rate falls to zero in {n_left} epochs." if n_left else "Stopping."
    print(
        f"{what} did not improve more than tol={stopping.tol:f} for "
        f"{stopping.n_iter_no_change} consecutive epochs. {then}"
    )


def _warn_of_end(max_iter: int) -> None:
    warnings.warn(
        f"The optimization has not converged after max_iter={max_iter} epochs. Increase "
        "max_iter, tol or alpha.",
        ConvergenceWarning,
        stacklevel=9,
    )
