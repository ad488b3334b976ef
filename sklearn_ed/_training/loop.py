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


@dataclass(frozen=True)
class EpochHooks:
    """What `train` calls before and after each epoch, with the bank that it would return.

    Attributes
    ----------
    begin : callable
    end : callable
        Returns whether to stop.
    """

    begin: Callable[[History, NetworkBank], None]
    end: Callable[[History, NetworkBank], bool]


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
        trainer.rule.project(trainer.bank)
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
    history: History,
    stopping: Stopping,
    settings: EpochSettings,
    hooks: EpochHooks | None = None,
) -> NetworkBank:
    """Learn until `stopping` or a hook says so; on KeyboardInterrupt, keep what was learned.

    Changes `trainer`, `history` and the random state.

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
    best, best_loss = None, np.inf
    n_epochs, is_cooling = stopping.max_iter, False
    state_of_units = StateOfUnits(trainer.bank, data)
    if stopping.score is not None and history.loss_curve:
        best = trainer.bank.copy()
        history.best_validation_score = stopping.score(best).score
    with kept_on_interrupt(trainer):
        while history.n_iter < n_epochs:
            if hooks is not None:
                hooks.begin(history, trainer.bank if best is None else best)
            rate = EpochRate(settings.schedule, history.n_iter, history.t)
            loss = run_epoch(trainer, data, history, settings)
            validation = None
            if stopping.score is None:
                improved = loss <= best_loss - stopping.tol
                best_loss = min(best_loss, loss)
            else:
                validation = stopping.score(trainer.bank)
                score = validation.score
                if score > history.best_validation_score:
                    best = trainer.bank.copy()
                improved = history.record_score(score, stopping.tol)
                if settings.verbose:
                    print(f"Validation score: {score:f}")
            last_rate = rate.of_last_step(data.rows.size, settings.batch_size)
            history.describe_epoch(validation, last_rate, state_of_units(trainer.bank))
            history.n_no_improvement = 0 if improved else history.n_no_improvement + 1
            if hooks is not None and hooks.end(history, trainer.bank if best is None else best):
                break
            if is_cooling or history.n_no_improvement <= stopping.n_iter_no_change:
                continue
            n_left = 0
            if best is not None and settings.schedule.changes_within_epoch:
                n_left = max(LEAST_COOLDOWN, round(COOLDOWN * history.n_iter))
                n_left = min(n_left, n_epochs - history.n_iter)
            if settings.verbose:
                _print_end(stopping, n_left)
            if best is None or not n_left:
                break
            is_cooling, n_epochs = True, history.n_iter + n_left
            np.copyto(trainer.bank.flat, best.flat)
            schedule = settings.schedule.to_zero(history.n_iter, history.t, n_epochs)
            settings = replace(settings, schedule=schedule)
        else:
            # A schedule that comes to its end has done what was asked.
            if not settings.schedule.changes_within_epoch:
                _warn_of_end(stopping.max_iter)
    return trainer.bank if best is None else best


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
        stacklevel=8,
    )
