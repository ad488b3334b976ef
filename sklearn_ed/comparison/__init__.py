"""EDClassifier beside MLPClassifier: the same data, the same folds, the same budget."""

from ._csv import csv_problem
from ._errors import UnusableInput
from ._picture import save_picture
from ._problem import PROBLEM_NAMES, Problem, named_problem
from ._report import describe, report
from ._search import Candidate, Outcome, compare

__all__ = [
    "PROBLEM_NAMES",
    "Candidate",
    "Outcome",
    "Problem",
    "UnusableInput",
    "compare",
    "csv_problem",
    "describe",
    "named_problem",
    "report",
    "save_picture",
]
