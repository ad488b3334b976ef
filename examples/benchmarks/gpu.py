"""Epochs on a GPU by PyTorch, beside NumPy, the compiled kernels and PyTorch on the CPU.

    SCIPY_ARRAY_API=1 python examples/benchmarks/gpu.py [--rows N] [--epochs 3]
        [--repetitions 3] [--threads N] [--target 0.98] [--most-epochs 30] [--only CASE ...]
        [--data PATH] [--json PATH]

Needs PyTorch and the extra `array-api`. An epoch is a whole `fit` divided by its number of
epochs, without early stopping. Where there is a GPU, the last column is the share of its limit:
the multiplications of the matrix products of layer 1, relative to those of a large product in
float32 that is timed in the same run. "CUDA graph" records one step and repeats it; the last
batch is padded with rows of weight 0. Without a GPU, the same padded steps run one by one on
the CPU, and no line says GPU.

Cases: "digits", "MNIST", "wide" (1000 networks of 16 units), "time to target": seconds of
`partial_fit` until the test accuracy is reached.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from _harness import ALL_EPOCHS, argument_parser, benchmark, is_chosen, print_table
from sklearn.datasets import load_digits

from sklearn_ed import EDClassifier
from sklearn_ed._backend import BACKENDS, backend, backend_for, use_backend
from sklearn_ed._training.optimizers import Adam
from sklearn_ed._training.trainer import Trainer
from sklearn_ed._utils.formatting import format_seconds
from sklearn_ed.datasets import load_mnist
from sklearn_ed.rules import ErrorDiffusion

try:
    import torch
except ImportError:
    torch = None

GPU = "cuda" if torch is not None and torch.cuda.is_available() else None
PARAMS = {"early_stopping": False, "random_state": 0, **ALL_EPOCHS}
WIDE = {"hidden_layer_sizes": (16,), "code_size": 100, "n_members": 1}


class PaddedSteps:
    """Epochs of steps of one size, which a CUDA graph can repeat; no dropout or decay."""

    def __init__(self, clf: EDClassifier, X: torch.Tensor, y: torch.Tensor, n_rows: int):
        self._X, self._y, self._n_rows = X, y, n_rows
        self._arithmetic = backend()
        bank = clf._bank().copy()
        optimizer = Adam(0.9, 0.95, 1e-8)
        self.trainer = Trainer(bank, clf._outputs(), ErrorDiffusion(), optimizer, {})
        self._state = optimizer.start(bank.flat)
        self._batch = X[:n_rows].clone(), y[:n_rows].clone(), torch.ones_like(X[:n_rows, 0])
        self._rate = torch.zeros((), dtype=X.dtype, device=X.device)
        self._repeat = self._step
        if X.device.type == "cuda":
            self._repeat = self._recorded()

    def _step(self) -> None:
        trainer, state = self.trainer, self._state
        trainer.find_increments(*self._batch, online=False)
        moments = state["first_moments"], state["second_moments"]
        constants = self._rate, 0.9, 0.95, 1e-8
        self._arithmetic.adam(trainer.bank.flat, trainer.increments, *moments, *constants)
        trainer.rule.project(trainer.bank)

    def _recorded(self) -> Callable[[], None]:
        """The step as a graph; the rate is 0 until an epoch begins."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._step()
        for name in ("first_moments", "second_moments"):
            self._state[name].zero_()
        return graph.replay

    def epoch(self, rows: torch.Tensor, alpha: float) -> None:
        """Learn the rows in batches."""
        X, y, weight = self._batch
        for start in range(0, len(rows), self._n_rows):
            chosen = rows[start : start + self._n_rows]
            n = len(chosen)
            torch.index_select(self._X, 0, chosen, out=X[:n])
            torch.index_select(self._y, 0, chosen, out=y[:n])
            weight[:n], weight[n:] = 1, 0
            self._state["steps"] += 1
            steps = self._state["steps"]
            self._rate.fill_(alpha * (1 - 0.95**steps) ** 0.5 / (1 - 0.9**steps))
            self._repeat()


def wait() -> None:
    if GPU:
        torch.cuda.synchronize()


def epochs_of(X: Any, y: Any, n_epochs: int, **params: Any) -> Callable[[], None]:
    """A fit of so many epochs."""

    def fit() -> None:
        EDClassifier(max_iter=n_epochs, **PARAMS, **params).fit(X, y)
        wait()

    return fit


def within(name: str, call: Callable[[], None]) -> Callable[[], None]:
    """The call with one of the backends for NumPy arrays."""

    def run() -> None:
        with use_backend(name):
            call()

    return run


def padded_epochs(X: torch.Tensor, y: torch.Tensor, n_epochs: int, **params: Any) -> Any:
    """So many epochs of padded steps; the networks and the graph are made before."""
    clf = EDClassifier(max_iter=1, **PARAMS, **params).fit(X, y)
    n_rows = min(300, max(64, len(X) // 20))
    steps = PaddedSteps(clf, X, y, n_rows)

    def learn() -> None:
        for _ in range(n_epochs):
            steps.epoch(torch.randperm(len(X), device=X.device), 0.005)
        wait()

    return learn


def most_multiplications() -> float:
    """Multiplications per second of a large product on the GPU."""
    A = torch.rand(8192, 8192, device=GPU)
    best = float("inf")
    for _ in range(5):
        wait()
        began = time.perf_counter()
        A @ A
        wait()
        best = min(best, time.perf_counter() - began)
    return 8192**3 / best


def calls_for(X: np.ndarray, y: np.ndarray, n_epochs: int, params: dict[str, Any]) -> Any:
    """What is timed in turns, by name."""
    calls = {
        name: within(name, epochs_of(X, y, n_epochs, **params)) for name in sorted(BACKENDS)
    }
    Xc, yc = torch.asarray(X), torch.asarray(y)
    calls["PyTorch, CPU"] = epochs_of(Xc, yc, n_epochs, **params)
    place, name = (GPU, "GPU, CUDA graph") if GPU else ("cpu", "PyTorch, CPU, padded steps")
    if GPU:
        calls["GPU, eager"] = epochs_of(Xc.to(GPU), yc.to(GPU), n_epochs, **params)
    Xp, yp = Xc.to(place), yc.to(place)
    with backend_for(Xp):
        learn = padded_epochs(Xp, yp, n_epochs, **params)

    def padded() -> None:
        with backend_for(Xp):
            learn()

    calls[name] = padded
    return calls


def seconds_to(target: float, most_epochs: int, data: Any, place: str | None) -> str:
    """Seconds of `partial_fit` until the test accuracy is reached."""
    X, y, X_test, y_test = data
    if place is not None:
        X, y, X_test, y_test = (torch.asarray(a, device=place) for a in data)
    clf, seconds = EDClassifier(random_state=0, max_iter=most_epochs, early_stopping=False), 0.0
    for n_epochs in range(1, most_epochs + 1):
        began = time.perf_counter()
        clf.partial_fit(X, y, classes=np.arange(10))
        wait()
        seconds += time.perf_counter() - began
        if clf.score(X_test, y_test) >= target:
            return f"{format_seconds(seconds)} ({n_epochs} epochs)"
    return f"not in {most_epochs} epochs"


def main() -> None:
    parser = argument_parser(__doc__, repetitions=3)
    parser.add_argument("--rows", type=int, default=60_000, help="maximum number of rows")
    parser.add_argument("--epochs", type=int, default=3, help="epochs of a fit")
    parser.add_argument("--target", type=float, default=0.98, help="test accuracy")
    parser.add_argument("--most-epochs", type=int, default=30, help="epochs to the target")
    options = parser.parse_args()
    if torch is None:
        parser.error("needs PyTorch; install it with pip install torch 'sklearn-ed[array-api]'")
    if not GPU:
        print("There is no GPU: PyTorch is measured on the CPU.")
    if options.threads:
        torch.set_num_threads(options.threads)
    digits, labels = load_digits(return_X_y=True)
    mnist, n = load_mnist(options.data), options.rows
    X, X_test = ((mnist[name] / 255).astype(np.float32) for name in ("X_train", "X_test"))
    y, y_test = (mnist[name].astype(np.int64) for name in ("y_train", "y_test"))
    images = X.reshape(len(X), -1)[:n], y[:n]
    cases = {
        "digits": (((digits / 16).astype(np.float32)[:n], labels[:n]), {}),
        "digits, dropout=0": (
            ((digits / 16).astype(np.float32)[:n], labels[:n]),
            {"dropout": 0},
        ),
        "MNIST": (images, {}),
        "MNIST, dropout=0": (images, {"dropout": 0}),
        "wide": (images, WIDE),
    }
    with (
        sklearn.config_context(array_api_dispatch=True),
        benchmark(options) as report,
    ):
        limit = most_multiplications() if GPU else None
        for case, (data, params) in cases.items():
            if not is_chosen(case, options.only):
                continue
            calls = calls_for(*data, options.epochs, params)

            def columns(timings: Any, shape: Any = data[0].shape, params: Any = params) -> Any:
                rates = {k: f"{options.epochs / t.median:.3g}" for k, t in timings.items()}
                found = {"epochs/s": rates}
                if limit is not None:
                    units = 16 * 1000 if params is WIDE else 45 * 12
                    # The forward product and the increment of layer 1.
                    work = 2 * shape[0] * shape[1] * units * options.epochs
                    found["share of the GPU's limit"] = {
                        k: f"{work / t.median / limit:.1%}"
                        for k, t in timings.items()
                        if k.startswith("GPU")
                    }
                return found

            report.measure(case, calls, ["numpy"], columns=columns)
        if is_chosen("time to target", options.only):
            data = (*images, X_test.reshape(len(X_test), -1), y_test)
            places = {"NumPy arrays": None, "PyTorch, CPU": "cpu"}
            places |= {"GPU, eager": GPU} if GPU else {}
            lines = [
                [name, seconds_to(options.target, options.most_epochs, data, place)]
                for name, place in places.items()
            ]
            print_table(f"time to {options.target:.0%}", [["", "seconds"], *lines])
            report.add("time to target", seconds=dict(lines))


if __name__ == "__main__":
    main()
