"""The types of the units of a network."""

from __future__ import annotations

import numpy as np


def n_excitatory(n_units: int) -> int:
    """Number of excitatory units in a layer of `n_units`; they are stored first."""
    return (n_units + 1) // 2


def unit_types(n_units: int, dtype: np.typing.DTypeLike = np.float64) -> np.ndarray:
    """Types o_j of a layer's units: +1 (excitatory) first, then -1 (inhibitory)."""
    types = np.full(n_units, -1.0, dtype=dtype)
    types[: n_excitatory(n_units)] = 1.0
    return types
