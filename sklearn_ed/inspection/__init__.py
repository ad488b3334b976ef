"""Tools to inspect learning: history, weights, alignment with the gradient, cost, rules."""

from ._alignment import gradient_alignment
from ._alignment_display import GradientAlignmentDisplay
from ._compare_rules import compare_rules
from ._cost import credit_assignment_cost
from ._cost_display import CreditAssignmentDisplay
from ._epochs import credit_assignment_epochs
from ._growth import credit_assignment_growth
from ._history_display import HistoryDisplay
from ._rule_comparison import RuleComparison
from ._rules_display import RuleComparisonDisplay
from ._weights_display import WeightsDisplay

__all__ = [
    "CreditAssignmentDisplay",
    "GradientAlignmentDisplay",
    "HistoryDisplay",
    "RuleComparison",
    "RuleComparisonDisplay",
    "WeightsDisplay",
    "compare_rules",
    "credit_assignment_cost",
    "credit_assignment_epochs",
    "credit_assignment_growth",
    "gradient_alignment",
]
