"""Smooth clipping."""

import numpy as np
import pytest

from sklearn_ed._utils.clipping import smooth_clip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_small_values_stay_and_the_largest_become_three(dtype):
    z = np.array([0, 0.01, -0.01, 3, np.finfo(dtype).max, -np.inf], dtype)
    clipped = smooth_clip(z)
    assert clipped is z
    np.testing.assert_allclose(z, [0, 0.01, -0.01, 3 / np.sqrt(2), 3, -3], rtol=1e-5)


def test_the_order_is_kept():
    z = np.linspace(-1e3, 1e3, 2001)
    assert (np.diff(smooth_clip(z)) > 0).all()
