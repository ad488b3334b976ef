"""Learning rules: who is told what about the error.

A rule turns the errors of a batch into increments of all parameters of a bank of networks, and
keeps the parameters where it needs them after the optimizer's step.
"""

from ._backprop import Backprop
from ._error_diffusion import ErrorDiffusion
from ._feedback_alignment import DirectFeedbackAlignment, FeedbackAlignment, SignSymmetry
from ._global_error_vector import GlobalErrorVector
from ._local_errors import LocalErrors
from ._perturbation import NodePerturbation, WeightPerturbation
from ._rule import LocalError, Rule

__all__ = [
    "Backprop",
    "DirectFeedbackAlignment",
    "ErrorDiffusion",
    "FeedbackAlignment",
    "GlobalErrorVector",
    "LocalError",
    "LocalErrors",
    "NodePerturbation",
    "Rule",
    "SignSymmetry",
    "WeightPerturbation",
]

# The place that pickles name must outlast the private modules.
for _name in __all__:
    globals()[_name].__module__ = __name__
