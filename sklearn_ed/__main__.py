"""Run the command line: ``python -m sklearn_ed``."""

import sys

from ._cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
