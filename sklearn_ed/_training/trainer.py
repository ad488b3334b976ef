"""One epoch: every row is learned once, in batches or one by one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from joblib import effective_n_jobs
from sklearn.utils import gen_even_slices

from .._backend import compiled as _compiled
from .._networks.bank import NetworkBank
from .._networks.buffers import Buffers
from .._networks.outputs import Outputs
from ..rules._error_diffusion import clamp_signs, ed_increments
from .dropout import InputDropout
from .optimizers import SGD, Solver

# Weights that one call of the online kernel meets: about a second, after which Ctrl-C is heard.
ONLINE_CALL = 2e9
# The kernel counts features in 32 bits.
ONLINE_FEATURES = 2**31 - 64
# Values of X that are copied for dropout at a time.
DROPOUT_BLOCK = 2**18


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

    def order(self, rng: np.random.RandomState | None) -> np.ndarray:
        """The rows, in a new random order if `rng` is given."""
        if rng is None:
            return self.rows
        rows = self.rows.copy()
        rng.shuffle(rows)
        return rows

    def batches(
        self,
        batch_size: int,
        rng: np.random.RandomState | None,
        dropout: InputDropout | None = None,
    ) -> Iterator[tuple[Any, np.ndarray, np.ndarray | None]]:
        """Yield (X, targets, weight) of one epoch, in a new random order if `rng` is given.

        X holds until the next one is asked for: all batches may share its memory.
        """
        rows = self.order(rng)
        batch_size = min(batch_size, rows.shape[0])
        in_place = rng is None and dropout is None and rows.shape[0] == self.targets.shape[0]
        can_reuse = (
            not in_place and isinstance(self.X, np.ndarray) and self.X.flags.c_contiguous
        )
        memory = np.empty((batch_size, self.X.shape[1]), self.X.dtype) if can_reuse else None
        for start in range(0, rows.shape[0], batch_size):
            batch = slice(start, start + batch_size)
            chosen = batch if in_place else rows[batch]
            weight = None if self.weight is None else self.weight[chosen]
            if memory is None:
                X = self.X[chosen]
            else:
                # The mode says that no index needs a check, which would take a second copy.
                X = memory[: rows[batch].shape[0]]
                np.take(self.X, rows[batch], axis=0, out=X, mode="clip")
            if dropout is not None:
                dropout.apply(X)
            yield X, self.targets[chosen], weight


@dataclass
class Trainer:
    """A bank of networks, its outputs and a solver, ready to learn.

    Attributes
    ----------
    bank : NetworkBank
        Changed in place; all parameters in one array.
    outputs : ClassOutputs, LabelOutputs or TargetOutputs
    solver : SGD, Momentum or Adam
    state : dict
        The solver's state, changed in place.
    weight_decrement : bool
        Whether the weights between units move both ways.
    n_jobs : int or None
        Threads of the online kernel, where the networks do not interact.
    dropout : InputDropout or None
    weight_decay : float
        Every step takes alpha times it off each weight, as a share.
    """

    bank: NetworkBank
    outputs: Outputs
    solver: Solver
    state: dict
    weight_decrement: bool
    n_jobs: int | None = None
    dropout: InputDropout | None = None
    weight_decay: float = 0.0
    _buffers: Buffers | None = field(default=None, repr=False)
    _increments: np.ndarray | None = field(default=None, repr=False)

    def step(self, X, targets: np.ndarray, weight: np.ndarray | None, online: bool) -> float:
        """Learn from one batch; return its weighted sum of losses before the step.

        The solver gets the weighted mean of the batch's increments; online, the increment of
        the one sample times its weight.
        """
        if self._buffers is None or self._buffers.n_samples < X.shape[0]:
            self._buffers = self.bank.buffers(X.shape[0])
        if self._increments is None:
            self._increments = np.empty_like(self.bank.flat)
        hidden, A = self.bank.forward(X, self._buffers)
        signal = self.outputs.error_signal(A, targets)
        E, total = signal.E, signal.loss.sum()
        if weight is None:
            E /= E.shape[0]
        else:
            E *= weight[:, np.newaxis]
            if not online:
                E /= weight.sum()
            total = signal.loss @ weight
        ed_increments(
            X,
            hidden,
            signal.slope,
            E,
            beta=self.bank.beta,
            weight_decrement=self.weight_decrement,
            buffers=self._buffers,
            out=self._increments,
        )
        self.solver.step(self.bank.flat, self._increments, self.state)
        if self.weight_decay:
            weights = self.bank.flat_weights
            weights *= max(0.0, 1.0 - self.solver.alpha * self.weight_decay)
        self.keep_signs()
        return float(total)

    def keep_signs(self) -> None:
        """Stop at zero the weights between units that moved beyond it."""
        if self.weight_decrement:
            clamp_signs(self.bank.weights[1:])

    def epoch(
        self, data: TrainingData, batch_size: int, rng: np.random.RandomState | None
    ) -> float:
        """Learn from every row once; return the mean loss met on the way."""
        has_kernel = _compiled.online and data.X.shape[1] < ONLINE_FEATURES
        is_plain = isinstance(self.solver, SGD) and not self.weight_decay
        if batch_size == 1 and is_plain and has_kernel:
            total = self._online_epoch(data, rng)
        else:
            total = sum(
                self.step(X, targets, weight, online=batch_size == 1)
                for X, targets, weight in data.batches(batch_size, rng, self.dropout)
            )
        return total / data.total_weight

    def _online_epoch(self, data: TrainingData, rng: np.random.RandomState | None) -> float:
        """One row after the other, by the compiled kernel; return the sum of the losses."""
        rows = data.order(rng).astype(np.intp, copy=False)
        form = self.outputs.online_form(data.targets)
        values = form.values
        if values is not None:
            values = np.ascontiguousarray(values, dtype=self.bank.flat.dtype)
        sizes = np.array(self.bank.hidden_sizes, dtype=np.intp)
        n_networks = self.bank.n_networks
        can_share = n_networks > 1 and not form.networks_interact
        n_threads = min(effective_n_jobs(self.n_jobs), n_networks) if can_share else 1

        def learn(
            X: Any,
            rows: np.ndarray,
            targets: np.ndarray,
            weight: np.ndarray | None,
            networks: slice,
        ) -> float:
            return _compiled.online.learn(
                self.bank.flat,
                sizes,
                X,
                rows,
                targets,
                weight,
                values,
                form.code,
                form.error_code,
                (networks.start, networks.stop, n_networks, form.n_classes),
                form.kind,
                self.solver.alpha,
                self.bank.beta,
                self.bank.u0,
                self.weight_decrement,
            )

        blocks = self._online_blocks(data, form.targets, rows)
        if n_threads == 1:
            return sum(learn(*block, slice(0, n_networks)) for block in blocks)
        parts = list(gen_even_slices(n_networks, n_threads))
        with ThreadPoolExecutor(n_threads) as pool:
            return sum(
                sum(_results([pool.submit(learn, *block, part) for part in parts]))
                for block in blocks
            )

    def _online_blocks(
        self, data: TrainingData, targets: np.ndarray, rows: np.ndarray
    ) -> Iterator[tuple[Any, np.ndarray, np.ndarray, np.ndarray | None]]:
        """Yield (X, rows, targets, weight) of the calls of the online kernel of one epoch."""
        step = max(1, int(ONLINE_CALL // self._weights_per_row(data.X)))
        if self.dropout is None:
            X = _kernel_input(data.X)
            for start in range(0, rows.shape[0], step):
                yield X, rows[start : start + step], targets, data.weight
            return
        step = min(step, max(1, DROPOUT_BLOCK // data.X.shape[1]))
        for start in range(0, rows.shape[0], step):
            block = rows[start : start + step]
            X = data.X[block]
            self.dropout.apply(X, one_by_one=True)
            weight = None if data.weight is None else data.weight[block]
            yield _kernel_input(X), np.arange(block.shape[0]), targets[block], weight

    def _weights_per_row(self, X: Any) -> float:
        """Weights that a row meets in the online rule."""
        n_features = X.nnz / X.shape[0] if sp.issparse(X) else X.shape[1]
        width = self.bank.weights[0].shape[1]
        return max(1, self.bank.flat.size - (X.shape[1] - n_features) * width)


def _results(futures: list[Future]) -> list[float]:
    """Results of all; an interrupt is raised when none of them writes any more."""
    interrupt = None
    while True:
        try:
            wait(futures)
            break
        except KeyboardInterrupt as error:
            interrupt = error
    if interrupt is not None:
        raise interrupt
    return [future.result() for future in futures]


def _kernel_input(X: Any) -> Any:
    """X as the online kernel reads it: a CSR array as a tuple, no index twice in a row."""
    if not sp.issparse(X):
        in_items = X.flags.aligned and not any(step % X.itemsize for step in X.strides)
        return X if in_items else np.ascontiguousarray(X)
    # A new object looks at the indices itself; what X remembers of them may be out of date.
    X = sp.csr_array((X.data, X.indices, X.indptr), shape=X.shape)
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X.data, X.indices, X.indptr, X.shape[1]
