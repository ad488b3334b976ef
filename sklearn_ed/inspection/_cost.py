"""What it costs to find the share of every weight in the error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from .._utils.timing import TimedCall, time_in_turns
from .._utils.validation import check_parameters, integer, real
from ._methods import METHODS, check_methods, check_sizes, make_networks, make_step

_ALPHA = 0.1
# A step that takes longer is timed once.
_LONG_SECONDS = 5.0
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
    methods: Iterable[str] | Mapping[str, Any] = tuple(METHODS),
    n_samples: int = 100,
    fraction: float = 0.01,
    n_repeats: int = 5,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Time one update of all weights with several methods of credit assignment.

    Numerical differentiation increases and decreases every parameter and evaluates the loss.
    Backprop propagates the error back through the weights. Error diffusion broadcasts the error
    to all units. All methods update the same networks on the same batch, and every update
    includes its forward pass.

    Parameters
    ----------
    n_features : int, default=784
        Number of inputs.
    hidden_layer_sizes : int or sequence of int, default=(5,)
        Units per hidden layer of each network.
    n_classes : int, default=10
        Number of classes. There is one network per class, and one for two classes.
    methods : iterable of str, or dict of str to str or rule object
        The methods: "numerical", the names of the parameter `rule` of the estimators, or own
        names for rule objects. The default is "numerical", "backprop" and "error_diffusion".
    n_samples : int, default=100
        Rows of the batch.
    fraction : float, default=0.01
        Fraction, in (0, 1], of the parameters that numerical differentiation is timed on. Its
        time is scaled to all parameters.
    n_repeats : int, default=5
        Timings of each method, taken in turns; the median is returned. A step of more than 5
        seconds is timed once.
    random_state : int, RandomState instance or None, default=None
        Determines the generated data, the initial weights and the parameters that numerical
        differentiation is timed on.

    Returns
    -------
    Bunch
        With the attributes

        numerical, backprop, error_diffusion : float
            Seconds of one update, in float64; the names are those in `methods`.
        n_parameters : int
            Weights and biases of all networks.
        n_probed : int
            Number of parameters that numerical differentiation was timed on; 0 without it.

    See Also
    --------
    credit_assignment_growth : The same for networks of several sizes.
    credit_assignment_epochs : What the methods learn with such updates.
    sklearn_ed.reproduction.reproduce_cost : A published comparison of two of the methods.

    Notes
    -----
    A step of a rule is the step that training makes with ``solver="sgd"``: forward pass,
    errors, the increments of the rule, update, and for error diffusion the clamp of the signs.
    All rules use the same backend, compiled or NumPy. Numerical differentiation uses the same
    forward pass.

    Examples
    --------
    >>> from sklearn_ed.inspection import credit_assignment_cost
    >>> cost = credit_assignment_cost(20, (4,), n_classes=3, n_repeats=1, random_state=0)
    >>> cost.n_parameters, cost.n_probed
    (267, 3)
    >>> cost.numerical > cost.backprop
    True
    """
    check_parameters(locals(), _CHECKS)
    sizes = check_sizes(hidden_layer_sizes)
    checked = check_methods(methods)
    rng = check_random_state(random_state)
    bank, outputs = make_networks(n_features, sizes, n_classes, rng)
    X = rng.uniform(size=(n_samples, n_features))
    targets = rng.randint(n_classes, size=n_samples)
    n_parameters = bank.flat.size
    n_probed = max(1, round(fraction * n_parameters))
    probed = rng.choice(n_parameters, n_probed, replace=False)
    steps = {name: make_step(method, bank, outputs, probed) for name, method in checked.items()}
    calls = {
        method: TimedCall(partial(step, X, targets, _ALPHA), n_calls=None)
        for method, step in steps.items()
    }
    timings = time_in_turns(calls, n_repeats, max_seconds=_LONG_SECONDS)
    seconds = {method: timing.median for method, timing in timings.items()}
    # The method, whatever its name.
    scaled = [name for name, method in checked.items() if method == "numerical"]
    for name in scaled:
        seconds[name] *= n_parameters / n_probed
    if not scaled:
        n_probed = 0
    return Bunch(**seconds, n_parameters=n_parameters, n_probed=n_probed)
