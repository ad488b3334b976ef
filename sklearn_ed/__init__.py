"""Neural networks for scikit-learn that learn by error diffusion instead of backprop."""

from ._classifier import EDClassifier
from ._regressor import EDRegressor

__all__ = ["EDClassifier", "EDRegressor", "__version__"]
__version__ = "0.1.0"
