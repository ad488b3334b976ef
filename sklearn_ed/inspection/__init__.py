"""A look into networks that learn by error diffusion."""

from ._alignment import gradient_alignment
from ._cost import credit_assignment_cost
from ._display import GradientAlignmentDisplay

__all__ = ["GradientAlignmentDisplay", "credit_assignment_cost", "gradient_alignment"]
