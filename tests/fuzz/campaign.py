"""Runs random cases in a process of their own, and counts what came of them.

A case is a function of a random generator, which is made of the seed and the number of the
case: the two reproduce it. A case that kills the process, or hangs, is noted, and the next
process continues after it.
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
from collections.abc import Callable
from pathlib import Path

import numpy as np

MEMORY = 2 << 30
HANGS_AFTER = 60  # seconds
Findings = dict[str, list[int]]  # the numbers of cases, by what they show
Case = Callable[[np.random.Generator], str]


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
    parser.add_argument("--no-limit", action="store_true", help="of memory (for sanitizers)")
    return parser.parse_args()


def main(case: Case, description: str) -> int:
    """The command line of a fuzzer: 1 if there was a finding."""
    options = _options(description)
    if options.case is not None:
        print(case(generator(options.seed, options.case)))
        return 0
    counts: Counter[str] = Counter()
    findings: Findings = {}
    began, first, last = time.monotonic(), options.first, options.first + options.executions
    with tempfile.TemporaryDirectory() as folder:
        while first < last and time.monotonic() - began < options.seconds:
            first = _process(
                case, options, (first, last), began, Path(folder, "out"), counts, findings
            )
    print(f"executions: {sum(counts.values()):,} in {time.monotonic() - began:.0f} s")
    for kind, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        print(f"  {n:>11,} {kind}")
    for text, numbers in findings.items():
        print(f"\n--seed {options.seed} --case {numbers[0]}, {len(numbers)} alike:\n{text}")
    print(f"crashes: {sum(map(len, findings.values())):,}")
    return int(bool(findings))


def _process(
    case: Case,
    options: argparse.Namespace,
    cases: tuple[int, int],
    began: float,
    out: Path,
    counts: Counter[str],
    findings: Findings,
) -> int:
    """Run cases in a process; return the first one that is left."""
    place = mmap.mmap(-1, 8)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            left = _cases(case, options, cases, began, place)
            out.write_bytes(pickle.dumps(left))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    seen, since = -1, time.monotonic()
    while (done := os.waitpid(child, os.WNOHANG)) == (0, 0):
        time.sleep(0.01)
        number = int.from_bytes(place[:8], "little")
        if number != seen:
            seen, since = number, time.monotonic()
        elif time.monotonic() - since > HANGS_AFTER:
            os.kill(child, signal.SIGKILL)
            done = os.waitpid(child, 0)
            break
    number = int.from_bytes(place[:8], "little")
    if done[1] == 0:
        child_counts, child_findings, following = pickle.loads(out.read_bytes())
        counts.update(child_counts)
        for text, numbers in child_findings.items():
            findings.setdefault(text, []).extend(numbers)
        return following
    counts["accepted or refused before the process died"] += number - cases[0]
    counts["died"] += 1
    text = f"The process ended with the status {done[1]}."
    findings.setdefault(text, []).append(number)
    return number + 1


def _cases(
    case: Case,
    options: argparse.Namespace,
    cases: tuple[int, int],
    began: float,
    place: mmap.mmap,
) -> tuple[Counter[str], Findings, int]:
    if not options.no_limit:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    counts: Counter[str] = Counter()
    findings: Findings = {}
    # A process for a part of the cases, so that little is uncounted if it dies.
    following = min(cases[1], cases[0] + 20_000)
    for number in range(cases[0], following):
        if time.monotonic() - began >= options.seconds:
            return counts, findings, number
        place[:8] = number.to_bytes(8, "little")
        try:
            kind = case(generator(options.seed, number))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            kind = f"finding: {type(error).__name__}"
            findings.setdefault(_places(error), []).append(number)
        counts[kind] += 1
    return counts, findings, following


def _places(error: BaseException) -> str:
    """The error and the last calls, so that equal findings are one."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    places = [f"  {frame.filename}:{frame.lineno} {frame.line}" for frame in frames]
    message = re.sub(r"[\d.e+-]+", "#", str(error))[:200]
    return "\n".join([f"{type(error).__name__}: {message}", *places])
