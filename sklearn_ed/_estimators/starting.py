"""What training starts from: networks, optimizer and history, new or continued."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from functools import partial as bind
from math import inf
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from .._backend import backend, on_host
from .._backend.namespaces import to_numpy
from .._networks.bank import NetworkBank
from .._networks.members import AnyOutputs, averaged
from .._training.data import TrainingData
from .._training.dropout import InputDropout
from .._training.history import History
from .._training.loop import EpochSettings
from .._training.optimizers import SGD, Adam, Momentum, Optimizer, State
from .._training.schedules import Schedule
from .._training.trainer import Trainer
from ..rules import Rule
from ..rules._names import RULES
from . import defaults
from .calls import Call
from .parameters import make_rule
from .rollback import Transaction, copied

_SEEDS = ("_dropout_key", "_validation_seed")


class Start(NamedTuple):
    """What training starts from.

    Attributes
    ----------
    rng : RandomState
        Later calls continue with it.
    outputs : ClassOutputs, LabelOutputs, TargetOutputs or AveragedOutputs
    bank : NetworkBank
    output_scale : ndarray of shape (n_networks,), or None
        What the kept networks multiply the outputs by that they learn.
    attributes : dict
        Attributes of the estimator to set when training has succeeded.
    seed : int or None
        Of new networks.
    """

    rng: np.random.RandomState
    outputs: AnyOutputs
    bank: NetworkBank
    output_scale: np.ndarray | None
    attributes: dict[str, Any]
    seed: int | None = None


def initialize(
    estimator: Any,
    data: TrainingData,
    labels: Any,
    sizes: tuple[int, ...] | None,
    seed: int | None = None,
) -> Start:
    """New networks, and a random state of the estimator's own, from a seed if it is given."""
    if seed is None:
        seed = _seed(estimator.random_state)
    rng = np.random.RandomState(seed)
    # Dropout has a seed of its own, so that it does not depend on how rows are shuffled.
    dropout_key = int(rng.randint(np.iinfo(np.int64).max, dtype=np.int64))
    outputs, attributes = estimator._initial_outputs(labels, data, rng)
    n_networks, n_rows = attributes["n_networks_"], data.rows.size
    n_members = defaults.n_members(
        estimator.n_members, n_networks, n_rows, estimator.batch_size
    )
    shape = (n_rows, data.X.shape[1])
    sizes = defaults.hidden_sizes(sizes, n_networks, n_members, shape)
    n_networks *= n_members
    dtype = data.dtype
    attributes |= {
        "n_members_": n_members,
        "n_networks_": n_networks,
        "_started_with": {
            name: getattr(estimator, name) for name in estimator._fixed_parameters
        },
        "_dropout_key": dropout_key,
        "_validation_seed": None,
        "_random_state": rng,
    }
    with on_host():
        bank = NetworkBank.initialize(
            data.X.shape[1],
            sizes,
            n_networks,
            init=estimator.init,
            u0=float(estimator.u0),
            beta=float(estimator.beta),
            dtype=dtype,
            rng=rng,
        )
        _begin_at_mean(bank, attributes)
    scale = _output_scale(attributes, n_networks)
    return Start(rng, averaged(outputs, n_members), bank.moved(), scale, attributes, seed)


def _seed(random_state: Any) -> int:
    if isinstance(random_state, Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def _begin_at_mean(bank: NetworkBank, attributes: dict[str, Any]) -> None:
    """Add the mean of the divided targets, if there are any, to what the networks give."""
    if "target_scale_" in attributes and bank.beta:
        scale = attributes["target_scale_"]
        mean = attributes["_target_statistics"]["mean"] / scale
        dtype = backend().numpy_dtype(bank.biases[-1])
        with np.errstate(over="ignore"):
            start = np.resize(mean / bank.beta, (bank.n_networks, 1)).astype(dtype)
            kept = start * np.resize(scale, start.shape).astype(dtype)
        # With a tiny beta no bias reaches the mean.
        if np.isfinite(start).all() and np.isfinite(kept).all():
            bank.biases[-1] += backend().moved(start)


def at_mean(bank: NetworkBank, attributes: dict[str, Any]) -> NetworkBank:
    """A copy of new networks that gives the mean of the targets, in their own scale."""
    # Not one array, so that no step is made in place.
    bank = bank.copy().part(slice(None))
    _begin_at_mean(bank, attributes)
    scale = _output_scale(attributes, bank.n_networks)
    if scale is not None:
        bank.scale_outputs(scale)
    return bank


def _output_scale(attributes: dict[str, Any], n_networks: int) -> np.ndarray | None:
    """The scale of the target of each network, if it is not 1 for all."""
    scale = attributes.get("target_scale_")
    return None if scale is None or (scale == 1).all() else np.resize(scale, n_networks)


def resume(
    estimator: Any,
    bank: NetworkBank,
    data: TrainingData,
    sizes: tuple[int, ...] | None,
    call: Call,
) -> Start:
    """The fitted networks and random state."""
    for name, value in estimator._started_with.items():
        if getattr(estimator, name) != value:
            raise ValueError(
                f"{name}: expected {value!r}, as when the networks were initialized, to "
                f"continue training, got {getattr(estimator, name)!r}."
            )
    if estimator.n_members not in ("auto", estimator.n_members_):
        raise ValueError(
            f"n_members: expected {estimator.n_members_}, as when the networks were "
            f"initialized, to continue training, got {estimator.n_members!r}."
        )
    if sizes is not None and sizes != bank.hidden_sizes:
        raise ValueError(
            f"hidden_layer_sizes: expected {bank.hidden_sizes}, as when the networks were "
            f"initialized, to continue training, got {estimator.hidden_layer_sizes!r}."
        )
    attributes = {name: vars(estimator).get(name) for name in _SEEDS}
    outputs, more = estimator._resumed_outputs(data, call)
    outputs = averaged(outputs, estimator.n_members_)
    attributes |= more
    scale = _output_scale(attributes, estimator.n_networks_)
    if vars(estimator).get("_begins_at_mean"):
        bank = at_mean(bank, attributes)
        attributes["_begins_at_mean"] = False
    return Start(estimator._random_state, outputs, bank, scale, attributes)


def make_trainer(
    estimator: Any, start: Start, data: TrainingData, call: Call, *, in_place: bool = False
) -> Trainer:
    """The trainer of a call: on copies of what it continues from, unless `in_place`."""
    bank = start.bank
    if call.continues and not in_place:
        bank = bank.copy()
        if start.output_scale is not None:
            bank.scale_outputs(1 / start.output_scale)
    rule = make_rule(estimator.rule, estimator.weight_decrement)
    optimizer = _make_optimizer(estimator, data.dtype)
    keeps = call is Call.PARTIAL_FIT and _has_same_scale(estimator, start)
    state = _kept_state(estimator, optimizer, rule, bank) if keeps else None
    if state is None:
        state = {**optimizer.start(bank.flat), "rule": _description(rule)}
    elif not in_place:
        state = copied(state)
    key = start.attributes["_dropout_key"]
    n_features, n_rows = data.X.shape[1], data.rows.size
    if call is Call.PARTIAL_FIT and estimator.max_iter == "auto":
        # A stream. With a number of epochs, every call is an epoch.
        n_rows += estimator.t_
    batch_size = estimator.batch_size
    shape, loss = (n_rows, n_features), start.outputs.loss
    rate = defaults.dropout_rate(estimator.dropout, shape, loss, batch_size)
    return Trainer(
        bank,
        start.outputs,
        rule,
        optimizer,
        state,
        weight_decay=defaults.weight_decay(estimator.weight_decay, n_rows, batch_size),
        dropout=InputDropout(rate, key, n_features) if rate else None,
        n_jobs=estimator.n_jobs,
    )


def has_backup(estimator: Any, start: Start, transaction: Transaction) -> bool:
    """Whether a call with a memory can learn in place: an error restores the parameters.

    For plain SGD, whose state does not change. A copy of one array takes less time than a copy
    of the networks, which counts in calls with a single new row.
    """
    is_plain = estimator.solver == "sgd" and not estimator.momentum
    is_one = start.bank.is_whole and start.output_scale is None
    if not (estimator.replay and is_plain and is_one):
        return False
    flat = start.bank.flat
    transaction.undo.append(bind(np.copyto, flat, flat.copy()))
    return True


def _has_same_scale(estimator: Any, start: Start) -> bool:
    """Whether moments of earlier errors have the scale of the next ones."""
    scale = start.attributes.get("target_scale_")
    return scale is None or np.array_equal(scale, to_numpy(estimator.target_scale_))


def _make_optimizer(estimator: Any, dtype: np.dtype) -> Optimizer:
    # A NumPy scalar would make float64 of float32 arrays.
    if estimator.solver == "adam":
        least = float(np.finfo(dtype).tiny)
        if estimator.epsilon < least:
            # It would be rounded to zero, by which Adam divides.
            raise ValueError(
                f"epsilon: expected at least {least:g} for {dtype} data, got "
                f"{estimator.epsilon!r}."
            )
        return Adam(float(estimator.beta_1), float(estimator.beta_2), float(estimator.epsilon))
    return Momentum(float(estimator.momentum)) if estimator.momentum else SGD()


def _description(rule: Rule) -> str:
    """What tells a rule from another in the state of an optimizer."""
    is_ours = type(rule) in RULES.values()
    return _kept_description(rule) if is_ours else repr(rule)


# The representation of a dataclass takes a while for a call with one row.
_kept_description: Callable[[Any], str] = lru_cache(repr)


def _kept_state(
    estimator: Any, optimizer: Optimizer, rule: Rule, bank: NetworkBank
) -> State | None:
    """The optimizer's state of the last call, if it belongs to this optimizer, rule and bank.

    Moments of another rule would drive weights beyond zero. A user may have replaced the
    networks by larger ones, or by those of another dtype.
    """
    state: State | None = getattr(estimator, "_solver_state", None)
    if (
        state
        and state["solver"] == optimizer.name
        and state["rule"] == _description(rule)
        and all(
            array.shape == bank.flat.shape and array.dtype == bank.flat.dtype
            for array in state.values()
            if hasattr(array, "dtype")
        )
    ):
        return state
    return None


def _n_scheduled(estimator: Any, n_rows: int, n_networks: int, call: Call) -> float:
    """Number of epochs that the schedule is for.

    A schedule has ended with `fit`. For a stream, whose length is unknown, it does not begin.
    """
    if call is Call.PARTIAL_FIT and estimator._has_fitted:
        return 0
    if call.is_partial and estimator.max_iter == "auto":
        return inf
    max_iter, learning_rate = estimator.max_iter, estimator.learning_rate
    return defaults.n_epochs(max_iter, learning_rate, n_rows, n_networks)


def epoch_settings(
    estimator: Any, start: Start, data: TrainingData, call: Call
) -> EpochSettings:
    n_rows = data.rows.size
    # Of a member.
    n_networks = start.bank.n_networks // start.outputs.n_members
    return EpochSettings(
        batch_size=defaults.batch_rows(estimator.batch_size, n_rows, n_networks),
        rng=start.rng if estimator.shuffle else None,
        schedule=Schedule(
            estimator.learning_rate,
            float(estimator.alpha),
            float(estimator.power_t),
            _n_scheduled(estimator, n_rows, n_networks, call),
        ),
        verbose=estimator.verbose,
    )


def start_history(
    estimator: Any, call: Call, transaction: Transaction, began: float
) -> History:
    """The history to continue. `fit` counts epochs anew, on a copy.

    `partial_fit` appends in place, so that a call costs the same however long the stream.
    """
    if not call.continues:
        return History(began=began)
    if call is Call.WARM_START:
        scores = list(estimator.validation_scores_ or [])
        history = History(list(estimator.loss_curve_), scores, t=estimator.t_, began=began)
        history.continue_from(vars(estimator).get("history_", {}))
        return history
    curve = estimator.loss_curve_
    transaction.undo.append(bind(curve.__delitem__, slice(len(curve), None)))
    return History(curve, n_iter=estimator.n_iter_, t=estimator.t_)
