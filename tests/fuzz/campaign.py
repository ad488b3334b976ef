"""Runs random cases in a process of their own, and counts what came of them.

A case is a function of a random generator, which is made of the seed and the number of the
case: the two reproduce it. It yields what came of each of its executions. A case that kills the
process, or hangs, is noted, and the next process continues after it.
"""

from __future__ import annotations

import argparse
import mmap
import os
import pickle
import re
import resource
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

MEMORY = 2 << 30
CASES_OF_A_PROCESS = 500
HANGS_AFTER = 60  # seconds without an execution that ends
Findings = dict[str, list[int]]  # the numbers of cases, by what they show
Case = Callable[[np.random.Generator], Iterator[str]]


class Finding(Exception):
    """A property that does not hold."""


def generator(seed: int, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, number])


def _options(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--executions", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this")
    parser.add_argument("--case", type=int, help="run this case alone, in this process")
    parser.add_argument("--log", type=Path, help="file for what was found so far")
    parser.add_argument("--no-limit", action="store_true", help="of memory (for sanitizers)")
    return parser.parse_args()


def main(case: Case, description: str) -> int:
    """The command line of a fuzzer: 1 if there was a finding."""
    options = _options(description)
    if options.case is not None:
        print(*case(generator(options.seed, options.case)), sep="\n")
        return 0
    counts: Counter[str] = Counter()
    findings: Findings = {}
    began, first = time.monotonic(), options.first
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        while counts.total() < options.executions and not _is_over(options, began):
            first = _process(case, options, first, began, out, counts, findings)
            if options.log:
                _report(options, first, began, counts, findings, options.log)
    _report(options, first, began, counts, findings)
    return int(bool(findings))


def _is_over(options: argparse.Namespace, began: float) -> bool:
    return time.monotonic() - began >= options.seconds


def _report(
    options: argparse.Namespace,
    following: int,
    began: float,
    counts: Counter[str],
    findings: Findings,
    log: Path | None = None,
) -> None:
    """What was found so far, printed or written to a file."""
    seconds, cases = time.monotonic() - began, f"cases {options.first:,} to {following - 1:,}"
    lines = [f"executions: {counts.total():,} in {seconds:.0f} s, {cases}"]
    for kind, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        lines.append(f"  {n:>11,} {kind}")
    for text, numbers in findings.items():
        lines.append(
            f"\n--seed {options.seed} --case {numbers[0]}, {len(numbers)} alike:\n{text}"
        )
    lines.append(f"crashes: {sum(map(len, findings.values())):,}")
    if log is None:
        print(*lines, sep="\n")
    else:
        log.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _process(
    case: Case,
    options: argparse.Namespace,
    first: int,
    began: float,
    out: Path,
    counts: Counter[str],
    findings: Findings,
) -> int:
    """Run cases in a process; return the first one that is left."""
    place = mmap.mmap(-1, 16)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            left = _cases(case, options, first, counts.total(), began, place)
            out.write_bytes(pickle.dumps(left))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    seen, since = b"", time.monotonic()
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0):
        time.sleep(0.01)
        if place[:] != seen:
            seen, since = place[:], time.monotonic()
        elif time.monotonic() - since > HANGS_AFTER:
            os.kill(child, signal.SIGKILL)
            done = os.waitpid(child, 0)
            break
    number, n_executions = (int.from_bytes(part, "little") for part in (place[:8], place[8:]))
    if done[1] == 0:
        child_counts, child_findings, following = pickle.loads(out.read_bytes())
        counts.update(child_counts)
        for text, numbers in child_findings.items():
            findings.setdefault(text, []).extend(numbers)
        return following
    counts["accepted or refused before the process died"] += n_executions
    counts["died"] += 1
    text = f"The process ended with the status {done[1]}."
    findings.setdefault(text, []).append(number)
    return number + 1


def _cases(
    case: Case,
    options: argparse.Namespace,
    first: int,
    n_before: int,
    began: float,
    place: mmap.mmap,
) -> tuple[Counter[str], Findings, int]:
    """What came of the next cases, by kind; the findings; and the first case that is left."""
    if not options.no_limit:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    counts: Counter[str] = Counter()
    findings: Findings = {}
    following = first
    # A process for a part of the cases, so that little is uncounted if it dies.
    while following < first + CASES_OF_A_PROCESS:
        if _is_over(options, began) or n_before + counts.total() >= options.executions:
            break
        place[:8] = following.to_bytes(8, "little")
        try:
            for kind in case(generator(options.seed, following)):
                counts[kind] += 1
                place[8:] = counts.total().to_bytes(8, "little")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            counts[f"finding: {type(error).__name__}"] += 1
            findings.setdefault(_places(error), []).append(following)
        following += 1
    return counts, findings, following


def _places(error: BaseException) -> str:
    """The error and the last calls, so that equal findings are one."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    places = [f"  {frame.filename}:{frame.lineno} {frame.line}" for frame in frames]
    message = re.sub(r"[\d.e+-]+", "#", str(error))[:200]
    return "\n".join([f"{type(error).__name__}: {message}", *places])
