"""``sklearn-ed reproduce``: a published experiment."""

from __future__ import annotations

import argparse

from ..reproduction import reproduce_article
from ._experiment import run_experiment
from ._options import add_common_options, add_mnist_folder, add_number

HELP = "a published experiment, from Python lists to the compiled kernel"

DESCRIPTION = """\
Repeat an experiment published in 2024. Its author made error diffusion 8 times
faster by matrix operations, and lost 7 points of accuracy by a slip. Ten hidden
layers of 16 units learn the first 1000 zeros and ones of MNIST in one epoch,
row by row, and classify 2115 test images. The table lists for each method the
training rows per second, the speed relative to the article's code, and the
number of test images classified correctly:

  per neuron, Python lists  each neuron computes its sum in a Python loop
  per neuron, NumPy         as printed, and with the two copies of an input side
                            by side, as the types of the neurons require
  EDClassifier              with NumPy alone and compiled, from the same weights
  MLPClassifier, Keras      backprop with the same layers

The folder DIR receives results.json, results.csv and errors.png, the article's
picture: the error at each training row. Takes about a minute."""

EPILOG = """\
examples:
  sklearn-ed reproduce
      looks for mnist.npz in the folder SKLEARN_ED_DATA, in the cache of Keras
      and at OpenML
  sklearn-ed reproduce --data FOLDER
      reads FOLDER/mnist.npz

Ctrl-C keeps the results of the methods that finished."""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_mnist_folder(parser)
    add_number(
        parser,
        "--repeats",
        "timings of each fast method; the median is reported (default: 5)",
        default=5,
    )
    add_common_options(parser, out="reproduction")


def run(args: argparse.Namespace) -> bool:
    return run_experiment(args, reproduce_article, args.data)
