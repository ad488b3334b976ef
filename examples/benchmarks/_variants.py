"""Variants of the rule that the study compares and that the estimators do not have.

`variant` makes a subclass of EDClassifier or EDRegressor without additional parameters, so that
it works in pipelines and can be cloned.
"""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import clone, is_classifier

from sklearn_ed._backend import backend
from sklearn_ed._estimators.fit_callbacks import FitCallbacks
from sklearn_ed._estimators.fitting import Fit
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.buffers import Buffers
from sklearn_ed._networks.outputs import ClassOutputs, ErrorSignal
from sklearn_ed._networks.units import n_excitatory
from sklearn_ed.rules import ErrorDiffusion

VARIANTS: dict[str, dict[str, Any]] = {
    "first weights x 3": {"initial_factor": 3.0},
    "first weights / 3": {"initial_factor": 1 / 3},
    "more excitation": {"initial_excitation": 2.0},
    "biases scaled as weights": {"scales_biases": True},
    "label smoothing 0.1": {"label_smoothing": 0.1},
    "hidden dropout 0.2": {"hidden_dropout": 0.2},
    "hidden dropout 0.5": {"hidden_dropout": 0.5},
    "mean of the last 5 epochs": {"n_averaged_epochs": 5},
}


class CentredErrors(ErrorDiffusion):
    """Error diffusion of the errors minus their mean over the batch, for each network."""

    def increments(
        self, bank: NetworkBank, X: Any, hidden: Any, E: np.ndarray, *args: Any, **kwargs: Any
    ) -> list[np.ndarray]:
        return super().increments(bank, X, hidden, E - E.mean(axis=0), *args, **kwargs)


@dataclass
class SmoothedClasses(ClassOutputs):
    """Targets in which every class has the share `label_smoothing` / K, for "log_loss".

    The loss that is reported stays that of the labels.
    """

    label_smoothing: float = 0.0

    def error_signal(self, A: np.ndarray, targets: np.ndarray) -> ErrorSignal:
        signal = super().error_signal(A, targets)
        code = np.ascontiguousarray(self.code_book.T)
        n_networks_per_class = np.abs(self.code_book).sum(axis=0).max()
        difference = code[targets] - code.mean(axis=0)
        signal.E -= self.label_smoothing / n_networks_per_class * difference
        return signal


@dataclass
class DropoutBank(NetworkBank):
    """Networks with dropout of the units of the last hidden layer.

    Each unit is silent in each sample with the probability `rate`. A silent unit
    does not learn either: its slope z (1 - z) is zero.
    """

    rate: float = 0.0
    rng: np.random.Generator | None = None

    def forward(
        self, X: Any, buffers: Buffers | None = None
    ) -> tuple[list[np.ndarray], np.ndarray]:
        hidden, A = super().forward(X, buffers)
        Z = hidden[-1]
        assert self.rng is not None
        Z *= self.rng.random(Z.shape, dtype=np.float32) >= self.rate
        weights, bias = self.weights[-1][:, :, 0], self.biases[-1][:, 0]
        backend().readout(Z, weights, bias, self.beta, A)
        return hidden, A


class Variant:
    """What a variant changes."""

    # Factors of all initial parameters, and of weights from excitatory to output units.
    initial_factor = 1.0
    initial_excitation = 1.0
    # Whether initial biases are divided by the square root of the fan-in, as weights are.
    scales_biases = False
    # Share of the target that all classes divide equally.
    label_smoothing = 0.0
    # Dropout rate of the last hidden layer.
    hidden_dropout = 0.0
    # Number of last epochs over which the weights are averaged; 0: no average.
    n_averaged_epochs = 0

    def _train(self, fit: Fit, callbacks: FitCallbacks) -> NetworkBank:
        """Train a changed copy of the trainer."""
        trainer = fit.trainer
        bank, outputs = trainer.bank, trainer.outputs
        for parameter in bank.parameters:
            parameter *= self.initial_factor
        excitatory = slice(n_excitatory(bank.hidden_sizes[-1]))
        bank.weights[-1][:, excitatory] *= self.initial_excitation
        if self.scales_biases:
            fans_in = fit.data.X.shape[1], *bank.hidden_sizes
            for fan_in, bias in zip(fans_in, bank.biases, strict=True):
                bias /= np.sqrt(fan_in)
        if self.hidden_dropout:
            rng = np.random.default_rng(self.random_state)
            bank = DropoutBank(**vars(bank), rate=self.hidden_dropout, rng=rng)
        if self.label_smoothing:
            outputs = SmoothedClasses(
                outputs.code_book, outputs.loss, outputs.u0, self.label_smoothing
            )
        trainer = replace(trainer, bank=bank, outputs=outputs)
        bank = super()._train(replace(fit, trainer=trainer), callbacks)
        if not self.hidden_dropout:
            return bank
        # Predictions use all units.
        bank.weights[-1][...] *= 1 - self.hidden_dropout
        return NetworkBank(bank.weights, bank.biases, bank.u0, bank.beta, _flat=bank.flat)

    def fit(self, X: Any, y: Any) -> Self:
        super().fit(X, y)
        if not self.n_averaged_epochs:
            return self
        # Repeat the training epoch by epoch.
        twin, last = clone(self), []
        classes = {"classes": np.unique(y)} if is_classifier(self) else {}
        for epoch in range(self.n_iter_):
            twin.partial_fit(X, y, **classes)
            if epoch >= self.n_iter_ - self.n_averaged_epochs:
                last.append([p.copy() for p in (*twin.coefs_, *twin.intercepts_)])
        for parameter, *values in zip((*self.coefs_, *self.intercepts_), *last, strict=True):
            assert np.array_equal(parameter, values[-1])
            parameter[...] = np.mean(values, axis=0)
        return self


def variant(Estimator: type, name: str) -> type:
    """The subclass of `Estimator` that is the variant `name`."""
    return type(f"Variant{Estimator.__name__}", (Variant, Estimator), VARIANTS[name])
