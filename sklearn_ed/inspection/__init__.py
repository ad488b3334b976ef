"""Tools to inspect learning: alignment with the gradient, cost of credit assignment."""

from ._alignment import gradient_alignment
from ._alignment_display import GradientAlignmentDisplay
from ._cost import credit_assignment_cost
from ._cost_display import CreditAssignmentDisplay
from ._epochs import credit_assignment_epochs
from ._growth import credit_assignment_growth

__all__ = [
    "CreditAssignmentDisplay",
    "GradientAlignmentDisplay",
    "credit_assignment_cost",
    "credit_assignment_epochs",
    "credit_assignment_growth",
    "gradient_alignment",
]
