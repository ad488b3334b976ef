"""Checks of single values: what they let through, and the words of the error."""

import re

import numpy as np
import pytest

from sklearn_ed._utils import validation as valid

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("check", "inside", "outside"),
    [
        (valid.real(0, 1, closed="left"), [0, 0.5], [1, -1e-9, NAN]),
        (valid.real(0, 1, closed="right"), [1, 0.5], [0, 1 + 1e-9, NAN]),
        (valid.real(0, 1, closed="both"), [0, 1], [-1e-9, 1 + 1e-9]),
        (valid.real(0, 1, closed="neither"), [0.5], [0, 1]),
        (valid.real(0, closed="left"), [0, 1e300], [INF, -1]),
        (valid.real(0, closed="both"), [0, INF], [-1, NAN]),
        (valid.real(0, closed="neither"), [1e-300, np.float32(1)], [0, INF, "1", None, 1j]),
        (valid.integer(1), [1, np.int8(3), 10**20], [0, 1.0, True, np.True_, "1", None]),
        (valid.boolean, [True, False, np.True_], [0, 1, None, "True"]),
        (valid.nothing, [None], [0, False, ""]),
        (valid.infinity, [INF, np.float32(INF)], [-INF, NAN, 1e308, None]),
        (valid.jobs, [None, 1, -1], [0, 1.0, True]),
        (valid.verbosity, [True, 0, 10], [-1, 0.5, None]),
        (valid.seed, [0, 2**32 - 1], [-1, 2**32, 1.0, None, True]),
        (valid.one_of("a", "b"), ["a", "b"], ["c", None, "ab", np.array(["a", "b"])]),
        (valid.either(valid.integer(1), valid.infinity), [1, INF], [0, 1.5, -INF]),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_checks(check, inside, outside):
    is_valid, _ = check
    assert [value for value in inside if not is_valid(value)] == []
    assert [value for value in outside if is_valid(value)] == []


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (valid.real(0, 1, closed="left"), "a real number in [0, 1)"),
        (valid.real(0, 1, closed="right"), "a real number in (0, 1]"),
        (valid.real(0.5, closed="left"), "a real number >= 0.5, finite"),
        (valid.real(0, closed="neither"), "a real number > 0, finite"),
        (valid.real(0, closed="both"), "a real number >= 0"),
        (valid.one_of("a", "b"), "one of 'a', 'b'"),
        (valid.either(valid.nothing, valid.integer(2)), "None, or an integer >= 2"),
    ],
)
def test_descriptions(check, text):
    assert check[1] == text


def test_the_first_wrong_value_in_the_order_of_the_checks_is_named():
    checks = {"b": valid.integer(1), "a": valid.boolean}
    valid.check_parameters({"a": True, "b": 1}, checks)
    message = re.escape("b: expected an integer >= 1, got 'x'.")
    with pytest.raises(ValueError, match=f"^{message}$"):
        valid.check_parameters({"a": 0, "b": "x"}, checks)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ("auto", None),
        (8, (8,)),
        (np.int32(8), (8,)),
        ((), ()),
        ([3, 4], (3, 4)),
        (range(2, 4), (2, 3)),
        (np.array([5, 6]), (5, 6)),
    ],
)
def test_hidden_layer_sizes(sizes, expected):
    found = valid.check_hidden_layer_sizes(sizes)
    assert found == expected
    assert found is None or {type(size) for size in found} <= {int}
