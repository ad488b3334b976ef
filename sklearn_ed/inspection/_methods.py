"""Methods of credit assignment: each finds the share of every weight in the error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from .._estimators.parameters import PARAMETER_CHECKS, make_rule
from .._networks.bank import NetworkBank
from .._networks.code_book import count_networks, make_code_book
from .._networks.layout import parameter_shapes
from .._networks.outputs import ClassOutputs
from .._training.optimizers import SGD
from .._training.trainer import Trainer
from .._utils.validation import check_hidden_layer_sizes
from ..rules import Rule
from ..rules._names import RULES

METHODS = {
    "numerical": "numerical differentiation",
    "backprop": "backprop",
    "error_diffusion": "error diffusion",
}
"""Names and descriptions of the default methods, in the order of tables and pictures."""

_U0, _BETA = 0.4, 0.8
_WIDTH = 1e-4

Step = Callable[[np.ndarray, np.ndarray, float], object]
Method = str | Rule


def check_methods(
    methods: Iterable[str] | Mapping[str, Any], *, parameter: str = "methods"
) -> dict[str, Method]:
    """The methods by name: numerical differentiation is its own name, others are rules.

    Parameters
    ----------
    methods : iterable of str, or dict of str to str or rule object
    parameter : {"methods", "rules"}
        The name in messages; only `methods` can be "numerical".

    Raises
    ------
    ValueError
        If there are none, or if one is neither a name nor a rule.
    """
    known = [*METHODS, *(name for name in RULES if name not in METHODS)]
    if parameter == "rules":
        known = list(RULES)
    if isinstance(methods, str):
        methods = [methods]
    if isinstance(methods, Mapping):
        given = list(methods.items())
    else:
        given = [(name, name) for name in methods]
    if not given:
        raise ValueError(f"{parameter}: expected at least one, got none.")
    checked: dict[str, Method] = {}
    for name, method in given:
        if not isinstance(name, str):
            raise ValueError(
                f"{parameter}: expected a dict of names to rule objects, such as "
                f'{{"mine": {name!r}}}, got a rule object without a name.'
            )
        is_object = not isinstance(method, str) and PARAMETER_CHECKS["rule"][0](method)
        if not (is_object or (isinstance(method, str) and method in known)):
            raise ValueError(
                f"{parameter}: expected some of {', '.join(known)}, or a dict of names to rule "
                f"objects, got {method!r}."
            )
        checked[name] = method if method == "numerical" else make_rule(method, True)
    return checked


def describe_method(name: str) -> str:
    """A method in tables and pictures."""
    return METHODS.get(name, name.replace("_", " "))


def check_sizes(hidden_layer_sizes: Any) -> tuple[int, ...]:
    """The sizes as a tuple; "auto" is not supported."""
    sizes = check_hidden_layer_sizes(hidden_layer_sizes)
    if sizes is None:
        raise ValueError(
            "hidden_layer_sizes: expected an int or a sequence of int, got 'auto'."
        )
    return sizes


def count_parameters(n_features: int, sizes: Sequence[int], n_classes: int) -> int:
    """Number of weights and biases of the networks that `make_networks` returns."""
    shapes = parameter_shapes(n_features, sizes, count_networks(n_classes, None))
    return sum(map(prod, shapes))


def make_networks(
    n_features: int, sizes: Sequence[int], n_classes: int, rng: np.random.RandomState
) -> tuple[NetworkBank, ClassOutputs]:
    """New networks in float64, one per class (one for two classes), under a softmax."""
    outputs = ClassOutputs(make_code_book(n_classes, None, rng), "log_loss", _U0)
    bank = NetworkBank.initialize(
        n_features,
        sizes,
        outputs.code_book.shape[0],
        init="scaled",
        u0=_U0,
        beta=_BETA,
        dtype=np.float64,
        rng=rng,
    )
    return bank, outputs


def make_step(
    method: Method, bank: NetworkBank, outputs: ClassOutputs, probed: np.ndarray | None = None
) -> Step:
    """A function of X, targets and alpha that updates the bank: ``W += alpha dW``.

    dW is the mean over the rows of the batch. Numerical differentiation updates the parameters
    with the indices `probed`, or all. A rule, an object or its name, makes the very step that
    an estimator makes with ``solver="sgd"``.
    """
    if method == "numerical":
        return NumericalDifferentiation(bank, outputs, probed).step
    trainer = Trainer(bank, outputs, make_rule(method, True), SGD(), {})
    return lambda X, targets, alpha: trainer.step(X, targets, None, online=False, alpha=alpha)


class NumericalDifferentiation:
    """Gradient descent by central differences of the loss: two forward passes per parameter."""

    def __init__(
        self, bank: NetworkBank, outputs: ClassOutputs, probed: np.ndarray | None = None
    ) -> None:
        self.bank, self.outputs = bank, outputs
        self.probed = np.arange(bank.flat.size) if probed is None else probed
        self._buffers = bank.buffers(0)

    def loss(self, X: np.ndarray, targets: np.ndarray) -> float:
        """Mean loss of the rows."""
        if self._buffers.n_samples < X.shape[0]:
            self._buffers = self.bank.buffers(X.shape[0])
        A = self.bank.forward(X, self._buffers)[1]
        return float(self.outputs.error_signal(A, targets).loss.mean())

    def step(self, X: np.ndarray, targets: np.ndarray, alpha: float) -> None:
        """Update the probed parameters."""
        parameters = self.bank.flat
        slopes = np.empty(self.probed.shape[0])
        for i, index in enumerate(self.probed):
            value = parameters[index]
            parameters[index] = value + _WIDTH
            above = self.loss(X, targets)
            parameters[index] = value - _WIDTH
            slopes[i] = (above - self.loss(X, targets)) / (2 * _WIDTH)
            parameters[index] = value
        parameters[self.probed] -= alpha * slopes
