"""Learning rules and other estimators side by side: same data, same folds, same terms."""

from .._utils.errors import UnusableInput
from ._compare import compare, compare_problem
from ._comparison import Comparison
from ._contestants import BASELINES
from ._csv import csv_problem
from ._display import ComparisonDisplay
from ._files import write_files
from ._keras import ARTICLE_SETTINGS, keras_mlp
from ._outcome import Candidate, Curve, Fit, Outcome
from ._problem import PROBLEM_NAMES, Problem, named_problem

__all__ = [
    "ARTICLE_SETTINGS",
    "BASELINES",
    "PROBLEM_NAMES",
    "Candidate",
    "Comparison",
    "ComparisonDisplay",
    "Curve",
    "Fit",
    "Outcome",
    "Problem",
    "UnusableInput",
    "compare",
    "compare_problem",
    "csv_problem",
    "keras_mlp",
    "named_problem",
    "write_files",
]
