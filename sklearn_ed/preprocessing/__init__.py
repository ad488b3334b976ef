"""What stands before an estimator in a pipeline: encoded columns, hidden units."""

from ._hidden_features import HiddenFeatures
from ._piecewise_linear import PiecewiseLinearEncoder
from ._selectors import numeric_columns, other_columns

__all__ = ["HiddenFeatures", "PiecewiseLinearEncoder"]

# The place that pickles name must outlast the private modules.
for _thing in (HiddenFeatures, PiecewiseLinearEncoder, numeric_columns, other_columns):
    _thing.__module__ = __name__
