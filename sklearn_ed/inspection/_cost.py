"""What it costs to tell every weight its share in the error."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from sklearn.utils import Bunch, check_random_state

from .._backprop import negative_gradients
from .._network import NetworkBank
from .._outputs import ClassOutputs, make_code_book
from .._rule import ed_increments
from .._validation import (
    check_hidden_layer_sizes,
    check_parameters,
    integer,
    real,
)

_ALPHA, _U0, _BETA = 1e-3, 0.4, 0.8
# Shortest time that a clock is trusted with.
_LEAST_SECONDS = 0.02
_CHECKS = {
    "n_features": integer(1),
    "n_classes": integer(2),
    "n_samples": integer(1),
    "fraction": real(0, 1, closed="right"),
    "n_repeats": integer(1),
}


def credit_assignment_cost(
    n_features: int = 784,
    hidden_layer_sizes: int | Sequence[int] = (5,),
    n_classes: int = 10,
    *,
    n_samples: int = 100,
    fraction: float = 0.01,
    n_repeats: int = 5,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Time one update of all weights by three ways to find their share in the error.

    Numerical differentiation moves every parameter up and down and looks at the loss;
    backprop sends the error back through the weights; error diffusion broadcasts it. All three
    learn the same batch with the same networks, and each update has its own forward pass.

    Parameters
    ----------
    n_features : int, default=784
    hidden_layer_sizes : int or sequence of int, default=(5,)
        Units per hidden layer of each network.
    n_classes : int, default=10
        One network for each, but one for two.
    n_samples : int, default=100
        Rows of the batch.
    fraction : float, default=0.01
        Share, in (0, 1], of the parameters that numerical differentiation is timed on; its
        time is divided by it. 1: all of them.
    n_repeats : int, default=5
        Measurements of each, in turn; the medians count.
    random_state : int, RandomState instance or None, default=None
        Of the made-up data, the initial weights and the choice of parameters.

    Returns
    -------
    Bunch
        With the attributes

        numerical, backprop, error_diffusion : float
            Seconds of one update, in float64.
        n_parameters : int
            Weights and biases of all networks.
        n_probed : int
            Those that numerical differentiation was timed on.

    Raises
    ------
    ValueError
        If a parameter is invalid.

    Notes
    -----
    Forward passes are compiled where the package is, and so is most of error diffusion's
    backward work; backprop's is NumPy's, on the same arrays.

    References
    ----------
    The question is that of a note of 2016 on backprop: 1 ms against 40 s, a factor of 40,000,
    for 784-50-10 units and batches of 100 rows.

    Examples
    --------
    >>> from sklearn_ed.inspection import credit_assignment_cost
    >>> cost = credit_assignment_cost(20, (4,), n_classes=3, n_repeats=1, random_state=0)
    >>> cost.n_parameters, cost.n_probed
    (267, 3)
    >>> cost.numerical > cost.backprop
    True
    """
    values = (n_features, n_classes, n_samples, fraction, n_repeats)
    check_parameters(dict(zip(_CHECKS, values, strict=True)), _CHECKS)
    sizes = check_hidden_layer_sizes(hidden_layer_sizes)
    if sizes is None:
        raise ValueError(
            "hidden_layer_sizes: expected an int or a sequence of int, got 'auto'."
        )
    problem = _Problem(n_features, sizes, n_classes, n_samples, random_state)
    n_parameters = problem.bank.flat.size
    n_probed = max(1, round(fraction * n_parameters))
    probed = problem.rng.choice(n_parameters, n_probed, replace=False)
    steps = {
        "numerical": lambda: problem.differentiate(probed),
        "backprop": problem.backprop,
        "error_diffusion": problem.diffuse,
    }
    seconds = _in_turn(steps, n_repeats)
    seconds["numerical"] *= n_parameters / n_probed
    return Bunch(**seconds, n_parameters=n_parameters, n_probed=n_probed)


class _Problem:
    """Networks, a batch, and the three ways to make a step on it."""

    def __init__(self, n_features, sizes, n_classes, n_samples, random_state):
        self.rng = check_random_state(random_state)
        self.outputs = ClassOutputs(make_code_book(n_classes, None, self.rng), "log_loss", _U0)
        self.bank = NetworkBank.initialize(
            n_features,
            sizes,
            self.outputs.code_book.shape[0],
            init="scaled",
            u0=_U0,
            beta=_BETA,
            dtype=np.float64,
            rng=self.rng,
        )
        self.X = self.rng.uniform(size=(n_samples, n_features))
        self.targets = self.rng.randint(n_classes, size=n_samples)
        self.buffers = self.bank.buffers(n_samples)
        self.changes = np.empty_like(self.bank.flat)

    def forward(self):
        hidden, A = self.bank.forward(self.X, self.buffers)
        return hidden, self.outputs.error_signal(A, self.targets)

    def loss(self) -> float:
        return float(self.forward()[1].loss.sum())

    def differentiate(self, indices: np.ndarray, step: float = 1e-4) -> None:
        """Move the parameters `indices` against central differences."""
        parameters = self.bank.flat
        slopes = np.empty(indices.shape[0])
        for i, index in enumerate(indices):
            value = parameters[index]
            parameters[index] = value + step
            above = self.loss()
            parameters[index] = value - step
            slopes[i] = (above - self.loss()) / (2 * step)
            parameters[index] = value
        parameters[indices] -= _ALPHA * slopes

    def backprop(self) -> None:
        hidden, signal = self.forward()
        changes = negative_gradients(self.X, self.bank, hidden, signal.slope, signal.E)
        for parameter, change in zip(self.bank.parameters, changes, strict=True):
            change *= _ALPHA
            parameter += change

    def diffuse(self) -> None:
        hidden, signal = self.forward()
        ed_increments(
            self.X,
            hidden,
            signal.slope,
            signal.E,
            beta=_BETA,
            weight_decrement=True,
            buffers=self.buffers,
            out=self.changes,
        )
        self.changes *= _ALPHA
        self.bank.flat[...] += self.changes


def _in_turn(steps: dict[str, Callable[[], None]], n_repeats: int) -> dict[str, float]:
    """Median seconds of each step, measured in turn after a first call."""
    counts = {}
    for name, step in steps.items():
        step()
        start = time.perf_counter()
        step()
        counts[name] = 1 + int(_LEAST_SECONDS / (time.perf_counter() - start + 1e-9))
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(n_repeats):
        for name, step in steps.items():
            start = time.perf_counter()
            for _ in range(counts[name]):
                step()
            seconds[name].append((time.perf_counter() - start) / counts[name])
    return {name: float(np.median(values)) for name, values in seconds.items()}
