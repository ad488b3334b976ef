"""``sklearn-ed reproduce``: the article's experiment."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from .._utils.errors import UnusableInput
from .._utils.extras import import_extra
from ..reproduction import ArticleResult, reproduce_article
from ._options import add_command, add_common_options, make_folder, positive

_DESCRIPTION = """\
An article of 2024 made error diffusion 8 times faster by matrix operations, and
lost 7 points of accuracy by a slip. This runs its experiment again: ten hidden
layers of 16 units, the first 1000 zeros and ones of MNIST, one epoch, row by
row, 2115 test images. Prints, for each way to run it, training rows per second,
how many times as fast as the article's code that is, and the test images that
are told right:

  per neuron, Python lists  each neuron sums in a Python loop
  per neuron, NumPy         as printed, and with the two copies of an input side
                            by side, as the neurons' types expect
  EDClassifier              with NumPy alone and compiled, from these weights
  MLPClassifier, Keras      backprop with the same layers

and writes them to the folder DIR: results.json, results.csv and the article's
picture errors.png: the error met at each training row. Takes about a minute."""

_EPILOG = """\
examples:
  sklearn-ed reproduce
      with mnist.npz in the folder SKLEARN_ED_DATA, Keras' cache or OpenML
  sklearn-ed reproduce --data FOLDER
      with FOLDER/mnist.npz

Ctrl-C keeps what was finished."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser = add_command(
        commands,
        "reproduce",
        help="an article's experiment, from Python lists to the compiled kernel",
        description=_DESCRIPTION,
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="where mnist.npz lies (default: where load_mnist looks for it)",
    )
    parser.add_argument(
        "--repeats",
        type=positive,
        default=5,
        metavar="N",
        help="timings of the fast ways, the median counts (default: 5)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("reproduction"),
        metavar="DIR",
        help="folder of the files, made if need be (default: reproduction)",
    )
    return add_common_options(parser)


def run(args: argparse.Namespace) -> bool:
    # What can be missing is looked for before the work, not after it.
    for module in ("matplotlib.figure", "pandas"):
        import_extra(module, "The report")
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
    files = _write(result, args.out)
    if not args.quiet:
        print(f"\nIn {args.out}: {', '.join(file.name for file in files)}.")
    if not result.complete:
        print(
            f"sklearn-ed: interrupted; what was finished is above and in {args.out}.",
            file=sys.stderr,
        )
    return result.complete


def _write(result: ArticleResult, folder: Path) -> list[Path]:
    files = [folder / name for name in ("results.json", "results.csv", "errors.png")]
    try:
        text = json.dumps(result.to_dict(), indent=1, allow_nan=False)
        files[0].write_text(text + "\n", encoding="utf-8")
        result.to_frame().to_csv(files[1], index=False)
        if not result.errors:
            return files[:2]
        figures = import_extra("matplotlib.figure", "The picture")
        figure = figures.Figure(figsize=(9, 5.5), layout="constrained")
        result.plot(ax=figure.subplots()).set_title("MNIST's zeros and ones, ten layers of 16")
        figure.savefig(files[2], dpi=150, format="png")
    except OSError as error:
        raise UnusableInput(
            f"out: expected a file that can be written, got {error}."
        ) from error
    return files
