"""Small fits whose weights are kept in weights.npz, so that a change of results is noticed.

``python tests/golden/cases.py`` writes weights.npz anew: do that only where a change of
results is meant, and say so in CHANGELOG.md.
"""

import itertools
import warnings
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from sklearn_ed import EDClassifier, EDRegressor

WEIGHTS = Path(__file__).with_name("weights.npz")

# The defaults of version 0.1, which most of the cases keep.
FORMER = {
    "n_members": 1,
    "early_stopping": False,
    "learning_rate": "invscaling",
    "beta_2": 0.999,
}
FORMER_CLASSIFIER = {**FORMER, "weight_decay": 0.0}
FORMER_REGRESSOR = {**FORMER, "dropout": 0.0, "weight_decay": 0.5, "tol": 1e-4}
MEMBERS = {"hidden_layer_sizes": (4, 3), "n_members": 3, "batch_size": 8}

SOLVERS = {
    "sgd": {"solver": "sgd", "batch_size": 8},
    "momentum": {"solver": "sgd", "momentum": 0.9, "batch_size": 8},
    "adam": {"solver": "adam", "batch_size": 8},
    "online": {"solver": "sgd", "batch_size": 1},
    "online adam": {"solver": "adam", "batch_size": 1},
}
DEPTHS = {"none": (), "one": (5,), "two": (4, 3), "four": (3, 2, 3, 2)}

_rng = np.random.RandomState(0)
X = _rng.normal(size=(40, 6)) * (_rng.uniform(size=(40, 6)) < 0.6)
Y_CLASSES = np.arange(40) % 4
Y_BINARY = np.arange(40) % 2
Y_LABELS = _rng.randint(2, size=(40, 3))
Y_TARGETS = np.column_stack([X[:, 0] + X[:, 1] ** 2, np.sin(X[:, 2])])
WEIGHT = _rng.randint(0, 4, size=40).astype(float)


def classifier(hidden_layer_sizes="auto", **params):
    return EDClassifier(hidden_layer_sizes, **{**FORMER_CLASSIFIER, **params})


def regressor(hidden_layer_sizes=(32,), **params):
    return EDRegressor(hidden_layer_sizes, **{**FORMER_REGRESSOR, **params})


def _grid():
    """Every loss, mode, solver and depth, of a classifier and of a regressor."""
    for (depth, sizes), (solver, options), two_way in itertools.product(
        DEPTHS.items(), SOLVERS.items(), (True, False)
    ):
        mode = "both ways" if two_way else "growing"
        shared = {"hidden_layer_sizes": sizes, "weight_decrement": two_way, **options}
        for loss in ("log_loss", "squared_error"):
            yield f"{loss}, {mode}, {solver}, {depth}", classifier(loss=loss, **shared), {}
        yield f"regressor, {mode}, {solver}, {depth}", regressor(**shared), {"y": Y_TARGETS}


def _others():
    """One case for each further option."""
    yield "defaults", EDClassifier(), {}
    yield "defaults of the regressor", EDRegressor(), {"y": Y_TARGETS[:, 0]}
    yield "defaults of 0.1", classifier(), {}
    yield "defaults of 0.1 of the regressor", regressor(), {"y": Y_TARGETS[:, 0]}
    yield "binary", classifier(5), {"y": Y_BINARY}
    yield "binary online", classifier(5, solver="sgd", batch_size=1), {"y": Y_BINARY}
    yield "labels", classifier(5), {"y": Y_LABELS}
    yield "labels online", classifier(5, solver="sgd", batch_size=1), {"y": Y_LABELS}
    for size in (None, "one_vs_one", 1.5):
        yield f"code_size={size}", classifier(5, code_size=size), {}
        online = classifier(5, code_size=size, solver="sgd", batch_size=1)
        yield f"code_size={size} online", online, {}
    yield "sparse", classifier((4, 3)), {"X": sp.csr_array(X)}
    yield "sparse online", classifier(5, solver="sgd", batch_size=1), {"X": sp.csr_array(X)}
    yield "float32", classifier((4, 3), batch_size=8), {"X": X.astype(np.float32)}
    online = classifier((4, 3), solver="sgd", batch_size=1)
    yield "float32 online", online, {"X": X.astype(np.float32)}
    yield "weights", classifier((4, 3), batch_size=8), {"sample_weight": WEIGHT}
    online = classifier((4, 3), solver="sgd", batch_size=1)
    yield "weights online", online, {"sample_weight": WEIGHT}
    yield "dropout", classifier(5, dropout=0.3), {}
    yield "dropout online", classifier(5, dropout=0.3, solver="sgd", batch_size=1), {}
    yield "weight decay", classifier((4, 3), weight_decay=0.7, batch_size=8), {}
    yield "early stopping", classifier(5, early_stopping=True, tol=0.3), {}
    yield "uniform", classifier((4, 3), init="uniform", batch_size=8), {}
    yield "constant", classifier(5, learning_rate="constant", shuffle=False), {}
    yield "linear", classifier(5, learning_rate="linear", batch_size=8), {}
    yield "cosine", classifier(5, learning_rate="cosine", batch_size=8), {}
    online = classifier(5, learning_rate="cosine", solver="sgd", batch_size=1)
    yield "cosine online", online, {}
    yield "other units", classifier((4, 3), u0=0.9, beta=0.3), {}
    yield "members", classifier(**MEMBERS), {}
    yield "members, binary", classifier(**MEMBERS), {"y": Y_BINARY}
    yield "members, labels", classifier(**MEMBERS), {"y": Y_LABELS}
    yield "members, squared_error", classifier(**MEMBERS, loss="squared_error"), {}
    yield "members of the regressor", regressor(**MEMBERS), {"y": Y_TARGETS}
    online = {"n_members": 3, "solver": "sgd", "batch_size": 1}
    yield "members online", classifier(5, **online), {}
    yield "members of the regressor online", regressor(5, **online), {"y": Y_TARGETS}
    folds = {**MEMBERS, "early_stopping": "out_of_fold"}
    yield "out of fold", classifier(**folds), {}
    yield "out of fold, weights", classifier(**folds), {"sample_weight": WEIGHT}
    yield "out of fold, labels", classifier(**folds), {"y": Y_LABELS}
    yield "out of fold of the regressor", regressor(**folds), {"y": Y_TARGETS}
    thousands = 5000 + 1000 * Y_TARGETS
    yield "targets in the thousands", regressor((4, 3), batch_size=8), {"y": thousands}


CASES = {name: (model, data) for name, model, data in (*_grid(), *_others())}


def train(name):
    """A fit, then three calls of `partial_fit`, the last with one row: all weights, in turn."""
    model, data = CASES[name]
    data = {"X": X, "y": Y_CLASSES, **data}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = model.set_params(alpha=0.02, max_iter=4, random_state=1).fit(**data)
        fitted = [*model.coefs_, *model.intercepts_]
        model.set_params(early_stopping=False, learning_rate="constant")
        for rows in (slice(None), slice(20), slice(1)):
            part = {key: value[rows] for key, value in data.items()}
            if rows == slice(1):
                part.pop("sample_weight", None)
            model.partial_fit(**part)
    return [np.asarray(array).copy() for array in (*fitted, *model.coefs_, *model.intercepts_)]


def write(path=WEIGHTS):
    """Train every case and keep its weights, joined in one array each."""
    np.savez_compressed(path, **{name: joined(train(name)) for name in CASES})


def joined(arrays):
    return np.concatenate([array.ravel() for array in arrays])


if __name__ == "__main__":
    write()
