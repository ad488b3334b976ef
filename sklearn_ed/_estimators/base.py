"""What the classifier and the regressor share of the scikit-learn contract; no mathematics."""

from __future__ import annotations

from abc import abstractmethod
from itertools import repeat
from time import perf_counter
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import validate_data

from .._backend import backend, backend_for
from .._backend.blas import sharing_among
from .._backend.namespaces import to_numpy
from .._networks.bank import NetworkBank
from .._networks.members import AnyOutputs
from .._networks.outputs import Outputs
from .._training.data import TrainingData
from .._training.history import History
from .._training.loop import noted_interrupt, print_epoch, run_epoch, train
from .._training.single_step import can_step_in_place, step_in_place
from .._training.trainer import Trainer
from .._utils.validation import Check, check_hidden_layer_sizes, check_parameters
from . import shortcuts
from .arrays import as_attributes, check_same_library, checked_array, like_labels
from .calls import Call
from .chunks import StreamFit
from .continuing import SavedFit
from .data import check_magnitude, check_sample_weight, checked_sparse
from .divergence import check_converged
from .fit_callbacks import CallbackSupportMixin, FitCallbacks, with_callbacks
from .fitted import FittedNetworks
from .fitting import Fit
from .parameters import PARAMETER_CHECKS
from .rollback import Transaction, unchanged_on_error
from .starting import (
    Start,
    epoch_settings,
    has_backup,
    initialize,
    make_trainer,
    resume,
    start_history,
)
from .stream_data import data_with_memory, scaled_data, scaled_inputs
from .validation import ValidationSet, plan_validation


class BaseErrorDiffusion(StreamFit, CallbackSupportMixin, FittedNetworks):
    """Base of the error diffusion estimators.

    A subclass names its parameter checks, and encodes y as the targets of its outputs. Its
    methods return what they find: attributes are set once, when a call has succeeded.
    """

    _parameter_checks: ClassVar[dict[str, Check]] = PARAMETER_CHECKS
    # Predictions depend on the values that these had when the networks were initialized.
    _fixed_parameters: ClassVar[tuple[str, ...]] = (
        "u0",
        "beta",
        "scale_inputs",
        "recent_rows",
    )

    @abstractmethod
    def _encode_targets(
        self, y: np.ndarray, dtype: Any, call: Call, classes: Any
    ) -> tuple[Any, np.ndarray]:
        """Check y; return its labels and the targets of the outputs."""

    @abstractmethod
    def _encode_more(self, y: np.ndarray, labels: Any, dtype: Any) -> np.ndarray:
        """Check targets that come beside y, whose labels are known, and encode them."""

    @abstractmethod
    def _decode(self, targets: np.ndarray) -> np.ndarray:
        """Targets of the outputs as `predict` returns them."""

    def _with_class_weight(
        self, labels: Any, targets: np.ndarray, weight: np.ndarray | None, X: Any, call: Call
    ) -> np.ndarray | None:
        """The sample weights, with those of the classes if there are any."""
        return weight

    @abstractmethod
    def _initial_outputs(
        self, labels: Any, data: TrainingData, rng: np.random.RandomState
    ) -> tuple[Outputs, dict[str, Any]]:
        """The outputs of one new member, and attributes of the estimator that go with them.

        Among them is `n_networks_`, the number of networks of this member.
        """

    def _resumed_outputs(
        self, data: TrainingData, call: Call
    ) -> tuple[Outputs, dict[str, Any]]:
        """The outputs of a member that continues, and attributes that change with them."""
        return self._member_outputs(), {}

    @abstractmethod
    def _score_predictions(
        self, targets: np.ndarray, predictions: np.ndarray, weight: np.ndarray | None
    ) -> float:
        """The score that early stopping monitors without `scoring`, higher is better."""

    def _strata(self, targets: np.ndarray) -> np.ndarray | None:
        """The classes by which the split for early stopping is stratified, if there are any."""
        return None

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
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
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation data for early stopping. All rows of X are then learned; none is held
            out. In a :class:`~sklearn.pipeline.Pipeline`, X_val needs `transform_input` and
            metadata routing, see the user guide.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Targets of X_val; classes must be among those of y.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of X_val in the validation score.

        Returns
        -------
        object
            The fitted estimator itself.

        Raises
        ------
        ValueError
            If a parameter or the data is invalid, if X_val or y_val comes without the other or
            with ``early_stopping=False``, or if training diverges. An estimator that
            was fitted before is then unchanged.

        Warns
        -----
        ConvergenceWarning
            If training has not converged after `max_iter` epochs.
        UserWarning
            After Ctrl-C: training ends, and what was learned until then is kept.
        """
        continues = self.warm_start and hasattr(self, "coefs_")
        call = Call.WARM_START if continues else Call.FIT
        validation = ValidationSet(X_val, y_val, sample_weight_val)
        self._learn(X, y, sample_weight, call, validation=validation)
        return self

    def _partial_fit(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        continues = hasattr(self, "coefs_")
        call = Call.PARTIAL_FIT if continues else Call.FIRST_PARTIAL_FIT
        self._learn(X, y, sample_weight, call, classes=classes)
        return self

    def _learn(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        call: Call,
        *,
        classes: Any = None,
        validation: ValidationSet | None = None,
        saved: SavedFit | None = None,
    ) -> None:
        """Check everything, train, and set the attributes; all of it or nothing.

        With `saved`, a new estimator continues a fit.
        """
        began = perf_counter()
        with unchanged_on_error(self) as transaction, backend_for(X):
            interrupts: list[KeyboardInterrupt] = []
            passed = X, y, sample_weight
            sizes = self._check_parameters(call)
            if call.continues:
                check_same_library(self, X, "partial_fit" if call.is_partial else "fit")
            fitted = self._bank() if call.continues else None
            X, y = self._validate_X_y(X, y, reset=not call.continues)
            weight = check_sample_weight(sample_weight, X)
            dtype = backend().numpy_dtype(X)
            labels, targets = self._encode_targets(y, dtype, call, classes)
            weight = self._with_class_weight(labels, targets, weight, X, call)
            rows = np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)
            rows = rows.astype(np.min_scalar_type(-X.shape[0]))
            checked = TrainingData(X, targets, weight, rows)
            data, scale = scaled_data(self, checked, call)
            given = None
            if validation is not None:
                given = validation.check(self, labels, dtype, scale)
            if fitted is not None:
                start = resume(self, fitted, data, sizes, call)
            else:
                if isinstance(self.random_state, np.random.RandomState):
                    transaction.keep_state(self.random_state)
                seed = None if saved is None else saved.seed
                start = initialize(self, data, labels, sizes, seed)
                if "classes_" in start.attributes:
                    classes_ = start.attributes["classes_"]
                    start.attributes["classes_"] = like_labels(classes_, passed[1])
            if call is not Call.PARTIAL_FIT:
                # As predictions do.
                check_magnitude(data.X, start.bank)
            start.attributes.update(scale)
            data = data_with_memory(self, data, start, call)
            if call is Call.PARTIAL_FIT and self._learn_one_row(start, data, transaction):
                return
            draws = call is Call.WARM_START or (self.shuffle and data.rows.size > 1)
            if call.continues and draws:
                transaction.keep_state(start.rng)
            in_place = call is Call.PARTIAL_FIT and has_backup(self, start, transaction)
            trainer = make_trainer(self, start, data, call, in_place=in_place)
            history = start_history(self, call, transaction, began)
            if call.is_partial:
                settings = epoch_settings(self, start, data, call)
                with noted_interrupt(trainer) as interrupts, sharing_among(self.n_jobs):
                    run_epoch(trainer, data, history, settings)
                self._keep(trainer.bank, trainer, history, start, call)
            else:
                plan = plan_validation(self, data, given, start)
                fit = Fit(self, call, start, trainer, plan, history, checked, given, labels)
                if saved is not None:
                    saved.restore(fit)
                self._fit(fit, FitCallbacks(fit, *passed))
            if interrupts:
                # What was learned is kept, but the loop around the call must end.
                transaction.complete = lambda: True
                raise interrupts[0]

    # Checks

    def _check_parameters(self, call: Call) -> tuple[int, ...] | None:
        """Check all parameters; return the sizes of the hidden layers, None for "auto"."""
        values = tuple(map(getattr, repeat(self), self._parameter_checks))
        if not shortcuts.are_same(values, getattr(self, "_checked_parameters", ())):
            named = dict(zip(self._parameter_checks, values, strict=True))
            check_parameters(named, self._parameter_checks)
            self._checked_parameters = values if shortcuts.are_immutable(values) else ()
        if call.is_partial and self.early_stopping not in (False, "auto"):
            raise ValueError(
                f"partial_fit does not support early_stopping={self.early_stopping!r}"
            )
        return check_hidden_layer_sizes(self.hidden_layer_sizes)

    def _validate_X_y(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, np.ndarray]:
        if not reset and self._is_plain(X) and shortcuts.is_plain_y(y, X.shape[0]):
            return X, y
        arithmetic = backend()
        X = checked_sparse(X) if arithmetic.holds_numpy else checked_array(self, X)
        # scikit-learn sums the values to see whether they are finite.
        with np.errstate(invalid="ignore"):
            X, y = validate_data(
                self,
                X,
                y,
                accept_sparse=["csr", "csc"],
                multi_output=True,
                dtype=arithmetic.float_dtypes if reset else self.coefs_[0].dtype,
                reset=reset,
            )
        return (X.tocsr() if sp.issparse(X) else X), to_numpy(y)

    # Training

    @with_callbacks
    def _fit(self, fit: Fit, callbacks: FitCallbacks) -> None:
        """`fit` after the checks, inside of what restores the estimator.

        So callbacks are torn down before that, and an error of theirs undoes the call too.
        """
        bank = self._train(fit, callbacks)
        self._keep(bank, fit.trainer, fit.history, fit.start, fit.call)
        self.__dict__.pop("_solver_state", None)
        callbacks.close()

    def _train(self, fit: Fit, callbacks: FitCallbacks) -> NetworkBank:
        """`fit`: train until stopping; return the bank to keep."""
        hooks = callbacks.open()
        with sharing_among(self.n_jobs):
            bank = train(fit.trainer, fit.plan.data, fit.progress, fit.stopping, hooks)
            bank = callbacks.kept or bank
            fit.calibrate(bank)
        return bank

    def _learn_one_row(
        self, start: Start, data: TrainingData, transaction: Transaction
    ) -> bool:
        """`partial_fit` of one row, without copies; return False where that is not safe.

        If the call is interrupted, the estimator is as before, or the step and all attributes
        that depend on it are complete.
        """
        in_place = start.bank.is_whole and start.output_scale is None
        if data.rows.size > 1 or not in_place:
            return False
        call = Call.PARTIAL_FIT
        settings = epoch_settings(self, start, data, call)
        trainer = make_trainer(self, start, data, call, in_place=True)
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
                start.attributes,
                **self._trained(trainer.bank, trainer, history, call),
            )
            return True

        transaction.complete = complete
        if not step_in_place(trainer, data, history, settings):
            transaction.complete = None
            return False
        if complete() and settings.verbose:
            print_epoch(history)
        return True

    # What is kept

    def _keep(
        self, bank: NetworkBank, trainer: Trainer, history: History, start: Start, call: Call
    ) -> None:
        """Set the attributes of a call that has succeeded."""
        if start.output_scale is not None:
            with np.errstate(over="ignore", invalid="ignore"):
                bank.scale_outputs(start.output_scale)
        check_converged(bank, history, self.alpha)
        trained = self._trained(bank, trainer, history, call)
        self.__dict__.update(as_attributes(start.attributes), **trained)
        if call is Call.FIRST_PARTIAL_FIT:
            # That of an earlier fit.
            self.__dict__.pop("history_", None)
        self._keep_bank(bank)

    def _trained(
        self, bank: NetworkBank, trainer: Trainer, history: History, call: Call
    ) -> dict[str, Any]:
        """Attributes that training has changed."""
        curve, scores = history.loss_curve, history.validation_scores
        trained = {
            "n_layers_": len(bank.biases) + 1,
            "out_activation_": trainer.outputs.out_activation,
            "n_iter_": history.n_iter,
            "t_": history.t,
            "loss_curve_": history.recent_losses if call.is_partial else curve,
            "loss_": curve[-1] if curve else np.inf,
            "best_loss_": self._best_loss(curve, call),
            "validation_scores_": scores or None,
            "best_validation_score_": history.best_validation_score if scores else None,
            "_no_improvement_count": history.n_no_improvement,
        }
        if call.is_partial:
            trained["_solver_state"] = trainer.state
        else:
            trained["history_"] = history.columns()
        if call is not Call.PARTIAL_FIT:
            trained["_has_fitted"] = not call.is_partial
        return trained

    def _best_loss(self, curve: list[float], call: Call) -> float | None:
        """Lowest loss; a call of `partial_fit` adds one to those before it."""
        if self.early_stopping and not isinstance(self.early_stopping, str):
            return None
        best = getattr(self, "best_loss_", None) if call is Call.PARTIAL_FIT else None
        return min(curve if best is None else [best, *curve[-1:]], default=np.inf)

    def _problem(self, X: Any, y: Any) -> tuple[Any, np.ndarray, NetworkBank, AnyOutputs]:
        """X and targets as `partial_fit` would have them, the networks and their outputs."""
        X, y = self._validate_X_y(X, y, reset=False)
        _, targets = self._encode_targets(y, X.dtype, Call.PARTIAL_FIT, None)
        return scaled_inputs(vars(self), X), targets, self._bank(), self._outputs()
