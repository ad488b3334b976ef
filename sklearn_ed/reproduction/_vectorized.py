"""EDClassifier without compiled kernels: a process of its own, as they are chosen at import.

It runs this file with the name of an archive of arrays and answers with JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from .._utils.timing import TimedCall, time_in_turns
from ._estimators import ed_classifier_from


def learn_without_kernels(
    X: np.ndarray,
    y: np.ndarray,
    X_test: np.ndarray,
    coefs: list[np.ndarray],
    intercepts: list[np.ndarray],
    n_repeats: int,
) -> tuple[float, np.ndarray]:
    """Learn the rows from these weights with NumPy alone.

    Returns
    -------
    seconds : float
        Of `partial_fit`, the median.
    predictions : ndarray of shape (n_test_rows,)
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "task.npz"
        arrays: dict[str, Any] = {"X": X, "y": y, "X_test": X_test, "n_repeats": n_repeats}
        arrays |= {f"coef{k}": w for k, w in enumerate(coefs)}
        arrays |= {f"intercept{k}": b for k, b in enumerate(intercepts)}
        np.savez(file, **arrays)
        done = subprocess.run(
            [sys.executable, "-m", __spec__.name, str(file)],
            env={**os.environ, "SKLEARN_ED_COMPILED": "0"},
            capture_output=True,
            text=True,
            check=True,
        )
    answer = json.loads(done.stdout)
    return answer["seconds"], np.array(answer["predictions"])


def _work(file: str) -> None:
    with np.load(file) as task:
        layers = range(sum(name.startswith("coef") for name in task.files))
        coefs = [task[f"coef{k}"] for k in layers]
        intercepts = [task[f"intercept{k}"] for k in layers]
        X, y, X_test = task["X"], task["y"], task["X_test"]
        n_repeats = int(task["n_repeats"])
    start = ed_classifier_from(X, y, coefs, intercepts)
    call = TimedCall(lambda clf: clf.partial_fit(X, y), lambda: deepcopy(start))
    timing = time_in_turns({"": call}, n_repeats)[""]
    predictions = timing.result.predict(X_test).tolist()
    print(json.dumps({"seconds": timing.median, "predictions": predictions}))


if __name__ == "__main__":
    with threadpool_limits(1):
        _work(sys.argv[1])
