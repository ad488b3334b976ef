"""What "auto" stands for; docs/study.rst has the measurements behind the numbers."""

from __future__ import annotations

from math import ceil
from typing import Any

# Rows per step: a twentieth of the rows, within these limits.
BATCH_ROWS = (64, 300)
# Hidden units of all networks together, and the minimum per network.
ALL_UNITS, LEAST_UNITS = 500, 8
# Number of features up to which there is no dropout; then the rate per feature, its maximum.
FEW_FEATURES, DROPOUT_PER_FEATURE, DROPOUT = 10, 0.005, 0.2
# For regression in batches.
WEIGHT_DECAY = 0.5
# Number of classes up to which every pair of classes gets a network.
FEW_CLASSES = 10
# Smallest improvement of a classifier's log-loss (in nats), of its squared error, of a score.
LOG_LOSS_TOL, SQUARED_ERROR_TOL, SCORE_TOL = 5e-3, 1e-3, 1e-4


def batch_rows(batch_size: Any, n_rows: int) -> int:
    """Rows per batch, of which there may be fewer."""
    if batch_size != "auto":
        return int(batch_size)
    least, most = BATCH_ROWS
    return min(most, max(least, n_rows // 20))


def hidden_sizes(sizes: tuple[int, ...] | None, n_networks: int) -> tuple[int, ...]:
    """Units per hidden layer of each network; None stands for "auto"."""
    if sizes is not None:
        return sizes
    return (max(LEAST_UNITS, ceil(ALL_UNITS / n_networks)),)


def dropout_rate(dropout: Any, n_features: int, batch_size: Any) -> float:
    """Dropout rate of the inputs; 0 for the online rule."""
    if dropout != "auto":
        return float(dropout)
    if batch_size == 1 or n_features <= FEW_FEATURES:
        return 0.0
    return min(DROPOUT, DROPOUT_PER_FEATURE * n_features)


def weight_decay(value: Any, batch_size: Any) -> float:
    """Weight decay relative to the learning rate; 0 for the online rule."""
    if value != "auto":
        return float(value)
    return 0.0 if batch_size == 1 else WEIGHT_DECAY


def code_size(value: Any, n_classes: int, loss: str) -> Any:
    """None, "one_vs_one" or a number, for `make_code_book`."""
    if value != "auto":
        return value
    return "one_vs_one" if n_classes <= FEW_CLASSES and loss == "log_loss" else None


def tolerance(tol: Any, early_stopping: bool, loss: str | None) -> float:
    """Smallest improvement of the training loss, or of the validation score, that counts."""
    if tol != "auto":
        return float(tol)
    if early_stopping:
        return SCORE_TOL
    return LOG_LOSS_TOL if loss == "log_loss" else SQUARED_ERROR_TOL


def n_members(value: Any) -> int:
    """Number of sets of networks whose predictions are averaged."""
    return int(value)
