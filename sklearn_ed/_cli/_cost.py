"""``sklearn-ed cost``: numerical differentiation, backprop and error diffusion, timed."""

from __future__ import annotations

import argparse
from itertools import chain, repeat

from ..reproduction import reproduce_cost
from ._experiment import run_experiment
from ._options import add_common_options, add_dataset, add_number, check_dataset

HELP = "seconds of an update: numerical differentiation, backprop, error diffusion"

DESCRIPTION = """\
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

EPILOG = """\
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


def add_options(parser: argparse.ArgumentParser) -> None:
    add_dataset(parser, "the data set of (c)")
    add_number(parser, "--epochs", "epochs of (c) (default: 10)", default=10)
    parser.add_argument(
        "--all-parameters",
        action="store_true",
        help="time numerical differentiation in (a) on all parameters, half a minute, "
        "instead of one percent of them; (b) remains an estimate",
    )
    add_number(
        parser,
        "--repeats",
        "timings of each update; the median is reported (default: 9)",
        default=9,
    )
    add_common_options(parser, out="cost")


def run(args: argparse.Namespace) -> bool:
    check_dataset(args)
    # Parts are printed with a blank line between them.
    separators = chain([""], repeat("\n"))
    return run_experiment(
        args,
        reproduce_cost,
        args.dataset,
        args.data,
        max_iter=args.epochs,
        all_parameters=args.all_parameters,
        callback=lambda text: args.output.say(next(separators) + text),
    )
