"""What kind of call an estimator received."""

from __future__ import annotations

from enum import Enum


class Call(Enum):
    """Kind of call: which method, and whether it continues from a fitted state."""

    # Text, is_partial, continues.
    FIT = "fit", False, False
    WARM_START = "fit that continues", False, True
    FIRST_PARTIAL_FIT = "first partial_fit", True, False
    PARTIAL_FIT = "partial_fit", True, True

    is_partial: bool
    """Whether it learns every row once."""

    continues: bool
    """Whether it trains the networks that are there."""

    def __init__(self, text: str, is_partial: bool, continues: bool) -> None:
        # Attributes, not properties: a call with one row asks for them many times.
        self.is_partial = is_partial
        self.continues = continues
