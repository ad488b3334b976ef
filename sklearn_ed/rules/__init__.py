"""Learning rules: who is told what about the error.

A rule turns the errors of a batch into increments of all parameters of a bank of networks, and
keeps the parameters where it needs them after the optimizer's step.
"""

from ._backprop import Backprop
from ._error_diffusion import ErrorDiffusion
from ._rule import Rule

__all__ = ["Backprop", "ErrorDiffusion", "Rule"]

# The place that pickles name must outlast the private modules.
for _class in (Backprop, ErrorDiffusion, Rule):
    _class.__module__ = __name__
