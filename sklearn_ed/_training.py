"""The training loop: epochs, batches, stopping, validation and history."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import gen_batches

from ._network import NetworkBank
from ._outputs import Outputs
from ._rule import clamp_signs, ed_increments
from ._solvers import Solver


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


@dataclass
class TrainingData:
    """Rows to learn from.

    Attributes
    ----------
    X : {ndarray, CSR array} of shape (n_samples, n_features)
    targets : ndarray
        In the form that the outputs expect, one entry or row per sample.
    weight : ndarray of shape (n_samples,), or None
    rows : ndarray of int
        Indices of the rows to learn from.
    """

    X: Any
    targets: np.ndarray
    weight: np.ndarray | None
    rows: np.ndarray

    @property
    def total_weight(self) -> float:
        """Sum of the weights of the rows, which count 1 each without weights."""
        return float(self.rows.size if self.weight is None else self.weight[self.rows].sum())

    def batch_size(self, requested: int | str) -> int:
        """Rows per batch: "auto" is 200, and never more than there are."""
        return min(200 if requested == "auto" else int(requested), self.rows.shape[0])

    def batches(
        self, batch_size: int, rng: np.random.RandomState | None
    ) -> Iterator[tuple[Any, np.ndarray, np.ndarray | None]]:
        """Yield (X, targets, weight) of one epoch, in a new random order if `rng` is given."""
        rows = self.rows if rng is None else rng.permutation(self.rows)
        in_place = rng is None and rows.shape[0] == self.targets.shape[0]
        for batch in gen_batches(rows.shape[0], batch_size):
            chosen = batch if in_place else rows[batch]
            weight = None if self.weight is None else self.weight[chosen]
            yield self.X[chosen], self.targets[chosen], weight


@dataclass
class Trainer:
    """A bank of networks, its outputs and a solver, ready to learn.

    Attributes
    ----------
    bank : NetworkBank
        Changed in place.
    outputs : ClassOutputs, LabelOutputs or TargetOutputs
    solver : SGD, Momentum or Adam
    state : dict
        The solver's state, changed in place.
    weight_decrement : bool
        Whether the weights between units move both ways.
    """

    bank: NetworkBank
    outputs: Outputs
    solver: Solver
    state: dict
    weight_decrement: bool

    def step(self, X, targets: np.ndarray, weight: np.ndarray | None, online: bool) -> float:
        """Learn from one batch; return its weighted sum of losses before the step.

        The solver gets the weighted mean of the batch's increments; online, the increment of
        the one sample times its weight.
        """
        hidden, A = self.bank.forward(X)
        signal = self.outputs.error_signal(A, targets)
        E, total = signal.E, signal.loss.sum()
        if weight is None:
            E /= E.shape[0]
        else:
            E *= weight[:, np.newaxis]
            if not online:
                E /= weight.sum()
            total = signal.loss @ weight
        increments = ed_increments(
            X,
            hidden,
            signal.slope,
            E,
            beta=self.bank.beta,
            weight_decrement=self.weight_decrement,
        )
        self.solver.step(self.bank.parameters, increments, self.state)
        self.keep_signs()
        return float(total)

    def keep_signs(self) -> None:
        """Stop at zero the weights between units that moved beyond it."""
        if self.weight_decrement:
            clamp_signs(self.bank.weights[1:])

    def epoch(
        self, data: TrainingData, batch_size: int | str, rng: np.random.RandomState | None
    ) -> float:
        """Learn from every row once; return the mean loss met on the way."""
        total = sum(
            self.step(X, targets, weight, online=batch_size == 1)
            for X, targets, weight in data.batches(data.batch_size(batch_size), rng)
        )
        return total / data.total_weight


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
    batch_size: int | str,
    rng: np.random.RandomState | None,
    verbose: bool | int,
) -> float:
    """One epoch, written into `history`; return its mean loss.

    An overflow is no warning here: it ends in parameters that are not finite, which the caller
    must refuse.
    """
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
    batch_size: int | str,
    rng: np.random.RandomState | None,
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
                trainer, data, history, batch_size=batch_size, rng=rng, verbose=verbose
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
