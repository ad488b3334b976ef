"""Checks of single values: an error says which parameter, what was expected and what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

Check = tuple[Callable[[Any], bool], str]


def is_integer(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, (bool, np.bool_))


def is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def _fits_float(value: Real) -> bool:
    """Whether the number can be converted; an int may be too large."""
    try:
        float(value)
    except OverflowError:
        return False
    return True


def one_of(*options: str) -> Check:
    listed = ", ".join(repr(option) for option in options)
    return (lambda value: isinstance(value, str) and value in options), f"one of {listed}"


def real(low: float, high: float = np.inf, *, closed: str) -> Check:
    """A real number of an interval; `closed` is one of "left", "right", "both", "neither".

    An end at infinity belongs to the interval only where `closed` is "both".
    """
    includes_low, includes_high = closed in ("left", "both"), closed in ("right", "both")
    if high == np.inf:
        wanted = f"a real number {'>=' if includes_low else '>'} {low:g}"
        wanted += "" if includes_high else ", finite"
    else:
        wanted = f"a real number in {'[' if includes_low else '('}{low:g}, {high:g}"
        wanted += "]" if includes_high else ")"

    def is_inside(value: Any) -> bool:
        return (
            is_real(value)
            and _fits_float(value)
            and (value >= low if includes_low else value > low)
            and (value <= high if includes_high else value < high)
        )

    return is_inside, wanted


def integer(low: int) -> Check:
    return (lambda value: is_integer(value) and value >= low), f"an integer >= {low}"


def either(first: Check, second: Check) -> Check:
    return (
        lambda value: first[0](value) or second[0](value),
        f"{first[1]}, or {second[1]}",
    )


boolean: Check = (lambda value: isinstance(value, (bool, np.bool_))), "True or False"
nothing: Check = (lambda value: value is None), "None"
infinity: Check = (lambda value: is_real(value) and value == np.inf), "infinity"
jobs: Check = (
    lambda value: value is None or (is_integer(value) and value != 0),
    "an integer other than 0, or None",
)
verbosity: Check = either(boolean, integer(0))
seed: Check = (
    lambda value: is_integer(value) and 0 <= value < 2**32,
    "an integer from 0 to 2**32 - 1",
)


def check_parameters(values: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Raise ValueError for the first of `values` that fails its check."""
    for name, (is_valid, expected) in checks.items():
        if not is_valid(values[name]):
            raise ValueError(f"{name}: expected {expected}, got {values[name]!r}.")


def check_hidden_layer_sizes(hidden_layer_sizes: Any) -> tuple[int, ...] | None:
    """The sizes as a tuple of int; an int alone is one layer, ``()`` is none.

    None stands for "auto".

    Raises
    ------
    ValueError
        If it is no integer >= 1 and no sequence of such.
    """
    if isinstance(hidden_layer_sizes, str) and hidden_layer_sizes == "auto":
        return None
    is_array = isinstance(hidden_layer_sizes, np.ndarray) and hidden_layer_sizes.ndim == 1
    if is_array or isinstance(hidden_layer_sizes, (list, tuple, range)):
        sizes = tuple(hidden_layer_sizes)
    else:
        sizes = (hidden_layer_sizes,)
    if all(type(size) is int and size >= 1 for size in sizes):
        return sizes
    if not all(is_integer(size) and size >= 1 for size in sizes):
        raise ValueError(
            "hidden_layer_sizes: expected an integer >= 1, a sequence of them, or 'auto', "
            f"got {hidden_layer_sizes!r}."
        )
    return tuple(int(size) for size in sizes)
