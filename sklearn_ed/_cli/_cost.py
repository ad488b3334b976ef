"""``sklearn-ed cost``: numerical differentiation, backprop and error diffusion, timed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from .._utils.errors import UnusableInput
from .._utils.extras import import_extra
from .._utils.interruption import Interrupted
from .._utils.progress import progress
from ..datasets import load_mnist
from ..inspection import credit_assignment_cost
from ..inspection._epochs import Lesson, make_lesson
from ..inspection._growth import fraction_of
from ..inspection._ways import WAYS
from ._cost_report import CostResults, epochs_text, growth_text, update_text
from ._options import add_command, add_common_options, make_folder, positive

N_FEATURES, N_CLASSES, BATCH_SIZE, SIZES = 784, 10, 100, (5,)
WIDTHS = [(20,), (40,), (80,), (160,), (320,), (640,)]
DEPTHS = [(16,) * depth for depth in (1, 2, 4, 8, 16, 32)]
# Parameters that numerical differentiation is timed on.
FRACTION, N_PROBED = 0.01, 20
# Numerical differentiation learns no further epoch that would end after so many seconds.
PATIENCE = 60.0

_DESCRIPTION = """\
What does it cost to tell every weight its share in the error? Numerical
differentiation moves each parameter up and down and looks at the loss: two
forward passes per parameter. Backprop sends the error back through the weights.
Error diffusion (ED) broadcasts it to all units. One thread, float64, the same
networks on the same batches of 100 rows. Prints

  (a) seconds of one update of 784-50-10 units by each of the three,
  (b) how the seconds grow with wider and with deeper networks,
  (c) seconds of an update, training and test accuracy epoch by epoch,

and writes them to the folder DIR: results.json, updates.csv, epochs.csv and the
picture cost.png. Takes about a minute."""

_EPILOG = """\
examples:
  sklearn-ed cost
      all of it; scikit-learn's digits, 64-50-10 units, are learned in (c)
  sklearn-ed cost --all-parameters
      (a) without an estimate: every parameter is moved up and down
  sklearn-ed cost --dataset mnist --data FOLDER --epochs 5
      MNIST in (c), where numerical differentiation would take hours

reading the result: the same steps lead numerical differentiation and backprop
to the same accuracies. ED makes steps of its own, with a learning rate of its
own. With one hidden layer ED costs about what backprop does: the products with
the inputs, which both need, are nearly all there is. ED saves the way back
through the weights, which counts in deep networks.

Ctrl-C keeps what was finished."""


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
        help="what is learned in (c) (default: digits)",
    )
    parser.add_argument(
        "--data",
        metavar="FOLDER",
        help="where mnist.npz lies (default: where load_mnist looks for it)",
    )
    parser.add_argument(
        "--epochs", type=positive, default=10, metavar="N", help="of (c) (default: 10)"
    )
    parser.add_argument(
        "--all-parameters",
        action="store_true",
        help="numerical differentiation of all parameters in (a), half a minute, instead of "
        "an estimate from a hundredth of them; (b) stays an estimate",
    )
    parser.add_argument(
        "--repeats",
        type=positive,
        default=9,
        metavar="N",
        help="measurements of each time, the median counts (default: 9)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("cost"),
        metavar="DIR",
        help="folder of the files, made if need be (default: cost)",
    )
    return add_common_options(parser)


def run(args: argparse.Namespace) -> bool:
    if args.data is not None and args.dataset != "mnist":
        args.usage_error("--data FOLDER goes with --dataset mnist.")
    # What can be missing is looked for before the measurements, not after them.
    import_extra("matplotlib.figure", "The picture")
    lesson = _lesson(args)
    make_folder(args.out)
    results = CostResults(
        {
            name: getattr(args, name)
            for name in ("dataset", "epochs", "all_parameters", "repeats", "random_state")
        },
        N_FEATURES,
        N_CLASSES,
        BATCH_SIZE,
    )
    finished = True
    for number, (measure, n_steps, text) in enumerate(_parts(args, lesson, results)):
        try:
            with threadpool_limits(1), progress(n_steps, show=not args.quiet) as step:
                measure(step)
        except Interrupted:
            if results.is_empty:
                raise
            finished = False
        told = text(results)
        if told:
            print(("\n\n" if number else "") + told, flush=True)
        if not finished:
            break
    try:
        files = results.save(args.out)
    except OSError as error:
        raise UnusableInput(
            f"out: expected a file that can be written, got {error}."
        ) from error
    if not args.quiet:
        names = ", ".join(file.name for file in files)
        print(f"\nIn {args.out}: {names}.")
    if not finished:
        print(
            f"sklearn-ed: interrupted; what was finished is above and in {args.out}.",
            file=sys.stderr,
        )
    return finished


Step = Callable[[str], None]
Part = tuple[Callable[[Step], None], int, Callable[[CostResults], str]]


def _parts(args: argparse.Namespace, lesson: Lesson, results: CostResults) -> Iterator[Part]:
    """What is measured, its number of steps, and how it is told."""
    fraction = 1.0 if args.all_parameters else FRACTION

    def measure(sizes: tuple[int, ...], fraction: float) -> Any:
        return credit_assignment_cost(
            N_FEATURES,
            sizes,
            N_CLASSES,
            n_samples=BATCH_SIZE,
            fraction=fraction,
            n_repeats=args.repeats,
            random_state=args.random_state,
        )

    def update(step: Step) -> None:
        step("one update")
        results.update.append((SIZES, measure(SIZES, fraction)))

    def growth(step: Step) -> None:
        for found, all_sizes in ((results.widths, WIDTHS), (results.depths, DEPTHS)):
            for sizes in all_sizes:
                step(f"{len(sizes)} x {sizes[0]} hidden units")
                some = fraction_of(N_PROBED, N_FEATURES, sizes, N_CLASSES)
                found.append((sizes, measure(sizes, some)))

    ways = ["backprop", "error_diffusion"]
    if args.dataset == "digits":
        ways.append("numerical")

    def epochs(step: Step) -> None:
        results.lesson = _described(args, lesson)
        for way in ways:
            step(f"learning rate of {WAYS[way]}")
            results.alphas[way] = lesson.choose_alpha(way, args.epochs)
            _learn(args, lesson, way, results, step)

    yield update, 1, update_text
    yield growth, len(WIDTHS) + len(DEPTHS), growth_text
    yield epochs, (1 + args.epochs) * len(ways), epochs_text


def _learn(
    args: argparse.Namespace, lesson: Lesson, way: str, results: CostResults, step: Step
) -> None:
    """Add the epochs of a way to the results, one by one."""
    learned = results.epochs.setdefault(way, [])
    epochs = lesson.learn(way, results.alphas[way], args.epochs)
    for number in range(1, args.epochs + 1):
        seconds = [epoch.seconds * lesson.n_updates for epoch in learned]
        if learned and sum(seconds) + seconds[-1] > PATIENCE and way == "numerical":
            return
        step(f"{WAYS[way]}, epoch {number}")
        learned.append(next(epochs))


def _lesson(args: argparse.Namespace) -> Lesson:
    if args.dataset == "digits":
        X, y = load_digits(return_X_y=True)
        X_train, X_test, y_train, y_test = train_test_split(
            X / 16, y, test_size=0.25, stratify=y, random_state=args.random_state
        )
    else:
        try:
            mnist = load_mnist(args.data)
        except (OSError, ValueError) as error:
            raise UnusableInput(str(error)) from error
        X_train, y_train = mnist.X_train, mnist.y_train
        X_test, y_test = mnist.X_test, mnist.y_test
    return make_lesson(X_train, y_train, X_test, y_test, SIZES, BATCH_SIZE, args.random_state)


def _described(args: argparse.Namespace, lesson: Lesson) -> dict[str, Any]:
    n_train, n_features = lesson.X_train.shape
    hidden = [str(size * lesson.n_classes) for size in lesson.hidden_layer_sizes]
    return {
        "name": args.dataset,
        "units": "-".join([str(n_features), *hidden, str(lesson.n_classes)]),
        "n_train": n_train,
        "n_test": lesson.X_test.shape[0],
        "batch_size": lesson.batch_size,
        "n_updates": lesson.n_updates,
        "n_epochs": args.epochs,
        "numerical_left_out": args.dataset != "digits",
    }
