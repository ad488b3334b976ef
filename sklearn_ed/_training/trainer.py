"""A bank that learns: one step, and one epoch of steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np

from .._backend import backend
from .._networks.bank import NetworkBank
from .._networks.buffers import Buffers
from .._networks.members import AnyOutputs
from .._networks.outputs import ErrorSignal
from ..rules import Rule
from ..rules._names import RULES
from ..rules._rule import local_errors
from .data import TrainingData
from .dropout import InputDropout
from .online import has_online_kernel, learn_online
from .optimizers import Optimizer, State
from .schedules import EpochRate


@dataclass
class Trainer:
    """A bank of networks and what it learns with.

    Attributes
    ----------
    bank : NetworkBank
        Changed in place; all parameters in one array.
    outputs : ClassOutputs, LabelOutputs, TargetOutputs or AveragedOutputs
    rule : Rule
    optimizer : SGD, Momentum or Adam
    state : dict
        The optimizer's state, changed in place.
    weight_decay : float
        Every step shrinks each weight by this share, times the learning rate.
    dropout : InputDropout or None
    n_jobs : int or None
        Threads of the online kernel, where the networks do not interact.
    progress : ndarray of shape (2,), float64
        The stage of the current step, and its loss if it is made in place. The stage is 0 until
        the optimizer has changed the parameters, then 1, and 2 after weight decay. The calls
        that change the parameters write it themselves: an interrupt cannot come between.
    alpha : float
        Learning rate of the current step.
    """

    bank: NetworkBank
    outputs: AnyOutputs
    rule: Rule
    optimizer: Optimizer
    state: State
    weight_decay: float = 0.0
    dropout: InputDropout | None = None
    n_jobs: int | None = None
    progress: np.ndarray = field(default_factory=lambda: np.zeros(2), repr=False)
    alpha: float = 0.0
    _buffers: Buffers | None = field(default=None, repr=False)
    _increments: np.ndarray | None = field(default=None, repr=False)
    _has_checked: bool = field(default=False, repr=False)

    @property
    def increments(self) -> np.ndarray:
        """Memory of the increments of a step, in the order of ``bank.flat``."""
        if self._increments is None:
            flat = self.bank.flat
            self._increments = backend().empty(flat.shape, flat.dtype)
        return self._increments

    def epoch(
        self,
        data: TrainingData,
        batch_size: int,
        rng: np.random.RandomState | None,
        rate: EpochRate,
    ) -> float:
        """Learn from every row once; return the mean of the losses before each step."""
        if self.has_online_kernel(data, batch_size):
            rows = data.order(rng)
            total = learn_online(
                self.bank,
                self.outputs,
                self.rule,
                data,
                rows,
                rate,
                dropout=self.dropout,
                n_jobs=self.n_jobs,
            )
        else:
            losses, n_done = [], 0
            n_outputs = self._n_outputs
            for X, targets, weight in data.batches(batch_size, rng, self.dropout, n_outputs):
                online, n_rows = batch_size == 1, data.rows.shape[0]
                alpha = rate.of_row(n_done, n_rows) if online else rate(n_done / n_rows)
                losses.append(self.step(X, targets, weight, online=online, alpha=alpha))
                n_done += X.shape[0]
            total = reduce(add, backend().numbers(losses), 0.0)
        return total / data.total_weight

    @property
    def _n_outputs(self) -> int:
        """Columns of the products of layer 1 with a batch that may be a CSR array.

        0 for a rule of somebody else, which may know dense arrays alone.
        """
        is_known = type(self.rule) in RULES.values()
        return int(self.bank.weights[0].shape[1]) if is_known else 0

    def has_online_kernel(self, data: TrainingData, batch_size: int) -> bool:
        """Whether the compiled kernel for single rows does what `step` would do."""
        return (
            batch_size == 1
            and not self.weight_decay
            and has_online_kernel(self.rule, self.optimizer, data.X.shape[1])
        )

    def step(
        self,
        X: Any,
        targets: np.ndarray,
        weight: np.ndarray | None,
        *,
        online: bool,
        alpha: float,
    ) -> Any:
        """Learn from one batch; return its weighted sum of losses before the step.

        It is a number, or a scalar on a device, where nobody waits for it.
        """
        loss = self.find_increments(X, targets, weight, online=online)
        self.apply_increments(alpha)
        return loss

    def find_increments(
        self, X: Any, targets: np.ndarray, weight: np.ndarray | None, *, online: bool
    ) -> Any:
        """The first half of a step, which changes no parameter; return the sum of losses.

        The optimizer receives the weighted mean of the increments of the batch; online, the
        increment of the single sample times its weight.
        """
        if self._buffers is None or self._buffers.n_samples < X.shape[0]:
            self._buffers = self.bank.buffers(X.shape[0])
        hidden, A = self.bank.forward(X, self._buffers)
        signal_of = partial(self._error_signal, targets=targets, weight=weight, online=online)
        signal = signal_of(A)
        parts = self.rule.increments(
            self.bank,
            X,
            hidden,
            signal.E,
            signal.slope,
            buffers=self._buffers,
            out=self.increments,
            **local_errors(self.rule, self.bank, hidden, signal_of),
        )
        if not self._has_checked:
            _check_parts(parts, self.increments)
            self._has_checked = True
        return backend().total(signal.loss)

    def _error_signal(
        self, A: np.ndarray, targets: np.ndarray, weight: np.ndarray | None, online: bool
    ) -> ErrorSignal:
        """Errors and losses, weighted for the step."""
        signal = self.outputs.error_signal(A, targets)
        if weight is None:
            signal.E /= signal.E.shape[0]
        else:
            signal.loss = backend().weighted(signal.E, signal.loss, weight, online)
        return signal

    def apply_increments(self, alpha: float) -> None:
        """The second half of a step."""
        self.alpha = alpha
        self.progress[0] = 0
        self.optimizer.step(self.bank.flat, self.increments, self.state, alpha, self.progress)
        self.complete_step(alpha)

    def complete_step(self, alpha: float) -> None:
        """What is left of a step after the optimizer has made it; no part is done twice."""
        if self.weight_decay and self.progress[0] == 1:
            factor = max(0.0, 1.0 - alpha * self.weight_decay)
            backend().shrink(self.bank.flat_weights, factor, self.progress)
        self.rule.project(self.bank)


def _check_parts(parts: Any, out: np.ndarray) -> None:
    """Refuse what a rule returns if it has not written to `out`: nothing would be learned."""
    if not backend().holds_numpy:
        return
    is_list = isinstance(parts, list) and all(isinstance(part, np.ndarray) for part in parts)
    if not is_list or sum(part.size for part in parts) != out.size:
        got = "no list of arrays with as many numbers"
    elif not all(np.may_share_memory(part, out) for part in parts):
        got = "arrays of its own"
    else:
        return
    raise ValueError(
        "rule: expected increments() to write to bank.split(out), and to return these arrays, "
        f"got {got}."
    )
