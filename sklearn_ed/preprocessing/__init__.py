"""Transformers that prepare the columns of a table for networks."""

from ._piecewise_linear import PiecewiseLinearEncoder
from ._selectors import numeric_columns, other_columns

__all__ = ["PiecewiseLinearEncoder"]

# The place that pickles name must outlast the private modules.
for _thing in (PiecewiseLinearEncoder, numeric_columns, other_columns):
    _thing.__module__ = __name__
