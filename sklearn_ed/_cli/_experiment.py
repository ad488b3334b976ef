"""What the commands that repeat an experiment have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._utils.errors import UnusableInput, unwritable_refused
from .._utils.extras import import_extra
from ..inspection import RuleComparison
from ..reproduction import ArticleResult, CostResult
from ._options import make_folder
from ._output import finish, listed


def run_experiment(
    args: argparse.Namespace,
    reproduce: Callable[..., ArticleResult | CostResult | RuleComparison],
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
    except (OSError, ValueError) as error:
        raise UnusableInput(str(error)) from error

    def text() -> str:
        # The parts of this experiment were printed as soon as they were measured.
        if isinstance(result, CostResult):
            return ""
        return result.to_text(notes=not args.quiet)

    def save(folder: Path) -> list[Path]:
        with unwritable_refused():
            return result.save(folder)

    def describe(files: list[Path]) -> str:
        return f"In {args.out}: {listed(files)}."

    return finish(args, save, text, describe) and result.complete
