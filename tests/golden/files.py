"""Files of fitted estimators that later versions must load: pickles, skops files, a checkpoint.

``python tests/golden/files.py`` writes them into the folder of this version, with what the
estimators predict, and what they predict after another `partial_fit`. It never replaces a file
of a folder: that is what users have. skops files need skops.
"""

import pickle
import sys
import warnings
from pathlib import Path
from zipfile import ZIP_DEFLATED

import numpy as np

import sklearn_ed
from sklearn_ed import EDClassifier, EDRegressor, resume
from sklearn_ed.callbacks import Checkpoint
from sklearn_ed.rules import ErrorDiffusion

FOLDERS = Path(__file__).with_name("files")
EXPECTED, CHECKPOINT = "expected.npz", "checkpoint.npz"
TRUSTED = [
    "sklearn_ed.EDClassifier",
    "sklearn_ed.EDRegressor",
    "sklearn_ed.rules.ErrorDiffusion",
]

_rng = np.random.RandomState(0)
X = _rng.normal(size=(40, 4))
WORDS = np.array(["one", "three", "two"])[np.arange(40) % 3]
LABELS = (X[:, :2] > 0).astype(int)
TARGETS = np.column_stack([X[:, 0] + X[:, 1], 100 * X[:, 2]])
SHORT = {"max_iter": 3, "random_state": 0}
STREAM = {"hidden_layer_sizes": (5,), "memory_size": 9, "random_state": 0}

# Estimators and their targets; the stream learns by partial_fit.
MODELS = {
    "classifier": (EDClassifier((4, 3), n_members=2, **SHORT), WORDS),
    "labels": (EDClassifier((3,), rule=ErrorDiffusion(), **SHORT), LABELS),
    "regressor": (EDRegressor((5,), **SHORT), TARGETS),
    "stream": (
        EDClassifier.for_streams(hidden_layer_sizes=(5,), memory_size=9, random_state=0),
        WORDS,
    ),
}


def predictions(model):
    """Probabilities, or the targets of a regressor."""
    return (model.predict_proba if hasattr(model, "classes_") else model.predict)(X)


def after_learning(model, y):
    """What it predicts now, and after it has learned some rows more."""
    now = predictions(model)
    model.set_params(early_stopping=False, learning_rate="constant").partial_fit(X[:7], y[:7])
    return now, predictions(model)


class Stop(Exception):
    """Ends a fit, as if the process were killed."""


class StopAfter:
    """A callback that ends the fit after an epoch."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch" and context.task_id == self.n_epochs - 1:
            raise Stop
        return False


def write(folder):
    """Write all files of this version into a new folder."""
    import skops.io

    folder.mkdir(parents=True)
    expected = {}
    for name, (model, y) in MODELS.items():
        if name == "stream":
            model.partial_fit(X, y, classes=np.unique(y))
        else:
            model.fit(X, y)
        (folder / f"{name}.pkl").write_bytes(pickle.dumps(model, protocol=4))
        (folder / f"{name}.skops").write_bytes(skops.io.dumps(model, compression=ZIP_DEFLATED))
        expected[name], expected[f"{name} after"] = after_learning(model, y)
    model = EDClassifier((4,), early_stopping=True, max_iter=6, random_state=0)
    model.set_callbacks(Checkpoint(folder / CHECKPOINT), StopAfter(3))
    try:
        model.fit(X, WORDS)
    except Stop:
        content = (folder / CHECKPOINT).read_bytes()
    whole = resume(folder / CHECKPOINT, X, WORDS)
    (folder / CHECKPOINT).write_bytes(content)
    expected["checkpoint"], expected["checkpoint after"] = after_learning(whole, WORDS)
    np.savez(folder / EXPECTED, **expected)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    new = FOLDERS / sklearn_ed.__version__
    if new.exists():
        sys.exit(f"{new} exists already: its files stay as they are.")
    write(new)
