"""The commands of ``sklearn-ed``, one file each: its options, and what it does with them."""

from . import _compare, _cost, _reproduce

COMMANDS = (_compare, _reproduce, _cost)

__all__ = ["COMMANDS"]
