"""Early stopping of `fit`: which rows are learned, which ones are scored, and how."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from .._backend import backend
from .._backend.namespaces import to_numpy
from .._networks.bank import NetworkBank
from .._networks.members import AveragedOutputs
from .._training.data import TrainingData
from .._training.early_stopping import Metric, OutOfFold, hold_out, label_strata, scored_by
from .._training.history import ValidationResult
from .._utils.validation import is_real
from . import defaults
from .arrays import as_attributes, checked_array
from .data import check_sample_weight, checked_sparse
from .starting import Start
from .stream_data import SCALE, scaled_inputs


class ValidationPlan(NamedTuple):
    """How training is validated.

    Attributes
    ----------
    early_stopping : bool or "out_of_fold"
    data : TrainingData
        The rows to learn from.
    score : callable or None
        Score of a bank, higher is better; None without validation.
    folds : OutOfFold or None
    """

    early_stopping: bool | str
    data: TrainingData
    score: Callable[[NetworkBank], ValidationResult] | None = None
    folds: OutOfFold | None = None


class ValidationSet(NamedTuple):
    """The arguments of `fit` that hold validation data."""

    X_val: Any
    y_val: Any
    sample_weight_val: Any

    def check(
        self, estimator: Any, labels: Any, dtype: Any, scale: Mapping[str, Any]
    ) -> TrainingData | None:
        """The rows as the networks read them, or None where nothing was given.

        `labels` are those of y, and `scale` are the attributes that the scale of X is among.
        """
        if all(part is None for part in self):
            return None
        _check_used(estimator, self)
        arithmetic = backend()
        with _about("X_val", "X"):
            X = self.X_val
            if not arithmetic.holds_numpy and not arithmetic.has(X):
                raise ValueError("expected an array of the library and on the device of X.")
            X = validate_data(
                estimator,
                checked_sparse(X) if arithmetic.holds_numpy else checked_array(estimator, X),
                accept_sparse=["csr", "csc"],
                dtype=arithmetic.dtype(dtype),
                reset=False,
            )
            X = scaled_inputs(scale, X.tocsr() if sp.issparse(X) else X)
        y = check_array(
            to_numpy(self.y_val),
            accept_sparse="csr",
            ensure_2d=False,
            dtype=None,
            input_name="y_val",
        )
        if y.shape[0] != X.shape[0]:
            raise ValueError(
                f"y_val: expected {X.shape[0]} targets, one for each row of X_val, got "
                f"{y.shape[0]}."
            )
        with _about("y_val", "y"):
            targets = estimator._encode_more(y, labels, dtype)
        weight = check_sample_weight(self.sample_weight_val, X, "sample_weight_val")
        rows = np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)
        if rows.size < 2:
            raise ValueError(
                "X_val: expected at least 2 rows with a positive weight, got "
                f"{rows.size} of {X.shape[0]}."
            )
        return TrainingData(X, targets, weight, rows)


def _check_used(estimator: Any, given: ValidationSet) -> None:
    """Refuse validation data that lack a part, or that a parameter contradicts."""
    for name, other in (("X_val", "y_val"), ("y_val", "X_val")):
        if getattr(given, name) is None:
            if getattr(given, other) is None:
                other = "sample_weight_val"
            raise ValueError(f"{name}: expected a value beside {other}, got None.")
    if estimator.early_stopping not in (True, "auto"):
        raise ValueError(
            "early_stopping: expected True or 'auto' with X_val and y_val, which are there to "
            f"stop training, got {estimator.early_stopping!r}."
        )
    # A subclass may have a signature of its own, without this parameter.
    parameter = inspect.signature(type(estimator)).parameters.get("validation_fraction")
    default = None if parameter is None else parameter.default
    if default not in (None, estimator.validation_fraction):
        raise ValueError(
            f"validation_fraction: expected {default!r}, the default, with X_val and y_val, "
            f"because no other rows are held out, got {estimator.validation_fraction!r}."
        )


@contextmanager
def _about(name: str, general: str) -> Iterator[None]:
    """Begin the message of an error with this name, in the place of a more general one."""
    try:
        yield
    except ValueError as error:
        message = str(error).removeprefix(f"{general}: ")
        raise ValueError(f"{name}: {message}") from error


def plan_validation(
    estimator: Any, data: TrainingData, given: TrainingData | None, start: Start
) -> ValidationPlan:
    """Hold out rows, in one part or in folds, unless validation rows were given."""
    n_members, n_rows = start.outputs.n_members, data.rows.size
    if given is not None:
        return ValidationPlan(True, data, _score(estimator, given, start))
    early_stopping = defaults.early_stopping(
        estimator.early_stopping, n_members, n_rows, has_scorer=_has_scorer(estimator)
    )
    if not early_stopping:
        return ValidationPlan(False, data)
    is_folded = early_stopping == "out_of_fold"
    if is_folded:
        _check_out_of_fold(estimator, n_members, n_rows)
    # A warm start holds out the same rows again.
    seed = start.attributes["_validation_seed"]
    if seed is None:
        seed = int(start.rng.randint(np.iinfo(np.int32).max))
    start.attributes["_validation_seed"] = seed
    strata = estimator._strata(data.targets)
    if is_folded:
        assert isinstance(start.outputs, AveragedOutputs)
        folds = OutOfFold(data, start.outputs, stratify=strata, seed=seed)
        return ValidationPlan(early_stopping, folds.data, folds.score, folds)
    fraction = estimator.validation_fraction
    if strata is None and estimator.scoring is not None and is_classifier(estimator):
        strata = label_strata(data, fraction)
    data, held_out = hold_out(data, fraction=fraction, stratify=strata, seed=seed)
    return ValidationPlan(early_stopping, data, _score(estimator, held_out, start))


def _check_out_of_fold(estimator: Any, n_members: int, n_rows: int) -> None:
    if n_members < 2 or estimator.batch_size == 1:
        raise ValueError(
            "early_stopping: expected False or True with n_members=1 or batch_size=1, got "
            "'out_of_fold', which needs members that learn in batches."
        )
    if _has_scorer(estimator):
        raise ValueError(
            "scoring: expected None or 'loss' with early_stopping='out_of_fold', where every "
            "row is scored by another member, because a scorer takes one estimator; got "
            f"{estimator.scoring!r}. Use early_stopping=True."
        )
    if n_rows < n_members:
        raise ValueError(
            f"n_members: expected at most {n_rows}, the number of training rows, with "
            f"early_stopping='out_of_fold', got {n_members}."
        )


def _score(
    estimator: Any, rows: TrainingData, start: Start
) -> Callable[[NetworkBank], ValidationResult]:
    """The function that scores a bank on these rows, as the parameter `scoring` says."""
    outputs, targets, arithmetic = start.outputs, rows.targets[rows.rows], backend()
    weight = None if rows.weight is None else rows.weight[rows.rows]

    def own(bank: NetworkBank, A: np.ndarray) -> float:
        predicted = arithmetic.host(outputs.predict(A))
        return float(estimator._score_predictions(targets, predicted, weight))

    metric: Metric | None = own
    if _has_scorer(estimator):
        metric = _by_scorer(estimator, rows, start)
    elif estimator.scoring == "loss":
        metric = None
    return scored_by(metric, outputs, rows)


def _has_scorer(estimator: Any) -> bool:
    scoring = estimator.scoring
    return callable(scoring) or scoring not in (None, "loss")


def _by_scorer(estimator: Any, rows: TrainingData, start: Start) -> Metric:
    scorer, outputs = check_scoring(estimator, scoring=estimator.scoring), start.outputs
    arithmetic = backend()
    X, targets = arithmetic.rows(rows.X, rows.rows), arithmetic.moved(rows.targets[rows.rows])
    y = _fitted(estimator, start, start.bank)._decode(targets)
    weights = {}
    if rows.weight is not None:
        weights["sample_weight"] = arithmetic.moved(rows.weight[rows.rows])

    def metric(bank: NetworkBank, A: np.ndarray) -> float:
        if start.output_scale is not None and not arithmetic.all_finite(outputs.predict(A)):
            return float("nan")
        model = _fitted(estimator, start, bank)
        try:
            score = scorer(model, X, y, **weights)
        except TypeError as error:
            if "sample_weight" not in str(error):
                raise
            score = scorer(model, X, y)
        if not is_real(score) or np.isnan(score):
            raise ValueError(
                f"scoring: expected a number from {estimator.scoring!r} on the "
                f"validation rows, got {score!r}."
            )
        return float(score)

    return metric


def _fitted(estimator: Any, start: Start, bank: NetworkBank) -> Any:
    """The estimator with a copy of these networks, for inputs as the networks read them."""
    fitted = object.__new__(type(estimator))
    inputs = {"n_features_in_": bank.weights[0].shape[0], SCALE: None}
    vars(fitted).update({**vars(estimator), **as_attributes(start.attributes), **inputs})
    vars(fitted).pop("feature_names_in_", None)
    bank = bank.copy()
    if start.output_scale is not None:
        bank.scale_outputs(start.output_scale)
    fitted._keep_bank(bank)
    return fitted
