"""What "auto" stands for; docs/study.rst has the measurements behind the numbers."""

from __future__ import annotations

from math import ceil
from typing import Any

from .._training.schedules import ENDING

# Rows per step: a twentieth of the rows, at least and at most so many. The maximum is for few
# networks, and for many.
LEAST_BATCH, MOST_BATCH = 64, (150, 300)
# Hidden units of all networks together, and the minimum per network.
ALL_UNITS, LEAST_UNITS = 500, 8
# Rows from which networks with several members and twice the minimum of units have two hidden
# layers; fewer rows that suffice if there are so many per feature; the least units of layer 2.
DEEP_ROWS, FEW_DEEP_ROWS, DEEP_ROWS_PER_FEATURE, LEAST_SECOND_UNITS = 2000, 500, 100, 6
# Members of up to so many networks; with so many rows, of up to a smaller number of networks.
MEMBERS, FEW_NETWORKS, ENOUGH_ROWS, FEWER_NETWORKS = 4, 25, 20_000, 7
# Number of features up to which there is no dropout; then the rate per feature, its maximum,
# and the rows per feature from which it falls.
FEW_FEATURES, DROPOUT_PER_FEATURE, DROPOUT, DROPOUT_ROWS = 10, 0.005, 0.2, 100
# In batches, for few and for many rows.
WEIGHT_DECAY_ROWS, WEIGHT_DECAYS = 10_000, (0.15, 0.05)
# Number of classes up to which every pair of classes gets a network.
FEW_CLASSES = 10
# Epochs for 10,000 rows and the powers of the number of rows with which they fall, below and
# above 10,000 rows, for few networks and for many; their limits.
EPOCHS, EPOCHS_LIMITS = ((75, (0.2, 0.2)), (50, (0.4, 0.65))), (15, 200)
# Epochs of the learning rates "constant" and "invscaling", which have no end.
MAX_EPOCHS = 200
# Smallest improvement of a classifier's log-loss (in nats), of its squared error, of a score,
# of the loss where training has an end.
LOG_LOSS_TOL, SQUARED_ERROR_TOL, SCORE_TOL, SCHEDULED_TOL = 5e-3, 1e-3, 1e-4, 1e-4
# Rows from which members hold out folds.
FOLDED_ROWS = 50


def batch_rows(batch_size: Any, n_rows: int, n_networks: int) -> int:
    """Rows per batch, of which there may be fewer."""
    if batch_size != "auto":
        return int(batch_size)
    return min(MOST_BATCH[n_networks > FEW_NETWORKS], max(LEAST_BATCH, n_rows // 20))


def hidden_sizes(
    sizes: tuple[int, ...] | None, n_networks: int, n_members: int, shape: tuple[int, int]
) -> tuple[int, ...]:
    """Units per hidden layer of each network of a member, for X of `shape`; None is "auto"."""
    if sizes is not None:
        return sizes
    n_rows, n_features = shape
    units = max(LEAST_UNITS, ceil(ALL_UNITS / (n_networks * n_members)))
    enough = min(DEEP_ROWS, max(FEW_DEEP_ROWS, DEEP_ROWS_PER_FEATURE * n_features))
    if n_rows < enough or n_members == 1 or units < 2 * LEAST_UNITS:
        return (units,)
    return (units // 2, max(LEAST_SECOND_UNITS, units // 4))


def n_members(value: Any, n_networks: int, n_rows: int, batch_size: Any) -> int:
    """Number of members, sets of `n_networks` networks; 1 for the online rule."""
    if value != "auto":
        return int(value)
    few = FEW_NETWORKS if n_rows < ENOUGH_ROWS else FEWER_NETWORKS
    return MEMBERS if batch_size != 1 and n_networks <= few else 1


def early_stopping(value: Any, n_members: int, n_rows: int, *, has_scorer: bool) -> Any:
    """False, True or "out_of_fold"; a scorer needs rows that all members hold out."""
    if value != "auto":
        return value
    if n_rows < FOLDED_ROWS:
        return False
    return True if has_scorer else n_members > 1 and "out_of_fold"


def n_epochs(max_iter: Any, learning_rate: str, n_rows: int, n_networks: int) -> int:
    """Maximum number of epochs."""
    if max_iter != "auto":
        return int(max_iter)
    if learning_rate not in ENDING:
        return MAX_EPOCHS
    least, most = EPOCHS_LIMITS
    epochs, powers = EPOCHS[n_networks > FEW_NETWORKS]
    # Few rows have the same number, so that a row of weight 2 can stand for two rows.
    n_rows = max(n_rows, FOLDED_ROWS)
    epochs *= (10_000 / n_rows) ** powers[n_rows > 10_000]
    return round(min(most, max(least, epochs)))


def dropout_rate(
    dropout: Any, shape: tuple[int, int], loss: str | None, batch_size: Any
) -> float:
    """Dropout rate of the inputs, for X of `shape`; 0 for regression and the online rule."""
    if dropout != "auto":
        return float(dropout)
    n_rows, n_features = shape
    if loss is None or batch_size == 1 or n_features <= FEW_FEATURES:
        return 0.0
    share = min(1.0, DROPOUT_ROWS * n_features / n_rows) ** 2
    return share * min(DROPOUT, DROPOUT_PER_FEATURE * n_features)


def weight_decay(value: Any, n_rows: int, batch_size: Any) -> float:
    """Weight decay relative to the learning rate; 0 for the online rule."""
    if value != "auto":
        return float(value)
    return 0.0 if batch_size == 1 else WEIGHT_DECAYS[n_rows >= WEIGHT_DECAY_ROWS]


def code_size(value: Any, n_classes: int, loss: str) -> Any:
    """None, "one_vs_one" or a number, for `make_code_book`."""
    if value != "auto":
        return value
    return "one_vs_one" if n_classes <= FEW_CLASSES and loss == "log_loss" else None


def tolerance(tol: Any, early_stopping: Any, loss: str | None, learning_rate: str) -> float:
    """Smallest improvement of the training loss, or of the validation score, that counts."""
    if tol != "auto":
        return float(tol)
    if early_stopping:
        return SCORE_TOL
    if learning_rate in ENDING or loss is None:
        return SCHEDULED_TOL
    return LOG_LOSS_TOL if loss == "log_loss" else SQUARED_ERROR_TOL
