"""Early stopping of `fit`: which rows are learned, which ones are scored, and how."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from .._networks.bank import NetworkBank
from .._networks.members import AveragedOutputs
from .._training.data import TrainingData
from .._training.early_stopping import OutOfFold, hold_out, scored_by
from . import defaults
from .data import check_sample_weight, checked_sparse
from .starting import Start
from .stream_data import scaled_inputs


class Validation(NamedTuple):
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
    score: Callable[[NetworkBank], float] | None = None
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
        with _about("X_val", "X"):
            X = validate_data(
                estimator,
                checked_sparse(self.X_val),
                accept_sparse=["csr", "csc"],
                dtype=dtype,
                reset=False,
            )
            X = scaled_inputs(scale, X.tocsr() if sp.issparse(X) else X)
        y = check_array(
            self.y_val, accept_sparse="csr", ensure_2d=False, dtype=None, input_name="y_val"
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
    default = inspect.signature(type(estimator)).parameters["validation_fraction"].default
    if estimator.validation_fraction != default:
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
) -> Validation:
    """Hold out rows, in one part or in folds, unless validation rows were given."""
    n_members, n_rows = start.outputs.n_members, data.rows.size
    if given is not None:
        return Validation(True, data, _score(estimator, given, start))
    early_stopping = defaults.early_stopping(estimator.early_stopping, n_members, n_rows)
    if not early_stopping:
        return Validation(False, data)
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
        return Validation(early_stopping, folds.data, folds.score, folds)
    fraction = estimator.validation_fraction
    data, held_out = hold_out(data, fraction=fraction, stratify=strata, seed=seed)
    return Validation(early_stopping, data, _score(estimator, held_out, start))


def _check_out_of_fold(estimator: Any, n_members: int, n_rows: int) -> None:
    if n_members < 2 or estimator.batch_size == 1:
        raise ValueError(
            "early_stopping: expected False or True with n_members=1 or batch_size=1, got "
            "'out_of_fold', which needs members that learn in batches."
        )
    if n_rows < n_members:
        raise ValueError(
            f"n_members: expected at most {n_rows}, the number of training rows, with "
            f"early_stopping='out_of_fold', got {n_members}."
        )


def _score(estimator: Any, rows: TrainingData, start: Start) -> Callable[[NetworkBank], float]:
    """The function that scores a bank on these rows."""
    outputs, targets, weight = start.outputs, rows.targets, rows.weight
    targets = targets[rows.rows]
    weight = None if weight is None else weight[rows.rows]

    def metric(bank: NetworkBank, A: np.ndarray) -> float:
        return float(estimator._score_predictions(targets, outputs.predict(A), weight))

    return scored_by(metric, rows)
