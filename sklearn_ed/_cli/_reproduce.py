"""``sklearn-ed reproduce``: a published experiment."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .._utils.errors import UnusableInput
from .._utils.extras import import_extra
from ..reproduction import reproduce_article
from ._options import add_command, add_common_options, make_folder, positive
from ._output import save_result

_DESCRIPTION = """\
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

_EPILOG = """\
examples:
  sklearn-ed reproduce
      looks for mnist.npz in the folder SKLEARN_ED_DATA, in the cache of Keras
      and at OpenML
  sklearn-ed reproduce --data FOLDER
      reads FOLDER/mnist.npz

Ctrl-C keeps the results of the methods that finished."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser = add_command(
        commands,
        "reproduce",
        help="a published experiment, from Python lists to the compiled kernel",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="folder of mnist.npz (default: where load_mnist looks for it)",
    )
    parser.add_argument(
        "--repeats",
        type=positive,
        default=5,
        metavar="N",
        help="timings of each fast method; the median is reported (default: 5)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("reproduction"),
        metavar="DIR",
        help="folder of the files, created if necessary (default: reproduction)",
    )
    return add_common_options(parser)


def run(args: argparse.Namespace) -> bool:
    # A missing package is reported before the experiment, not after it.
    import_extra("matplotlib.figure", "The report")
    make_folder(args.out)
    try:
        result = reproduce_article(
            args.data,
            n_repeats=args.repeats,
            random_state=args.random_state,
            verbose=not args.quiet,
        )
    except (OSError, ValueError) as error:
        raise UnusableInput(str(error)) from error
    print(result.to_text(notes=not args.quiet), flush=True)
    return save_result(result, args.out, quiet=args.quiet)
