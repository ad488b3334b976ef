"""Location, scale and quantile bins of one column."""

from __future__ import annotations

import numpy as np


def center_and_scale(values: np.ndarray) -> tuple[float, float]:
    """The median and the interquartile range of sorted values, at least one.

    If the quartiles are equal, half of the range replaces the interquartile range. The scale of
    constant values is infinite, so that dividing by it gives zero.
    """
    # In their own dtype: a subnormal difference of quartiles could be 0 there.
    first, median, third = np.quantile(values, [0.25, 0.5, 0.75]).astype(values.dtype)
    scale = third - first if third > first else (values[-1] - values[0]) / 2
    return median, scale if scale > 0 else np.inf


def quantile_edges(values: np.ndarray, n_bins: int, min_bins: int) -> np.ndarray:
    """Edges of at most `n_bins` bins with about the same number of the sorted values each.

    An edge is one of the values, and the edges increase strictly. The result is empty if there
    would be less than `min_bins` bins, for example if all values are equal.
    """
    is_new = np.ones(values.shape[0], bool)
    np.greater(values[1:], values[:-1], out=is_new[1:])
    distinct = values[is_new]
    if distinct.shape[0] > n_bins + 1:
        places = np.linspace(0, values.shape[0] - 1, n_bins + 1).round().astype(int)
        edges = np.unique(values[places])
    else:
        edges = distinct
    return edges if edges.shape[0] > max(min_bins, 1) else edges[:0]
