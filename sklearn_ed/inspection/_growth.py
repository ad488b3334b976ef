"""How the cost of credit assignment grows with the networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from .._utils.validation import check_parameters, integer
from ._cost import credit_assignment_cost
from ._methods import METHODS, check_methods, check_sizes, count_parameters

_CHECKS = {"n_features": integer(1), "n_classes": integer(2), "n_probed": integer(1)}


def credit_assignment_growth(
    sizes: Sequence[int | Sequence[int]] = (20, 40, 80, 160, 320, 640),
    n_features: int = 784,
    n_classes: int = 10,
    *,
    methods: Iterable[str] | Mapping[str, Any] = tuple(METHODS),
    n_samples: int = 100,
    n_probed: int = 20,
    n_repeats: int = 5,
    random_state: int | None = None,
) -> Bunch:
    """Time one update of all weights for networks of several sizes.

    Numerical differentiation needs two forward passes for each parameter, and a forward pass
    uses all parameters. Its time therefore grows with the square of the number of parameters.
    Backprop and error diffusion use each parameter a fixed number of times. In small networks
    the overhead of calls and of narrow matrix products hides these laws.

    Parameters
    ----------
    sizes : sequence of int or of sequences of int, default=(20, 40, 80, 160, 320, 640)
        At least two values for `hidden_layer_sizes` of :func:`credit_assignment_cost`.
    n_features, n_classes : int
        As in :func:`credit_assignment_cost`, with the same defaults.
    methods : iterable of str, or dict of str to str or rule object
        As in :func:`credit_assignment_cost`.
    n_samples : int, default=100
        Rows of the batch.
    n_probed : int, default=20
        Number of parameters that numerical differentiation is timed on. Its time is scaled to
        all parameters.
    n_repeats : int, default=5
        As in :func:`credit_assignment_cost`.
    random_state : int or None, default=None
        As in :func:`credit_assignment_cost`; the same for all sizes.

    Returns
    -------
    Bunch
        With the attributes

        hidden_layer_sizes : list of tuple of int
            The sizes.
        n_parameters, n_probed : ndarray of shape (n_sizes,), int64
            As in :func:`credit_assignment_cost`.
        numerical, backprop, error_diffusion : ndarray of shape (n_sizes,), float64
            Seconds of one update; the names are those in `methods`.
        exponents : dict of str to float
            For each method the exponent p of seconds = c (number of parameters)^p, fitted as a
            straight line to the logarithms. NaN if all networks have equally many parameters.

    See Also
    --------
    credit_assignment_cost : One update for networks of one size.
    CreditAssignmentDisplay : A picture of the result.

    Examples
    --------
    >>> from sklearn_ed.inspection import credit_assignment_growth
    >>> growth = credit_assignment_growth([2, (2, 2)], 8, 3, n_repeats=1, random_state=0)
    >>> growth.n_parameters
    array([63, 81])
    >>> sorted(growth.exponents)
    ['backprop', 'error_diffusion', 'numerical']
    """
    check_parameters(locals(), _CHECKS)
    if len(sizes) < 2:
        raise ValueError(f"sizes: expected at least two, got {sizes!r}.")
    all_sizes = [check_sizes(size) for size in sizes]
    methods = check_methods(methods)
    costs = [
        credit_assignment_cost(
            n_features,
            size,
            n_classes,
            methods=methods,
            n_samples=n_samples,
            fraction=fraction_of(n_probed, n_features, size, n_classes),
            n_repeats=n_repeats,
            random_state=random_state,
        )
        for size in all_sizes
    ]
    return gather_growth(all_sizes, costs)


def fraction_of(n_probed: int, n_features: int, sizes: Sequence[int], n_classes: int) -> float:
    """`n_probed` parameters as a fraction of all parameters, at most 1."""
    return min(1.0, n_probed / count_parameters(n_features, sizes, n_classes))


def gather_growth(sizes: Sequence[tuple[int, ...]], costs: Sequence[Bunch]) -> Bunch:
    """The result of `credit_assignment_growth` from the results of `credit_assignment_cost`."""
    columns = {name: np.array([cost[name] for cost in costs]) for name in costs[0]}
    methods = [name for name in columns if name not in ("n_parameters", "n_probed")]
    exponents = dict.fromkeys(methods, np.nan)
    log_parameters = np.log(columns["n_parameters"])
    if np.unique(log_parameters).size > 1:
        # The slope of the straight line through the logarithms.
        for method in methods:
            exponents[method] = float(np.polyfit(log_parameters, np.log(columns[method]), 1)[0])
    return Bunch(hidden_layer_sizes=list(sizes), **columns, exponents=exponents)
