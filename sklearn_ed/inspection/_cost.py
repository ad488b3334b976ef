"""What it costs to tell every weight its share in the error."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from .._utils.validation import check_hidden_layer_sizes, check_parameters, integer, real
from ._ways import Ways, make_networks

_ALPHA = 0.1
# Shortest time that a clock is trusted with, and the time from which one look is enough.
_LEAST_SECONDS, _LONG_SECONDS = 0.02, 5.0
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
        Measurements of each, in turn; the medians count. What takes more than 5 seconds is
        measured once.
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

    See Also
    --------
    credit_assignment_growth : The same over several sizes.
    credit_assignment_epochs : What the three ways learn with such updates.

    Notes
    -----
    All three work in memory that is made once, and add their step to the parameters in one
    call. Forward passes are compiled where the package is, and so is most of error diffusion's
    backward work; between its matrix products backprop's is NumPy's, on the same arrays.

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
    sizes = check_sizes(hidden_layer_sizes)
    rng = check_random_state(random_state)
    bank, outputs = make_networks(n_features, sizes, n_classes, rng)
    ways = Ways(bank, outputs, n_samples)
    X = rng.uniform(size=(n_samples, n_features))
    targets = rng.randint(n_classes, size=n_samples)
    n_parameters = bank.flat.size
    n_probed = max(1, round(fraction * n_parameters))
    probed = rng.choice(n_parameters, n_probed, replace=False)
    steps = {
        "numerical": lambda: ways.numerical(X, targets, _ALPHA, probed),
        "backprop": lambda: ways.backprop(X, targets, _ALPHA),
        "error_diffusion": lambda: ways.error_diffusion(X, targets, _ALPHA),
    }
    seconds = _in_turn(steps, n_repeats)
    seconds["numerical"] *= n_parameters / n_probed
    return Bunch(**seconds, n_parameters=n_parameters, n_probed=n_probed)


def check_sizes(hidden_layer_sizes: Any) -> tuple[int, ...]:
    """The sizes as a tuple; "auto" is none here."""
    sizes = check_hidden_layer_sizes(hidden_layer_sizes)
    if sizes is None:
        raise ValueError(
            "hidden_layer_sizes: expected an int or a sequence of int, got 'auto'."
        )
    return sizes


def _in_turn(steps: dict[str, Callable[[], None]], n_repeats: int) -> dict[str, float]:
    """Median seconds of each step, measured in turn after a first call."""
    counts, seconds = {}, {}
    for name, step in steps.items():
        first = _seconds(step)
        if first > _LONG_SECONDS:
            seconds[name] = [first]
            continue
        counts[name] = 1 + int(_LEAST_SECONDS / (_seconds(step) + 1e-9))
        seconds[name] = []
    for _ in range(n_repeats):
        for name, count in counts.items():
            seconds[name].append(_seconds(steps[name], count))
    return {name: float(np.median(values)) for name, values in seconds.items()}


def _seconds(step: Callable[[], None], count: int = 1) -> float:
    """Mean seconds of `count` calls."""
    start = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - start) / count
