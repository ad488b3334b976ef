"""Numbers as text, for tables, messages and pictures."""

from __future__ import annotations

from math import isnan
from typing import Any


def format_seconds(seconds: float) -> str:
    """Three significant digits, from milliseconds to hours; a dash for NaN.

    >>> [format_seconds(s) for s in (0.0001234, 0.5, 12.34, 6000.0, 81290.0)]
    ['0.123 ms', '500 ms', '12.3 s', '100 min', '22.6 h']
    """
    if isnan(seconds):
        return "-"
    for unit, size, limit in (("ms", 1e-3, 1.0), ("s", 1.0, 600.0), ("min", 60.0, 7200.0)):
        if seconds < limit:
            return f"{format_number(seconds / size)} {unit}"
    return f"{format_number(seconds / 3600)} h"


def format_number(value: float) -> str:
    """Three significant digits; whole numbers from 100 on, with a comma at thousands.

    >>> [format_number(v) for v in (0.0123, 3.8, 449538.2, float("nan"))]
    ['0.0123', '3.80', '449,538', '-']
    """
    if isnan(value):
        return "-"
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 9.995 else f"{value:#.3g}"


def format_ratio(ratio: float) -> str:
    """Two decimals of a small ratio, whole numbers of a large one.

    >>> format_ratio(0.966), format_ratio(33470.4)
    ('0.97', '33,470')
    """
    return "-" if isnan(ratio) else f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"


def format_params(params: dict[str, Any]) -> str:
    """Parameters as they are written in a call.

    >>> format_params({"alpha": 0.01, "hidden_layer_sizes": (8,)})
    'alpha=0.01, hidden_layer_sizes=(8,)'
    """
    return ", ".join(f"{name}={value!r}" for name, value in params.items())
