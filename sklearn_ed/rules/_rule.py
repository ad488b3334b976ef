"""What a learning rule has to provide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from .._networks.bank import NetworkBank
from .._networks.buffers import Buffers
from .._networks.outputs import ErrorSignal


@runtime_checkable
class Rule(Protocol):
    """The protocol of a learning rule.

    Any object with these two methods can be the parameter `rule` of an estimator. Rules are
    stateless: all that they need is passed. "Add your own rule" on the documentation's page
    "The rule" has an example.

    A bank has the attributes `weights`, `biases`, `u0` and `beta`. ``weights[0]`` has the shape
    (n_features, n_networks * h_1): the networks stand side by side. The other weights have the
    shape (n_networks, h_l, h_(l+1)), the biases (n_networks, h_(l+1)), and the last h is 1.
    ``bank.split(out)`` divides `out` into arrays of these shapes.

    A rule may have a third method, ``local_outputs(bank, hidden)``. It returns pre-activations
    of further output units, arrays of shape (n_samples, n_networks). `increments` then receives
    their errors as the keyword `local`, a list of :class:`LocalError`. :class:`LocalErrors` is
    such a rule.

    See Also
    --------
    ErrorDiffusion : The rule of the package.
    Backprop : The gradient.

    Examples
    --------
    >>> from sklearn_ed.rules import ErrorDiffusion, Rule
    >>> isinstance(ErrorDiffusion(), Rule)
    True
    """

    def increments(
        self,
        bank: NetworkBank,
        X: Any,
        hidden: Sequence[np.ndarray],
        E: np.ndarray,
        output_slope: np.ndarray | None,
        *,
        buffers: Buffers | None = None,
        out: np.ndarray | None = None,
    ) -> list[np.ndarray]:
        """Increments of all parameters for a learning rate of 1, summed over a batch.

        Parameters
        ----------
        bank : NetworkBank
            The networks that learn; not changed.
        X : {ndarray, CSR array} of shape (n_samples, n_features)
            The batch.
        hidden : sequence of ndarray of shape (n_networks, n_samples, h_l)
            Activations z^1 to z^L of the hidden layers.
        E : ndarray of shape (n_samples, n_networks)
            Errors e = t - y of the networks, times the weight of each sample, divided by the
            sum of these weights (in training, except online). 0 for samples that a member
            holds out.
        output_slope : ndarray of shape (n_samples, n_networks), or None
            f' of the output units; None for linear ones, whose slope is 1.
        buffers : Buffers, default=None
            Where `hidden` was written, with memory to work in; None: new memory.
        out : ndarray of shape (n_parameters,), default=None
            Memory of the result, which training reads; None: new memory.

        Returns
        -------
        list of ndarray
            Increments of the weights of layers 1 to L+1, then of their biases, with the shapes
            of ``bank.parameters``: views of consecutive parts of `out`.
        """
        ...

    def project(self, bank: NetworkBank) -> None:
        """Bring parameters back, in place, to where the rule needs them.

        Called after every step of the optimizer.

        Parameters
        ----------
        bank : NetworkBank
            The networks, changed in place.
        """
        ...


@dataclass(frozen=True)
class LocalError:
    """The errors of further output units, weighted as those of the networks.

    Attributes
    ----------
    E : ndarray of shape (n_samples, n_networks)
        Errors t - y of these units for the targets of the networks.
    slope : ndarray of shape (n_samples, n_networks), or None
        f' of these units; None for linear ones.

    See Also
    --------
    LocalErrors : A rule that learns from them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ed.rules import LocalError
    >>> error = LocalError(E=np.zeros((20, 3)), slope=None)
    >>> error.E.shape
    (20, 3)
    """

    E: np.ndarray
    slope: np.ndarray | None


def local_errors(
    rule: Rule,
    bank: NetworkBank,
    hidden: Sequence[np.ndarray],
    signal_of: Callable[[np.ndarray], ErrorSignal],
) -> dict[str, Any]:
    """The keyword `local` of `increments` for a rule that has further output units."""
    local_outputs = getattr(rule, "local_outputs", None)
    if local_outputs is None:
        return {}
    signals = map(signal_of, local_outputs(bank, hidden))
    return {"local": [LocalError(signal.E, signal.slope) for signal in signals]}


class FreeParameters:
    """Base of rules that allow every value of the parameters."""

    def project(self, bank: NetworkBank) -> None:
        """Leave the parameters as they are.

        Parameters
        ----------
        bank : NetworkBank
            The networks.
        """
