"""``sklearn-ed rules``: learning rules side by side."""

from __future__ import annotations

import argparse
from os import PathLike
from typing import Any

from ..datasets import digits_or_mnist
from ..inspection import RuleComparison, compare_rules
from ._experiment import run_experiment
from ._options import add_common_options, add_dataset, add_number, check_dataset

HELP = "accuracy, alignment with the gradient and time of all learning rules"

DESCRIPTION = """\
How do the learning rules compare? Error diffusion, backprop, sign symmetry,
feedback alignment, direct feedback alignment, node perturbation and weight
perturbation train the same networks, with the same initial weights and batches
and with plain steps. The command prints for each rule

  the learning rate, chosen on validation rows from the same seven values,
  the test accuracy, mean and standard deviation over seeds,
  cosine and sign agreement with the gradient at the end of training,
  the time of one update.

The folder DIR receives results.json, rules.csv and the plot rules.png. Takes
one to two minutes on the digits."""

EPILOG = """\
examples:
  sklearn-ed rules
      scikit-learn's digits
  sklearn-ed rules --dataset mnist --data FOLDER --epochs 5 --seeds 2
      MNIST, which takes much longer

Ctrl-C keeps the rules that are finished."""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_dataset(parser, "the data set")
    add_number(parser, "--epochs", "epochs of each fit (default: 20)", default=20)
    add_number(parser, "--seeds", "fits of each rule (default: 5)", default=5)
    add_number(
        parser,
        "--repeats",
        "timings of each update; the median is reported (default: 9)",
        default=9,
    )
    add_common_options(parser, out="rules")


def run(args: argparse.Namespace) -> bool:
    check_dataset(args)
    options = {"max_iter": args.epochs, "n_seeds": args.seeds}
    return run_experiment(args, _compare_on, args.dataset, args.data, **options)


def _compare_on(
    dataset: str, path: str | PathLike[str] | None, random_state: int, **options: Any
) -> RuleComparison:
    data = digits_or_mnist(dataset, path, random_state)
    return compare_rules(*data, random_state=random_state, **options)
