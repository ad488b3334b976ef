"""The code book: what each network stands for."""

from __future__ import annotations

from math import ceil, comb
from typing import Any

import numpy as np

CodeSize = float | str | None

MAX_NETWORKS = 1_000_000
"""Of a member with a numeric `code_size`: a clear error instead of one of memory."""


def count_networks(n_classes: int, code_size: CodeSize) -> int:
    """Number of networks of a code book."""
    if n_classes <= 2:
        return 1
    if isinstance(code_size, str):
        return comb(n_classes, 2)
    if code_size is None:
        return n_classes
    if code_size * n_classes > MAX_NETWORKS:
        raise ValueError(
            f"code_size: expected a number <= {MAX_NETWORKS // n_classes} with {n_classes} "
            f"classes, got {code_size:g}."
        )
    return int(code_size * n_classes)


def fixed_code_book(n_classes: int, code_size: CodeSize) -> np.ndarray | None:
    """The code book C where nothing is drawn, as `make_code_book` describes it, else None."""
    if n_classes == 2:
        return np.array([[0.0, 1.0]])
    if code_size is None or n_classes == 1:
        return np.eye(n_classes)
    if code_size == "one_vs_one":
        first, second = np.triu_indices(n_classes, 1)
        return np.eye(n_classes)[first] - np.eye(n_classes)[second]
    return None


def make_code_book(
    n_classes: int, code_size: CodeSize, rng: np.random.RandomState
) -> np.ndarray:
    """The code book C.

    Parameters
    ----------
    n_classes : int
    code_size : "one_vs_one", float or None
        None: the identity, one network per class (two classes: one network, which stands for
        the second). "one_vs_one": one network per pair of classes, 1 for the first of them,
        -1 for the second, 0 for the others. A single class has one network. Else
        ``int(code_size * n_classes)`` balanced dichotomies: each splits the classes into two
        halves. The first rows are drawn so that they tell all classes apart; no row comes
        twice before every balanced dichotomy came once.
    rng : RandomState

    Returns
    -------
    ndarray of shape (n_networks, n_classes), float64

    Raises
    ------
    ValueError
        If so few dichotomies cannot tell the classes apart.
    """
    fixed = fixed_code_book(n_classes, code_size)
    if fixed is not None:
        return fixed
    n_networks = count_networks(n_classes, code_size)
    needed = (n_classes - 1).bit_length()
    if n_networks < needed:
        least = ceil(1000 * needed / n_classes) / 1000
        raise ValueError(
            f"code_size: expected at least {least:g} for {n_classes} classes, which take "
            f"{needed} networks, got {code_size!r}, which gives {n_networks}."
        )
    n_balanced = comb(n_classes, n_classes // 2) * (1 + n_classes % 2)
    code_book = np.empty((n_networks, n_classes))
    groups = np.zeros(n_classes, dtype=int)
    drawn: set[bytes] = set()
    for i, row in enumerate(code_book):
        if len(drawn) == n_balanced:
            drawn.clear()
        while True:
            # Alternating signs along the classes sorted by group split every group in halves.
            order = np.lexsort((rng.uniform(size=n_classes), groups))
            row[order[::2]] = sign = rng.choice([-1.0, 1.0])
            row[order[1::2]] = -sign
            if row.tobytes() not in drawn:
                break
        drawn.add(row.tobytes())
        groups = 2 * groups + (row > 0) if i + 1 < needed else np.zeros_like(groups)
    return code_book


def packed_code_book(code_book: np.ndarray) -> Any:
    """The code book in few bytes, for files: float64 can take more than the weights."""
    with np.errstate(invalid="ignore"):
        small = code_book.astype(np.int8)
    if not np.array_equal(small, code_book):
        return code_book
    places = np.flatnonzero(small)
    if places.size > small.size / 8:
        return small
    # Of plain arrays: skops does not trust a sparse one.
    places = places.astype(np.min_scalar_type(small.size))
    return {"shape": small.shape, "places": places, "values": small.ravel()[places]}


def unpacked_code_book(packed: Any, dtype: np.dtype) -> np.ndarray:
    """The inverse of `packed_code_book`."""
    if not isinstance(packed, dict):
        dense: np.ndarray = packed.astype(dtype, copy=False)
        return dense
    code_book = np.zeros(packed["shape"], dtype)
    code_book.ravel()[packed["places"]] = packed["values"]
    return code_book
