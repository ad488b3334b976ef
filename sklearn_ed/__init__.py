"""Neural networks for scikit-learn that learn by error diffusion instead of backprop."""

import sys as _sys

from ._estimators.classifier import EDClassifier
from ._estimators.regressor import EDRegressor

__all__ = ["EDClassifier", "EDRegressor", "__version__"]
__version__ = "0.1.0"

# Pickles of version 0.1.0 look for the classes in the modules that they stood in.
for _module in ("_classifier", "_regressor"):
    _sys.modules[f"{__name__}.{_module}"] = _sys.modules[__name__]
