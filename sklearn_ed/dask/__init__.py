"""Estimators that learn on a Dask cluster."""

from ._classifier import DaskEDClassifier
from ._regressor import DaskEDRegressor

__all__ = ["DaskEDClassifier", "DaskEDRegressor"]

# The place that pickles name must outlast the private modules.
for _class in (DaskEDClassifier, DaskEDRegressor):
    _class.__module__ = __name__
