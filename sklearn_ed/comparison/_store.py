"""A comparison as a JSON file, and back."""

from __future__ import annotations

import json
from ast import literal_eval
from collections.abc import Callable
from dataclasses import asdict
from math import isfinite, nan
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ._outcome import Candidate, Curve, Fit, Outcome
from ._record import Record

_Kind = TypeVar("_Kind", bound=Record)

FORMAT = "sklearn_ed comparison 1"


def as_dict(comparison: Record) -> dict[str, Any]:
    """The comparison as JSON has it: dictionaries, lists, strings, numbers and None."""
    content = asdict(comparison)
    for outcome in content["outcomes"]:
        for candidate in outcome["candidates"]:
            candidate["params"] = {k: repr(v) for k, v in candidate["params"].items()}
    return {"format": FORMAT, **_plain(content), "summary": _plain(comparison.rows())}


def write(comparison: Record, path: str | PathLike) -> None:
    """Write the JSON file, whole or not at all."""
    text = json.dumps(as_dict(comparison), indent=1, allow_nan=False)
    target = Path(path)
    beside = target.with_name(target.name + ".part")
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(target)


def read(path: str | PathLike, make: Callable[..., _Kind]) -> _Kind:
    """Make the comparison that `write` wrote."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise ValueError("another format")
        content.pop("summary")
        content["outcomes"] = [_outcome(fields) for fields in content["outcomes"]]
        return make(**content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"path: expected a file that Comparison.save wrote, got {path}: {error!r}."
        ) from error


def _outcome(fields: dict[str, Any]) -> Outcome:
    candidates = []
    for c in fields.pop("candidates"):
        params = {name: _value(text) for name, text in c.pop("params").items()}
        candidates.append(Candidate(params, **{k: _floats(v) for k, v in c.items()}))
    fits = [Fit(f.pop("seed"), **_finite_or_nan(f)) for f in fields.pop("fits")]
    curve = fields.pop("curve")
    if curve is not None:
        curve = Curve(**{k: [_floats(fold) for fold in folds] for k, folds in curve.items()})
    return Outcome(candidates=candidates, fits=fits, curve=curve, **fields)


def _value(text: str) -> Any:
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _finite_or_nan(numbers: dict[str, float | None]) -> dict[str, float]:
    return {name: nan if value is None else value for name, value in numbers.items()}


def _floats(values: list[float | None]) -> list[float]:
    return [nan if value is None else value for value in values]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not isfinite(value) else value
