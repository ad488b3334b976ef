"""What workers learn apart, and how one estimator is made of it.

Pure functions of plain estimators: no argument is changed, and nothing here knows who runs
them or where. A round gives the same estimator to every worker, each returns what it has
learned from its share, and the results are combined.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import gen_even_slices

from .._estimators.parameters import make_rule
from .._networks.bank import NetworkBank
from .._networks.layout import feature_major, network_major
from .._networks.outputs import ClassOutputs, LabelOutputs, TargetOutputs
from ..rules import Backprop, ErrorDiffusion, SignSymmetry


class Rows(NamedTuple):
    """Checked rows as `partial_fit` takes them, with positive weights."""

    X: Any
    y: np.ndarray
    weight: np.ndarray | None

    def chosen(self, index: np.ndarray) -> Rows:
        weight = None if self.weight is None else self.weight[index]
        return Rows(self.X[index], self.y[index], weight)


class Round(NamedTuple):
    """What is learned between two exchanges: epochs, or one of `n_parts` parts of an epoch."""

    n_calls: int = 1
    part: int = 0
    n_parts: int = 1


# Rows


def learn_rows(estimator: Any, rows: Rows, share: int, this: Round) -> Any:
    """A copy of the estimator that has learned a share of the rows for a round.

    Share 0 draws the order of its rows as a local fit would, the others from generators of
    their own, which follow from the share and the epochs before: a round can be repeated.
    """
    n_done = estimator.n_iter_
    if this.n_parts > 1:
        order = np.arange(len(rows.y))
        if estimator.shuffle:
            _generator(estimator, share, n_done // this.n_parts).shuffle(order)
        rows = rows.chosen(np.array_split(order, this.n_parts)[this.part])
    learner = copy.copy(estimator)
    if share:
        learner._random_state = _generator(estimator, share, n_done, 1)
    return _learn(learner, rows, this.n_calls)


def mean(estimator: Any, learned: Sequence[Any], weights: Sequence[float]) -> Any:
    """The weighted mean of what was learned from the same estimator.

    Weights between units keep their sign, which is the same in all. The optimizer's moments are
    averaged too: they are means over steps.
    """
    shares = [weight / sum(weights) for weight in weights]
    combined = copy.copy(learned[0])
    bank = combined._bank().copy()
    bank.flat[...] = _mean([one._bank().copy().flat for one in learned], shares)
    states = [one._solver_state for one in learned]
    combined._solver_state = states[0] | {
        name: _mean([state[name] for state in states], shares) for name in _moments(states[0])
    }
    n_known = len(estimator.loss_curve_)
    losses = np.array([one.loss_curve_[n_known:] for one in learned])
    _set_losses(combined, estimator, (np.array(shares) @ losses).tolist())
    combined.t_ = estimator.t_ + sum(one.t_ - estimator.t_ for one in learned)
    combined._keep_bank(bank)
    return combined


def _mean(arrays: Sequence[np.ndarray], shares: Sequence[float]) -> np.ndarray:
    total = shares[0] * arrays[0]
    for array, share in zip(arrays[1:], shares[1:], strict=True):
        total += share * array
    return total


def _generator(estimator: Any, *numbers: int) -> np.random.RandomState:
    key = estimator._dropout_key
    return np.random.RandomState([key % 2**32, key // 2**32, *numbers])


# Networks


def network_shares(estimator: Any, n_shares: int) -> list[np.ndarray]:
    """Networks that learn apart with the same result as together, in at most `n_shares`.

    Raises
    ------
    ValueError
        If the networks need each other.
    """
    rule = make_rule(estimator.rule, estimator.weight_decrement)
    if not isinstance(rule, (Backprop, ErrorDiffusion, SignSymmetry)):
        raise ValueError(
            "strategy: expected 'rows' with a rule whose random numbers are drawn for all "
            f"networks together, got 'networks' with rule={estimator.rule!r}."
        )
    n_networks, n_members = estimator.n_networks_, estimator.n_members_
    n_units = n_networks if _are_independent(estimator) else n_members
    if n_units == 1 and n_networks > 1:
        raise ValueError(
            "strategy: expected 'rows' for one member whose networks share a softmax, so that "
            "the error of each depends on the outputs of all, got 'networks'. Networks are "
            "independent with loss='squared_error', several labels or several targets, and so "
            "are members (n_members)."
        )
    slices = gen_even_slices(n_units, min(n_shares, n_units))
    networks = np.arange(n_networks).reshape(n_units, -1)
    return [networks[one].ravel() for one in slices]


def _are_independent(estimator: Any) -> bool:
    """Whether the error of a network depends on no other network."""
    outputs = estimator._member_outputs()
    return not (isinstance(outputs, ClassOutputs) and outputs.loss == "log_loss")


def learn_networks(estimator: Any, rows: Rows, networks: np.ndarray, this: Round) -> Any:
    """A copy with some of the networks only, which have learned all rows for a round."""
    learner, bank = copy.copy(estimator), estimator._bank()
    per_member = bank.n_networks // estimator.n_members_
    outputs, place = estimator._member_outputs(), networks % per_member
    learner.n_networks_, learner.n_members_ = len(networks), len(networks) // per_member
    if _are_independent(estimator):
        learner.n_members_ = 1
        if isinstance(outputs, ClassOutputs):
            learner.code_book_ = estimator.code_book_[place]
        else:
            learner.n_outputs_ = len(networks)
            rows = rows._replace(y=rows.y.reshape(len(rows.y), -1)[:, place])
        if isinstance(outputs, LabelOutputs):
            learner.classes_ = np.arange(len(networks))
            learner.code_book_ = np.eye(len(networks), dtype=estimator.code_book_.dtype)
        elif isinstance(outputs, TargetOutputs):
            learner.target_scale_ = estimator.target_scale_[place]
            if len(networks) == 1:
                rows = rows._replace(y=rows.y.ravel())
    learner.n_members = learner.n_members_
    learner.coefs_ = [coef[networks] for coef in bank.coefs]
    learner.intercepts_ = [bias[networks] for bias in bank.biases]
    state = vars(estimator).get("_solver_state")
    if state:
        learner._solver_state = state | {
            name: _flat([array[networks] for array in _by_network(bank, state[name])])
            for name in _moments(state)
        }
    return _learn(learner, rows, this.n_calls)


def joined(estimator: Any, learned: Sequence[Any], shares: Sequence[np.ndarray]) -> Any:
    """The estimator with the networks that were learned apart."""
    combined, bank = copy.copy(estimator), estimator._bank().copy()
    banks = [one._bank().copy() for one in learned]
    first = learned[0]
    state = {**first._solver_state}
    _put(bank, bank.flat, banks, [one.flat for one in banks], shares)
    for name in _moments(state):
        state[name] = np.empty_like(bank.flat)
        moments = [one._solver_state[name] for one in learned]
        _put(bank, state[name], banks, moments, shares)
    n_known = len(estimator.loss_curve_)
    # A loss is the sum over the networks of a member, the mean over members.
    weights = [one.n_members_ / estimator.n_members_ for one in learned]
    losses = np.array([one.loss_curve_[n_known:] for one in learned])
    _set_losses(combined, estimator, (np.array(weights) @ losses).tolist())
    for name in ("t_", "n_iter_", "_random_state"):
        setattr(combined, name, getattr(first, name))
    combined._solver_state = state
    combined._keep_bank(bank)
    return combined


def _put(
    bank: NetworkBank,
    flat: np.ndarray,
    banks: Sequence[NetworkBank],
    flats: Sequence[np.ndarray],
    shares: Sequence[np.ndarray],
) -> None:
    """Write the flat arrays of parts of a bank to their places in `flat`."""
    whole = _by_network(bank, flat)
    for part, part_flat, networks in zip(banks, flats, shares, strict=True):
        for array, values in zip(whole, _by_network(part, part_flat), strict=True):
            array[networks] = values


def _by_network(bank: NetworkBank, flat: np.ndarray) -> list[np.ndarray]:
    """Views of a flat array, as the parameters of the bank, with one entry per network."""
    first, *others = bank.split(flat)
    return [network_major(first, bank.n_networks), *others]


def _flat(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The inverse of `_by_network`."""
    first, *others = arrays
    return np.concatenate([feature_major(first).ravel(), *(array.ravel() for array in others)])


# Both


def _learn(learner: Any, rows: Rows, n_calls: int) -> Any:
    for _ in range(n_calls):
        learner.partial_fit(rows.X, rows.y, rows.weight)
    return learner


def _moments(state: dict[str, Any]) -> list[str]:
    return [name for name, value in state.items() if isinstance(value, np.ndarray)]


def _set_losses(combined: Any, estimator: Any, losses: list[float]) -> None:
    """Append the losses of a round to those before it."""
    combined.loss_curve_ = estimator.loss_curve_ + losses
    combined.loss_ = losses[-1]
    combined.best_loss_ = min([estimator.best_loss_, *losses])
