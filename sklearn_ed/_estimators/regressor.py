"""EDRegressor: real targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags, column_or_1d

from .._backend import backend
from .._backend.namespaces import to_numpy
from .._networks.outputs import Outputs, TargetOutputs
from .._training.data import TrainingData
from .._utils.validation import check_parameters, integer
from . import weights
from .base import BaseErrorDiffusion
from .calls import Call
from .parameter_docs import with_shared_docs
from .parameters import explain_alpha
from .starting import at_mean
from .target_scale import ROWS, TargetStatistics


@with_shared_docs(score="R2")
class EDRegressor(RegressorMixin, BaseErrorDiffusion):
    """Neural network regressor that learns by error diffusion instead of backprop.

    The model has one network with a linear output unit per target; see :class:`EDClassifier`
    and the user guide for the rule. Targets need no scaling: the networks begin at their mean
    and learn them divided by a power of two close to their standard deviation; in the end the
    weights of the output units are multiplied by it. The loss is half the squared error of the
    divided targets.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    n_networks_ : int
        Number of networks: one per target and member. Those of a member stand side by side.
    n_outputs_ : int
        Number of targets.
    target_scale_ : ndarray of shape (`n_outputs_`,)
        Powers of two by which the targets were divided. `partial_fit` finds them in the first
        100 rows.
    out_activation_ : str
        "identity".
    {attributes}

    See Also
    --------
    EDClassifier : The same networks for classes.
    sklearn.neural_network.MLPRegressor : A network that learns by backprop.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ed import EDRegressor
    >>> X = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.sin(3 * X.ravel())
    >>> reg = EDRegressor(random_state=0).fit(X, y)
    >>> bool(reg.score(X, y) > 0.9)
    True
    """

    @explain_alpha
    def __init__(
        self,
        hidden_layer_sizes: Any = "auto",
        activation: str = "logistic",
        *,
        alpha: float = 0.005,
        beta: float = 0.8,
        u0: float = 0.4,
        rule: Any = "error_diffusion",
        weight_decrement: bool = True,
        init: str = "scaled",
        solver: str = "adam",
        learning_rate: str = "linear",
        power_t: float = 0.5,
        dropout: float | str = "auto",
        weight_decay: float | str = "auto",
        batch_size: int | str = "auto",
        max_iter: int | str = "auto",
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float | str = "auto",
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.0,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        scoring: Any = None,
        beta_1: float = 0.9,
        beta_2: float = 0.95,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        n_members: int | str = "auto",
        scale_inputs: bool = False,
        recent_rows: int | None = None,
        replay: int = 0,
        memory_size: int = 500,
        n_jobs: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alpha = alpha
        self.beta = beta
        self.u0 = u0
        self.rule = rule
        self.weight_decrement = weight_decrement
        self.init = init
        self.solver = solver
        self.learning_rate = learning_rate
        self.power_t = power_t
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.n_members = n_members
        self.scale_inputs = scale_inputs
        self.recent_rows = recent_rows
        self.replay = replay
        self.memory_size = memory_size
        self.n_jobs = n_jobs

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from every row once.

        With ``max_iter=N`` and ``early_stopping=False``, N calls with the same data equal a
        `fit`, bit for bit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, converted to the dtype of the first call.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Real targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights. They are relative to the batch; with ``batch_size=1`` they are
            absolute, so that they also count from call to call.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            As `fit`. What was learned before is kept.
        KeyboardInterrupt
            After Ctrl-C, so that a loop around the call ends. What was learned until then is
            kept, also from a part of the rows.
        """
        return self._partial_fit(X, y, sample_weight)

    def initialize(
        self, n_features: Any, n_targets: int = 1, *, n_rows: int = 1, dtype: Any = np.float64
    ) -> Self:
        """Make new networks without data, for `partial_fit`, `predict` and `set_weights`.

        A first `partial_fit` afterwards gives the same result as without this call. In it, the
        networks move to the mean and to the scale of the targets, unless `set_weights` was
        called.

        Parameters
        ----------
        n_features : int or array-like of str
            Number of features, or their names.
        n_targets : int, default=1
            Number of targets.
        n_rows : int, default=1
            Number of rows for which "auto" decides about layers and members.
        dtype : dtype, default=numpy.float64
            float32 or float64, the type of the weights and of X.

        Returns
        -------
        EDRegressor
            The estimator itself. What was learned before is replaced.

        Raises
        ------
        ValueError
            If a parameter is invalid.

        Examples
        --------
        >>> from sklearn_ed import EDRegressor
        >>> reg = EDRegressor((5,), n_members=1, random_state=0).initialize(3)
        >>> reg.coefs_[0].shape
        (1, 3, 5)
        """
        check_parameters({"n_targets": n_targets}, {"n_targets": integer(1)})
        weights.initialize(self, n_features, n_targets, n_targets, n_rows, dtype)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions in the dtype of the weights.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is invalid or has other features than those seen during `fit`.
        """
        return self._predictions(
            X, "predict", lambda outputs, A: outputs.predict(A), self._decode
        )

    def _decode(self, targets: np.ndarray) -> np.ndarray:
        return backend().reshaped(targets, (-1,)) if self.n_outputs_ == 1 else targets

    def _encode_targets(
        self, y: Any, dtype: Any, call: Call, classes: Any
    ) -> tuple[int, np.ndarray]:
        y, targets = _real_targets(y, dtype)
        if not call.is_partial and _is_rounded_away(y, targets):
            raise ValueError(
                f"y: expected values that differ in {np.dtype(dtype)}, got different values "
                "that are rounded to the same one; subtract their mean."
            )
        if call.continues and targets.shape[1] != self.n_outputs_:
            raise ValueError(
                f"y: expected {self.n_outputs_} targets as in the first call, "
                f"got {targets.shape[1]}."
            )
        return targets.shape[1], targets

    def _encode_more(self, y: np.ndarray, labels: int, dtype: Any) -> np.ndarray:
        _, targets = _real_targets(y, dtype)
        if targets.shape[1] != labels:
            raise ValueError(f"y: expected {labels} targets as in y, got {targets.shape[1]}.")
        return targets

    def _initial_outputs(
        self, labels: int, data: TrainingData, rng: np.random.RandomState
    ) -> tuple[Outputs, dict[str, Any]]:
        statistics = TargetStatistics.of(data.targets, data.weight)
        outputs, attributes = self._scaled(statistics, statistics.scale(data.dtype))
        return outputs, attributes | {
            "n_networks_": labels,
            "n_outputs_": labels,
            "_begins_at_mean": not statistics.n_rows,
        }

    def _resumed_outputs(
        self, data: TrainingData, call: Call
    ) -> tuple[Outputs, dict[str, Any]]:
        kept: dict[str, Any] = {
            name: to_numpy(value) for name, value in self._target_statistics.items()
        }
        statistics = TargetStatistics(**kept)
        scale = to_numpy(self.target_scale_)
        if not statistics.n_rows:
            # After `initialize`.
            statistics = TargetStatistics.of(data.targets, data.weight)
            scale = statistics.scale(data.dtype)
        elif call is Call.PARTIAL_FIT and statistics.n_rows < ROWS:
            statistics = statistics.with_more(TargetStatistics.of(data.targets, data.weight))
            scale = statistics.scale(data.dtype, scale)
        return self._scaled(statistics, scale)

    def _begin_at(self, statistics: TargetStatistics) -> Self:
        """After `initialize`: move to the mean and the scale of all targets, and keep both."""
        bank = self._bank()
        scale = statistics.scale(bank.biases[0].dtype)
        kept = replace(statistics, n_rows=max(ROWS, statistics.n_rows))
        _, attributes = self._scaled(kept, scale)
        self._keep_bank(at_mean(bank, attributes))
        self.__dict__.update(attributes, _begins_at_mean=False)
        return self

    def _scaled(
        self, statistics: TargetStatistics, scale: np.ndarray
    ) -> tuple[TargetOutputs, dict[str, Any]]:
        attributes = {"target_scale_": scale, "_target_statistics": vars(statistics).copy()}
        return TargetOutputs(scale), attributes

    def _member_outputs(self) -> Outputs:
        """The outputs of the kept networks, which have the scale in their weights."""
        return TargetOutputs()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore; earlier versions did not scale targets."""
        if "coefs_" in state and "target_scale_" not in state:
            ones = np.ones(state["n_outputs_"])
            statistics = TargetStatistics(ROWS, 0.0, 0 * ones, ones)
            state = state | {"target_scale_": ones, "_target_statistics": vars(statistics)}
        super().__setstate__(state)

    def _score_predictions(
        self, targets: np.ndarray, predictions: np.ndarray, weight: np.ndarray | None
    ) -> float:
        # R2 does not depend on the scale; squares of the targets may overflow.
        unit = np.exp2(np.frexp(np.abs(targets).max())[1].astype(targets.dtype) - 1) or 1
        return float(r2_score(targets / unit, predictions / unit, sample_weight=weight))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _is_rounded_away(y: np.ndarray, targets: np.ndarray) -> bool:
    """Whether a target has different values only before its conversion."""
    if y.dtype == targets.dtype:
        return False
    y = y.reshape(targets.shape)
    return bool(((targets == targets[0]).all(axis=0) & (y != y[0]).any(axis=0)).any())


def _real_targets(y: Any, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """y as a dense array of numbers, and as targets (n_samples, n_targets) in the dtype."""
    y = y.toarray() if sp.issparse(y) else y
    if y.dtype.kind == "O":
        try:
            y = y.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"y: expected real numbers, got: {error}.") from error
    if y.dtype.kind not in "biuf":
        raise ValueError(f"y: expected real numbers, got an array of dtype {y.dtype}.")
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    with np.errstate(over="ignore"):
        targets = y.astype(dtype).reshape(y.shape[0], -1)
    if not np.isfinite(targets).all():
        raise ValueError(f"y: expected finite numbers in the range of {np.dtype(dtype)}.")
    return y, targets
