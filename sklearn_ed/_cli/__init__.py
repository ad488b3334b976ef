"""The command line ``sklearn-ed``: the parser, and what all commands have in common.

Every command is a module with texts for its help, `add_options`, and `run`, which returns
whether the command ran to its end.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .. import __version__
from .._utils.errors import UnusableInput
from .._utils.extras import MissingExtra
from .._utils.interruption import Interrupted, interruptible
from . import _compare, _cost, _reproduce, _rules
from ._output import Output

COMMANDS = {"compare": _compare, "reproduce": _reproduce, "cost": _cost, "rules": _rules}

EXIT_NO_OUTPUT = 1
EXIT_UNUSABLE_INPUT = 2
EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141

_EPILOG = """\
'sklearn-ed COMMAND --help' shows the options of a command.

exit codes:
  0    success
  1    standard output cannot be written; the files are complete
  2    the input or an option cannot be used, or a package is missing
  130  interrupted by Ctrl-C; the finished part is kept
  141  standard output was closed, as by 'head'; the files are complete"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command with `argv`, or the arguments of the process, and return its exit code."""
    args = _parser().parse_args(argv)
    args.output, args.has_result = Output(), False
    try:
        return _run(args)
    finally:
        args.output.close()


def _run(args: argparse.Namespace) -> int:
    try:
        with interruptible():
            finished = args.run(args)
    except (UnusableInput, MissingExtra) as error:
        print(f"sklearn-ed: {error}", file=sys.stderr)
        return EXIT_UNUSABLE_INPUT
    except (Interrupted, KeyboardInterrupt):
        if not args.has_result:
            print("sklearn-ed: interrupted before there was a result.", file=sys.stderr)
            return EXIT_INTERRUPTED
        finished = False
    if not finished:
        text = f"sklearn-ed: interrupted; the finished part is above and in {args.out}."
        print(text, file=sys.stderr)
        return EXIT_INTERRUPTED
    if isinstance(args.output.error, BrokenPipeError):
        # As in `sklearn-ed ... | head`.
        return EXIT_CLOSED_PIPE
    if args.output.error is not None:
        reason = args.output.error.strerror
        print(
            f"sklearn-ed: standard output cannot be written: {reason}; the files are in "
            f"{args.out}.",
            file=sys.stderr,
        )
        return EXIT_NO_OUTPUT
    return 0


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
