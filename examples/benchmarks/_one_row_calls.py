"""One-row calls of `partial_fit`, as a module and as a process that one_row.py times.

The process uses only the public names of sklearn_ed, so that it can run with any checkout of
the package. Its argument is the number of BLAS threads, if it is not the default. Every line of
its input names a call and the number of calls; it answers with the mean seconds.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_ed import EDClassifier

N_FEATURES, N_UNITS, N_ROWS = 784, 500, 50
ROWS = {"dense": 1.0, "20 % of the values not zero": 0.2}
"""Kinds of rows, and the share of values that are not zero."""
# One network. Like WORKLOAD, they do not rely on defaults.
COMMON = {"learning_rate": "constant", "weight_decay": 0.0, "beta_2": 0.999, "n_members": 1}
ED = {
    "EDClassifier, sgd online": {"solver": "sgd", "batch_size": 1, "dropout": 0.0},
    "EDClassifier, adam": {"solver": "adam", "dropout": 0.2},
}


def make_rows(density: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a dense array with so large a share of non-zero values, and two classes."""
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(N_ROWS, N_FEATURES))
    return X * (rng.uniform(size=X.shape) < density), np.arange(N_ROWS) % 2


def timer(model: Any, density: float) -> Callable[[int], float]:
    """A function that makes so many calls and returns the mean seconds of one."""
    X, y = make_rows(density)
    rows = [(X[k : k + 1], y[k : k + 1]) for k in range(N_ROWS)]
    model.partial_fit(X, y, classes=[0, 1])

    def seconds(n_calls: int) -> float:
        start = time.perf_counter()
        for k in range(n_calls):
            model.partial_fit(*rows[k % N_ROWS])
        return (time.perf_counter() - start) / n_calls

    return seconds


def ed_timers(density: float) -> dict[str, Callable[[int], float]]:
    """The calls of EDClassifier."""
    # Earlier checkouts have no members.
    known = EDClassifier().get_params()
    common = {name: value for name, value in COMMON.items() if name in known}
    return {
        name: timer(EDClassifier(N_UNITS, random_state=0, **common, **parameters), density)
        for name, parameters in ED.items()
    }


def main() -> None:
    warnings.simplefilter("ignore")
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else None
    with threadpool_limits(threads, "blas"):
        timers = {kind: ed_timers(density) for kind, density in ROWS.items()}
        for line in sys.stdin:
            kind, name, n_calls = json.loads(line)
            print(json.dumps(timers[kind][name](n_calls)), flush=True)


if __name__ == "__main__":
    main()
