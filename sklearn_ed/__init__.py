"""Neural networks for scikit-learn that learn by error diffusion instead of backprop."""

import sys as _sys

from ._estimators.classifier import EDClassifier
from ._estimators.regressor import EDRegressor
from .callbacks._checkpoint import resume
from .preprocessing._table_pipeline import make_table_pipeline

__all__ = ["EDClassifier", "EDRegressor", "__version__", "make_table_pipeline", "resume"]
__version__ = "0.1.0"

# The place that pickles name must outlast the private modules. Those of early versions name
# modules that are gone.
for _class, _module in ((EDClassifier, "_classifier"), (EDRegressor, "_regressor")):
    _class.__module__ = __name__
    _sys.modules[f"{__name__}.{_module}"] = _sys.modules[__name__]
