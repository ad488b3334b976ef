"""What the classifier and the regressor share of the scikit-learn contract; no mathematics."""

from __future__ import annotations

import copy
import inspect
from abc import abstractmethod
from collections.abc import Callable
from functools import partial as bind
from itertools import repeat
from numbers import Integral
from operator import is_
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .._networks.bank import NetworkBank, feature_major, network_major
from .._networks.outputs import Outputs
from .._training.data import TrainingData
from .._training.dropout import InputDropout
from .._training.early_stopping import hold_out
from .._training.loop import (
    EpochSettings,
    History,
    Stopping,
    kept_on_interrupt,
    print_epoch,
    run_epoch,
    train,
)
from .._training.optimizers import SGD, Adam, Momentum, Optimizer, State
from .._training.schedules import Schedule
from .._training.single_step import can_step_in_place, step_in_place
from .._training.trainer import Trainer
from .._utils.validation import Check, check_hidden_layer_sizes, check_parameters
from ..rules import ErrorDiffusion, Rule
from . import defaults, shortcuts
from .calls import Call
from .data import check_sample_weight, check_sparse_structure
from .parameters import PARAMETER_CHECKS, make_rule
from .rollback import Transaction, copied, unchanged_on_error


_SEEDS = ("_dropout_key", "_validation_seed")


class Start(NamedTuple):
    """What training starts from.

    Attributes
    ----------
    rng : RandomState
        Later calls continue with it.
    outputs : ClassOutputs, LabelOutputs or TargetOutputs
    bank : NetworkBank
    attributes : dict
        Attributes of the estimator to set when training has succeeded.
    """

    rng: np.random.RandomState
    outputs: Outputs
    bank: NetworkBank
    attributes: dict[str, Any]


class BaseErrorDiffusion(BaseEstimator):
    """Base of the error diffusion estimators.

    A subclass names its parameter checks, and encodes y as the targets of its outputs. Its
    methods return what they find: attributes are set once, when a call has succeeded.
    """

    _parameter_checks: ClassVar[dict[str, Check]] = PARAMETER_CHECKS
    # Predictions depend on the values that these had when the networks were initialized.
    _fixed_parameters: ClassVar[tuple[str, ...]] = ("u0", "beta")
    _parameter_names: ClassVar[tuple[str, ...]]

    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    loss_curve_: list[float]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._parameter_names = tuple(cls._parameter_checks)

    @abstractmethod
    def _encode_targets(
        self, y: np.ndarray, weight: np.ndarray | None, dtype: Any, call: Call, classes: Any
    ) -> tuple[Any, np.ndarray]:
        """Check y; return what is known of its labels, and the targets of the outputs."""

    @abstractmethod
    def _initial_outputs(
        self, labels: Any, dtype: Any, rng: np.random.RandomState
    ) -> tuple[Outputs, dict[str, Any]]:
        """The outputs of new networks, and the attributes of the estimator that follow."""

    @abstractmethod
    def _outputs(self) -> Outputs:
        """The outputs of the fitted estimator."""

    @abstractmethod
    def _score_predictions(
        self, targets: np.ndarray, predictions: np.ndarray, weight: np.ndarray | None
    ) -> float:
        """The score that early stopping monitors, higher is better."""

    def _strata(self, targets: np.ndarray) -> np.ndarray | None:
        """The classes by which the split for early stopping is stratified, if there are any."""
        return None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the model to data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data. float32 stays float32, everything else becomes float64. Sparse data
            is never converted to dense data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: class labels, indicators of several labels, or real numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights. A sample with weight 0 does not affect training.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data is invalid, or if training diverges. An estimator that
            was fitted before is then unchanged.

        Warns
        -----
        ConvergenceWarning
            If training has not converged after `max_iter` epochs.
        """
        continues = self.warm_start and hasattr(self, "coefs_")
        self._learn(X, y, sample_weight, Call.WARM_START if continues else Call.FIT)
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        continues = hasattr(self, "coefs_")
        call = Call.PARTIAL_FIT if continues else Call.FIRST_PARTIAL_FIT
        self._learn(X, y, sample_weight, call, classes)
        return self

    def _learn(
        self, X: Any, y: Any, sample_weight: Any, call: Call, classes: Any = None
    ) -> None:
        """Check everything, train, and set the attributes; all of it or nothing."""
        with unchanged_on_error(self) as transaction:
            sizes = self._check_parameters(call)
            X, y = self._validate_X_y(X, y, reset=not call.continues)
            weight = check_sample_weight(sample_weight, X)
            rows = np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)
            rows = rows.astype(np.min_scalar_type(-X.shape[0]))
            labels, targets = self._encode_targets(y, weight, X.dtype, call, classes)
            data = TrainingData(X, targets, weight, rows)
            if call.continues:
                start = self._resume(labels, sizes)
            else:
                start = self._initialize(data, labels, sizes)
            if call is Call.PARTIAL_FIT:
                if self._learn_one_row(start, data, transaction):
                    return
                self._save_random_state(start.rng, data, transaction)
            elif call is Call.WARM_START:
                transaction.undo.append(
                    bind(start.rng.set_state, start.rng.get_state(legacy=False))
                )
            trainer = self._make_trainer(start, X.shape[1], call)
            history = self._history(call, transaction)
            settings = self._epoch_settings(start.rng, data)
            if call.is_partial:
                with kept_on_interrupt(trainer):
                    run_epoch(trainer, data, history, settings)
                bank = trainer.bank
            else:
                bank = self._train(trainer, data, history, settings, start)
            self._check_finite(bank, history)
            self.__dict__.update(
                start.attributes, **self._trained(bank, trainer, history, call)
            )
            self._keep_bank(bank)
            if not call.is_partial:
                self.__dict__.pop("_solver_state", None)

    # Checks

    def _check_parameters(self, call: Call) -> tuple[int, ...] | None:
        """Check all parameters; return the sizes of the hidden layers, None for "auto"."""
        values = tuple(map(getattr, repeat(self), self._parameter_names))
        if not shortcuts.are_same(values, getattr(self, "_checked_parameters", ())):
            named = dict(zip(self._parameter_names, values, strict=True))
            check_parameters(named, self._parameter_checks)
            self._checked_parameters = values if shortcuts.are_immutable(values) else ()
        if call.is_partial and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        n_done = getattr(self, "n_iter_", 0)
        if call.is_partial and self.learning_rate == "linear" and n_done >= self.max_iter:
            raise ValueError(
                f"max_iter: expected more than {n_done}, the number of epochs so far, since "
                f"learning_rate='linear' reaches zero there, got {self.max_iter!r}."
            )
        return check_hidden_layer_sizes(self.hidden_layer_sizes)

    def _validate_X_y(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, np.ndarray]:
        if not reset and self._is_plain(X) and shortcuts.is_plain_y(y, X.shape[0]):
            return X, y
        check_sparse_structure(X)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=[np.float64, np.float32] if reset else self.coefs_[0].dtype,
            reset=reset,
        )
        return (X.tocsr() if sp.issparse(X) else X), y

    def _is_plain(self, X: Any) -> bool:
        """Whether the general check of a fitted estimator would return X as it is."""
        return getattr(self, "feature_names_in_", None) is None and shortcuts.is_plain_X(
            X, self.n_features_in_, self.coefs_[0].dtype
        )

    def _check_finite(self, bank: NetworkBank, history: History) -> None:
        """With early stopping, losses may overflow: the best weights are kept."""
        loss_counts = history.loss_curve and not self.early_stopping
        finite = shortcuts.is_finite(bank.flat)
        if not finite or (loss_counts and not np.isfinite(history.loss_curve[-1])):
            raise ValueError(
                "Solver produced non-finite parameter weights or a non-finite loss. The data "
                "may contain large values and need to be preprocessed, or the learning rate "
                f"may be too large: alpha={self.alpha!r}."
            )

    # What training starts from

    def _initialize(
        self, data: TrainingData, labels: Any, sizes: tuple[int, ...] | None
    ) -> Start:
        """New networks, and a random state of the estimator's own."""
        rng = check_random_state(self.random_state)
        if not isinstance(self.random_state, Integral):
            rng = np.random.RandomState(rng.randint(np.iinfo(np.int32).max))
        # Dropout has a seed of its own, so that it does not depend on how rows are shuffled.
        dropout_key = int(rng.randint(np.iinfo(np.int64).max, dtype=np.int64))
        outputs, attributes = self._initial_outputs(labels, data.X.dtype, rng)
        n_networks = attributes["n_networks_"]
        bank = NetworkBank.initialize(
            data.X.shape[1],
            defaults.hidden_sizes(sizes, n_networks),
            n_networks,
            init=self.init,
            u0=float(self.u0),
            beta=float(self.beta),
            dtype=data.X.dtype,
            rng=rng,
        )
        attributes |= {
            "_started_with": {name: getattr(self, name) for name in self._fixed_parameters},
            "_dropout_key": dropout_key,
            "_validation_seed": None,
            "_random_state": rng,
        }
        return Start(rng, outputs, bank, attributes)

    def _resume(self, labels: Any, sizes: tuple[int, ...] | None) -> Start:
        """The fitted networks and random state."""
        for name, value in self._started_with.items():
            if getattr(self, name) != value:
                raise ValueError(
                    f"{name}: expected {value!r}, as when the networks were initialized, to "
                    f"continue training, got {getattr(self, name)!r}."
                )
        fitted = tuple(coef.shape[2] for coef in self.coefs_[:-1])
        if defaults.hidden_sizes(sizes, self.n_networks_) != fitted:
            raise ValueError(
                f"hidden_layer_sizes: expected {fitted}, as when the networks were "
                f"initialized, to continue training, got {self.hidden_layer_sizes!r}."
            )
        attributes = {name: self.__dict__.get(name) for name in _SEEDS}
        return Start(self._random_state, self._outputs(), self._bank(), attributes)

    def _save_random_state(
        self, rng: np.random.RandomState, data: TrainingData, transaction: Transaction
    ) -> None:
        """Have the random state restored on an error, if rows will be shuffled."""
        if self.shuffle and data.rows.size > 1:
            transaction.undo.append(bind(rng.set_state, rng.get_state(legacy=False)))

    def _make_trainer(
        self, start: Start, n_features: int, call: Call, *, in_place: bool = False
    ) -> Trainer:
        """The trainer of a call: on copies of what it continues from, unless `in_place`."""
        bank = start.bank.copy() if call.continues and not in_place else start.bank
        rule = make_rule(self.rule, self.weight_decrement)
        optimizer = self._make_optimizer()
        state = self._kept_state(optimizer, rule) if call is Call.PARTIAL_FIT else None
        if state is None:
            state = {**optimizer.start(bank.flat), "rule": repr(rule)}
        elif not in_place:
            state = copied(state)
        key = start.attributes["_dropout_key"]
        rate = defaults.dropout_rate(self.dropout, n_features, self.batch_size)
        return Trainer(
            bank,
            start.outputs,
            rule,
            optimizer,
            state,
            weight_decay=defaults.weight_decay(self.weight_decay, self.batch_size),
            dropout=InputDropout(rate, key, n_features) if rate else None,
            n_jobs=self.n_jobs,
        )

    def _make_optimizer(self) -> Optimizer:
        # A NumPy scalar would make float64 of float32 arrays.
        if self.solver == "adam":
            return Adam(float(self.beta_1), float(self.beta_2), float(self.epsilon))
        return Momentum(float(self.momentum)) if self.momentum else SGD()

    def _kept_state(self, optimizer: Optimizer, rule: Rule) -> State | None:
        """The optimizer's state of the last call, if it belongs to this optimizer and rule.

        Moments of another rule would drive weights beyond zero.
        """
        state: State | None = getattr(self, "_solver_state", None)
        if state and state["solver"] == optimizer.name and state["rule"] == repr(rule):
            return state
        return None

    def _epoch_settings(self, rng: np.random.RandomState, data: TrainingData) -> EpochSettings:
        return EpochSettings(
            batch_size=defaults.batch_rows(self.batch_size, data.rows.size),
            rng=rng if self.shuffle else None,
            schedule=Schedule(
                self.learning_rate, float(self.alpha), float(self.power_t), self.max_iter
            ),
            verbose=self.verbose,
        )

    def _history(self, call: Call, transaction: Transaction) -> History:
        """The history to continue. `fit` counts epochs anew, on a copy.

        `partial_fit` appends in place, so that a call costs the same however long the stream.
        """
        if not call.continues:
            return History()
        if call is Call.WARM_START:
            scores = list(self.validation_scores_ or [])
            return History(list(self.loss_curve_), scores, t=self.t_)
        curve = self.loss_curve_
        transaction.undo.append(bind(curve.__delitem__, slice(len(curve), None)))
        return History(curve, n_iter=self.n_iter_, t=self.t_)

    # Training

    def _train(
        self,
        trainer: Trainer,
        data: TrainingData,
        history: History,
        settings: EpochSettings,
        start: Start,
    ) -> NetworkBank:
        """`fit`: train until stopping; return the bank to keep."""
        score = None
        if self.early_stopping:
            # A warm start holds out the same rows again.
            seed = start.attributes["_validation_seed"]
            if seed is None:
                seed = int(start.rng.randint(np.iinfo(np.int32).max))
            start.attributes["_validation_seed"] = seed
            data, score = hold_out(
                data,
                trainer.outputs,
                self._score_predictions,
                fraction=self.validation_fraction,
                stratify=self._strata(data.targets),
                seed=seed,
            )
            settings = self._epoch_settings(start.rng, data)
        loss = getattr(trainer.outputs, "loss", None)
        tol = defaults.tolerance(self.tol, self.early_stopping, loss)
        stopping = Stopping(self.max_iter, tol, self.n_iter_no_change, score)
        return train(trainer, data, history, stopping, settings)

    def _learn_one_row(
        self, start: Start, data: TrainingData, transaction: Transaction
    ) -> bool:
        """`partial_fit` of one row without a copy, if that is safe; return whether it was done.

        If the call does not come to its end, the estimator is as before, or the step and its
        bookkeeping are complete.
        """
        if data.rows.size > 1 or not start.bank.is_whole:
            return False
        settings = self._epoch_settings(start.rng, data)
        trainer = self._make_trainer(start, data.X.shape[1], Call.PARTIAL_FIT, in_place=True)
        if not can_step_in_place(trainer, data, settings):
            return False
        n_done, n_iter, t = len(self.loss_curve_), self.n_iter_, self.t_
        history = History(self.loss_curve_, n_iter=n_iter, t=t)
        alpha = settings.schedule.rate(history.n_iter, history.t)

        def complete() -> bool:
            stage, total = trainer.progress
            if not stage:
                return False
            trainer.complete_step(alpha)
            history.loss_curve[n_done:] = [float(total / data.total_weight)]
            history.n_iter, history.t = n_iter + 1, t + 1
            self.__dict__.update(
                self._trained(trainer.bank, trainer, history, Call.PARTIAL_FIT)
            )
            return True

        transaction.complete = complete
        with kept_on_interrupt(trainer):
            if not step_in_place(trainer, data, history, settings):
                transaction.complete = None
                return False
        if complete() and settings.verbose:
            print_epoch(history)
        return True

    # What is kept

    def _trained(
        self, bank: NetworkBank, trainer: Trainer, history: History, call: Call
    ) -> dict[str, Any]:
        """Attributes that training has changed."""
        curve, early_stopping = history.loss_curve, self.early_stopping
        trained = {
            "n_layers_": len(bank.biases) + 1,
            "out_activation_": trainer.outputs.out_activation,
            "n_iter_": history.n_iter,
            "t_": history.t,
            "loss_curve_": curve,
            "loss_": curve[-1] if curve else np.inf,
            "best_loss_": self._best_loss(curve, call),
            "validation_scores_": history.validation_scores if early_stopping else None,
            "best_validation_score_": (
                history.best_validation_score if early_stopping else None
            ),
            "_no_improvement_count": history.n_no_improvement,
        }
        if call.is_partial:
            trained["_solver_state"] = trainer.state
        return trained

    def _best_loss(self, curve: list[float], call: Call) -> float | None:
        """Lowest loss; a call of `partial_fit` adds one to those before it."""
        if self.early_stopping:
            return None
        best = getattr(self, "best_loss_", None) if call.is_partial else None
        return min(curve if best is None else [best, *curve[-1:]], default=np.inf)

    def _keep_bank(self, bank: NetworkBank) -> None:
        """Make its arrays the fitted ones; keep the bank, so that it need not be made again."""
        coefs, intercepts = bank.coefs, bank.biases
        self.__dict__.update(
            coefs_=coefs, intercepts_=intercepts, _kept_bank=(bank, (*coefs, *intercepts))
        )

    def _bank(self) -> NetworkBank:
        """The fitted networks; a user may have replaced an array."""
        arrays = (*self.coefs_, *self.intercepts_)
        bank: NetworkBank | None
        bank, kept = vars(self).get("_kept_bank", (None, ()))
        if bank is not None and len(arrays) == len(kept) and all(map(is_, arrays, kept)):
            return bank
        return NetworkBank.from_coefs(
            self.coefs_,
            self.intercepts_,
            u0=float(self._started_with["u0"]),
            beta=float(self._started_with["beta"]),
        )

    def _problem(self, X: Any, y: Any) -> tuple[Any, np.ndarray, NetworkBank, Outputs]:
        """X and targets as `partial_fit` would have them, the networks and their outputs."""
        X, y = self._validate_X_y(X, y, reset=False)
        _, targets = self._encode_targets(y, None, X.dtype, Call.PARTIAL_FIT, None)
        return X, targets, self._bank(), self._outputs()

    def _predictions(self, X: Any, read: Callable[[Any, np.ndarray], np.ndarray]) -> np.ndarray:
        """What `read` makes of the outputs and their pre-activations for X."""
        check_is_fitted(self, "coefs_")
        if not self._is_plain(X):
            check_sparse_structure(X)
            dtype = self.coefs_[0].dtype
            X = validate_data(self, X, accept_sparse="csr", dtype=dtype, reset=False)
        return self._bank().output(X, bind(read, self._outputs()))

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
        kept = state.get("_solver_state")
        if kept and "rule" not in kept:
            two_way = kept.pop("weight_decrement")
            kept["rule"] = repr(ErrorDiffusion(weight_decrement=two_way))

    def __copy__(self) -> Self:
        """A shallow copy, but for what `partial_fit` changes in place."""
        twin = type(self).__new__(type(self))
        state = self.__getstate__()
        for name in ("coefs_", "intercepts_", "loss_curve_", "_random_state", "_solver_state"):
            if name in state:
                state[name] = copy.deepcopy(state[name])
        twin.__setstate__(state)
        return twin

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
