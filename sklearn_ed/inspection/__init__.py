"""A look into networks that learn by error diffusion."""

from ._alignment import gradient_alignment
from ._display import GradientAlignmentDisplay

__all__ = ["GradientAlignmentDisplay", "gradient_alignment"]
