"""What the classifier and the regressor share of the scikit-learn contract; no mathematics."""

from __future__ import annotations

import copy
from abc import abstractmethod
from functools import partial as bind
from itertools import repeat
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .._networks.bank import NetworkBank, feature_major, network_major
from .._networks.outputs import Outputs
from .._training.dropout import InputDropout
from .._training.early_stopping import hold_out
from .._training.loop import History, Stopping, kept_on_interrupt, run_epoch, train
from .._training.optimizers import SGD, Adam, Momentum, Schedule, Solver
from .._training.trainer import Trainer, TrainingData
from .._utils import validation as valid
from . import defaults as auto
from . import parameters, shortcuts
from .data import check_sample_weight, check_sparse_structure
from .rollback import Undo, copied, unchanged_on_error


class BaseErrorDiffusion(BaseEstimator):
    """Base of the error diffusion estimators.

    A subclass names its parameter checks and turns y into targets, outputs and scores.
    """

    _parameter_checks: ClassVar[dict[str, valid.Check]] = parameters.PARAMETER_CHECKS
    # What a fitted network means hangs on them: predictions go by their values at the start.
    _fixed_parameters: ClassVar[tuple[str, ...]] = ("u0", "beta")

    @abstractmethod
    def _validate_targets(
        self,
        y: Any,
        weight: np.ndarray | None,
        dtype: Any,
        *,
        first: bool,
        partial: bool,
        classes: Any,
    ) -> np.ndarray:
        """Check y, learn its classes if `first`, and return the targets of the outputs."""

    @abstractmethod
    def _start_outputs(
        self, targets: np.ndarray, dtype: Any, rng: np.random.RandomState
    ) -> Outputs:
        """Decide on the number of networks of a new fit; return its outputs."""

    @abstractmethod
    def _outputs(self) -> Outputs:
        """The outputs of a fitted estimator."""

    @abstractmethod
    def _score_predictions(
        self, targets: np.ndarray, predictions: np.ndarray, weight: np.ndarray | None
    ) -> float:
        """The score that early stopping watches, higher is better."""

    def _stratify(self, targets: np.ndarray) -> np.ndarray | None:
        """What the split for early stopping keeps the shares of."""
        return None

    def fit(self, X, y, sample_weight=None):
        """Fit the model to data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data. float32 stays float32, everything else becomes float64. Sparse data
            is never made dense.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: class labels, indicators of several labels, or real numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights. A row of weight 0 is as good as absent.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data is invalid, or if the weights diverge. An estimator that
            was fitted before is then as it was.

        Warns
        -----
        ConvergenceWarning
            If `max_iter` epochs were not enough.
        """
        self._learn(X, y, sample_weight, continues=self.warm_start)
        return self

    def _learn(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        *,
        continues: bool,
        partial: bool = False,
        classes: Any = None,
    ) -> None:
        """`fit`, or `partial_fit` with `partial`; what it cannot undo it does to copies."""
        with unchanged_on_error(self) as undo:
            sizes = self._check_parameters(partial)
            first = not (continues and hasattr(self, "coefs_"))
            X, y = self._validate_X_y(X, y, first)
            weight = check_sample_weight(sample_weight, X)
            rows = np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)
            rows = rows.astype(np.min_scalar_type(-X.shape[0]))
            targets = self._validate_targets(
                y, weight, X.dtype, first=first, partial=partial, classes=classes
            )
            data = TrainingData(X, targets, weight, rows)
            start = self._start_anew if first else self._go_on
            rng, outputs, bank = start(data, sizes)
            trainer = self._make_trainer(outputs, bank, keeps_state=partial and not first)
            trainer.weight_decay = auto.weight_decay(self.weight_decay, self.batch_size)
            history = History() if first else self._history(partial, undo)
            if not (first or (partial and (rows.size == 1 or not self.shuffle))):
                undo.append(bind(rng.set_state, rng.get_state(legacy=False)))
            rate = auto.dropout_rate(self.dropout, X.shape[1], self.batch_size)
            if rate:
                trainer.dropout = InputDropout(rate, self._dropout_key, X.shape[1])
            self._run(trainer, data, history, rng, partial)
            self._check_finite(trainer.bank, history)
            self._keep(trainer, history, rng, keep_solver=partial)

    def _check_finite(self, bank: NetworkBank, history: History) -> None:
        """With early stopping a loss may overflow on the way: the best weights are kept."""
        loss_counts = history.loss_curve and not self.early_stopping
        finite = shortcuts.is_finite(bank.flat)
        if not finite or (loss_counts and not np.isfinite(history.loss_curve[-1])):
            raise ValueError(
                "Solver produced non-finite parameter weights or a non-finite loss. The data "
                "may contain large values and need to be preprocessed, or the learning rate "
                f"may be too large: alpha={self.alpha!r}."
            )

    def _check_parameters(self, partial: bool) -> tuple[int, ...] | None:
        """Check all parameters; return the sizes of the hidden layers, None for "auto"."""
        values = tuple(map(getattr, repeat(self), self._parameter_checks))
        if not shortcuts.are_same(values, getattr(self, "_checked_parameters", ())):
            named = dict(zip(self._parameter_checks, values, strict=True))
            valid.check_parameters(named, self._parameter_checks)
            self._checked_parameters = values if shortcuts.are_immutable(values) else ()
        if partial and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        done = getattr(self, "n_iter_", 0)
        if partial and self.learning_rate == "linear" and done >= self.max_iter:
            raise ValueError(
                f"max_iter: expected more than {done}, the epochs done, since learning_rate="
                f"'linear' ends there, got {self.max_iter!r}."
            )
        return valid.check_hidden_layer_sizes(self.hidden_layer_sizes)

    def _validate_X_y(self, X: Any, y: Any, first: bool) -> tuple[Any, np.ndarray]:
        if not first and self._is_plain(X) and shortcuts.is_plain_y(y, X.shape[0]):
            return X, y
        check_sparse_structure(X)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=[np.float64, np.float32] if first else self.coefs_[0].dtype,
            reset=first,
        )
        return (X.tocsr() if sp.issparse(X) else X), y

    def _is_plain(self, X: Any) -> bool:
        """Whether the general check of a fitted estimator would return X as it is."""
        return getattr(self, "feature_names_in_", None) is None and shortcuts.is_plain_X(
            X, self.n_features_in_, self.coefs_[0].dtype
        )

    def _start_anew(
        self, data: TrainingData, sizes: tuple[int, ...] | None
    ) -> tuple[np.random.RandomState, Outputs, NetworkBank]:
        """New networks, and a generator of our own, which later calls go on with."""
        self.__dict__.pop("_validation_seed", None)
        self._started_with = {name: getattr(self, name) for name in self._fixed_parameters}
        source = check_random_state(self.random_state)
        if not isinstance(self.random_state, Integral):
            source = np.random.RandomState(source.randint(np.iinfo(np.int32).max))
        # Of its own, so that it does not depend on how many numbers the order of rows took.
        self._dropout_key = int(source.randint(np.iinfo(np.int64).max, dtype=np.int64))
        outputs = self._start_outputs(data.targets, data.X.dtype, source)
        bank = NetworkBank.initialize(
            data.X.shape[1],
            auto.hidden_sizes(sizes, self.n_networks_),
            self.n_networks_,
            init=self.init,
            u0=float(self.u0),
            beta=float(self.beta),
            dtype=data.X.dtype,
            rng=source,
        )
        return source, outputs, bank

    def _go_on(
        self, data: TrainingData, sizes: tuple[int, ...] | None
    ) -> tuple[np.random.RandomState, Outputs, NetworkBank]:
        """The fitted generator and a copy of the networks."""
        for name, value in self._started_with.items():
            if getattr(self, name) != value:
                raise ValueError(
                    f"{name}: expected {value!r}, which the networks were started with, to go "
                    f"on learning, got {getattr(self, name)!r}."
                )
        fitted = tuple(coef.shape[2] for coef in self.coefs_[:-1])
        if auto.hidden_sizes(sizes, self.n_networks_) != fitted:
            raise ValueError(
                f"hidden_layer_sizes: expected {fitted}, which the networks were started with, "
                f"to go on learning, got {self.hidden_layer_sizes!r}."
            )
        return self._random_state, self._outputs(), self._bank().copy()

    def _make_trainer(self, outputs: Outputs, bank: NetworkBank, keeps_state: bool) -> Trainer:
        solver: Solver
        # A NumPy scalar would make float64 of float32 arrays.
        alpha, momentum = float(self.alpha), float(self.momentum)
        if self.solver == "adam":
            solver = Adam(alpha, float(self.beta_1), float(self.beta_2), float(self.epsilon))
        else:
            solver = Momentum(alpha, momentum) if momentum else SGD(alpha)
        two_way = bool(self.weight_decrement)
        kept = getattr(self, "_solver_state", None) if keeps_state else None
        # Moments of the one mode would drive the other's weights beyond zero.
        if kept and kept["solver"] == solver.name and kept["weight_decrement"] == two_way:
            state = copied(kept)
        else:
            state = {**solver.start(bank.flat), "weight_decrement": two_way}
        return Trainer(bank, outputs, solver, state, two_way, self.n_jobs)

    def _run(
        self,
        trainer: Trainer,
        data: TrainingData,
        history: History,
        rng: np.random.RandomState,
        partial: bool,
    ) -> None:
        """One epoch, or as many as it takes."""
        loop: dict[str, Any] = {
            "rng": rng if self.shuffle else None,
            "schedule": Schedule(
                self.learning_rate, float(self.alpha), float(self.power_t), self.max_iter
            ),
            "verbose": self.verbose,
        }
        if partial:
            batch_size = auto.batch_rows(self.batch_size, data.rows.size)
            with kept_on_interrupt(trainer):
                run_epoch(trainer, data, history, batch_size=batch_size, **loop)
            return
        score = None
        if self.early_stopping:
            # Kept, so that a warm start holds out the same rows.
            if not hasattr(self, "_validation_seed"):
                self._validation_seed = int(rng.randint(np.iinfo(np.int32).max))
            data, score = hold_out(
                data,
                trainer.outputs,
                self._score_predictions,
                fraction=self.validation_fraction,
                stratify=self._stratify(data.targets),
                seed=self._validation_seed,
            )
        loss = getattr(trainer.outputs, "loss", None)
        tol = auto.tolerance(self.tol, self.early_stopping, loss)
        stopping = Stopping(self.max_iter, tol, self.n_iter_no_change, score)
        batch_size = auto.batch_rows(self.batch_size, data.rows.size)
        train(trainer, data, history, stopping, batch_size=batch_size, **loop)

    def _history(self, partial: bool, undo: Undo) -> History:
        """The history to go on with: `fit` counts epochs and stopping anew, on a copy.

        `partial_fit` appends in place, so that a call costs the same however long the stream.
        """
        if not partial:
            history = History(loss_curve=list(self.loss_curve_), t=self.t_)
            history.validation_scores = list(self.validation_scores_ or [])
            return history
        curve = self.loss_curve_
        undo.append(bind(curve.__delitem__, slice(len(curve), None)))
        return History(loss_curve=curve, n_iter=self.n_iter_, t=self.t_)

    def _keep(
        self, trainer: Trainer, history: History, rng: np.random.RandomState, keep_solver: bool
    ) -> None:
        """Make what was learned the fitted state."""
        bank, outputs = trainer.bank, trainer.outputs
        self.coefs_ = bank.coefs
        self.intercepts_ = bank.biases
        self.n_layers_ = len(bank.biases) + 1
        self.out_activation_ = outputs.out_activation
        self.n_iter_, self.t_ = history.n_iter, history.t
        self.loss_curve_ = history.loss_curve
        self.loss_ = history.loss_curve[-1] if history.loss_curve else np.inf
        self.best_loss_ = self._best_loss(history.loss_curve, keep_solver)
        self.validation_scores_ = history.validation_scores if self.early_stopping else None
        self.best_validation_score_ = (
            history.best_validation_score if self.early_stopping else None
        )
        self._no_improvement_count = history.n_no_improvement
        self._random_state = rng
        if keep_solver:
            self._solver_state = trainer.state
        else:
            self.__dict__.pop("_solver_state", None)

    def _best_loss(self, curve: list[float], partial: bool) -> float | None:
        """Lowest loss; a call of `partial_fit` adds one to those before it."""
        if self.early_stopping:
            return None
        best = getattr(self, "best_loss_", None) if partial else None
        return min(curve if best is None else [best, *curve[-1:]], default=np.inf)

    def _bank(self) -> NetworkBank:
        return NetworkBank.from_coefs(
            self.coefs_,
            self.intercepts_,
            u0=float(self._started_with["u0"]),
            beta=float(self._started_with["beta"]),
        )

    def _problem(self, X: Any, y: Any) -> tuple[Any, np.ndarray, NetworkBank, Outputs]:
        """X and targets as `partial_fit` would have them, the networks and their outputs."""
        X, y = self._validate_X_y(X, y, first=False)
        targets = self._validate_targets(
            y, None, X.dtype, first=False, partial=True, classes=None
        )
        return X, targets, self._bank(), self._outputs()

    def _output(self, X: Any, method: str) -> np.ndarray:
        """What a method of the outputs makes of the networks' output for X."""
        check_is_fitted(self, "coefs_")
        if not self._is_plain(X):
            check_sparse_structure(X)
            dtype = self.coefs_[0].dtype
            X = validate_data(self, X, accept_sparse="csr", dtype=dtype, reset=False)
        return self._bank().output(X, getattr(self._outputs(), method))

    def __setstate__(self, state: dict) -> None:
        """Restore layer 1's layout, which a pickle does not keep: predict relies on it.

        A shallow copy gets its own of what `partial_fit` changes in place.
        """
        super().__setstate__(state)
        if "coefs_" in state:
            first, *others = self.coefs_
            self.coefs_ = [network_major(feature_major(first), first.shape[0]), *others]
            self.loss_curve_ = list(self.loss_curve_)
            self._random_state = copy.deepcopy(self._random_state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
