"""``sklearn-ed cost``: numerical differentiation, backprop and error diffusion, timed."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from .._utils.errors import UnusableInput
from .._utils.extras import import_extra
from ..reproduction import reproduce_cost
from ._options import add_command, add_common_options, make_folder, positive
from ._output import save_result

_DESCRIPTION = """\
What does it cost to find the share of every weight in the error? Numerical
differentiation increases and decreases each parameter and evaluates the loss:
two forward passes per parameter. Backprop propagates the error back through the
weights. Error diffusion (ED) broadcasts the error to all units. All three use
one thread, float64, the same networks and the same batches of 100 rows. The
command prints

  (a) seconds of one update of 784-50-10 units by each method,
  (b) how the seconds grow with wider and with deeper networks,
  (c) seconds of an update, training and test accuracy, epoch by epoch.

The folder DIR receives results.json, updates.csv, epochs.csv and the plot
cost.png. Takes about a minute."""

_EPILOG = """\
examples:
  sklearn-ed cost
      all parts; (c) learns scikit-learn's digits with 64-50-10 units
  sklearn-ed cost --all-parameters
      numerical differentiation of every parameter in (a), without an estimate
  sklearn-ed cost --dataset mnist --data FOLDER --epochs 5
      MNIST in (c), where numerical differentiation would take hours

reading the result: numerical differentiation and backprop make the same steps
and reach the same accuracies. ED makes other steps, with its own learning rate.
With one hidden layer ED costs about as much as backprop, because both spend
nearly all of the time on the products with the inputs. ED saves the backward
pass through the weights, a small share that shows in networks of many layers.

Ctrl-C keeps what was measured."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser = add_command(
        commands,
        "cost",
        help="seconds of an update: numerical differentiation, backprop, error diffusion",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--dataset",
        choices=("digits", "mnist"),
        default="digits",
        help="the data set of (c) (default: digits)",
    )
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="folder of mnist.npz (default: where load_mnist looks for it)",
    )
    parser.add_argument(
        "--epochs", type=positive, default=10, metavar="N", help="epochs of (c) (default: 10)"
    )
    parser.add_argument(
        "--all-parameters",
        action="store_true",
        help="time numerical differentiation in (a) on all parameters, half a minute, "
        "instead of one percent of them; (b) remains an estimate",
    )
    parser.add_argument(
        "--repeats",
        type=positive,
        default=9,
        metavar="N",
        help="timings of each update; the median is reported (default: 9)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("cost"),
        metavar="DIR",
        help="folder of the files, created if necessary (default: cost)",
    )
    return add_common_options(parser)


def run(args: argparse.Namespace) -> bool:
    if args.data is not None and args.dataset != "mnist":
        args.usage_error("--data FOLDER goes with --dataset mnist.")
    # A missing package is reported before the measurements, not after them.
    import_extra("matplotlib.figure", "The plot")
    make_folder(args.out)
    try:
        result = reproduce_cost(
            args.dataset,
            args.data,
            max_iter=args.epochs,
            all_parameters=args.all_parameters,
            n_repeats=args.repeats,
            random_state=args.random_state,
            verbose=not args.quiet,
            callback=_printer(),
        )
    except BrokenPipeError:
        raise
    except (OSError, ValueError) as error:
        raise UnusableInput(str(error)) from error
    return save_result(result, args.out, quiet=args.quiet)


def _printer() -> Callable[[str], None]:
    """A function that prints texts with a blank line between them."""
    separators = chain([""], repeat("\n"))
    return lambda text: print(next(separators) + text, flush=True)
