"""The command line ``sklearn-ed``: the parser, and what all commands have in common.

Every command is a module with `add_parser`, which declares its options, and `run`, which
returns whether the command ran to its end.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .. import __version__
from .._utils.errors import UnusableInput
from .._utils.extras import MissingExtra
from .._utils.interruption import Interrupted, interruptible
from . import _compare, _cost, _reproduce

COMMANDS = (_compare, _reproduce, _cost)

EXIT_UNUSABLE_INPUT = 2
EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141

_EPILOG = """\
'sklearn-ed COMMAND --help' shows the options of a command.

exit codes:
  0    success
  2    the input or an option cannot be used, or a package is missing
  130  interrupted by Ctrl-C; the finished part is kept"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, default=None
        The arguments. None means those of the process.

    Returns
    -------
    int
        Exit code: 0 for success, 2 if the input cannot be used, 130 after Ctrl-C, 141 if the
        reader of standard output has closed it.

    Raises
    ------
    SystemExit
        With code 2 if the arguments are wrong, with code 0 after ``--help``.
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
        # As in `sklearn-ed ... | head`. Without this, Python would fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CLOSED_PIPE
    return 0 if finished else EXIT_INTERRUPTED


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
