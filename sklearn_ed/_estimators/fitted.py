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

from .._backend import backend, backend_for
from .._backend.blas import sharing_among
from .._networks.bank import NetworkBank
from .._networks.layout import feature_major, network_major
from .._networks.members import AnyOutputs, averaged
from .._networks.outputs import Outputs
from .._utils.doc_links import DocumentationLinks
from .._utils.validation import is_integer
from ..rules import ErrorDiffusion
from . import export, shortcuts, weights
from .arrays import (
    are_foreign,
    check_is_numpy,
    check_same_library,
    checked_array,
    has_array_api_support,
    own_memory,
)
from .data import check_magnitude, checked_sparse
from .fit_callbacks import without_callbacks
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
    history_: dict[str, list[Any]]
    loss_curve_: list[float]
    n_features_in_: int
    n_jobs: int | None
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
        view = backend().view
        self.coefs_ = [view(coef) for coef in bank.coefs]
        self.intercepts_ = [view(bias) for bias in bank.biases]
        self._keep_checked(bank)

    def _keep_checked(self, bank: NetworkBank) -> None:
        """Keep the bank for as long as nobody replaces an array."""
        arrays = (*self.coefs_, *self.intercepts_)
        first = bank.weights[0]
        bank.is_moderate = backend().holds_numpy and shortcuts.has_finite_square(first)
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
        if backend().holds_numpy and all(map(np.may_share_memory, bank.parameters, arrays)):
            # Not a copy, which would not change where an array is changed in place.
            self._keep_checked(bank)
        return bank

    def _is_plain(self, X: Any) -> bool:
        """Whether the general check of a fitted estimator would return X as it is."""
        return getattr(self, "feature_names_in_", None) is None and shortcuts.is_plain_X(
            X, self.n_features_in_, self.coefs_[0].dtype
        )

    def hidden_activations(self, X: Any, layer: int = -1) -> np.ndarray:
        """What the units of a hidden layer answer to each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        layer : int, default=-1
            The hidden layer: 0 is the first, -1 the last.

        Returns
        -------
        ndarray of shape (n_samples, n_networks * n_units)
            Activations from 0 to 1, in the dtype of the weights. The units of a network stand
            side by side, excitatory ones first, and the networks in the order of `coefs_`.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If there is no such hidden layer, or if X is invalid or has other features than
            those seen during `fit`.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn_ed import EDClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> clf = EDClassifier((8, 5), n_members=1, max_iter=2, random_state=0).fit(X, y)
        >>> clf.n_networks_, clf.hidden_activations(X).shape
        (3, (150, 15))
        """
        check_is_fitted(self, "coefs_")
        layer = self._hidden_layer(layer)
        with backend_for(X), sharing_among(self.n_jobs):
            bank, X = self._checked_inputs(X, "hidden_activations")
            return bank.hidden(X, layer)

    def _hidden_layer(self, layer: int) -> int:
        """The index of a hidden layer, from 0 on; the estimator is fitted."""
        n_layers = len(self.coefs_) - 1
        if not is_integer(layer) or not -n_layers <= layer < n_layers:
            wanted = f"an integer from {-n_layers} to {n_layers - 1}"
            if not n_layers:
                wanted = "networks with hidden layers"
            raise ValueError(f"layer: expected {wanted}, got {layer!r}.")
        return int(layer) % n_layers

    def _predictions(
        self,
        X: Any,
        method: str,
        read: Callable[[Any, np.ndarray], np.ndarray],
        decode: Callable[[np.ndarray], np.ndarray] = lambda values: values,
    ) -> np.ndarray:
        """What `read` makes of the outputs and their pre-activations for X, decoded.

        `method` is the name of what the user has called.
        """
        with backend_for(X), sharing_among(self.n_jobs):
            bank, X = self._checked_inputs(X, method)
            return decode(bank.output(X, bind(read, self._outputs())))

    def _checked_inputs(self, X: Any, method: str) -> tuple[NetworkBank, Any]:
        """The fitted networks, and X as they read it."""
        if "coefs_" not in vars(self):
            check_is_fitted(self, "coefs_")
        check_same_library(self, X, method)
        bank = self._bank()
        is_plain = self._is_plain(X)
        if not is_plain:
            X = checked_sparse(X) if backend().holds_numpy else checked_array(self, X)
            dtype = self.coefs_[0].dtype
            # scikit-learn sums the values to see whether they are finite.
            with np.errstate(invalid="ignore"):
                X = validate_data(self, X, accept_sparse="csr", dtype=dtype, reset=False)
        is_scaled = self._started_with.get("scale_inputs")
        X = scaled_inputs(vars(self), X)
        if not (bank.is_moderate and (is_plain or is_scaled)):
            check_magnitude(X, bank)
        return bank, X

    def get_weights(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Copies of `coefs_` and `intercepts_`.

        Returns
        -------
        coefs : list of ndarray of shape (n_networks, fan_in, fan_out)
            Weights of each layer.
        intercepts : list of ndarray of shape (n_networks, fan_out)
            Bias weights of each layer.

        Raises
        ------
        NotFittedError
            Before `fit`, `partial_fit` or `initialize`.
        """
        check_is_fitted(self, "coefs_")
        check_is_numpy(self, "get_weights")
        return weights.get_weights(self)

    def set_weights(self, coefs: Any, intercepts: Any) -> Self:
        """Replace all weights, after a check; training continues from them.

        Parameters
        ----------
        coefs : list of array-like of shape (n_networks, fan_in, fan_out)
            Weights of each layer, with the shapes of `coefs_`. They are copied and converted to
            its dtype.
        intercepts : list of array-like of shape (n_networks, fan_out)
            Bias weights of each layer, with the shapes of `intercepts_`.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        NotFittedError
            Before `fit`, `partial_fit` or `initialize`.
        ValueError
            If the number of layers, a shape or a dtype is wrong or a number is not finite. With
            ``rule="error_diffusion"``, also if a weight between two units has a sign that the
            rule does not allow, see `coefs_`. The estimator is then unchanged.

        Examples
        --------
        >>> from sklearn_ed import EDClassifier
        >>> clf = EDClassifier((5,), n_members=1, random_state=0).initialize(3, ["no", "yes"])
        >>> coefs, intercepts = clf.get_weights()
        >>> clf = clf.set_weights([2 * coef for coef in coefs], intercepts)
        """
        check_is_fitted(self, "coefs_")
        check_is_numpy(self, "set_weights")
        weights.set_weights(self, coefs, intercepts)
        return self

    def to_mlp(self, *, max_weights: int = 10_000_000) -> Any:
        """A fitted MLP of scikit-learn that makes the same predictions.

        The networks become one network with block-diagonal weights and the activation
        "logistic". `u0`, `beta`, the code book and the scale of the targets are folded into
        its weights.

        Parameters
        ----------
        max_weights : int, default=10_000_000
            Largest number of weights to make. Those between hidden layers grow as the square
            of the number of networks, because the zeros outside of the blocks are stored.

        Returns
        -------
        sklearn.neural_network.MLPClassifier or sklearn.neural_network.MLPRegressor
            With the default parameters except `activation`, `hidden_layer_sizes` and
            `random_state`. `partial_fit` continues by backprop, which may also change the
            zeros outside of the blocks.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If no MLP has the same predictions: with ``scale_inputs=True``, and for a
            classifier with several members, whose probabilities are averaged, or with a single
            class. Also if there were more than `max_weights` weights.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn_ed import EDClassifier
        >>> X = np.random.RandomState(0).normal(size=(100, 3))
        >>> clf = EDClassifier(n_members=1, random_state=0).fit(X, X[:, 0] > 0)
        >>> mlp = clf.to_mlp()
        >>> bool((mlp.predict(X) == clf.predict(X)).all())
        True
        """
        check_is_fitted(self, "coefs_")
        check_is_numpy(self, "to_mlp")
        return export.to_mlp(self, max_weights)

    def __getstate__(self) -> dict[str, Any]:
        """The attributes without the kept bank, whose arrays are among them already."""
        state = without_callbacks(super().__getstate__())
        state = {name: value for name, value in state.items() if name != "_kept_bank"}
        if are_foreign(state.get("coefs_")):
            # PyTorch would write the memory of all of them with each of them.
            for name in ("coefs_", "intercepts_"):
                state[name] = [own_memory(array) for array in state[name]]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the layout of layer 1, which a pickle does not keep.

        A pickle of an earlier version lacks parameters that are newer: they get their defaults.
        """
        parameters = inspect.signature(type(self)).parameters.values()
        missing = {p.name: p.default for p in parameters if p.name not in state}
        super().__setstate__({**missing, **state})
        if "coefs_" in state:
            first, *others = self.coefs_
            if not are_foreign(self.coefs_):
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
        tags.array_api_support = has_array_api_support(self)
        return tags
