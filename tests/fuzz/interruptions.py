"""Raises an error at every line of the package that a call runs, and counts what is left.

    python tests/fuzz/interruptions.py [--every 1] [--calls fit,checkpoint]

The errors are Ctrl-C, MemoryError and the OSError of a full disk. They come at the first and
the last run of each line; with ``--every k``, at every k-th of these points. The fits have
three epochs.

Afterwards an estimator is as before the call or as after it, in what it has learned and in how
it goes on learning. After Ctrl-C it may also have the weights of a finished step, and must go
on learning. A checkpoint is absent, or continues to the end of the uninterrupted fit. The file
of a comparison is whole or absent, and what was passed to `compare` is unchanged.
"""

from __future__ import annotations

import argparse
import errno
import pickle
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "estimators")]

from faults import Tracer, fault_points  # noqa: E402
from test_rollback import LABELS, X, fingerprint, public, signs_are_kept, weights, y  # noqa: E402

from sklearn_ed import EDClassifier, EDRegressor, resume  # noqa: E402
from sklearn_ed._training.trainer import Trainer  # noqa: E402
from sklearn_ed._utils.errors import UnusableInput  # noqa: E402
from sklearn_ed.callbacks import Checkpoint  # noqa: E402
from sklearn_ed.comparison import Comparison, compare  # noqa: E402

FULL_DISK = partial(OSError, errno.ENOSPC)
ERRORS: dict[str, Any] = {
    "Ctrl-C": KeyboardInterrupt,
    "MemoryError": MemoryError,
    "full disk": FULL_DISK,
}
HOOKS = ("setup", "on_fit_task_begin", "on_fit_task_end", "teardown")
Call = Callable[[Any], Any]


class Inconsistent(Exception):
    """What is left after an error is neither the old nor the new."""


def classifier(**params: Any) -> EDClassifier:
    options = {"batch_size": 8, "max_iter": 3, "n_members": 1, "random_state": 0}
    return EDClassifier((3, 2), **{"early_stopping": False, **options, **params})


def fit(model: Any) -> Any:
    return model.fit(X, LABELS if isinstance(model, EDClassifier) else y)


def fitted_otherwise() -> EDClassifier:
    return fit(classifier(random_state=1)).set_params(random_state=0)


def partial_fit(model: Any) -> Any:
    return model.partial_fit(X, LABELS, classes=[0, 1, 2])


def estimator_calls() -> dict[str, tuple[Any, Call]]:
    held_out = EDRegressor(
        3, batch_size=8, max_iter=3, n_members=1, random_state=0, early_stopping=True
    )
    return {
        "fit": (classifier(), fit),
        "fit of a fitted one": (fitted_otherwise(), fit),
        "fit, online": (classifier(batch_size=1, solver="sgd", dropout=0.2), fit),
        "fit, held out": (held_out, fit),
        "partial_fit": (classifier(), partial_fit),
        "partial_fit, later": (partial_fit(classifier()), partial_fit),
    }


def steps_of(dumped: bytes, call: Call) -> list[Any]:
    """The weights after each step of a call."""
    found, complete = [], Trainer.complete_step

    def complete_step(trainer: Trainer, alpha: float) -> None:
        complete(trainer, alpha)
        model = type("", (), {})()
        model.coefs_ = [np.array(coef) for coef in trainer.bank.coefs]
        model.intercepts_ = trainer.bank.biases
        found.append(weights(model))

    model = pickle.loads(dumped)
    before = [weights(model)] if hasattr(model, "coefs_") else []
    with patch.object(Trainer, "complete_step", complete_step):
        call(model)
    return [*before, *found]


class CtrlC(Tracer):
    """Sends the signal, which a handler of the package may hear."""

    def trace_line(self, frame: Any, event: str, arg: Any) -> Any:
        if event == "line" and len(self.lines) == self.at:
            self.lines.append((frame.f_code.co_filename, frame.f_lineno))
            signal.raise_signal(signal.SIGINT)
            return self.trace_line
        return super().trace_line(frame, event, arg)


def injected(at: int, name: str) -> Tracer:
    return CtrlC(at) if name == "Ctrl-C" else Tracer(at, ERRORS[name])


def attempt(call: Call, model: Any, inject: Any) -> bool:
    """Make the call with an error injected; return whether it raised."""
    handler, filters = signal.getsignal(signal.SIGINT), warnings.filters[:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        filters = warnings.filters[:]
        try:
            with inject:
                call(model)
            return False
        # UnusableInput, as every candidate of an estimator has failed.
        except (KeyboardInterrupt, MemoryError, OSError, UnusableInput):
            return True
        finally:
            if signal.getsignal(signal.SIGINT) is not handler or warnings.filters != filters:
                raise Inconsistent("a signal's handler or the filters of warnings are left")


class EstimatorOracle:
    """Tells whether an estimator is as it may be after an error."""

    def __init__(self, dumped: bytes, call: Call) -> None:
        self.dumped, self.call = dumped, call
        self.before = self.state(pickle.loads(dumped))
        self.after = self.state(call(pickle.loads(dumped)))
        self.steps = [*self._initial_weights(), *steps_of(dumped, call)]

    def _initial_weights(self) -> list[Any]:
        """Those of a fit that ends in its first epoch before anything is learned."""
        model = pickle.loads(self.dumped)
        with patch.object(Trainer, "epoch", side_effect=KeyboardInterrupt):
            attempt(self.call, model, nullcontext())
        return [weights(model)] if hasattr(model, "coefs_") else []

    def state(self, model: Any) -> Any:
        if not hasattr(model, "coefs_"):
            return public(model)
        return fingerprint(model.set_params(early_stopping=False))

    def check(self, model: Any, name: str, raised: bool) -> str:
        dumped = pickle.dumps(model)
        found = self.state(pickle.loads(dumped))
        if found == self.after:
            return "as after the call"
        if found == self.before and raised:
            return "as before the call"
        if name != "Ctrl-C":
            raise Inconsistent(f"{name}: a state in between")
        # Online epochs are one call of a kernel; the regressor folds its scale into weights.
        has_steps = isinstance(model, EDClassifier) and model.solver == "adam"
        if has_steps and weights(model) not in self.steps:
            raise Inconsistent("weights in the middle of a step")
        losses = len(model.loss_curve_) - model.n_iter_
        if not signs_are_kept(model) or not np.isfinite(model.loss_curve_).all() or losses < 0:
            raise Inconsistent("weights or losses")
        if not np.isfinite(self.call(model).loss_):
            raise Inconsistent("not usable")
        return "at a finished step"


def points_of(dumped: bytes, call: Call, every: int) -> list[int]:
    """The first and the last run of each line, or every k-th of them."""
    return fault_points(call, pickle.loads(dumped))[::every]


def interrupt_estimators(names: list[str], every: int, counts: Counter[str]) -> None:
    for title, (model, call) in estimator_calls().items():
        if title not in names:
            continue
        print(title, file=sys.stderr)
        dumped = pickle.dumps(model)
        oracle = EstimatorOracle(dumped, call)
        for at in points_of(dumped, call, every):
            for name in ERRORS:
                left = pickle.loads(dumped)
                raised = attempt(call, left, injected(at, name))
                counts[f"{title}: {name}: {oracle.check(left, name, raised)}"] += 1


class FailingHook:
    """A callback that raises in one of its calls."""

    def __init__(self, hook: str, at: int, error: Any) -> None:
        self.hook, self.at, self.error = hook, at, error

    def _called(self, hook: str) -> None:
        if hook == self.hook:
            self.at -= 1
            if self.at == -1:
                raise self.error("injected")

    def setup(self, estimator: Any, context: Any) -> None:
        self._called("setup")

    def teardown(self, estimator: Any, context: Any) -> None:
        self._called("teardown")

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self._called("on_fit_task_begin")

    def on_fit_task_end(self, estimator: Any, context: Any) -> bool:
        self._called("on_fit_task_end")
        return False


def interrupt_hooks(counts: Counter[str]) -> None:
    for before in (classifier(), fitted_otherwise()):
        dumped = pickle.dumps(before)
        oracle = EstimatorOracle(dumped, fit)
        for hook in HOOKS:
            for at in range(4 if hook.startswith("on") else 1):
                for name, error in ERRORS.items():
                    left = pickle.loads(dumped).set_callbacks(FailingHook(hook, at, error))
                    raised = attempt(fit, left, nullcontext())
                    found = oracle.check(left, name, raised)
                    counts[f"hooks of callbacks: {name}: {found}"] += 1


def interrupt_checkpoint(every: int, counts: Counter[str]) -> None:
    """Errors while a fit writes checkpoints; what the file continues to is the whole fit."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "fit.npz")
        dumped = pickle.dumps(classifier())

        def call(model: Any) -> Any:
            return fit(model.set_callbacks(Checkpoint(path)))

        oracle = EstimatorOracle(dumped, call)
        for at in points_of(dumped, call, every):
            for name in ERRORS:
                path.unlink(missing_ok=True)
                left = pickle.loads(dumped)
                raised = attempt(call, left, injected(at, name))
                if {*Path(folder).iterdir()} - {path}:
                    raise Inconsistent("a part of a file is left")
                file = "no file"
                if path.exists():
                    file = "a whole file"
                    if oracle.state(resume(path, X, LABELS)) != oracle.after:
                        raise Inconsistent("another fit from the checkpoint")
                found = oracle.check(left, name, raised)
                counts[f"checkpoint: {name}: {found}, {file}"] += 1


def interrupt_compare(every: int, counts: Counter[str]) -> None:
    """Errors in a comparison and in its report; first and last run of each line."""
    estimators = [
        (classifier(), {"alpha": [0.01]}),
        (LogisticRegression(), {"C": [1.0]}),
    ]
    with tempfile.TemporaryDirectory() as folder:

        def call(model: Any) -> Any:
            result = compare(
                X, LABELS, estimators=estimators, cv=2, n_repeats=1, random_state=0
            )
            result.save(Path(folder, "results.json"))
            return result

        def measured() -> list[Any]:
            loaded = Comparison.load(Path(folder, "results.json"))
            return [[c.scores for c in result.candidates] for result in loaded.results]

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call(None)
            expected, passed = measured(), joblib.hash((estimators, X, LABELS))
            points = fault_points(call, None)[::every]
        for at in points:
            for name in ERRORS:
                Path(folder, "results.json").unlink()
                raised = attempt(call, None, injected(at, name))
                if joblib.hash((estimators, X, LABELS)) != passed:
                    raise Inconsistent("the estimators passed to compare have changed")
                names = [file.name for file in Path(folder).iterdir()]
                if names not in ([], ["results.json"]):
                    raise Inconsistent(f"files: {names}")
                if names:
                    measured()
                elif not raised:
                    raise Inconsistent("no file, and no error")
                file = "a whole file" if names else "no file"
                counts[f"compare: {name}: {file}"] += 1
                if at == points[-1] or not names:
                    call_again(call)
                    if measured() != expected:
                        raise Inconsistent("another comparison afterwards")


def call_again(call: Call) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call(None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    calls = ("hooks", "checkpoint", "compare", *estimator_calls())
    parser.add_argument("--calls", default=",".join(name.replace(",", ";") for name in calls))
    options = parser.parse_args()
    names = [name.replace(";", ",") for name in options.calls.split(",")]
    counts: Counter[str] = Counter()
    began = time.monotonic()
    if "hooks" in names:
        interrupt_hooks(counts)
    if "checkpoint" in names:
        interrupt_checkpoint(options.every, counts)
    if "compare" in names:
        interrupt_compare(options.every, counts)
    interrupt_estimators(names, options.every, counts)
    for kind, n in sorted(counts.items()):
        print(f"{n:>9,} {kind}")
    seconds = time.monotonic() - began
    print(f"errors injected: {counts.total():,} in {seconds:.0f} s, inconsistent: 0")
    return 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
