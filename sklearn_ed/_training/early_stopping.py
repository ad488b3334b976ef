"""Early stopping: rows held out, and the score on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from sklearn.model_selection import train_test_split

from .._networks.bank import NetworkBank
from .._networks.outputs import Outputs
from .data import TrainingData

# Of targets, predictions and weights; higher is better.
Metric = Callable[[np.ndarray, np.ndarray, np.ndarray | None], float]


def hold_out(
    data: TrainingData,
    outputs: Outputs,
    metric: Metric,
    *,
    fraction: float,
    stratify: np.ndarray | None,
    seed: int,
) -> tuple[TrainingData, Callable[[NetworkBank], float]]:
    """The rows that remain for training, and a function that scores a bank on the others.

    Parameters
    ----------
    data : TrainingData
    outputs : ClassOutputs, LabelOutputs or TargetOutputs
    metric : callable
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
    targets = data.targets[held_out]
    weight = None if data.weight is None else data.weight[held_out]

    def score(bank: NetworkBank) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            A = bank.output(data.X, rows=held_out)
            if not np.isfinite(A).all():
                return float("nan")
            return float(metric(targets, outputs.predict(A), weight))

    return replace(data, rows=rows), score
