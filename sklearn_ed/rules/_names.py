"""The names of the rules."""

from __future__ import annotations

from ._backprop import Backprop
from ._error_diffusion import ErrorDiffusion
from ._feedback_alignment import DirectFeedbackAlignment, FeedbackAlignment, SignSymmetry
from ._global_error_vector import GlobalErrorVector
from ._local_errors import LocalErrors
from ._perturbation import NodePerturbation, WeightPerturbation
from ._rule import Rule

RULES: dict[str, type[Rule]] = {
    "error_diffusion": ErrorDiffusion,
    "global_error_vector": GlobalErrorVector,
    "backprop": Backprop,
    "sign_symmetry": SignSymmetry,
    "feedback_alignment": FeedbackAlignment,
    "direct_feedback_alignment": DirectFeedbackAlignment,
    "local_errors": LocalErrors,
    "node_perturbation": NodePerturbation,
    "weight_perturbation": WeightPerturbation,
}
"""The classes by the names that the parameter `rule` accepts, in the order of tables."""
