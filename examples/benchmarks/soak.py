"""A long stream that drifts: memory, latency, accuracy after drifts, saturation of units.

    python examples/benchmarks/soak.py [--rows 10_000_000] [--chunk 100] [--drifts 9]
        [--grow-only] [--set NAME=VALUE ...] [--seed 0] [--json PATH]

The stream comes in chunks, which are made while it runs. Of each chunk, the first row is
predicted and learned alone, then the others together. Each drift replaces what the labels
mean; every third one also moves and stretches the inputs. A tenth of the labels is wrong: no
estimator can predict more than 90 % correctly.

A line is printed for each phase between two drifts: accuracy in its first and in its last
hundredth, the rows until the accuracy of a thousandth of the phase is within two points of that
of the last hundredth, resident memory, and mean magnitude of the weights and share of saturated
units of each layer. Latencies are counted in bins one percent wide. Resident memory is that of
the moment on Linux; elsewhere it is the peak.

``--grow-only`` sets ``weight_decrement=False``, Kaneko's rule; ``--set`` changes other
parameters of ``EDClassifier.for_streams``.
"""

import argparse
import ast
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from _harness import print_environment, print_table
from _load import LatencyCounts, resident_memory

from sklearn_ed import EDClassifier

N_FEATURES, WRONG = 10, 0.1
CALLS = ("predict, 1 row", "partial_fit, 1 row", "predict, chunk", "partial_fit, chunk")


class Concept:
    """What the labels of a phase mean: the sign of a random quadratic function."""

    def __init__(self, rng: np.random.Generator, moved: bool) -> None:
        self.center = rng.normal(size=N_FEATURES) * 3 * moved
        self.width = np.exp(rng.normal(size=N_FEATURES) * moved)
        self.linear = rng.normal(size=N_FEATURES)
        self.square = rng.normal(size=N_FEATURES) / 2

    def draw(self, rng: np.random.Generator, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
        Z = rng.normal(size=(n_rows, N_FEATURES))
        is_positive = Z @ self.linear + (Z**2 - 1) @ self.square > 0
        is_wrong = rng.random(n_rows) < WRONG
        return self.center + self.width * Z, (is_positive ^ is_wrong).astype(np.int64)


def recovery(correct: np.ndarray, final: float) -> int | None:
    """The first part whose accuracy is within two points of the final one, if there is one."""
    good = np.flatnonzero(correct >= final - 0.02)
    return int(good[0]) if good.size else None


class Soak:
    """An estimator on its stream."""

    def __init__(self, model: Any, chunk: int) -> None:
        self.model, self.chunk, self.n_rows = model, chunk, 0
        self.latencies = {name: LatencyCounts() for name in CALLS}

    def timed(self, name: str, function: Any, *args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        result = function(*args, **kwargs)
        self.latencies[name].add(time.perf_counter() - start)
        return result

    def learn_chunk(self, X: np.ndarray, y: np.ndarray) -> int:
        """Test, then train; return how many rows were predicted correctly."""
        n_correct = 0
        for rows, size in ((slice(1), "1 row"), (slice(1, None), "chunk")):
            if len(X[rows]) == 0:
                continue
            if hasattr(self.model, "coefs_"):
                predicted = self.timed(f"predict, {size}", self.model.predict, X[rows])
                n_correct += int((predicted == y[rows]).sum())
            self.timed(
                f"partial_fit, {size}",
                self.model.partial_fit,
                X[rows],
                y[rows],
                classes=[0, 1],
            )
            self.n_rows += len(X[rows])
        return n_correct

    def phase(self, concept: Concept, rng: np.random.Generator, n_rows: int) -> dict[str, Any]:
        """Learn `n_rows` of a concept; return what the phase came to."""
        n_parts = min(1000, max(1, n_rows // self.chunk))
        part_rows = n_rows // n_parts
        correct, memory = np.empty(n_parts), []
        X = np.empty((0, N_FEATURES))
        for part in range(n_parts):
            n_correct = 0
            for start in range(0, part_rows, self.chunk):
                X, y = concept.draw(rng, min(self.chunk, part_rows - start))
                n_correct += self.learn_chunk(X, y)
            correct[part] = n_correct / part_rows
            memory.append(resident_memory())
        few = max(1, n_parts // 100)
        final = float(correct[-few:].mean())
        parts = recovery(correct, final)
        state = self.state(concept.draw(rng, 256)[0])
        return {
            "rows": part_rows * n_parts,
            "first": float(correct[:few].mean()),
            "last": final,
            "rows to recover": None if parts is None else (parts + 1) * part_rows,
            "memory": [min(memory), max(memory)],
            **state,
        }

    def state(self, X: np.ndarray) -> dict[str, list[float]]:
        """Mean magnitude of the weights of each layer, share of saturated units of each."""
        model = self.model
        hidden = [model.hidden_activations(X, k) for k in range(len(model.coefs_) - 1)]
        return {
            "weights": [float(np.abs(coef).mean()) for coef in model.coefs_],
            "saturated": [float((np.abs(Z - 0.5) > 0.48).mean()) for Z in hidden],
        }


def cells(number: int, phase: dict[str, Any]) -> list[str]:
    low, high = (size / 2**20 for size in phase["memory"])
    recovered = phase["rows to recover"]
    return [
        str(number),
        f"{phase['rows']:,}",
        f"{100 * phase['first']:.1f}",
        f"{100 * phase['last']:.1f}",
        "-" if recovered is None else f"{recovered:,}",
        f"{low:.1f} to {high:.1f}",
        " ".join(f"{value:.3g}" for value in phase["weights"]),
        " ".join(f"{100 * value:.1f}" for value in phase["saturated"]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--chunk", type=int, default=100, help="rows, one of which comes alone")
    parser.add_argument("--drifts", type=int, default=9)
    parser.add_argument("--grow-only", action="store_true", help="weight_decrement=False")
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="PATH", help="write all figures")
    options = parser.parse_args()
    pairs = [change.partition("=") for change in options.set]
    changes = {name: ast.literal_eval(value) for name, _, value in pairs}
    if options.grow_only:
        changes["weight_decrement"] = False
    model = EDClassifier.for_streams(random_state=options.seed, **changes)
    soak, rng = Soak(model, options.chunk), np.random.default_rng(options.seed)
    heading = "phase, rows, first %, last %, rows to recover, MiB, weights, saturated %"
    lines, phases = [heading.split(", ")], []
    print_environment()
    began = time.perf_counter()
    try:
        for number in range(options.drifts + 1):
            concept = Concept(rng, moved=number % 3 == 2)
            phases.append(soak.phase(concept, rng, options.rows // (options.drifts + 1)))
            lines.append(cells(number, phases[-1]))
            print("  ".join(lines[-1]), file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("Interrupted: the table has the finished phases.", file=sys.stderr)
    seconds = time.perf_counter() - began
    print_table(f"{soak.n_rows:,} rows in {seconds:,.0f} s", lines)
    quantiles = {name: counts.quantiles() for name, counts in soak.latencies.items()}
    table = [["latency, us", *next(iter(quantiles.values()))]]
    for name, values in quantiles.items():
        shown = ["-" if value is None else f"{1e6 * value:,.0f}" for value in values.values()]
        table.append([name, *shown])
    print_table("calls", table)
    print(f"\n{len(model.loss_curve_):,} losses are kept of {model.n_iter_:,} calls.")
    if options.json:
        figures = {"seconds": seconds, "phases": phases, "latencies": quantiles}
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
