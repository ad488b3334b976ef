"""Comparisons as JSON files."""

from __future__ import annotations

import json
from ast import literal_eval
from math import isfinite, nan
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ._problem import describe_data
from ._results import Candidate, ComparisonFields, EstimatorResult, Fit, LearningCurve

FORMAT = "sklearn_ed comparison 1"
_KEYS = {"settings": "terms", "results": "outcomes"}
"""Keys of the file whose attributes have another name."""
_FIELD_TYPES: dict[str, Any] = {
    "name": str,
    "task": str,
    "scoring": str,
    "data": dict,
    "settings": dict,
    "machine": dict,
    "results": list,
    "seconds": (int, float),
    "complete": bool,
}
OTHER_CONTENT = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What `read_json` and `check_fields` raise for a file with other content."""
_MEASURED = ("scores", "fit_times", "score_times", "n_iters")


def to_json(fields: dict[str, Any]) -> str:
    """The fields of a comparison as the text of a file."""
    content = {"format": FORMAT} | {_KEYS.get(k, k): _as_plain(v) for k, v in fields.items()}
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def read_json(path: str | PathLike[str]) -> dict[str, Any]:
    """Read the fields that `to_json` wrote.

    Raises
    ------
    OTHER_CONTENT
        If the file has other content.
    """
    content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    # Halves of characters cannot be shown.
    json.dumps(content, ensure_ascii=False).encode()
    if content.pop("format") != FORMAT:
        raise ValueError("another format")
    del content["summary"]
    fields = {name: content.pop(key) for name, key in _KEYS.items()} | content
    fields["results"] = [_read_result(**result) for result in fields["results"]]
    return fields


def check_fields(comparison: ComparisonFields) -> None:
    """Refuse what could not be displayed later.

    Raises
    ------
    OTHER_CONTENT
        If a field has another type, or lists that belong together have different lengths.
    """
    for name, kind in _FIELD_TYPES.items():
        value: Any = getattr(comparison, name)
        if not isinstance(value, kind):
            raise TypeError(f"{name} of type {type(value).__name__}")
    if not comparison.results:
        raise ValueError("no results")
    for result in comparison.results:
        texts: list[Any] = [result.name, result.estimator]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("an estimator without a name")
        counts: list[Any] = [result.n_parameters, result.max_iter]
        _check_numbers([[count for count in counts if count is not None]])
        for fit in result.fits:
            _check_numbers([list(vars(fit).values())])
        for candidate in result.candidates:
            lists = [getattr(candidate, name) for name in _MEASURED]
            _check_numbers(lists)
            if not lists[0]:
                raise ValueError("a candidate without a score")
        if not np.isfinite([candidate.score for candidate in result.candidates]).any():
            raise ValueError(f"no score of {result.name}")
        if result.curve is not None:
            _check_curve(result.curve)
    _check_numbers(
        [[comparison.data["n_train"], comparison.data["n_test"], comparison.seconds]]
    )
    if comparison.data["n_test"] < 0:
        raise ValueError("a negative number of rows")
    settings = comparison.settings
    if {"n_jobs", "n_search_rows"} - set(settings):
        raise ValueError("settings without n_jobs or n_search_rows")
    remarks = settings.get("remarks", [])
    if not isinstance(remarks, list) or not all(isinstance(text, str) for text in remarks):
        raise TypeError("remarks that are no list of texts")
    describe_data(comparison.name, comparison.task, comparison.data)


def _check_curve(curve: LearningCurve) -> None:
    folds: list[Any] = [curve.seconds, curve.scores]
    if not all(isinstance(lists, list) for lists in folds):
        raise TypeError("a learning curve that is no list of folds")
    _check_numbers([*curve.seconds, *curve.scores])
    if not curve.seconds or not curve.scores or not curve.scores[0]:
        raise ValueError("a learning curve without a score")


def _check_numbers(lists: list[Any]) -> None:
    """Refuse anything but lists of numbers, all of one length."""
    for values in lists:
        if not isinstance(values, list) or len(values) != len(lists[0]):
            raise ValueError("lists of different lengths")
        for value in values:
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(f"{value!r} in the place of a number")
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                raise ValueError("an integer of more than 64 bits")


def _read_result(
    *, candidates: list[Any], fits: list[Any], curve: Any, **others: Any
) -> EstimatorResult:
    return EstimatorResult(
        candidates=[_read_candidate(**candidate) for candidate in candidates],
        fits=[Fit(**_null_to_nan(fit)) for fit in fits],
        curve=None if curve is None else LearningCurve(**_null_to_nan(curve)),
        **others,
    )


def _read_candidate(*, params: dict[str, str], **numbers: Any) -> Candidate:
    evaluated = {name: _evaluate(text) for name, text in params.items()}
    return Candidate(evaluated, **_null_to_nan(numbers))


def _evaluate(text: str) -> Any:
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        # The last two come of deep nesting.
        return text


def _null_to_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _null_to_nan(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_null_to_nan(each) for each in value]
    return nan if value is None else value


def _as_plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _as_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not isfinite(value) else value
