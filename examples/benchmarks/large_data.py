"""Memory and speed of `fit_stream` on a file that is larger than the memory that it may take.

    python examples/benchmarks/large_data.py [--gigabytes 20] [--features 1000]
        [--chunk-rows 2500] [--memory-gigabytes 2] [--folder FOLDER] [--repetitions 1]
        [--threads N] [--only SUBSTRING ...] [--json PATH]

The file has random float32 rows of two classes; it is written to a folder of its own in FOLDER,
which is deleted at the end. EDClassifier has one network of 32 hidden units and learns every
row once. Each line is measured in a new process:

- "memory": `partial_fit` with chunks of the first ``--memory-gigabytes`` of the file, which are
  read before the clock starts.
- "stream": `fit_stream` over chunks that are read from the whole file, and the same
  without prefetching.
- "map": `fit` of one epoch, without shuffling, on ``np.memmap`` of the whole file.

"resident" is the peak of the resident set (VmHWM), "anonymous" what is left of the resident set
at the end without pages of files, which the system may drop at any time. "rows/s / memory" is
relative to the mean of the two runs "memory", before and after the others of a round; "rows/CPU
s" depends less on other processes, and counts the thread that reads.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from _harness import WORKLOAD, argument_parser, benchmark, is_chosen, print_table
from scaling import resident

from sklearn_ed import EDClassifier

GB, MIB = 10**9, 2**20
PARTS = ("stream", "stream, no prefetch", "map")
Chunk = tuple[np.ndarray, np.ndarray]


def write_rows(folder: Path, n_rows: int, n_features: int) -> None:
    """X and y in files of their own; the classes are separated by a plane."""
    rng = np.random.default_rng(0)
    plane = rng.standard_normal(n_features, dtype=np.float32)
    with (folder / "X").open("wb") as X_file, (folder / "y").open("wb") as y_file:
        for start in range(0, n_rows, 10_000):
            X = rng.random((min(10_000, n_rows - start), n_features), dtype=np.float32)
            X -= 0.5
            X.tofile(X_file)
            (X @ plane > 0).astype(np.int8).tofile(y_file)


def read_chunk(folder: Path, start: int, n_rows: int, n_features: int) -> Chunk:
    X = np.fromfile(
        folder / "X", np.float32, n_rows * n_features, offset=4 * start * n_features
    )
    return X.reshape(-1, n_features), np.fromfile(folder / "y", np.int8, n_rows, offset=start)


def chunks(folder: Path, n_rows: int, n_features: int, chunk_rows: int) -> Iterator[Chunk]:
    for start in range(0, n_rows, chunk_rows):
        yield read_chunk(folder, start, chunk_rows, n_features)


def measure(
    part: str, folder: str, n_rows: int, n_features: int, chunk_rows: int
) -> dict[str, float]:
    """Learn every row once in this process, which should be new."""
    estimator = EDClassifier(**WORKLOAD, max_iter="auto" if part != "map" else 1)
    estimator.set_params(random_state=0, shuffle=part != "map")
    source = partial(chunks, Path(folder), n_rows, n_features, chunk_rows)
    classes = np.array([0, 1], np.int8)
    if part == "memory":
        kept = list(source())
    start, start_cpu = time.perf_counter(), time.process_time()
    if part == "memory":
        for X, y in kept:
            estimator.partial_fit(X, y, classes=classes)
    elif part == "map":
        shape = (n_rows, n_features)
        X = np.memmap(Path(folder) / "X", np.float32, "r", shape=shape)
        estimator.fit(X, np.fromfile(Path(folder) / "y", np.int8))
    else:
        estimator.fit_stream(source, classes=classes, prefetch=part == "stream")
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    test = read_chunk(Path(folder), 0, 5000, n_features)
    return {
        "rows/s": estimator.t_ / seconds,
        "rows/CPU s": estimator.t_ / cpu,
        "resident": resident("VmHWM"),
        "anonymous": resident("RssAnon"),
        "accuracy": estimator.score(*test),
    }


def in_new_process(**request: Any) -> dict[str, float]:
    command = [sys.executable, "-W", "ignore", __file__, "--measure", json.dumps(request)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{request['part']} could not be measured:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def run(options: argparse.Namespace, folder: str) -> dict[str, list[dict[str, float]]]:
    """The figures of each part, one per round."""
    row = 4 * options.features
    n_rows = max(2, int(options.gigabytes * GB) // row)
    n_kept = min(n_rows, max(2, int(options.memory_gigabytes * GB) // row))
    write_rows(Path(folder), n_rows, options.features)
    common = {
        "folder": folder,
        "n_features": options.features,
        "chunk_rows": options.chunk_rows,
    }
    found: dict[str, list[dict[str, float]]] = {"memory": []}
    for _ in range(options.repetitions):
        memory = [in_new_process(part="memory", n_rows=n_kept, **common)]
        others = {
            part: in_new_process(part=part, n_rows=n_rows, **common)
            for part in PARTS
            if is_chosen(part, options.only)
        }
        memory.append(in_new_process(part="memory", n_rows=n_kept, **common))
        base = mean(figures["rows/s"] for figures in memory)
        for part, figures in [*others.items(), *(("memory", each) for each in memory)]:
            relative = {"rows/s / memory": figures["rows/s"] / base}
            found.setdefault(part, []).append(figures | relative)
    return found


def table(found: dict[str, list[dict[str, float]]]) -> list[list[str]]:
    headings = ["rows/s", "rows/s / memory", "rows/CPU s", "resident", "anonymous", "accuracy"]
    lines = [["", *headings]]
    for part, rounds in found.items():
        middle = {name: median(figures[name] for figures in rounds) for name in rounds[0]}
        lines.append(
            [
                part,
                f"{middle['rows/s']:,.0f}",
                f"{middle['rows/s / memory']:.2f}",
                f"{middle['rows/CPU s']:,.0f}",
                f"{middle['resident'] / MIB:,.0f} MiB",
                f"{middle['anonymous'] / MIB:,.0f} MiB",
                f"{middle['accuracy']:.3f}",
            ]
        )
    return lines


def main() -> None:
    parser = argument_parser(__doc__, repetitions=1)
    parser.add_argument("--gigabytes", type=float, default=20, help="size of the file")
    parser.add_argument("--features", type=int, default=1000)
    parser.add_argument("--chunk-rows", type=int, default=2_500)
    parser.add_argument("--memory-gigabytes", type=float, default=2, help="for the base")
    parser.add_argument("--folder", type=Path, help="default: that of temporary files")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(**json.loads(options.measure))))
        return
    with benchmark(options) as report, TemporaryDirectory(dir=options.folder) as folder:
        found = run(options, folder)
        print_table(f"{options.gigabytes:g} GB, every row once", table(found))
        for part, rounds in found.items():
            report.add(part, rounds=rounds)


if __name__ == "__main__":
    main()
