"""What the commands that repeat an experiment have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from .._utils.errors import UnusableInput
from .._utils.extras import import_extra
from ..reproduction import ArticleResult, CostResult
from ._options import make_folder


def run_experiment(
    args: argparse.Namespace,
    reproduce: Callable[..., ArticleResult | CostResult],
    *parameters: Any,
    **options: Any,
) -> bool:
    """Call `reproduce` and save its result; return whether the result is complete."""
    # A missing package is reported before the experiment, not after it.
    import_extra("matplotlib.figure", "The plot")
    make_folder(args.out)
    try:
        result = reproduce(
            *parameters,
            **options,
            n_repeats=args.repeats,
            random_state=args.random_state,
            verbose=not args.quiet,
        )
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise UnusableInput(str(error)) from error
    if isinstance(result, ArticleResult):
        # The parts of the other experiment are printed as soon as they are measured.
        print(result.to_text(notes=not args.quiet), flush=True)
    try:
        files = result.save(args.out)
    except OSError as error:
        raise UnusableInput(
            f"out: expected a file that can be written, got {error}."
        ) from error
    if not args.quiet:
        print(f"\nIn {args.out}: {', '.join(file.name for file in files)}.")
    return result.complete
