"""Early stopping: rows that are held out, and the score on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from .._backend import backend
from .._networks.bank import NetworkBank
from .._networks.members import AnyOutputs, AveragedOutputs
from .data import TrainingData
from .history import ValidationResult

# Of a bank and its pre-activations; higher is better.
Metric = Callable[[NetworkBank, np.ndarray], float]

MAX_SCORED_ROWS = 8192
"""Rows at most that `OutOfFold` scores in every epoch."""

MAX_LOG_GAIN = 4.0
"""Limit of the logarithm of the factor of `OutOfFold.gain`."""


def hold_out(
    data: TrainingData, *, fraction: float, stratify: np.ndarray | None, seed: int
) -> tuple[TrainingData, TrainingData]:
    """The rows that remain for training, and the others.

    Parameters
    ----------
    data : TrainingData
    fraction : float
        Fraction of the rows to hold out, the parameter `validation_fraction`.
    stratify : ndarray of shape (n_samples,), or None
        Classes that both parts contain in the same proportions.
    seed : int
        Seed of the split.

    Raises
    ------
    ValueError
        If fewer than two rows are held out.
    """
    rows, held_out = train_test_split(
        data.rows,
        test_size=fraction,
        stratify=None if stratify is None else stratify[data.rows],
        random_state=seed,
    )
    if held_out.shape[0] < 2:
        raise ValueError(
            f"The validation set is too small: {held_out.shape[0]} row. Increase "
            f"validation_fraction={fraction!r} or the size of the data."
        )
    return replace(data, rows=rows), replace(data, rows=held_out)


def label_strata(data: TrainingData, fraction: float) -> np.ndarray:
    """Combinations of labels, for `hold_out`, of shape (n_samples,).

    Combinations too rare to be in both parts are one stratum or, if they are too few for that,
    a part of the largest one.
    """
    _, found, counts = np.unique(
        data.targets[data.rows], axis=0, return_inverse=True, return_counts=True
    )
    least = 1 / min(fraction, 1 - fraction)
    stratum, is_rare = np.arange(counts.size), counts < least
    stratum[is_rare] = -1 if counts[is_rare].sum() >= least else counts.argmax()
    strata = np.zeros(data.targets.shape[0], int)
    strata[data.rows] = stratum[found.ravel()]
    return strata


def scored_by(
    metric: Metric | None, outputs: AnyOutputs, rows: TrainingData
) -> Callable[[NetworkBank], ValidationResult]:
    """A function that scores a bank on these rows: NaN where its outputs are not finite.

    Without a metric, the score is minus the loss.
    """
    arithmetic = backend()
    targets = arithmetic.moved(rows.targets[rows.rows])
    weight = None if rows.weight is None else rows.weight[rows.rows]

    def score(bank: NetworkBank) -> ValidationResult:
        with np.errstate(over="ignore", invalid="ignore"):
            A = bank.output(rows.X, rows=rows.rows)
            if not arithmetic.all_finite(A):
                return ValidationResult(np.nan, np.nan)
            losses = arithmetic.host(outputs.error_signal(A, targets).loss)
            losses = losses.reshape(A.shape[0], -1)
            loss = float(np.average(losses.mean(axis=1), weights=weight))
            return ValidationResult(-loss if metric is None else metric(bank, A), loss)

    return score


class OutOfFold:
    """Cross-validation within a bank: each member holds out a fold of the rows.

    Parameters
    ----------
    data : TrainingData
    outputs : AveragedOutputs
    stratify : ndarray of shape (n_samples,), or None
        Classes that all folds contain in the same proportions.
    seed : int
        Seed of the folds.

    Attributes
    ----------
    data : TrainingData
        The rows, with the weight 0 for the member that holds a row out.
    held_out : list of n_members ndarray of int
        The rows that each member holds out and that are scored.
    """

    def __init__(
        self,
        data: TrainingData,
        outputs: AveragedOutputs,
        *,
        stratify: np.ndarray | None,
        seed: int,
    ) -> None:
        self._outputs, n_members = outputs, outputs.n_members
        rows = data.rows
        labels = np.zeros(rows.size, int) if stratify is None else stratify[rows]
        rarest = np.unique(labels, return_counts=True)[1].min()
        splitter = KFold if stratify is None or rarest < n_members else StratifiedKFold
        folds = np.empty(rows.size, np.intp)
        split = splitter(n_members, shuffle=True, random_state=seed).split(rows, labels)
        for member, (_, fold) in enumerate(split):
            folds[fold] = member
        weight = np.ones(data.targets.shape[0]) if data.weight is None else data.weight
        each = np.repeat(weight[:, np.newaxis].astype(data.dtype), n_members, axis=1)
        each[rows, folds] = 0
        self.data = replace(data, weight=each)
        scored = np.random.RandomState(seed).permutation(rows.size)[:MAX_SCORED_ROWS]
        self.held_out = [rows[scored[folds[scored] == member]] for member in range(n_members)]
        arithmetic = backend()
        self._X = [arithmetic.rows(data.X, rows) for rows in self.held_out]
        scored_rows = np.concatenate(self.held_out)
        self._targets = arithmetic.moved(data.targets[scored_rows])
        self._weight = weight[scored_rows]

    def _held_out(self, bank: NetworkBank) -> np.ndarray:
        """Pre-activations of the member that has not learned a row, (n_rows, G)."""
        members = self._outputs.members(bank)
        parts = zip(members, self._X, strict=True)
        outputs = [member.output(X) for member, X in parts if X.shape[0]]
        return backend().concatenated(outputs)

    def _loss(self, A: np.ndarray) -> float:
        loss = backend().host(self._outputs.outputs.error_signal(A, self._targets).loss)
        return float(np.average(loss, weights=self._weight))

    def score(self, bank: NetworkBank) -> ValidationResult:
        """Minus the mean loss, and the loss."""
        with np.errstate(over="ignore", invalid="ignore"):
            loss = self._loss(self._held_out(bank))
        return ValidationResult(-loss, loss)

    def calibrate(self, bank: NetworkBank) -> None:
        """Multiply the outputs of a bank by its `gain`."""
        bank.scale_outputs(np.full(bank.n_networks, self.gain(bank)))

    def gain(self, bank: NetworkBank) -> float:
        """The factor of the outputs with the lowest mean loss.

        A squared logarithm of 1 counts as much as a nat of one row. So the factor stays near 1
        where there are few rows, and is small where all rows are classified correctly.
        """
        A = self._held_out(bank)
        bounds = (-MAX_LOG_GAIN, MAX_LOG_GAIN)

        def loss(exponent: float) -> float:
            loss = self._loss(A * float(np.exp(exponent)))
            return loss + exponent**2 / A.shape[0]

        return float(np.exp(minimize_scalar(loss, bounds=bounds).x))
