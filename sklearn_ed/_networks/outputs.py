"""Outputs of a bank: errors and losses in training, scores and probabilities afterwards.

Three kinds of outputs use the pre-activations A (n_samples, n_networks) of the output units:

- `ClassOutputs`: one label per sample. The code book C (n_networks, n_classes) with entries in
  {-1, 0, 1} says what each network stands for.
- `LabelOutputs`: any number of labels per sample, one network each.
- `TargetOutputs`: real targets, one linear network each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import log_softmax, softmax

from .._backend import backend


@dataclass
class ErrorSignal:
    """Errors and losses of a batch.

    Attributes
    ----------
    E : ndarray of shape (n_samples, n_networks)
        Errors e = t - y.
    slope : ndarray of shape (n_samples, n_networks), or None
        f' of the output units, None where they are linear.
    loss : ndarray of shape (n_samples,), or (n_samples, n_members)
        Loss of each sample before the step.
    """

    E: np.ndarray
    slope: np.ndarray | None
    loss: np.ndarray


@dataclass
class OnlineForm:
    """Outputs as the online kernel reads them.

    Attributes
    ----------
    kind : {"linear_squared", "sigmoid_squared", "logistic", "softmax"}
        Output units and loss.
    targets : ndarray of intp of shape (n_samples,)
        Class of each sample, or its row in `values`.
    values : ndarray of shape (any, n_networks), or None
        Targets t of the output units.
    code, error_code : ndarray of shape (n_networks, n_classes) and (n_classes, n_networks), \
            or None
        Of kind "softmax": logits = A code, E = delta error_code; None: one network per class.
    n_classes : int
        Of kind "softmax", else 0.
    n_members : int
        Number of equal sets of networks; `code` and `error_code` belong to one of them.
    """

    kind: str
    targets: np.ndarray
    values: np.ndarray | None = None
    code: np.ndarray | None = None
    error_code: np.ndarray | None = None
    n_classes: int = 0
    n_members: int = 1

    @property
    def networks_interact(self) -> bool:
        """Whether the error of a network depends on the outputs of others of its member."""
        return self.kind == "softmax"


@dataclass
class ClassOutputs:
    """One of K classes per sample; targets are class indices of shape (n_samples,).

    ``loss="log_loss"``: linear output units, logits = A C, p = softmax(logits),
    E = (onehot - p) C^T / r with r the number of networks that contribute to a class.
    ``loss="squared_error"``: sigmoid output units with targets T, 1 where C > 0 and 0
    elsewhere. Then 2 a / u0 is the log-odds of a unit, and logits = (2 / u0) A T is the
    log-likelihood of each class, up to a constant, if the errors of the units are independent.

    The division by r makes the change of the logits by a plain step, which is proportional to
    E, independent of the number of networks. Adam's steps do not depend on r.
    """

    code_book: np.ndarray
    loss: str
    u0: float
    n_members = 1

    @cached_property
    def _transposed(self) -> np.ndarray:
        return np.ascontiguousarray(self.code_book.T)

    @cached_property
    def _targets(self) -> np.ndarray:
        return (self.code_book > 0).astype(self.code_book.dtype)

    # The same as arrays of the backend, which is always one for an object.

    @cached_property
    def _code(self) -> Any:
        return backend().moved(self.code_book)

    @cached_property
    def _moved_transposed(self) -> Any:
        return backend().moved(self._transposed)

    @cached_property
    def _moved_targets(self) -> Any:
        return backend().moved(self._targets)

    @cached_property
    def _n_networks_per_class(self) -> float:
        return float(np.abs(self.code_book).sum(axis=0).max())

    @cached_property
    def _one_each(self) -> bool:
        """Whether there is one network per class, of more than one class."""
        n_networks = self.code_book.shape[0]
        return n_networks > 1 and np.array_equal(self.code_book, np.eye(n_networks))

    @property
    def out_activation(self) -> str:
        softmax_out = self.loss == "log_loss" and self.code_book.shape[1] > 2
        return "softmax" if softmax_out else "logistic"

    def error_signal(self, A: np.ndarray, targets: np.ndarray) -> ErrorSignal:
        if self.loss == "squared_error":
            of_units = backend().rows(self._moved_targets.T, targets)
            return ErrorSignal(*backend().sigmoid_squared_error(A, of_units, self.u0))
        code = None if self._one_each else self._moved_transposed
        E, loss = backend().softmax_error(A, code, self._n_networks_per_class, targets)
        return ErrorSignal(E, None, loss)

    def online_form(self, targets: np.ndarray) -> OnlineForm:
        """What the online kernel needs."""
        targets = targets.astype(np.intp, copy=False)
        if self.loss == "squared_error":
            return OnlineForm("sigmoid_squared", targets, self._targets.T)
        n_classes = self.code_book.shape[1]
        if n_classes == 2 and self.code_book.tolist() == [[0, 1]]:
            return OnlineForm("logistic", targets, self._transposed)
        if self._one_each:
            return OnlineForm("softmax", targets, n_classes=n_classes)
        return OnlineForm(
            "softmax",
            targets,
            code=np.ascontiguousarray(self.code_book),
            error_code=self._transposed / self._n_networks_per_class,
            n_classes=n_classes,
        )

    def logits(self, A: np.ndarray) -> np.ndarray:
        """Scores of shape (n_samples, n_classes) whose softmax are the probabilities."""
        if self.loss == "squared_error":
            return (2.0 / self.u0) * (A @ self._moved_targets)
        return A @ self._code

    def predict(self, A: np.ndarray) -> np.ndarray:
        """Class indices of shape (n_samples,)."""
        return backend().place_of_largest(self.logits(A))

    def decision_function(self, A: np.ndarray) -> np.ndarray:
        """The logits; for two classes the log-odds of the second, of shape (n_samples,)."""
        logits = self.logits(A)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_proba(self, A: np.ndarray) -> np.ndarray:
        return softmax(self.logits(A), axis=1)

    def predict_log_proba(self, A: np.ndarray) -> np.ndarray:
        return log_softmax(self.logits(A), axis=1)


@dataclass
class LabelOutputs:
    """Independent labels; targets are 0 or 1, of shape (n_samples, n_labels)."""

    loss: str
    u0: float
    out_activation = "logistic"
    n_members = 1

    def error_signal(self, A: np.ndarray, targets: np.ndarray) -> ErrorSignal:
        if self.loss == "squared_error":
            return ErrorSignal(*backend().sigmoid_squared_error(A, targets, self.u0))
        E, loss = backend().label_error(A, targets)
        return ErrorSignal(E, None, loss)

    def online_form(self, targets: np.ndarray) -> OnlineForm:
        """What the online kernel needs."""
        kind = "sigmoid_squared" if self.loss == "squared_error" else "logistic"
        return OnlineForm(kind, np.arange(targets.shape[0]), targets)

    def decision_function(self, A: np.ndarray) -> np.ndarray:
        """Log-odds of each label."""
        return (2.0 / self.u0) * A if self.loss == "squared_error" else A

    def predict(self, A: np.ndarray) -> np.ndarray:
        return backend().as_indicators(A > 0)

    def predict_proba(self, A: np.ndarray) -> np.ndarray:
        return backend().expit(self.decision_function(A))

    def predict_log_proba(self, A: np.ndarray) -> np.ndarray:
        return backend().log_expit(self.decision_function(A))


@dataclass
class TargetOutputs:
    """Real targets of shape (n_samples, n_targets), linear output units, squared error.

    The output units learn the targets divided by `scale`, of shape (n_targets,). Errors and
    losses are those of the divided targets.
    """

    scale: np.ndarray | float = 1.0
    out_activation = "identity"
    loss = None
    n_members = 1

    def error_signal(self, A: np.ndarray, targets: np.ndarray) -> ErrorSignal:
        E, loss = backend().squared_error(A, targets, self._moved_scale)
        return ErrorSignal(E, None, loss)

    def online_form(self, targets: np.ndarray) -> OnlineForm:
        """What the online kernel needs."""
        divided = targets / np.asarray(self.scale, dtype=targets.dtype)
        return OnlineForm("linear_squared", np.arange(targets.shape[0]), divided)

    @cached_property
    def _moved_scale(self) -> Any:
        return backend().moved(self.scale) if isinstance(self.scale, np.ndarray) else self.scale

    def predict(self, A: np.ndarray) -> np.ndarray:
        return backend().scaled(A, self._moved_scale)


Outputs = ClassOutputs | LabelOutputs | TargetOutputs
