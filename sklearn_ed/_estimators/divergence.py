"""Training that diverged: parameters or losses that are not finite."""

from __future__ import annotations

import numpy as np

from .._backend import backend
from .._networks.bank import NetworkBank
from .._training.history import History
from . import shortcuts


def check_converged(bank: NetworkBank, history: History, alpha: float) -> None:
    """Refuse a bank, to be kept after training, if it or its loss is not finite.

    Losses may overflow where a validation score did not: the best weights are kept.

    Raises
    ------
    ValueError
        With the layer, the epoch and the learning rate.
    """
    host = backend().host
    finite = shortcuts.is_finite(host(bank.flat))
    if history.validation_scores:
        finite = finite and bool(np.isfinite(history.best_validation_score))
    elif history.loss_curve:
        finite = finite and bool(np.isfinite(history.loss_curve[-1]))
    if finite:
        return
    layers = [
        str(number)
        for number, arrays in enumerate(zip(bank.weights, bank.biases, strict=True), 1)
        if not all(np.isfinite(host(array)).all() for array in arrays)
    ]
    where = f" in layer {', '.join(layers)}" if layers else ""
    bad = np.flatnonzero(~np.isfinite(history.loss_curve))
    epoch = f" The loss was first not finite in epoch {bad[0] + 1}." if bad.size else ""
    raise ValueError(
        f"Solver produced non-finite parameter weights{where} or a non-finite loss.{epoch} The "
        "data may contain large values and need to be preprocessed, or the learning rate may "
        f"be too large: alpha={alpha!r}."
    )
