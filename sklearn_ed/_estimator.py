"""What the classifier and the regressor share of the scikit-learn contract; no mathematics."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, is_regressor
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

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


def _check_sparse_structure(X: Any) -> None:
    """Refuse indices out of range: sparse products would read beyond the arrays."""
    if not sp.issparse(X):
        return
    try:
        X.check_format(full_check=True)
    except ValueError as error:
        raise ValueError(
            f"X: expected a sparse array whose indices fit its shape, got this one: {error}."
        ) from error


def _check_sample_weight(sample_weight: Any, X: Any) -> np.ndarray | None:
    """The weights in the dtype of X, or None."""
    if sample_weight is None:
        return None
    weight = check_array(
        sample_weight, ensure_2d=False, dtype=X.dtype, input_name="sample_weight"
    )
    if weight.ndim != 1:
        raise ValueError(
            f"sample_weight: expected a 1D array, got one of shape {weight.shape}."
        )
    check_consistent_length(X, weight)
    if (weight < 0).any():
        raise ValueError(
            f"sample_weight: expected no negative weight, got one of {weight.min():g}."
        )
    if not weight.any():
        raise ValueError(
            "sample_weight: expected at least one positive weight, got only zeros: "
            "no sample is left."
        )
    return weight


class BaseErrorDiffusion(BaseEstimator):
    """Base of the error diffusion estimators.

    A subclass names its parameter checks and turns y into targets, outputs and scores.
    """

    _parameter_checks: ClassVar[dict[str, valid.Check]] = PARAMETER_CHECKS

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
        with _unchanged_on_error(self):
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
        valid.check_parameters(self.get_params(deep=False), self._parameter_checks)
        sizes = valid.check_hidden_layer_sizes(self.hidden_layer_sizes)
        first = not (continues and hasattr(self, "coefs_"))
        X, y = self._validate_X_y(X, y, first)
        weight = _check_sample_weight(sample_weight, X)
        rows = np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)
        targets = self._validate_targets(
            y, weight, X.dtype, first=first, partial=partial, classes=classes
        )

        if first:
            self.__dict__.pop("_validation_seed", None)
            rng = self._start_random_state()
            outputs = self._start_outputs(targets, X.dtype, rng)
            bank = NetworkBank.initialize(
                X.shape[1],
                sizes,
                self.n_networks_,
                init=self.init,
                u0=self.u0,
                beta=self.beta,
                dtype=X.dtype,
                rng=rng,
            )
        else:
            rng = copy.deepcopy(self._random_state)
            outputs = self._outputs()
            bank = self._bank().copy()
            self._check_same_structure(sizes, outputs)

        solver = self._make_solver()
        state = copy.deepcopy(getattr(self, "_solver_state", None)) if partial else None
        if first or state is None or state["solver"] != solver.name:
            state = solver.start(bank.parameters)
        trainer = Trainer(bank, outputs, solver, state, bool(self.weight_decrement))
        history = History() if first else self._history(restart=not partial)
        loop = {
            "batch_size": self.batch_size,
            "rng": rng if self.shuffle else None,
            "verbose": self.verbose,
        }
        if partial:
            with kept_on_interrupt():
                loss = run_epoch(
                    trainer, TrainingData(X, targets, weight, rows), history, **loop
                )
                history.best_loss = min(history.best_loss, loss)
        else:
            score = None
            if self.early_stopping:
                rows, score = self._hold_out(X, targets, weight, rows, outputs, rng)
            stopping = Stopping(self.max_iter, self.tol, self.n_iter_no_change, score)
            train(trainer, TrainingData(X, targets, weight, rows), history, stopping, **loop)

        if not trainer.bank.isfinite():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain "
                f"large values and need to be preprocessed, or alpha={self.alpha!r} may be too "
                "large."
            )
        self._keep(trainer, history, rng, keep_solver=partial)

    def _validate_X_y(self, X: Any, y: Any, first: bool) -> tuple[Any, np.ndarray]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=[np.float64, np.float32] if first else self.coefs_[0].dtype,
            y_numeric=is_regressor(self),
            reset=first,
        )
        _check_sparse_structure(X)
        return (X.tocsr() if sp.issparse(X) else X), y

    def _start_random_state(self) -> np.random.RandomState:
        """A generator of our own, so that later calls go on where this one ends."""
        if isinstance(self.random_state, (int, np.integer)):
            return np.random.RandomState(self.random_state)
        source = check_random_state(self.random_state)
        return np.random.RandomState(source.randint(np.iinfo(np.int32).max))

    def _check_same_structure(self, sizes: tuple[int, ...], outputs: Outputs) -> None:
        fitted = tuple(coef.shape[2] for coef in self.coefs_[:-1])
        if sizes != fitted:
            raise ValueError(
                f"hidden_layer_sizes: expected {fitted}, which the networks were started with, "
                f"to go on learning, got {self.hidden_layer_sizes!r}."
            )

    def _make_solver(self) -> Solver:
        if self.solver == "adam":
            return Adam(self.alpha, self.beta_1, self.beta_2, self.epsilon)
        return Momentum(self.alpha, self.momentum) if self.momentum > 0 else SGD(self.alpha)

    def _history(self, restart: bool) -> History:
        """The history to go on with; `restart` counts epochs and stopping anew."""
        history = History(loss_curve=list(self.loss_curve_), t=self.t_)
        history.validation_scores = list(self.validation_scores_ or [])
        if not restart:
            history.n_iter = self.n_iter_
            history.best_loss = np.inf if self.best_loss_ is None else self.best_loss_
        return history

    def _hold_out(
        self,
        X: Any,
        targets: np.ndarray,
        weight: np.ndarray | None,
        rows: np.ndarray,
        outputs: Outputs,
        rng: np.random.RandomState,
    ) -> tuple[np.ndarray, Callable[[NetworkBank], float]]:
        """Rows left to learn from, and the score of a bank on the others.

        The seed of the split is kept, so that a warm start holds out the same rows.
        """
        if not hasattr(self, "_validation_seed"):
            self._validation_seed = int(rng.randint(np.iinfo(np.int32).max))
        stratify = self._stratify(targets)
        rows, held_out = train_test_split(
            rows,
            test_size=self.validation_fraction,
            stratify=None if stratify is None else stratify[rows],
            random_state=self._validation_seed,
        )
        if held_out.shape[0] < 2:
            raise ValueError(
                f"The validation set is too small: {held_out.shape[0]} row. Increase "
                f"validation_fraction={self.validation_fraction!r} or the size of the data."
            )
        X_val, targets_val = X[held_out], targets[held_out]
        weight_val = None if weight is None else weight[held_out]

        def score(bank: NetworkBank) -> float:
            with np.errstate(over="ignore", invalid="ignore"):
                A = bank.output(X_val)
            if not np.isfinite(A).all():
                return float("nan")
            return float(self._score_predictions(targets_val, outputs.predict(A), weight_val))

        return rows, score

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
        self.best_loss_ = None if self.early_stopping else history.best_loss
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
        return NetworkBank.from_coefs(self.coefs_, self.intercepts_, u0=self.u0, beta=self.beta)

    def _output(self, X: Any) -> np.ndarray:
        """Pre-activations of the output units, (n_samples, n_networks)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=self.coefs_[0].dtype, reset=False)
        _check_sparse_structure(X)
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
