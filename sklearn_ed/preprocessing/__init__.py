"""Transformers that prepare the columns of a table for networks."""

from ._piecewise_linear import PiecewiseLinearEncoder

__all__ = ["PiecewiseLinearEncoder"]
