"""The commands of ``sklearn-ed``, one file each: its options, and what it does with them."""

from . import _compare

COMMANDS = (_compare,)

__all__ = ["COMMANDS"]
