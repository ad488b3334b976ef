"""Comparisons as JSON files."""

from __future__ import annotations

import json
from ast import literal_eval
from math import isfinite, nan
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ._results import Candidate, EstimatorResult, Fit, LearningCurve

FORMAT = "sklearn_ed comparison 1"
_KEYS = {"settings": "terms", "results": "outcomes"}
"""Keys of the file whose attributes have another name."""


def to_json(fields: dict[str, Any]) -> str:
    """The fields of a comparison as the text of a file."""
    content = {"format": FORMAT} | {_KEYS.get(k, k): _as_plain(v) for k, v in fields.items()}
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def read_json(path: str | PathLike[str]) -> dict[str, Any]:
    """Read the fields that `to_json` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError or AttributeError
        If the file has other content.
    """
    content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    if content.pop("format") != FORMAT:
        raise ValueError("another format")
    del content["summary"]
    fields = {name: content.pop(key) for name, key in _KEYS.items()} | content
    fields["results"] = [_read_result(**result) for result in fields["results"]]
    return fields


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
    except (ValueError, SyntaxError):
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
