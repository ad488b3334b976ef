"""Parameters as values that JSON can hold, and back: no class but known ones is ever made."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from .. import rules

Document = Any
"""None, bool, int, float, str, or lists of such, or dicts from str to such."""

_TUPLE, _DICT, _RULE, _RANDOM_STATE = "tuple", "dict", "rule", "random_state"


def to_document(value: Any, name: str) -> Document:
    """A parameter as a document; `name` is that of the parameter.

    Raises
    ------
    ValueError
        If it is not a plain value, a rule of `sklearn_ed.rules` or a RandomState.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [to_document(item, name) for item in value]
    if isinstance(value, tuple):
        return {_TUPLE: [to_document(item, name) for item in value]}
    if isinstance(value, dict):
        pairs = value.items()
        return {_DICT: [[to_document(part, name) for part in pair] for pair in pairs]}
    if _is_known_rule(type(value)):
        values = {f.name: to_document(getattr(value, f.name), name) for f in fields(value)}
        return {_RULE: type(value).__name__, **values}
    if isinstance(value, np.random.RandomState):
        return {_RANDOM_STATE: random_state_document(value, name)}
    raise ValueError(
        f"{name}: expected None, a number, a string, a collection of such, a rule of "
        "sklearn_ed.rules or a RandomState for a Checkpoint, which contains no code, got "
        f"{value!r}."
    )


def from_document(document: Document) -> Any:
    """The parameter that `to_document` has turned into a document."""
    if isinstance(document, list):
        return [from_document(item) for item in document]
    if not isinstance(document, dict):
        return document
    values = dict(document)
    if _RULE in values:
        name = values.pop(_RULE)
        rule = getattr(rules, name) if name in rules.__all__ else None
        if rule is None or not _is_known_rule(rule):
            raise ValueError(f"rule {name!r}")
        return rule(**{name: from_document(value) for name, value in values.items()})
    ((kind, content),) = values.items()
    if kind == _TUPLE:
        return tuple(map(from_document, content))
    if kind == _DICT:
        return {from_document(key): from_document(item) for key, item in content}
    if kind == _RANDOM_STATE:
        rng = np.random.RandomState(0)
        set_random_state(rng, content)
        return rng
    raise ValueError(f"a value of kind {kind!r}")


def _is_known_rule(value: type) -> bool:
    return (
        is_dataclass(value)
        and value.__name__ in rules.__all__
        and getattr(rules, value.__name__) is value
    )


def random_state_document(rng: np.random.RandomState, name: str) -> dict[str, Any]:
    """The state of a RandomState; `name` is that of the parameter that it came from."""
    state = rng.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise ValueError(
            f"{name}: expected a RandomState over MT19937, NumPy's default, for a Checkpoint, "
            f"got one over {state['bit_generator']}."
        )
    key, position = state["state"]["key"].tolist(), state["state"]["pos"]
    has_gauss, gauss = state["has_gauss"], state["gauss"]
    return {"key": key, "pos": position, "has_gauss": has_gauss, "gauss": gauss}


def set_random_state(rng: np.random.RandomState, document: dict[str, Any]) -> None:
    """Give it the state of a document."""
    key, position = np.array(document["key"], np.uint32), int(document["pos"])
    if not 0 <= position <= key.size:
        raise ValueError(f"position {position}")
    has_gauss, gauss = int(document["has_gauss"]), float(document["gauss"])
    rng.set_state(("MT19937", key, position, has_gauss, gauss))
