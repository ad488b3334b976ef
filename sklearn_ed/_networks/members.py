"""Outputs of several members: equal sets of networks whose predictions are averaged."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from scipy.special import logsumexp

from .._backend import backend
from .bank import NetworkBank
from .outputs import (
    ClassOutputs,
    ErrorSignal,
    LabelOutputs,
    OnlineForm,
    Outputs,
    TargetOutputs,
)


@dataclass
class AveragedOutputs:
    """The average of `n_members` sets of networks, each with its own error.

    Member m has the networks ``m * G`` to ``(m + 1) * G - 1`` of the bank, where G is the
    number of networks of a member. All members learn from the same batches.
    """

    outputs: Outputs
    n_members: int

    @property
    def out_activation(self) -> str:
        return self.outputs.out_activation

    @property
    def loss(self) -> str | None:
        return self.outputs.loss

    def _apart(self, A: np.ndarray) -> np.ndarray:
        """One row per sample and member, (n_samples * n_members, G)."""
        return backend().reshaped(A, (A.shape[0] * self.n_members, -1))

    def _each(self, values: np.ndarray, n_samples: int) -> np.ndarray:
        """The values of `_apart` as (n_samples, n_members, ...)."""
        return backend().reshaped(values, (n_samples, self.n_members, *values.shape[1:]))

    def error_signal(self, A: np.ndarray, targets: np.ndarray) -> ErrorSignal:
        """The errors and the losses of each member."""
        arithmetic = backend()
        repeated = arithmetic.repeated(targets, self.n_members)
        signal = self.outputs.error_signal(self._apart(A), repeated)
        slope = signal.slope
        if slope is not None:
            slope = arithmetic.reshaped(slope, A.shape)
        loss = self._each(signal.loss, A.shape[0])
        return ErrorSignal(arithmetic.reshaped(signal.E, A.shape), slope, loss)

    def members(self, bank: NetworkBank) -> list[NetworkBank]:
        """The networks of each member."""
        n = bank.n_networks // self.n_members
        return [bank.part(slice(m * n, (m + 1) * n)) for m in range(self.n_members)]

    def online_form(self, targets: np.ndarray) -> OnlineForm:
        """What the online kernel needs."""
        form = self.outputs.online_form(targets)
        form.n_members = self.n_members
        if form.values is not None:
            form.values = np.tile(form.values, self.n_members)
        return form

    def predict(self, A: np.ndarray) -> Any:
        """Class indices or indicators of the mean probabilities; mean values of targets."""
        if isinstance(self.outputs, TargetOutputs):
            return self._mean(self.outputs.predict(self._apart(A)), A.shape[0])
        p = self.predict_proba(A)
        if isinstance(self.outputs, ClassOutputs):
            return backend().place_of_largest(p)
        return backend().as_indicators(p > 0.5)

    def predict_proba(self, A: np.ndarray) -> np.ndarray:
        """Mean of the members' probabilities."""
        assert not isinstance(self.outputs, TargetOutputs)
        return self._mean(self.outputs.predict_proba(self._apart(A)), A.shape[0])

    def predict_log_proba(self, A: np.ndarray) -> np.ndarray:
        assert not isinstance(self.outputs, TargetOutputs)
        return self._log_mean(self.outputs.predict_log_proba(self._apart(A)), A.shape[0])

    def _mean(self, values: np.ndarray, n_samples: int) -> np.ndarray:
        """The mean over the members."""
        mean: np.ndarray = backend().xp.mean(self._each(values, n_samples), axis=1)
        return mean

    def _log_mean(self, log_p: np.ndarray, n_samples: int) -> np.ndarray:
        """The logarithm of the mean over the members."""
        return logsumexp(self._each(log_p, n_samples), axis=1) - log(self.n_members)

    def decision_function(self, A: np.ndarray) -> np.ndarray:
        """Log-probabilities; for two classes and for labels log-odds."""
        assert not isinstance(self.outputs, TargetOutputs)
        if isinstance(self.outputs, LabelOutputs):
            # Of the logarithms, because probabilities next to 1 are rounded to 1.
            log_odds = self.outputs.decision_function(self._apart(A))
            yes, no = backend().log_expit(log_odds), backend().log_expit(-log_odds)
            return self._log_mean(yes, A.shape[0]) - self._log_mean(no, A.shape[0])
        log_p = self.predict_log_proba(A)
        return log_p[:, 1] - log_p[:, 0] if log_p.shape[1] == 2 else log_p


AnyOutputs = Outputs | AveragedOutputs


def averaged(outputs: Outputs, n_members: int) -> AnyOutputs:
    """The outputs of `n_members` members."""
    return outputs if n_members == 1 else AveragedOutputs(outputs, n_members)
