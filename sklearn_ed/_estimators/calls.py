"""What kind of call an estimator received."""

from __future__ import annotations

from enum import Enum


class Call(Enum):
    """Kind of call: which method, and whether it continues from a fitted state."""

    FIT = "fit"
    WARM_START = "fit that continues"
    FIRST_PARTIAL_FIT = "first partial_fit"
    PARTIAL_FIT = "partial_fit"

    is_partial: bool
    """Whether it learns every row once."""

    continues: bool
    """Whether it trains the networks that are there."""

    def __init__(self, text: str) -> None:
        # Attributes, not properties: a call with one row asks for them many times.
        self.is_partial = "partial_fit" in text
        self.continues = text in ("fit that continues", "partial_fit")
