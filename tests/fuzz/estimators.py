"""Fuzzes the methods of both estimators with hostile arrays, labels and parameters.

    python tests/fuzz/estimators.py --executions 1000000 --seed 0

Properties: a call raises ValueError or TypeError and leaves the estimator as it was, or the
parameters are finite, predictions on any accepted X are no NaN and no RuntimeWarning came.
`--seed S --case N` runs one case again, with a traceback.
"""

from __future__ import annotations

import contextlib
import functools
import io
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import campaign
import joblib
import numpy as np
from hostile_arrays import (
    HostileInput,
    Rng,
    as_dtype,
    hostile_weight,
    hostile_X,
    hostile_y,
    pick,
    usual_X,
    usual_y,
)

from sklearn_ed import EDClassifier, EDRegressor

EXTREME = (1e-300, 1e-20, 0.5, 1, 1e5, 1e20, 1e300, np.float32(0.5), np.int64(1))
PARAMETERS: dict[str, tuple[Any, ...]] = {
    "hidden_layer_sizes": ((), 1, 2, (3,), (2, 2), (1, 2, 3), np.array([2]), range(1, 3)),
    "alpha": EXTREME,
    "beta": (0, *EXTREME),
    "u0": EXTREME,
    "rule": ("error_diffusion", "backprop"),
    "weight_decrement": (True, False),
    "init": ("scaled", "uniform"),
    "solver": ("sgd", "adam"),
    "learning_rate": ("constant", "invscaling", "linear", "cosine"),
    "power_t": (0, *EXTREME),
    "weight_decay": ("auto", 0, *EXTREME),
    "dropout": ("auto", 0, 0.5, 0.999999),
    "batch_size": ("auto", 1, 2, 3, 10**9),
    "max_iter": (1, 2),
    "shuffle": (True, False),
    "tol": ("auto", 0, *EXTREME),
    "warm_start": (True, False),
    "momentum": (0, 0.9, 0.999999999, 1e-300),
    "early_stopping": (True, False, "auto", "out_of_fold"),
    "validation_fraction": (0.1, 0.5, 0.999, 1e-300),
    "beta_1": (0, 0.9, 0.999999999),
    "beta_2": (0, 0.95, 0.999999999),
    "epsilon": (1e-8, 1e-40, 1e-300, 1e300),
    "n_members": ("auto", 1, 2, 3),
    "scale_inputs": (True, False, False),
    "recent_rows": (None, 1, 50),
    "replay": (0, 0, 1, 3),
    "memory_size": (1, 2, 500),
    "n_jobs": (None, 1),
    "n_iter_no_change": (1, np.inf),
    "random_state": (0, None, np.random.RandomState, np.int64(3), 2**32 - 1),
    "loss": ("log_loss", "squared_error"),
    "code_size": ("auto", None, "one_vs_one", 1.5, 2),
    "class_weight": (None, "balanced", {0: 2}, {0: 0, 1: 1}, {"a": 1e308}, {0: 1e-320}),
    "scoring": (None, "loss", "accuracy", "r2"),
}
HOSTILE = (
    None,
    -1,
    0,
    np.nan,
    np.inf,
    "a",
    b"a",
    1j,
    [],
    {},
    (0,),
    np.ones(2),
    10**400,
    object(),
)
N_CALLS = 16  # of one estimator
ACCEPTED = {kind: list(kind().get_params()) for kind in (EDClassifier, EDRegressor)}
METHODS = ("fit", "fit", "partial_fit", "partial_fit", "predict", "predict", "set_weights")


def _estimator(rng: Rng) -> Any:
    Estimator = pick(rng, (EDClassifier, EDRegressor))
    params = {"hidden_layer_sizes": 2, "max_iter": 1, "random_state": 0, "n_members": 1}
    names = [name for name in PARAMETERS if name in ACCEPTED[Estimator]]
    for name in rng.choice(names, size=rng.integers(6), replace=False):
        params[name] = pick(rng, PARAMETERS[name])
    if rng.random() < 0.05:
        name = pick(rng, names)
        # An integer too large is a size that no memory holds.
        params[name] = pick(rng, HOSTILE)
    if params["random_state"] is np.random.RandomState:
        params["random_state"] = np.random.RandomState(0)
    return Estimator(**params)


def _snapshot(model: Any) -> bytes:
    state = {name: _plain(value) for name, value in vars(model).items() if name != "_kept_bank"}
    return pickle.dumps(state)


def _plain(value: Any) -> Any:
    # A generator as a whole takes longer to pickle than all the rest.
    if type(value) is np.random.RandomState:
        _, keys, *others = value.get_state()
        return keys.tobytes(), others
    return value


def _is_same(before: bytes, after: bytes) -> bool:
    # The bytes may differ by what is the same object.
    return before == after or joblib.hash(pickle.loads(before)) == joblib.hash(
        pickle.loads(after)
    )


def _weights(rng: Rng, arrays: list[np.ndarray]) -> Any:
    arrays = [array.copy() for array in arrays]
    kind = rng.integers(8)
    layer = rng.integers(len(arrays))
    if kind == 0:
        return arrays[:-1]
    if kind == 1:
        return pick(rng, (None, 1.0, "a", [None], arrays[0], {}))
    if kind == 2:
        arrays[layer] = arrays[layer] * pick(rng, (1e308, 1e154, -1.0, np.nan, 0.0))
    elif kind == 3:
        arrays[layer] = as_dtype(rng, arrays[layer])
    elif kind == 4:
        arrays[layer] = hostile_X(rng)
    elif kind == 5:
        arrays[layer] = np.full_like(arrays[layer], pick(rng, (1e308, np.inf, 5e-324, -1e308)))
    return arrays


def _call(rng: Rng, model: Any) -> tuple[str, Callable[[], object]]:
    classifies = isinstance(model, EDClassifier)
    method = pick(rng, METHODS)
    if method == "set_weights" and hasattr(model, "coefs_"):
        weights = _weights(rng, model.coefs_), _weights(rng, model.intercepts_)
        return method, lambda: model.set_weights(*weights)
    X = hostile_X(rng) if rng.random() < 0.7 else usual_X(rng)
    n = _n_rows(X)
    y = hostile_y(rng, n, classifies)
    if method == "predict":
        names = ("predict", "predict_proba", "decision_function", "hidden_activations")
        name = pick(rng, names) if classifies else pick(rng, ("predict", "hidden_activations"))
        return method, lambda: _check_prediction(getattr(model, name)(X))
    weight = hostile_weight(rng, n)
    if method == "partial_fit" and classifies:
        classes = pick(
            rng, (None, [0, 1], [0, 1], y, [], "ab", [1, 0, 0], [np.nan], 3, [[0], [1]])
        )
        return method, lambda: model.partial_fit(X, y, classes=classes, sample_weight=weight)
    if method == "partial_fit":
        return method, lambda: model.partial_fit(X, y, sample_weight=weight)
    if rng.random() < 0.15:
        held = {"X_val": hostile_X(rng), "y_val": hostile_y(rng, n, classifies)}
        return method, lambda: model.fit(X, y, weight, **held)
    return method, lambda: model.fit(X, y, weight)


def _n_rows(X: Any) -> int:
    if isinstance(X, list):
        return len(X)
    shape = getattr(X, "shape", ())
    return shape[0] if shape and shape[0] < 20 else 5


def _check_prediction(prediction: np.ndarray, method: str = "predict") -> None:
    if prediction.dtype.kind == "f" and np.isnan(prediction).any():
        raise campaign.Finding(f"After {method}: the prediction is {prediction}.")


def _check_fitted(model: Any, method: str = "fit") -> None:
    if not hasattr(model, "coefs_"):
        return
    for array in (*model.coefs_, *model.intercepts_):
        if not np.isfinite(array).all():
            raise campaign.Finding(f"After {method}: a parameter is not finite.")
    if not all(np.isfinite(loss) for loss in model.loss_curve_):
        raise campaign.Finding(f"After {method}: the losses are {model.loss_curve_}.")
    rows = np.repeat([[0.0], [1.0]], model.n_features_in_, axis=1)
    rows = rows.astype(model.coefs_[0].dtype)
    with contextlib.suppress(ValueError):
        # Weights may be so large that these rows are refused.
        predict = model.predict_proba if isinstance(model, EDClassifier) else model.predict
        _check_prediction(predict(rows), method)


def case(rng: Rng) -> Iterator[str]:
    """Calls of one estimator after the other, some of them with arrays as users have them."""
    model = _estimator(rng)
    classifies = isinstance(model, EDClassifier)
    with (
        warnings.catch_warnings(record=True) as warned,
        contextlib.redirect_stdout(io.StringIO()),
    ):
        warnings.simplefilter("always")
        before = _snapshot(model)
        for number in range(N_CALLS):
            if number % 8 == 0 and rng.random() < 0.6:
                X = usual_X(rng)
                X = X.astype(np.float32) if rng.random() < 0.3 else X
                y = usual_y(rng, len(X), classifies)
                method, call = "fit", functools.partial(model.fit, X, y)
            else:
                method, call = _call(rng, model)
            warned.clear()
            try:
                call()
            except (ValueError, TypeError, HostileInput) as error:
                if not _is_same(before, _snapshot(model)):
                    raise campaign.Finding(
                        "A failed call has changed the estimator."
                    ) from error
                yield f"{method}: {type(error).__name__}"
                continue
            for warning in warned:
                if issubclass(warning.category, RuntimeWarning):
                    place = f"{warning.filename}:{warning.lineno}"
                    raise campaign.Finding(f"{method}: {place} {warning.message}")
            if method != "predict":
                _check_fitted(model, method)
            after = _snapshot(model)
            if method == "predict" and not _is_same(before, after):
                raise campaign.Finding("A prediction has changed the estimator.")
            before = after
            yield f"{method}: accepted"


if __name__ == "__main__":
    sys.exit(campaign.main(case, __doc__))
