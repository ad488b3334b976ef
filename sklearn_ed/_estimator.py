"""What the classifier and the regressor share of the scikit-learn contract; no mathematics."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from . import _validation as valid
from ._network import NetworkBank, feature_major, network_major
from ._outputs import Outputs
from ._solvers import SGD, Adam, Momentum, Solver
from ._training import (
    History,
    Stopping,
    Trainer,
    TrainingData,
    kept_on_interrupt,
    run_epoch,
    train,
)

PARAMETER_CHECKS: dict[str, valid.Check] = {
    "activation": valid.one_of("logistic"),
    "alpha": valid.real(0, closed="neither"),
    "beta": valid.real(0, closed="left"),
    "u0": valid.real(0, closed="neither"),
    "weight_decrement": valid.boolean,
    "init": valid.one_of("scaled", "uniform"),
    "solver": valid.one_of("sgd", "adam"),
    "batch_size": valid.either(valid.one_of("auto"), valid.integer(1)),
    "max_iter": valid.integer(1),
    "shuffle": valid.boolean,
    "tol": valid.real(0, closed="left"),
    "verbose": valid.verbosity,
    "warm_start": valid.boolean,
    "momentum": valid.real(0, 1, closed="left"),
    "early_stopping": valid.boolean,
    "validation_fraction": valid.real(0, 1, closed="neither"),
    "beta_1": valid.real(0, 1, closed="left"),
    "beta_2": valid.real(0, 1, closed="left"),
    "epsilon": valid.real(0, closed="neither"),
    "n_iter_no_change": valid.either(valid.integer(1), valid.infinity),
}


@contextmanager
def _unchanged_on_error(estimator: BaseEstimator) -> Iterator[None]:
    """Give the estimator its attributes back if the block raises."""
    before = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


class BaseErrorDiffusion(BaseEstimator):
    """Base of the error diffusion estimators.

    A subclass names its parameter checks and turns y into targets, outputs and scores.
    """

    _parameter_checks: ClassVar[dict[str, valid.Check]] = PARAMETER_CHECKS
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
        """`fit`, or `partial_fit` with `partial`; works on copies until it has succeeded."""
        with _unchanged_on_error(self):
            sizes = self._check_parameters(partial)
            first = not (continues and hasattr(self, "coefs_"))
            X, y = self._validate_X_y(X, y, first)
            weight = valid.check_sample_weight(sample_weight, X)
            rows = np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)
            targets = self._validate_targets(
                y, weight, X.dtype, first=first, partial=partial, classes=classes
            )
            data = TrainingData(X, targets, weight, rows)
            start = self._start_anew if first else self._go_on
            rng, outputs, bank = start(data, sizes)
            trainer = self._make_trainer(outputs, bank, keeps_state=partial and not first)
            history = History() if first else self._history(restart=not partial)
            self._run(trainer, data, history, rng, partial)
            self._check_finite(trainer.bank, history)
            self._keep(trainer, history, rng, keep_solver=partial)

    def _check_finite(self, bank: NetworkBank, history: History) -> None:
        """With early stopping a loss may overflow on the way: the best weights are kept."""
        loss_counts = history.loss_curve and not self.early_stopping
        if not bank.isfinite() or (loss_counts and not np.isfinite(history.loss_curve[-1])):
            raise ValueError(
                "Solver produced non-finite parameter weights or a non-finite loss. The data "
                "may contain large values and need to be preprocessed, or the learning rate "
                f"may be too large: alpha={self.alpha!r}."
            )

    def _check_parameters(self, partial: bool) -> tuple[int, ...]:
        """Check all parameters; return the sizes of the hidden layers."""
        valid.check_parameters(self.get_params(deep=False), self._parameter_checks)
        if partial and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        return valid.check_hidden_layer_sizes(self.hidden_layer_sizes)

    def _validate_X_y(self, X: Any, y: Any, first: bool) -> tuple[Any, np.ndarray]:
        valid.check_sparse_structure(X)
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

    def _start_anew(
        self, data: TrainingData, sizes: tuple[int, ...]
    ) -> tuple[np.random.RandomState, Outputs, NetworkBank]:
        """New networks, and a generator of our own, which later calls go on with."""
        self.__dict__.pop("_validation_seed", None)
        self._started_with = {name: getattr(self, name) for name in self._fixed_parameters}
        source = check_random_state(self.random_state)
        if not isinstance(self.random_state, Integral):
            source = np.random.RandomState(source.randint(np.iinfo(np.int32).max))
        outputs = self._start_outputs(data.targets, data.X.dtype, source)
        bank = NetworkBank.initialize(
            data.X.shape[1],
            sizes,
            self.n_networks_,
            init=self.init,
            u0=float(self.u0),
            beta=float(self.beta),
            dtype=data.X.dtype,
            rng=source,
        )
        return source, outputs, bank

    def _go_on(
        self, data: TrainingData, sizes: tuple[int, ...]
    ) -> tuple[np.random.RandomState, Outputs, NetworkBank]:
        """Copies of the fitted generator and networks."""
        for name, value in self._started_with.items():
            if getattr(self, name) != value:
                raise ValueError(
                    f"{name}: expected {value!r}, which the networks were started with, to go "
                    f"on learning, got {getattr(self, name)!r}."
                )
        fitted = tuple(coef.shape[2] for coef in self.coefs_[:-1])
        if sizes != fitted:
            raise ValueError(
                f"hidden_layer_sizes: expected {fitted}, which the networks were started with, "
                f"to go on learning, got {self.hidden_layer_sizes!r}."
            )
        return copy.deepcopy(self._random_state), self._outputs(), self._bank().copy()

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
            state = copy.deepcopy(kept)
        else:
            state = {**solver.start(bank.parameters), "weight_decrement": two_way}
        return Trainer(bank, outputs, solver, state, two_way)

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
            "batch_size": self.batch_size,
            "rng": rng if self.shuffle else None,
            "verbose": self.verbose,
        }
        if partial:
            with kept_on_interrupt(trainer):
                run_epoch(trainer, data, history, **loop)
            return
        score = None
        if self.early_stopping:
            data, score = self._hold_out(data, trainer.outputs, rng)
        stopping = Stopping(self.max_iter, self.tol, self.n_iter_no_change, score)
        train(trainer, data, history, stopping, **loop)

    def _history(self, restart: bool) -> History:
        """The history to go on with; `restart` counts epochs and stopping anew."""
        history = History(loss_curve=list(self.loss_curve_), t=self.t_)
        history.validation_scores = list(self.validation_scores_ or [])
        if not restart:
            history.n_iter = self.n_iter_
        return history

    def _hold_out(
        self, data: TrainingData, outputs: Outputs, rng: np.random.RandomState
    ) -> tuple[TrainingData, Callable[[NetworkBank], float]]:
        """The data left to learn from, and the score of a bank on the rest.

        The seed of the split is kept, so that a warm start holds out the same rows.
        """
        if not hasattr(self, "_validation_seed"):
            self._validation_seed = int(rng.randint(np.iinfo(np.int32).max))
        stratify = self._stratify(data.targets)
        rows, held_out = train_test_split(
            data.rows,
            test_size=self.validation_fraction,
            stratify=None if stratify is None else stratify[data.rows],
            random_state=self._validation_seed,
        )
        if held_out.shape[0] < 2:
            raise ValueError(
                f"The validation set is too small: {held_out.shape[0]} row. Increase "
                f"validation_fraction={self.validation_fraction!r} or the size of the data."
            )
        X, targets = data.X[held_out], data.targets[held_out]
        weight = None if data.weight is None else data.weight[held_out]

        def score(bank: NetworkBank) -> float:
            with np.errstate(over="ignore", invalid="ignore"):
                A = bank.output(X)
                if not np.isfinite(A).all():
                    return float("nan")
                return float(self._score_predictions(targets, outputs.predict(A), weight))

        return replace(data, rows=rows), score

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
        best_loss = min(history.loss_curve, default=np.inf)
        self.best_loss_ = None if self.early_stopping else best_loss
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

    def _bank(self) -> NetworkBank:
        return NetworkBank.from_coefs(
            self.coefs_,
            self.intercepts_,
            u0=float(self._started_with["u0"]),
            beta=float(self._started_with["beta"]),
        )

    def _output(self, X: Any) -> np.ndarray:
        """Pre-activations of the output units, (n_samples, n_networks)."""
        check_is_fitted(self)
        valid.check_sparse_structure(X)
        X = validate_data(self, X, accept_sparse="csr", dtype=self.coefs_[0].dtype, reset=False)
        return self._bank().output(X)

    def __setstate__(self, state: dict) -> None:
        """Restore layer 1's layout, which a pickle does not keep: predict relies on it."""
        super().__setstate__(state)
        if "coefs_" in state:
            coef = self.coefs_[0]
            self.coefs_[0] = network_major(feature_major(coef), coef.shape[0])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
