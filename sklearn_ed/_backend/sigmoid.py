"""Kaneko's sigmoid and its derivative."""

from __future__ import annotations

import numpy as np
from scipy.special import expit


def logistic(A: np.ndarray, u0: float) -> np.ndarray:
    """Kaneko's sigmoid ``f(a) = 1 / (1 + exp(-2 a / u0))``, in place.

    Parameters
    ----------
    A : ndarray of any shape, float32 or float64
        Pre-activations; overwritten with the activations.
    u0 : float
        Width of the sigmoid.

    Returns
    -------
    ndarray
        The same array `A`.
    """
    A *= 2.0 / u0
    return expit(A, out=A)


def logistic_slope(Z: np.ndarray) -> np.ndarray:
    """Kaneko's derivative ``f' = z (1 - z)``, without the factor ``2 / u0``."""
    return Z * (1.0 - Z)
