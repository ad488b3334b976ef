"""What kind of call an estimator received."""

from __future__ import annotations

from enum import Enum


class Call(Enum):
    """Kind of call: which method, and whether it continues from a fitted state."""

    FIT = "fit"
    WARM_START = "fit that continues"
    FIRST_PARTIAL_FIT = "first partial_fit"
    PARTIAL_FIT = "partial_fit"

    @property
    def is_partial(self) -> bool:
        """Whether it learns every row once."""
        return self in (Call.FIRST_PARTIAL_FIT, Call.PARTIAL_FIT)

    @property
    def continues(self) -> bool:
        """Whether it trains the networks that are there."""
        return self in (Call.WARM_START, Call.PARTIAL_FIT)
