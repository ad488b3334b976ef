"""Fits that are killed at random moments, resumed, and compared with uninterrupted ones.

    python examples/benchmarks/kills.py [--kills 200] [--seed 0] [--delay 0.01]

A process of its own fits an estimator with a Checkpoint after every epoch, and is killed by
SIGKILL. The next process continues the fit, and so on. After each kill, the checkpoint that was
left is also continued here to the end of the fit, whose weights, losses and random state must
equal those of an uninterrupted fit. A fit that came to its end is compared in the same way.

In every second process, each step of writing a file takes ``--delay`` seconds longer: half of
the content, the rest, fsync, rename. Many of these processes are killed while they write. Kills
before the first checkpoint are not counted.
"""

import argparse
import io
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.preprocessing import scale

from sklearn_ed import EDClassifier, EDRegressor, resume
from sklearn_ed._utils import files
from sklearn_ed.callbacks import Checkpoint

FITS = ("digits, out of fold", "diabetes, held out")


def problem(name: str) -> tuple[Any, np.ndarray, np.ndarray]:
    """An estimator that is not fitted, X and y."""
    if name == FITS[0]:
        X, y = load_digits(return_X_y=True)
        return EDClassifier((20,), max_iter=12, random_state=0), X[:600] / 16, y[:600]
    X, y = load_diabetes(return_X_y=True)
    model = EDRegressor(
        (20,),
        solver="sgd",
        momentum=0.9,
        early_stopping=True,
        n_iter_no_change=4,
        max_iter=30,
        random_state=0,
    )
    return model, scale(X), y


class SlowFile(io.FileIO):
    """Writes in two parts."""

    delay = 0.0

    def write(self, data: Any) -> int:
        middle = len(data) // 2
        super().write(data[:middle])
        time.sleep(self.delay)
        super().write(data[middle:])
        return len(data)


def slow_down_writing(delay: float) -> None:
    """Let each step of writing a file take longer, in this process."""
    SlowFile.delay = delay

    class SlowPath(type(Path())):  # type: ignore[misc]
        def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            return SlowFile(self, mode.replace("b", ""))

        def replace(self, target: Any) -> Any:
            time.sleep(delay)
            done = super().replace(target)
            time.sleep(delay)
            return done

    fsync = os.fsync

    def slow_fsync(number: int) -> None:
        time.sleep(delay)
        fsync(number)
        time.sleep(delay)

    files.Path, files.os.fsync = SlowPath, slow_fsync


def run(name: str, path: Path, delay: float, started: Any) -> None:
    """Begin or continue a fit; the body of a process."""
    if delay:
        slow_down_writing(delay)
    model, X, y = problem(name)
    started.set()
    if path.exists():
        resume(path, X, y)
    else:
        model.set_callbacks(Checkpoint(path)).fit(X, y)


def state(model: Any) -> tuple[Any, ...]:
    """What has to be equal."""
    history = {key: values for key, values in model.history_.items() if key != "seconds"}
    random_state = model._random_state.get_state()[1].tolist()
    return model.get_weights(), model.loss_curve_, history, model.n_iter_, random_state


def is_same(model: Any, expected: tuple[Any, ...]) -> bool:
    """Whether a resumed fit has ended as the uninterrupted one."""
    try:
        np.testing.assert_equal(state(model), expected)
    except AssertionError as difference:
        print(difference)
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--delay", type=float, default=0.01, help="seconds")
    args = parser.parse_args()
    # Processes that need not import everything again.
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context(
        "forkserver" if "forkserver" in methods else "spawn"
    )
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(["__main__", "sklearn.datasets", "sklearn_ed"])
    moments = random.Random(args.seed)
    problems = {name: problem(name) for name in FITS}
    expected = {name: state(model.fit(X, y)) for name, (model, X, y) in problems.items()}
    counts, n_processes, n_ends = Counter[str](), 0, 0
    durations: dict[tuple[str, float], float] = {}
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        while counts["kills"] < args.kills:
            name = FITS[n_ends % len(FITS)]
            _, X, y = problems[name]
            path, delay = folder / f"{n_ends}.npz", args.delay * (n_processes % 2)
            started = context.Event()
            process = context.Process(target=run, args=(name, path, delay, started))
            process.start()
            started.wait()
            # First, the time of a whole fit.
            if (name, delay) in durations:
                process.join(moments.uniform(0, durations[name, delay]))
            else:
                began = time.perf_counter()
                process.join()
                durations[name, delay] = time.perf_counter() - began
            n_processes += 1
            was_killed = process.is_alive()
            process.kill()
            process.join()
            left = [file for file in folder.iterdir() if file.suffix == ".part"]
            if not path.exists():
                continue
            copy = Path(shutil.copy(path, folder / "copy.npz"))
            same = is_same(resume(copy, X, y), expected[name])
            copy.unlink()
            if was_killed:
                counts["kills"] += 1
                counts["same"] += same
                counts["while writing"] += bool(left)
            if not same and not was_killed:
                sys.exit(f"{name}: the fit of {n_ends} was not the same after its end")
            if not was_killed:
                n_ends += 1
                remaining = [
                    file.name for file in left if file.name.startswith(f".{path.name}")
                ]
                if remaining:
                    sys.exit(f"{name}: unfinished files were left: {remaining}")
    print(
        f"{n_processes} processes, {n_ends} whole fits, "
        f"{counts['while writing']} kills while a file was written"
    )
    print(f"{counts['same']} of {counts['kills']}")
    sys.exit(counts["same"] != counts["kills"])


if __name__ == "__main__":
    main()
