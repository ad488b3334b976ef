"""Compare estimators on the same data, folds and seeds.

The modules follow the work; `_compare` connects them.

- Plan: `_problem`, `_target`, `_preprocessing`, `_folds`, `_estimators`, `_default_estimators`,
  `_keras`.
- Run: `_runner`, `_learning_curve`.
- Result: `_results`.
- Report: `_comparison`, `_store`, `_report`.
"""

from ._compare import compare
from ._comparison import Comparison, ComparisonDisplay
from ._default_estimators import BASELINES
from ._keras import KERAS_ARTICLE_SETTINGS, keras_mlp
from ._problem import PROBLEM_NAMES, Problem, csv_problem, named_problem
from ._results import Candidate, EstimatorResult, Fit, LearningCurve

__all__ = [
    "BASELINES",
    "KERAS_ARTICLE_SETTINGS",
    "PROBLEM_NAMES",
    "Candidate",
    "Comparison",
    "ComparisonDisplay",
    "EstimatorResult",
    "Fit",
    "LearningCurve",
    "Problem",
    "compare",
    "csv_problem",
    "keras_mlp",
    "named_problem",
]

# The older name; those of the same name in `sklearn_ed.reproduction` are error diffusion's.
ARTICLE_SETTINGS = KERAS_ARTICLE_SETTINGS
