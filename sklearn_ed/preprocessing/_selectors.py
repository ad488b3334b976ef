"""Which columns of a table are numbers."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw


def numeric_columns(X: Any) -> list[int]:
    """Indices of the columns that hold numbers or booleans."""
    if len(X.shape) != 2:
        raise ValueError(f"X: expected rows and columns, got the shape {X.shape}.")
    if hasattr(X, "dtype"):
        return list(range(X.shape[1])) if X.dtype.kind in "iufb" else []
    dtypes = nw.from_native(X).schema.dtypes()
    return [k for k, kind in enumerate(dtypes) if kind.is_numeric() or kind == nw.Boolean]


def other_columns(X: Any) -> list[int]:
    """Indices of the columns that `numeric_columns` leaves."""
    return sorted({*range(X.shape[1])} - {*numeric_columns(X)})
