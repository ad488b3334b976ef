"""Smooth clipping of standardized values."""

from __future__ import annotations

import numpy as np

MAX_VALUE = 1e6
"""Beyond it, the square of a value need not be finite; the result is 3 in any case."""


def smooth_clip(z: np.ndarray) -> np.ndarray:
    """Clip to the range from -3 to 3 in place: ``z / sqrt(1 + (z / 3)**2)``."""
    np.clip(z, -MAX_VALUE, MAX_VALUE, out=z)
    z /= np.sqrt(1 + np.square(z / 3))
    return z
