"""The command line: ``sklearn-ed``, or ``python -m sklearn_ed``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import __version__
from ._cli import COMMANDS
from ._utils.extras import MissingExtra
from ._utils.interruption import Interrupted, interruptible
from .comparison import UnusableInput

EXIT_UNUSABLE_INPUT = 2
EXIT_INTERRUPTED = 130
EXIT_CLOSED = 141

_EPILOG = """\
sklearn-ed COMMAND --help says more about a command.

exit codes: 0, done; 2, the input or an option is unusable, or a package is missing;
130, interrupted by Ctrl-C, what was finished is kept"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sklearn-ed",
        description="Neural networks that learn by error diffusion instead of backprop.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sklearn-ed {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(commands).set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, default=None
        Arguments; those of the process by default.

    Returns
    -------
    int
        Exit code: 0, 2 if the input is unusable, 130 if interrupted, 141 if nobody reads
        standard output any more.

    Raises
    ------
    SystemExit
        With code 2 if the arguments are wrong; with code 0 after ``--help``.
    """
    args = _parser().parse_args(argv)
    try:
        with interruptible():
            finished = args.run(args)
    except (UnusableInput, MissingExtra) as error:
        print(f"sklearn-ed: {error}", file=sys.stderr)
        return EXIT_UNUSABLE_INPUT
    except (Interrupted, KeyboardInterrupt):
        print("sklearn-ed: interrupted before there was a result.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has closed it: `sklearn-ed ... | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CLOSED
    return 0 if finished else EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
