"""What the speed benchmarks share: interleaved timing, tables, the machine, JSON, options."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from statistics import median
from typing import Any

from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_ed._utils.environment import cpu_model, usable_cores

VERSIONED = ("numpy", "scipy", "sklearn", "sklearn_ed", "tensorflow", "keras")
# What the speed benchmarks give EDClassifier where a case says nothing else. All of it is
# spelled out, so that figures taken under other defaults can be compared.
WORKLOAD = {
    "hidden_layer_sizes": (32,),
    "alpha": 0.003,
    "weight_decrement": False,
    "code_size": None,
    "learning_rate": "constant",
    "dropout": 0.0,
    "weight_decay": 0.0,
    "batch_size": 200,
}


@dataclass
class Contender:
    """Something to time.

    Attributes
    ----------
    run : callable
        What is timed; it gets what `set_up` returned, if there is one.
    set_up : callable, optional
        Called untimed before every sample.
    warm_up : callable, optional
        Called once, untimed, before the first round; default is one call of `run`.
    inner : int
        Calls of `run` per sample, for runs too short for the clock.
    factor : float
        What a sample is multiplied by: a run over a tenth of the rows has 10.
    own_clock : bool
        Whether `run` returns its seconds itself, as another process does.
    rows : int, optional
        Rows that ``factor`` runs go through, for a column of rows per second.
    """

    run: Callable[..., Any]
    set_up: Callable[[], Any] | None = None
    warm_up: Callable[[], Any] | None = None
    inner: int = 1
    factor: float = 1.0
    own_clock: bool = False
    rows: int | None = None

    def arguments(self) -> tuple:
        return () if self.set_up is None else (self.set_up(),)

    def prepare(self) -> None:
        if self.warm_up is not None:
            self.warm_up()
        else:
            self.run(*self.arguments())

    def sample(self) -> float:
        """Seconds of one run."""
        arguments = self.arguments()
        start = time.perf_counter()
        for _ in range(self.inner):
            result = self.run(*arguments)
        seconds = time.perf_counter() - start
        return self.factor * (result if self.own_clock else seconds / self.inner)


@dataclass
class Timing:
    """Seconds of one contender, one entry per round."""

    samples: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.samples)

    def speed(self, baseline: Timing) -> list[float]:
        """How many times faster than `baseline`, round by round."""
        return [b / s for b, s in zip(baseline.samples, self.samples, strict=True)]

    def as_dict(self) -> dict:
        return {
            "samples": self.samples,
            "median": self.median,
            "min": min(self.samples),
            "max": max(self.samples),
        }


def measure(
    contenders: Mapping[str, Contender | Callable[[], Any]],
    repetitions: int,
    *,
    warm_up: bool = True,
) -> dict[str, Timing]:
    """Time the contenders in rounds, each starting with another one.

    What the machine does to one round it does to all of them, so the ratios within a round
    are steadier than the seconds.
    """
    entrants = {
        name: c if isinstance(c, Contender) else Contender(c) for name, c in contenders.items()
    }
    if warm_up:
        for contender in entrants.values():
            contender.prepare()
    timings: dict[str, Timing] = {name: Timing() for name in entrants}
    names = list(entrants)
    for turn in range(repetitions):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            timings[name].samples.append(entrants[name].sample())
    return timings


def duration(seconds: float) -> str:
    """Seconds with a unit that leaves three or four digits."""
    if seconds >= 1:
        return f"{seconds:.4g} s"
    return f"{1e3 * seconds:.4g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.4g} us"


def table(
    timings: Mapping[str, Timing],
    baselines: Iterable[str] = (),
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """Median, range and speed against each baseline, one line per contender.

    Parameters
    ----------
    timings : dict of str to Timing
    baselines : iterable of str
        Names in `timings`; those that are absent are left out.
    columns : dict of str to dict of str to str
        More columns: heading, then the text of each contender that has one.
    """
    headings = ["", "median", "min .. max", *(columns or {})]
    baselines = [name for name in baselines if name in timings]
    headings += [f"speed / {name}" for name in baselines]
    lines = [headings]
    for name, timing in timings.items():
        low, high = min(timing.samples), max(timing.samples)
        line = [name, duration(timing.median), f"{duration(low)} .. {duration(high)}"]
        line += [texts.get(name, "") for texts in (columns or {}).values()]
        for baseline in baselines:
            ratios = timing.speed(timings[baseline])
            spread = f" ({min(ratios):.3g}..{max(ratios):.3g})" if name != baseline else ""
            line.append(f"{median(ratios):.3g}{spread}")
        lines.append(line)
    return aligned(lines)


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells as columns: the first flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    texts = []
    for first, *others in lines:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        texts.append("   ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(texts)


def print_table(title: str, lines: Sequence[Sequence[str]]) -> None:
    """Print a title and the lines below it, of which the first is the heading."""
    print(f"\n{title}\n{aligned(lines)}", flush=True)


def machine() -> dict:
    """Versions, processor and BLAS, as they are at the moment."""
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **{
            name: getattr(sys.modules[name], "__version__", "?")
            for name in VERSIONED
            if sys.modules.get(name) is not None
        },
        "sklearn_ed_extension_modules": loaded_extensions(),
        "SKLEARN_ED_COMPILED": os.environ.get("SKLEARN_ED_COMPILED"),
        "cpu": cpu_model(),
        "usable_cores": usable_cores(),
        "thread_pools": [
            {
                key: pool.get(key)
                for key in (
                    "user_api",
                    "internal_api",
                    "version",
                    "num_threads",
                    "architecture",
                )
            }
            for pool in threadpool_info()
        ],
    }


def loaded_extensions() -> list[str]:
    """Compiled modules of the package that are loaded; none means NumPy alone."""
    return sorted(
        name
        for name, module in sys.modules.items()
        if name.startswith("sklearn_ed.")
        and str(getattr(module, "__file__", "")).endswith(tuple(EXTENSION_SUFFIXES))
    )


def import_keras(threads: int | None) -> Any:
    """Keras on TensorFlow with so many threads, or None where it is not installed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow
    except ImportError:
        return None
    if threads:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    return tensorflow.keras


def argument_parser(doc: str, *, repetitions: int = 3) -> argparse.ArgumentParser:
    """The options that all benchmarks have, under the first line of their docstring."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="PATH", help="write everything raw")
    parser.add_argument("--repetitions", type=int, default=repetitions)
    parser.add_argument(
        "--threads",
        type=int,
        help="threads of BLAS and of TensorFlow; default: their own choice",
    )
    parser.add_argument("--data", help="folder or file with mnist.npz")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="SUBSTRING", help="cases with one of these"
    )
    return parser


def is_chosen(case: str, only: Sequence[str]) -> bool:
    """Whether `--only` names the case, or names nothing."""
    return not only or any(part in case for part in only)


class Report:
    """Measures case by case, prints each table and writes it all to a file at the end."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.cases: dict[str, dict] = {}

    def measure(
        self,
        case: str,
        contenders: Mapping[str, Contender],
        baselines: Sequence[str] = (),
        *,
        columns: Callable[[dict[str, Timing]], dict[str, dict[str, str]]] | None = None,
        note: str = "",
        **facts: Any,
    ) -> dict[str, Timing]:
        """Time one case, print its table and keep its samples and `facts`."""
        timings = measure(contenders, self.options.repetitions)
        more: dict[str, dict[str, str]] = {}
        if any(contender.rows for contender in contenders.values()):
            more["rows/s"] = {
                name: f"{contender.rows / timings[name].median:,.0f}"
                for name, contender in contenders.items()
                if contender.rows
            }
        if columns is not None:
            more |= columns(timings)
        print(f"\n{case}\n{table(timings, baselines, more)}", flush=True)
        if note:
            print(note, flush=True)
        self.add(
            case,
            seconds={name: timing.as_dict() for name, timing in timings.items()},
            speed={
                f"{name} / {baseline}": timing.speed(timings[baseline])
                for baseline in baselines
                if baseline in timings
                for name, timing in timings.items()
            },
            columns=more,
            note=note,
            **facts,
        )
        return timings

    def add(self, case: str, **facts: Any) -> None:
        """Keep figures of a case for the file."""
        self.cases.setdefault(case, {}).update(facts)

    def write(self) -> None:
        if self.options.json is None:
            return
        settings = {name: str(value) for name, value in vars(self.options).items()}
        content = {"machine": machine(), "settings": settings, "cases": self.cases}
        self.options.json.write_text(json.dumps(content, indent=1, default=float) + "\n")


@contextmanager
def benchmark(options: argparse.Namespace, *, quiet: bool = False) -> Iterator[Report]:
    """A report under the options' number of threads, without convergence warnings."""
    limits = threadpool_limits(options.threads, "blas") if options.threads else nullcontext()
    with limits, warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        report = Report(options)
        if not quiet:
            print_machine()
        yield report
        report.write()


def print_machine() -> None:
    facts = machine()
    pools = [p for p in facts["thread_pools"] if p["user_api"] == "blas"]
    blas = ", ".join(
        sorted({f"{p['internal_api']} {p['version']} x{p['num_threads']}" for p in pools})
    )
    engine = ", ".join(facts["sklearn_ed_extension_modules"]) or "no extension module"
    versions = " ".join(f"{n} {facts[n]}" for n in ("python", *VERSIONED) if n in facts)
    print(f"{facts['cpu']}, {facts['usable_cores']} cores; {blas}\n{versions} ({engine})")
    print("speed / X: how many times as fast as X, median (and range) over the rounds")
