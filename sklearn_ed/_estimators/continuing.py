"""What a fit that has not come to its end is continued from: a document and arrays.

The beginning of a fit follows from the parameters, the data and a seed; it is made again. What
training has changed since then is saved and restored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from time import perf_counter
from typing import Any

import numpy as np

from .._backend import backend
from .._training.schedules import Schedule
from .._utils.environment import versions
from .calls import Call
from .fingerprints import DRAWS, fingerprints
from .fitting import Fit
from .plain_values import (
    from_document,
    random_state_document,
    set_random_state,
    to_document,
)

BANK, BEST = "bank", "best"
"""Names of the arrays of parameters; the others are those of the optimizer."""

_COUNTS = ("n_iter", "t", "n_no_improvement")
_CURVES = ("loss_curve", "validation_scores")


def description(fit: Fit) -> dict[str, Any]:
    """What is known of a fit before its first epoch.

    Raises
    ------
    ValueError
        If it cannot be continued.
    """
    estimator = fit.estimator
    if not backend().holds_numpy:
        raise ValueError(
            "Checkpoint: expected X as a NumPy array, got an array of another library."
        )
    if fit.call is Call.WARM_START:
        raise ValueError(
            "warm_start: expected False or an estimator without a fit for a Checkpoint, which "
            "does not contain the networks to start from, got True and a fitted estimator."
        )
    if type(estimator).__module__ != __package__.partition(".")[0]:
        raise ValueError(
            "Checkpoint: expected an EDClassifier or EDRegressor, got the subclass "
            f"{type(estimator).__name__}."
        )
    if fit.beginning is None:
        fit.beginning = fingerprints(fit)
    parameters = {
        name: to_document(value, name) for name, value in estimator.get_params(False).items()
    }
    return {
        "versions": versions(),
        "estimator": type(estimator).__name__,
        "parameters": parameters,
        "seed": fit.start.seed,
        "beginning": fit.beginning,
    }


def saved(fit: Fit, description: Mapping[str, Any]) -> SavedFit | None:
    """A fit after an epoch; None if its networks are no longer finite."""
    trainer, progress, history = fit.trainer, fit.progress, fit.history
    arrays = {BANK: trainer.bank.flat}
    if not np.isfinite(arrays[BANK]).all():
        return None
    if progress.best is not None:
        arrays[BEST] = progress.best.flat
    optimizer = {}
    for name, value in trainer.state.items():
        if isinstance(value, np.ndarray):
            arrays[name] = value
        else:
            optimizer[name] = value
    document = {
        **description,
        "progress": {
            "n_epochs": progress.n_epochs,
            "is_cooling": progress.is_cooling,
            "best_loss": progress.best_loss,
            "schedule": asdict(progress.settings.schedule),
        },
        "history": {
            **{name: getattr(history, name) for name in (*_COUNTS, *_CURVES)},
            "best_validation_score": history.best_validation_score,
            "seconds": perf_counter() - history.began,
            "epochs": history.epochs,
        },
        "optimizer": optimizer,
        "random_state": random_state_document(fit.start.rng, "random_state"),
    }
    return SavedFit("", document, arrays)


@dataclass
class SavedFit:
    """A fit after an epoch.

    Attributes
    ----------
    path : str
        Where it was read, for messages.
    document : dict
        What JSON can hold.
    arrays : dict of ndarray of shape (n_parameters,)
    """

    path: str
    document: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def seed(self) -> int:
        with damage_named(self.path):
            return int(self.document["seed"])

    def estimator(self, classes: Iterable[type]) -> Any:
        """The estimator with its parameters, not fitted; one of these classes."""
        with damage_named(self.path):
            known = {made.__name__: made for made in classes}
            made = known[self.document["estimator"]]
            values = self.document["parameters"].items()
            return made(**{name: from_document(value) for name, value in values})

    def restore(self, fit: Fit) -> None:
        """Take a new fit to where this one was.

        Raises
        ------
        ValueError
            If the data are others, if the versions draw other random numbers, or if the file
            does not fit together.
        """
        fit.beginning = fingerprints(fit)
        self._check(fit.beginning)
        with damage_named(self.path):
            self._restore_history(fit)
            self._restore_networks(fit)
            set_random_state(fit.start.rng, self.document["random_state"])

    def _restore_history(self, fit: Fit) -> None:
        history, document = fit.history, self.document["history"]
        for name in _COUNTS:
            setattr(history, name, int(document[name]))
        for name in _CURVES:
            setattr(history, name, [float(value) for value in document[name]])
        history.best_validation_score = float(document["best_validation_score"])
        history.began -= float(document["seconds"])
        history.epochs = [dict(epoch) for epoch in document["epochs"]]
        progress, document = fit.progress, self.document["progress"]
        parts = {field.name: document["schedule"][field.name] for field in fields(Schedule)}
        progress.settings = replace(progress.settings, schedule=Schedule(**parts))
        progress.n_epochs = int(document["n_epochs"])
        progress.is_cooling = bool(document["is_cooling"])
        progress.best_loss = float(document["best_loss"])

    def _restore_networks(self, fit: Fit) -> None:
        bank, state = fit.trainer.bank, fit.trainer.state
        if BEST in self.arrays and fit.stopping.score is not None:
            fit.progress.best = bank.copy()
        best = fit.progress.best
        targets = {
            name: value for name, value in state.items() if isinstance(value, np.ndarray)
        }
        targets |= {BANK: bank.flat} if best is None else {BANK: bank.flat, BEST: best.flat}
        found = {name: (array.shape, array.dtype) for name, array in self.arrays.items()}
        if found != {name: (array.shape, array.dtype) for name, array in targets.items()}:
            raise ValueError(f"arrays {found}")
        for name, array in targets.items():
            np.copyto(array, self.arrays[name])
        for name in state.keys() - targets:
            value = self.document["optimizer"][name]
            if type(value) is not type(state[name]):
                raise ValueError(f"{name} {value!r}")
            state[name] = value

    def _check(self, found: Mapping[str, Any]) -> None:
        with damage_named(self.path):
            expected = {name: self.document["beginning"][name] for name in found}
        for name, value in found.items():
            if value == expected[name]:
                continue
            if name == DRAWS:
                raise ValueError(
                    f"{self.path}: expected the versions that wrote it, got others, which draw "
                    f"other random numbers. It was written by {self.document.get('versions')}."
                )
            raise ValueError(
                f"{name}: expected the data of the fit that {self.path} continues, "
                f"{_shown(expected[name])}, got {_shown(value)}."
            )


def _shown(fingerprint: Any) -> str:
    if not isinstance(fingerprint, dict):
        return str(fingerprint)
    shape, dtype = tuple(fingerprint["shape"]), fingerprint["dtype"]
    return f"shape {shape} and dtype {dtype} with SHA-256 {fingerprint['sha256'][:8]}"


@contextmanager
def damage_named(path: str) -> Iterator[None]:
    """Turn what a file with a wrong content may raise into a ValueError that names it."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: expected a whole checkpoint of this version, got a damaged one: {error}."
        ) from error
