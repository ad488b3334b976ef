"""Error diffusion row by row: a whole epoch in a few calls of the compiled kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import chain
from typing import Any

import numpy as np
import scipy.sparse as sp
from joblib.parallel import get_active_backend
from sklearn.utils import gen_even_slices

from .._backend import backend
from .._backend.blas import count_threads
from .._backend.threads import share
from .._networks.bank import NetworkBank
from .._networks.members import AnyOutputs
from .._networks.outputs import OnlineForm
from .._networks.units import n_excitatory
from ..rules import ErrorDiffusion, Rule
from .data import TrainingData
from .dropout import InputDropout
from .optimizers import SGD, Optimizer
from .schedules import EpochRate

CALL_WEIGHTS = 2e9
"""Weights that one call of the kernel visits: about a second, after which Ctrl-C is noticed."""

DROPOUT_BLOCK = 2**18
"""Values of X that are copied at a time for dropout."""

# X, rows, targets and weights of one call of the kernel.
Block = tuple[Any, np.ndarray, np.ndarray, np.ndarray | None]


def has_online_kernel(rule: Rule, optimizer: Optimizer, n_features: int) -> bool:
    """Whether the kernel knows the rule and the optimizer.

    A subclass may change the rule; it takes the general way.
    """
    return (
        type(rule) is ErrorDiffusion
        and isinstance(optimizer, SGD)
        and n_features <= backend().max_online_features
    )


def learn_online(
    bank: NetworkBank,
    outputs: AnyOutputs,
    rule: Rule,
    data: TrainingData,
    rows: np.ndarray,
    rate: EpochRate,
    *,
    dropout: InputDropout | None = None,
    n_jobs: int | None = None,
) -> float:
    """Learn from `rows` of the data, one after the other; return the sum of their losses.

    Threads share the networks, where these do not interact.
    """
    form = outputs.online_form(data.targets)
    n_networks = bank.n_networks
    shares = _shares(form, n_networks, n_jobs)
    rows = rows.astype(np.intp, copy=False)
    n_rows = rows.shape[0]
    most = rate.rows_per_change(n_rows)
    total, n_done = 0.0, 0
    for block in _blocks(bank, data, form.targets, rows, dropout, most):
        learn = partial(_kernel_call(bank, rule, form, rate.of_row(n_done, n_rows)), *block)
        total += sum(chain.from_iterable(share([partial(_each, learn, s) for s in shares])))
        n_done += block[1].shape[0]
    return total / form.n_members


def _shares(form: OnlineForm, n_networks: int, n_jobs: int | None) -> list[list[slice]]:
    """The networks that each thread learns; those of a slice learn in one call.

    Networks whose errors depend on each other, those of a member, are one slice.
    """
    n_groups = form.n_members if form.networks_interact else n_networks
    n_threads = min(_count_threads(n_jobs), n_groups) if n_groups > 1 else 1
    if form.networks_interact:
        size = n_networks // n_groups
        members = [slice(m * size, (m + 1) * size) for m in range(n_groups)]
        return [members[k::n_threads] for k in range(n_threads)]
    if n_threads == 1:
        # gen_even_slices checks its arguments, which takes a while for a call with one row.
        return [[slice(0, n_networks)]]
    return [[part] for part in gen_even_slices(n_networks, n_threads)]


def _count_threads(n_jobs: int | None) -> int:
    """The number of threads; None is the number of the `parallel_config` context, or 1."""
    if n_jobs is None:
        # Not joblib's `effective_n_jobs`, which with Dask counts the processors of a cluster.
        n_jobs = get_active_backend()[1]
    return 1 if n_jobs is None else count_threads(n_jobs)


def _each(learn: Callable[[slice], float], parts: list[slice]) -> list[float]:
    return [learn(part) for part in parts]


def learn_row_in_place(
    bank: NetworkBank,
    outputs: AnyOutputs,
    rule: Rule,
    data: TrainingData,
    alpha: float,
    report: np.ndarray,
    *,
    dropout: InputDropout | None = None,
) -> bool:
    """Learn the only row of the data without a copy of the weights.

    Parameters
    ----------
    report : ndarray of shape (2,), float64
        Set to 1 and the loss in the very call that changes the parameters.

    Returns
    -------
    bool
        False, and nothing was changed, if a parameter might not stay finite.
    """
    form = outputs.online_form(data.targets)
    if form.n_members > 1:
        return False
    learn = _kernel_call(bank, rule, form, alpha, report=report)
    rows = data.rows.astype(np.intp, copy=False)
    (block,) = _blocks(bank, data, form.targets, rows, dropout)
    return not np.isnan(learn(*block, slice(0, bank.n_networks)))


def _kernel_call(
    bank: NetworkBank, rule: Rule, form: OnlineForm, alpha: float, **options: Any
) -> Callable[..., float]:
    """The kernel with everything but the block and the networks that learn."""
    assert isinstance(rule, ErrorDiffusion)
    kernel = backend().learn_online
    values = form.values
    if values is not None:
        values = np.ascontiguousarray(values, dtype=bank.flat.dtype)
    sizes, excitatory = _unit_counts(bank.hidden_sizes)
    constants = (alpha, bank.beta, bank.u0, rule.weight_decrement)

    def learn(
        X: Any,
        rows: np.ndarray,
        targets: np.ndarray,
        weight: np.ndarray | None,
        networks: slice,
    ) -> float:
        extent = (networks.start, networks.stop, bank.n_networks, form.n_classes)
        data = (X, rows, targets, weight, values, form.code, form.error_code)
        return kernel(
            bank.flat, sizes, excitatory, *data, extent, form.kind, *constants, **options
        )

    return learn


@lru_cache
def _unit_counts(hidden_sizes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Units of each hidden layer, and how many of them are excitatory."""
    excitatory = [n_excitatory(size) for size in hidden_sizes]
    return np.array(hidden_sizes, dtype=np.intp), np.array(excitatory, dtype=np.intp)


def _blocks(
    bank: NetworkBank,
    data: TrainingData,
    targets: np.ndarray,
    rows: np.ndarray,
    dropout: InputDropout | None,
    most: int = 1,
) -> Iterator[Block]:
    """Yield what each call of the kernel gets in one epoch, up to `most` rows each."""
    n_rows = rows.shape[0]
    if dropout is None and n_rows <= most and n_rows * bank.flat.size <= CALL_WEIGHTS:
        yield _kernel_input(data.X), rows, targets, data.weight
        return
    step = min(most, max(1, int(CALL_WEIGHTS // _weights_per_row(bank, data.X))))
    if dropout is None:
        X = _kernel_input(data.X)
        for start in range(0, rows.shape[0], step):
            yield X, rows[start : start + step], targets, data.weight
        return
    step = min(step, max(1, DROPOUT_BLOCK // data.X.shape[1]))
    for start in range(0, rows.shape[0], step):
        block = rows[start : start + step]
        X = data.X[block]
        dropout.apply(X, one_by_one=True)
        weight = None if data.weight is None else data.weight[block]
        yield _kernel_input(X), np.arange(block.shape[0]), targets[block], weight


def _weights_per_row(bank: NetworkBank, X: Any) -> float:
    """Weights that one row visits; those of features that are zero are left out."""
    n_features = X.nnz / X.shape[0] if sp.issparse(X) else X.shape[1]
    width = bank.weights[0].shape[1]
    return max(1, bank.flat.size - (X.shape[1] - n_features) * width)


def _kernel_input(X: Any) -> Any:
    """X as the kernel reads it: a CSR array as a tuple, without duplicate entries."""
    if not sp.issparse(X):
        in_items = X.flags.aligned and not any(step % X.itemsize for step in X.strides)
        return X if in_items else np.ascontiguousarray(X)
    # A new object looks at the indices itself; what X remembers of them may be out of date.
    X = sp.csr_array((X.data, X.indices, X.indptr), shape=X.shape)
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X.data, X.indices, X.indptr, X.shape[1]
