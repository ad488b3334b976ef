"""Microseconds of `partial_fit` on one row: EDClassifier, MLPClassifier and SGDClassifier.

    python examples/benchmarks/one_row.py [--repetitions 20] [--calls 50] [--threads N]
        [--other PATH] [--only CASE ...] [--json PATH]

There are two classes, 784 features and one hidden layer of 500 units, so that EDClassifier and
MLPClassifier have the same number of parameters; SGDClassifier is linear. The rows are float64
in dense arrays: once without zeros, once with 20 % of the values not zero.

``--other`` compares two checkouts of the package in one run. Build the kernels in both and pass
the path of the other one. Its calls run in a process that imports the package from that path,
in turns with the calls of this checkout. Each process measures its own calls, so that the
communication does not count. ``--threads`` is the number of BLAS threads of both.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from statistics import median

from _harness import argument_parser, benchmark, is_chosen
from _one_row_calls import N_UNITS, ROWS, ed_timers, timer
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier

from sklearn_ed._utils.timing import TimedCall, Timing

SGD, MLP = "SGDClassifier", "MLPClassifier, adam"


def baseline_timers(density: float) -> dict[str, Callable[[int], float]]:
    """The calls of scikit-learn's estimators."""
    online = {"solver": "sgd", "batch_size": 1, "random_state": 0}
    models = {
        SGD: SGDClassifier(loss="log_loss", random_state=0),
        "MLPClassifier, sgd": MLPClassifier(N_UNITS, "logistic", **online),
        MLP: MLPClassifier(N_UNITS, "logistic", random_state=0),
    }
    return {name: timer(model, density) for name, model in models.items()}


@contextmanager
def other_checkout(
    path: Path, threads: int | None
) -> Iterator[Callable[[str, str, int], float]]:
    """A function that has a process make calls of EDClassifier with another checkout.

    It returns the mean seconds of so many calls.
    """
    script = str(Path(__file__).with_name("_one_row_calls.py"))
    with subprocess.Popen(
        [sys.executable, script, *([str(threads)] if threads else [])],
        env={**os.environ, "PYTHONPATH": str(path.resolve())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def seconds(kind: str, name: str, n_calls: int) -> float:
            print(json.dumps([kind, name, n_calls]), file=process.stdin, flush=True)
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("The process with the other checkout ended early.")
            return json.loads(line)

        yield seconds


def speed_relative_to_other(
    names: list[str], timings: dict[str, Timing]
) -> dict[str, dict[str, str]]:
    """A column that compares each call with the same call in the other checkout."""
    cells = {}
    for name in names:
        ratios = timings[name].speed_relative_to(timings[f"{name}, other"])
        cells[name] = f"{median(ratios):.3g} ({min(ratios):.3g}..{max(ratios):.3g})"
    return {"speed / other": cells}


def main() -> None:
    parser = argument_parser(__doc__, repetitions=20)
    parser.add_argument("--calls", type=int, default=50, help="calls per sample")
    parser.add_argument("--other", type=Path, metavar="PATH", help="another checkout")
    options = parser.parse_args()
    process = nullcontext()
    if options.other:
        process = other_checkout(options.other, options.threads)
    with benchmark(options) as report, process as other:
        for kind, density in ROWS.items():
            if not is_chosen(kind, options.only):
                continue
            timers = ed_timers(density)
            columns = None
            if other is not None:
                columns = partial(speed_relative_to_other, list(timers))
                timers |= {f"{name}, other": partial(other, kind, name) for name in timers}
            timers |= baseline_timers(density)
            report.measure(
                f"partial_fit of one row, {kind}",
                {
                    name: TimedCall(partial(seconds, options.calls), has_own_clock=True)
                    for name, seconds in timers.items()
                },
                [SGD, MLP],
                columns=columns,
                format_time=lambda seconds: f"{1e6 * seconds:.0f} us",
            )


if __name__ == "__main__":
    main()
