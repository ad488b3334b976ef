"""One row, one step, in place: no copy of the parameters or of the optimizer's state.

A step in place cannot be undone. So the step is checked before it changes anything: where a
parameter might not stay finite, nothing is done, and the caller learns on copies.
"""

from __future__ import annotations

from math import isfinite

import numpy as np

from .._backend import backend
from .._backend.blas import SERIAL_DOT, one_blas_thread
from .data import TrainingData
from .history import History
from .loop import EpochSettings, begin_epoch
from .online import learn_row_in_place
from .optimizers import Adam, Momentum
from .trainer import Trainer

MAX_INCREMENT, MAX_ALPHA, MIN_EPSILON = 1e15, 1e3, 1e-12
"""Steps within these limits are so small that they cannot carry a finite float to infinity.

Half the distance between the largest floats is 1e31 in single precision: a smaller step from
there is rounded away.
"""


def can_step_in_place(trainer: Trainer, data: TrainingData, settings: EpochSettings) -> bool:
    """Whether a single row can be tried: `step_in_place` has the last word."""
    return (
        data.rows.size == 1
        and backend().steps_are_atomic
        and settings.schedule.alpha <= MAX_ALPHA
        and not (
            isinstance(trainer.optimizer, Adam) and trainer.optimizer.epsilon < MIN_EPSILON
        )
    )


def step_in_place(
    trainer: Trainer, data: TrainingData, history: History, settings: EpochSettings
) -> bool:
    """Learn a single row in place.

    Returns
    -------
    bool
        Whether the row was learned; ``trainer.progress`` has its loss. If False, nothing has
        changed, because the step might not leave all parameters finite.
    """
    trainer.progress[:] = 0
    alpha = begin_epoch(trainer, history, settings)()
    with np.errstate(over="ignore", invalid="ignore"):
        if trainer.has_online_kernel(data, settings.batch_size):
            return learn_row_in_place(
                trainer.bank,
                trainer.outputs,
                trainer.rule,
                data,
                alpha,
                trainer.progress,
                dropout=trainer.dropout,
            )
        ((X, targets, weight),) = data.batches(settings.batch_size, None, trainer.dropout)
        with one_blas_thread(trainer.bank.flat.size > SERIAL_DOT):
            loss = trainer.find_increments(X, targets, weight, online=settings.batch_size == 1)
            if not (isfinite(loss) and _is_small(trainer)):
                return False
        trainer.progress[1] = loss
        trainer.apply_increments(alpha)
    return True


def _is_small(trainer: Trainer) -> bool:
    """Whether the increments, and velocities if there are any, are within the limits."""
    arrays = [trainer.increments]
    if isinstance(trainer.optimizer, Momentum):
        arrays.append(trainer.state["velocities"])
    # A sum of squares bounds every entry, and is not finite if one of them is not.
    return all(float(np.vdot(a, a)) <= MAX_INCREMENT**2 for a in arrays)
