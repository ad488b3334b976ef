"""Numbers and parameters as text: digits and units, above all where they change."""

import math

import pytest

from sklearn_ed._utils.formatting import (
    format_number,
    format_params,
    format_ratio,
    format_seconds,
)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0.00 ms"),
        (0.0123456, "12.3 ms"),
        (0.999, "999 ms"),
        (1.0, "1.00 s"),
        (59.94, "59.9 s"),
        (599.0, "599 s"),
        (600.0, "10.0 min"),
        (7199.0, "120 min"),
        (7200.0, "2.00 h"),
        (3.6e7, "10,000 h"),
        (math.nan, "-"),
    ],
)
def test_seconds(seconds, expected):
    assert format_seconds(seconds) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0001234, "0.000123"),
        (1.0, "1.00"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (99.94, "99.9"),
        (99.96, "100"),
        (999.5, "1,000"),
        (1234567.8, "1,234,568"),
        (math.nan, "-"),
    ],
)
def test_number(value, expected):
    assert format_number(value) == expected


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(0.5, "0.50"), (1.0, "1.00"), (9.99, "9.99"), (10.4, "10"), (1234.5, "1,234")],
)
def test_ratio(ratio, expected):
    assert format_ratio(ratio) == expected


def test_ratio_of_nothing():
    assert format_ratio(math.nan) == "-"


def test_params_are_written_as_in_a_call():
    params = {"alpha": 0.01, "hidden_layer_sizes": (8,), "solver": "adam", "n_jobs": None}
    text = format_params(params)
    assert text == "alpha=0.01, hidden_layer_sizes=(8,), solver='adam', n_jobs=None"
    assert eval(f"dict({text})") == params
    assert format_params({}) == ""
