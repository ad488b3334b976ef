"""The fitted networks: as attributes, in predictions, in pickles and copies."""

from __future__ import annotations

import copy
import inspect
from abc import abstractmethod
from collections.abc import Callable
from functools import partial as bind
from operator import is_
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from .._networks.bank import NetworkBank, feature_major, network_major
from .._networks.members import AnyOutputs, averaged
from .._networks.outputs import Outputs
from .._utils.doc_links import DocumentationLinks
from ..rules import ErrorDiffusion
from . import shortcuts
from .data import check_magnitude, checked_sparse
from .stream_data import n_inputs, scaled_inputs

CHANGED_IN_PLACE = (
    "coefs_",
    "intercepts_",
    "loss_curve_",
    "_memory",
    "_random_state",
    "_solver_state",
)


class FittedNetworks(DocumentationLinks, BaseEstimator):
    """An estimator whose fitted networks are plain arrays that a user may look at or change."""

    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    loss_curve_: list[float]
    n_features_in_: int
    n_members: int | str
    n_members_: int
    n_networks_: int
    _has_fitted: bool
    scale_inputs: bool
    replay: int
    _started_with: dict[str, Any]

    @abstractmethod
    def _member_outputs(self) -> Outputs:
        """The outputs of one member of the fitted estimator."""

    def _outputs(self) -> AnyOutputs:
        """The outputs of the fitted estimator."""
        return averaged(self._member_outputs(), self.n_members_)

    def _keep_bank(self, bank: NetworkBank) -> None:
        """Make its arrays the fitted ones; keep the bank, so that it need not be made again."""
        # Views: a user may give an array another shape in place.
        self.coefs_ = [coef.view() for coef in bank.coefs]
        self.intercepts_ = [bias.view() for bias in bank.biases]
        self._keep_checked(bank)

    def _keep_checked(self, bank: NetworkBank) -> None:
        """Keep the bank for as long as nobody replaces an array."""
        arrays = (*self.coefs_, *self.intercepts_)
        self._kept_bank = (bank, arrays, self.n_features_in_, self.n_networks_)

    def _bank(self) -> NetworkBank:
        """The fitted networks; a user may have replaced an array.

        Raises
        ------
        ValueError
            If the arrays do not fit together, or do not fit the features and the networks.
        """
        arrays, n_networks = (*self.coefs_, *self.intercepts_), self.n_networks_
        bank: NetworkBank | None
        bank, kept, *sizes = vars(self).get("_kept_bank", (None, ()))
        if (
            bank is not None
            and len(arrays) == len(kept)
            and all(map(is_, arrays, kept))
            and sizes == [self.n_features_in_, n_networks]
        ):
            return bank
        bank = NetworkBank.from_coefs(
            self.coefs_,
            self.intercepts_,
            n_features=n_inputs(self),
            n_networks=n_networks,
            u0=float(self._started_with["u0"]),
            beta=float(self._started_with["beta"]),
        )
        if all(map(np.may_share_memory, bank.parameters, arrays)):
            # Not a copy, which would not change where an array is changed in place.
            self._keep_checked(bank)
        return bank

    def _is_plain(self, X: Any) -> bool:
        """Whether the general check of a fitted estimator would return X as it is."""
        return getattr(self, "feature_names_in_", None) is None and shortcuts.is_plain_X(
            X, self.n_features_in_, self.coefs_[0].dtype
        )

    def _predictions(self, X: Any, read: Callable[[Any, np.ndarray], np.ndarray]) -> np.ndarray:
        """What `read` makes of the outputs and their pre-activations for X."""
        if "coefs_" not in vars(self):
            check_is_fitted(self, "coefs_")
        bank = self._bank()
        if not self._is_plain(X):
            X = checked_sparse(X)
            dtype = self.coefs_[0].dtype
            # scikit-learn sums the values to see whether they are finite.
            with np.errstate(invalid="ignore"):
                X = validate_data(self, X, accept_sparse="csr", dtype=dtype, reset=False)
            if not self._started_with.get("scale_inputs"):
                check_magnitude(X, bank)
        X = scaled_inputs(self, X)
        return bank.output(X, bind(read, self._outputs()))

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without the kept bank, whose arrays are among them already."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_kept_bank"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the layout of layer 1, which a pickle does not keep.

        A pickle of an earlier version lacks parameters that are newer: they get their defaults.
        """
        parameters = inspect.signature(type(self)).parameters.values()
        missing = {p.name: p.default for p in parameters if p.name not in state}
        super().__setstate__({**missing, **state})
        if "coefs_" in state:
            first, *others = self.coefs_
            self.coefs_ = [network_major(feature_major(first), first.shape[0]), *others]
            if "n_members_" not in state:
                self.n_members = self.n_members_ = 1
                self._has_fitted = "_solver_state" not in state
        kept = state.get("_solver_state")
        if kept and "rule" not in kept:
            two_way = kept.pop("weight_decrement")
            kept["rule"] = repr(ErrorDiffusion(weight_decrement=two_way))

    def __copy__(self) -> Self:
        """A shallow copy, but for what `partial_fit` changes in place."""
        twin = type(self).__new__(type(self))
        state = self.__getstate__()
        for name in CHANGED_IN_PLACE:
            if name in state:
                state[name] = copy.deepcopy(state[name])
        twin.__setstate__(state)
        return twin

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not (self.scale_inputs or self.replay)
        return tags
