"""The training loop: epochs, stopping, validation and history."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._networks.bank import NetworkBank
from .optimizers import Schedule
from .trainer import Trainer, TrainingData


@dataclass
class History:
    """What learning left behind besides the parameters.

    Attributes
    ----------
    loss_curve : list of float
        Mean training loss of each epoch, measured while it learned.
    validation_scores : list of float
        Score on the validation rows after each epoch; empty without early stopping.
    best_validation_score : float
    n_iter : int
        Epochs done.
    t : int
        Samples seen.
    n_no_improvement : int
        Epochs in a row that did not improve by `tol`.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_scores: list[float] = field(default_factory=list)
    best_validation_score: float = -np.inf
    n_iter: int = 0
    t: int = 0
    n_no_improvement: int = 0

    def record_score(self, score: float, tol: float) -> bool:
        """Write a validation score down; return whether it improved by `tol`."""
        improved = score >= self.best_validation_score + tol
        self.validation_scores.append(score)
        if score > self.best_validation_score:
            self.best_validation_score = score
        return improved


@dataclass(frozen=True)
class Stopping:
    """When to stop, in MLPClassifier's terms.

    Attributes
    ----------
    max_iter : int
        Most epochs.
    tol : float
        Least improvement that counts.
    n_iter_no_change : float
        Epochs in a row that may fail to improve.
    score : callable or None
        Score of a bank on validation rows, higher is better; None: the training loss decides.
    """

    max_iter: int
    tol: float
    n_iter_no_change: float
    score: Callable[[NetworkBank], float] | None = None


@contextmanager
def kept_on_interrupt(trainer: Trainer) -> Iterator[None]:
    """End the block with a warning, not an error, on KeyboardInterrupt."""
    try:
        yield
    except KeyboardInterrupt:
        # It may have come in the middle of a step.
        trainer.keep_signs()
        warnings.warn("Training interrupted; what was learned is kept.", stacklevel=3)


def run_epoch(
    trainer: Trainer,
    data: TrainingData,
    history: History,
    *,
    batch_size: int,
    rng: np.random.RandomState | None,
    schedule: Schedule,
    verbose: bool | int,
) -> float:
    """One epoch, written into `history`; return its mean loss.

    An overflow is no warning here: it ends in parameters that are not finite, which the caller
    must refuse.
    """
    rate = schedule.rate(history.n_iter, history.t)
    if rate != trainer.solver.alpha:
        trainer.solver = replace(trainer.solver, alpha=rate)
    if trainer.dropout is not None:
        trainer.dropout.begin(len(history.loss_curve))
    with np.errstate(over="ignore", invalid="ignore"):
        loss = trainer.epoch(data, batch_size, rng)
    history.loss_curve.append(loss)
    history.n_iter += 1
    history.t += data.rows.shape[0]
    if verbose:
        print(f"Iteration {history.n_iter}, loss = {loss:.8f}")
    return loss


def train(
    trainer: Trainer,
    data: TrainingData,
    history: History,
    stopping: Stopping,
    *,
    batch_size: int,
    rng: np.random.RandomState | None,
    schedule: Schedule,
    verbose: bool | int,
) -> None:
    """Learn until `stopping` says so; keep what was learned on KeyboardInterrupt.

    Changes `trainer`, `history` and `rng`, which shuffles if it is given. With a validation
    score the bank is left with the best parameters met, in a warm start also those that it came
    with.

    Warns
    -----
    ConvergenceWarning
        If `max_iter` epochs were done before the loss or the score stopped improving.
    """
    best, best_loss = None, np.inf
    if stopping.score is not None and history.loss_curve:
        best, history.best_validation_score = trainer.bank.copy(), stopping.score(trainer.bank)
    with kept_on_interrupt(trainer):
        while history.n_iter < stopping.max_iter:
            loss = run_epoch(
                trainer,
                data,
                history,
                batch_size=batch_size,
                rng=rng,
                schedule=schedule,
                verbose=verbose,
            )
            if stopping.score is None:
                improved = loss <= best_loss - stopping.tol
                best_loss = min(best_loss, loss)
            else:
                score = stopping.score(trainer.bank)
                if score > history.best_validation_score:
                    best = trainer.bank.copy()
                improved = history.record_score(score, stopping.tol)
                if verbose:
                    print(f"Validation score: {score:f}")
            history.n_no_improvement = 0 if improved else history.n_no_improvement + 1
            if history.n_no_improvement > stopping.n_iter_no_change:
                if verbose:
                    what = "Training loss" if stopping.score is None else "Validation score"
                    print(
                        f"{what} did not improve more than tol={stopping.tol:f} for "
                        f"{stopping.n_iter_no_change} consecutive epochs. Stopping."
                    )
                break
        else:
            warnings.warn(
                f"max_iter={stopping.max_iter} epochs were done before the optimization "
                "converged; raise max_iter, tol or alpha.",
                ConvergenceWarning,
                stacklevel=5,
            )
    if best is not None:
        trainer.bank = best
