"""Variants of the rule that the study tries and the estimators do not have.

Each is a subclass of EDClassifier or EDRegressor without parameters of its own, made by
`variant` from class attributes of `Variant`, so that cloning and pipelines work.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import clone, is_classifier

from sklearn_ed._backend.kernels import readout
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.outputs import ClassOutputs, TargetOutputs
from sklearn_ed._networks.units import n_excitatory

VARIANTS = {
    "first weights x 3": {"first_weights": 3.0},
    "first weights / 3": {"first_weights": 1 / 3},
    "more excitation": {"excitation": 2.0},
    "biases scaled as weights": {"scaled_biases": True},
    "error centred over the batch": {"centred": True},
    "label smoothing 0.1": {"smoothing": 0.1},
    "hidden dropout 0.2": {"hidden_dropout": 0.2},
    "hidden dropout 0.5": {"hidden_dropout": 0.5},
    "mean of the last 5 epochs": {"mean_of_last": 5},
}


class Centred:
    """The errors of a batch less their mean, for each network."""

    def error_signal(self, A, targets):
        signal = super().error_signal(A, targets)
        signal.E -= signal.E.mean(axis=0)
        return signal


@dataclass
class CentredClasses(Centred, ClassOutputs):
    """Of a classifier."""


@dataclass
class CentredTargets(Centred, TargetOutputs):
    """Of a regressor."""


@dataclass
class SmoothedClasses(ClassOutputs):
    """Targets that give each class the share `smoothing` / K; the loss is that of the labels.

    For "log_loss".
    """

    smoothing: float = 0.0

    def error_signal(self, A, targets):
        signal = super().error_signal(A, targets)
        code = self._transposed
        signal.E -= self.smoothing / self._speakers * (code[targets] - code.mean(axis=0))
        return signal


@dataclass
class ThinnedBank(NetworkBank):
    """Hidden units of the last layer that are silent, each in each sample, with `rate`.

    Such a unit learns nothing either: its slope z (1 - z) is zero.
    """

    rate: float = 0.0
    rng: np.random.Generator | None = None

    def forward(self, X, buffers=None):
        hidden, A = super().forward(X, buffers)
        Z = hidden[-1]
        Z *= self.rng.random(Z.shape, dtype=np.float32) >= self.rate
        readout(Z, self.weights[-1][:, :, 0], self.biases[-1][:, 0], self.beta, A)
        return hidden, A


class Variant:
    """What may differ, as class attributes.

    Attributes
    ----------
    first_weights : float
        Factor of all weights and biases at the start.
    excitation : float
        Factor of the weights from excitatory units to the output unit at the start.
    scaled_biases : bool
        Whether the biases, too, start with ``1 / sqrt(fan_in)``.
    centred : bool
        Whether the errors of a batch lose their mean.
    smoothing : float
        Label smoothing.
    hidden_dropout : float
        Share of the units of the last hidden layer that are silent while a row is learned.
    mean_of_last : int
        Epochs at whose ends the weights are averaged; 0: those of the last epoch are kept.
    """

    first_weights = 1.0
    excitation = 1.0
    scaled_biases = False
    centred = False
    smoothing = 0.0
    hidden_dropout = 0.0
    mean_of_last = 0

    def _start_anew(self, data, sizes):
        rng, outputs, bank = super()._start_anew(data, sizes)
        for parameter in bank.parameters:
            parameter *= self.first_weights
        bank.weights[-1][:, : n_excitatory(bank.hidden_sizes[-1])] *= self.excitation
        if self.scaled_biases:
            for fan_in, bias in zip(
                (data.X.shape[1], *bank.hidden_sizes), bank.biases, strict=True
            ):
                bias /= np.sqrt(fan_in)
        if self.hidden_dropout:
            bank = ThinnedBank(
                bank.weights,
                bank.biases,
                bank.u0,
                bank.beta,
                bank.flat,
                rate=self.hidden_dropout,
                rng=np.random.default_rng(self.random_state),
            )
        return rng, outputs, bank

    def _outputs(self):
        outputs = super()._outputs()
        if not (self.centred or self.smoothing):
            return outputs
        if isinstance(outputs, TargetOutputs):
            return CentredTargets()
        parts = outputs.code_book, outputs.loss, outputs.u0
        return (
            CentredClasses(*parts) if self.centred else SmoothedClasses(*parts, self.smoothing)
        )

    def _keep(self, trainer, *args, **kwargs):
        trainer.bank.weights[-1][...] *= 1 - self.hidden_dropout
        super()._keep(trainer, *args, **kwargs)

    def fit(self, X, y):
        super().fit(X, y)
        if not self.mean_of_last:
            return self
        # The same path once more, epoch by epoch.
        again, last = clone(self), []
        classes = {"classes": np.unique(y)} if is_classifier(self) else {}
        for epoch in range(self.n_iter_):
            again.partial_fit(X, y, **classes)
            if epoch >= self.n_iter_ - self.mean_of_last:
                last.append([p.copy() for p in (*again.coefs_, *again.intercepts_)])
        for parameter, *values in zip((*self.coefs_, *self.intercepts_), *last, strict=True):
            assert np.array_equal(parameter, values[-1])
            parameter[...] = np.mean(values, axis=0)
        return self


def variant(Estimator, name):
    """The subclass of `Estimator` that is the variant `name`."""
    return type(f"Variant{Estimator.__name__}", (Variant, Estimator), VARIANTS[name])
