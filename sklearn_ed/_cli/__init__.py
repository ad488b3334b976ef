"""The command line ``sklearn-ed``: the parser, and what all commands have in common.

Every command is a module with texts for its help, `add_options`, and `run`, which returns
whether the command ran to its end.
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

COMMANDS = {"compare": _compare, "reproduce": _reproduce, "cost": _cost}

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
    """Run a command with `argv`, or the arguments of the process, and return its exit code."""
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
    if finished:
        return 0
    text = f"sklearn-ed: interrupted; the finished part is above and in {args.out}."
    print(text, file=sys.stderr)
    return EXIT_INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sklearn-ed",
        description="Neural networks that learn by error diffusion instead of backprop.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sklearn-ed {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        command = commands.add_parser(
            name,
            help=module.HELP,
            description=module.DESCRIPTION,
            epilog=module.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_options(command)
        command.set_defaults(run=module.run, usage_error=command.error)
    return parser
