"""Tools to inspect learning: history, weights, alignment with the gradient, cost."""

from ._alignment import gradient_alignment
from ._alignment_display import GradientAlignmentDisplay
from ._cost import credit_assignment_cost
from ._cost_display import CreditAssignmentDisplay
from ._epochs import credit_assignment_epochs
from ._growth import credit_assignment_growth
from ._history_display import HistoryDisplay
from ._weights_display import WeightsDisplay

__all__ = [
    "CreditAssignmentDisplay",
    "GradientAlignmentDisplay",
    "HistoryDisplay",
    "WeightsDisplay",
    "credit_assignment_cost",
    "credit_assignment_epochs",
    "credit_assignment_growth",
    "gradient_alignment",
]
