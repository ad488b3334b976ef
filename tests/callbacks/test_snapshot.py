"""Snapshot: which files are written, and what is in them."""

import joblib
import numpy as np
import pytest
from sklearn.callback import ScoringMonitor
from sklearn.model_selection import GridSearchCV

from sklearn_ed import EDClassifier
from sklearn_ed._utils import files
from sklearn_ed.callbacks import Snapshot

rng = np.random.RandomState(0)
X = rng.normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)


def made(*callbacks, **params):
    params = {"max_iter": 5, "random_state": 0, **params}
    return EDClassifier((4,), **params).set_callbacks(*callbacks)


def names(folder):
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())


class StopAfter:
    """Stops after an epoch."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        return context.task_name == "epoch" and context.task_id == self.n_epochs - 1


def test_a_file_is_the_estimator_of_a_fit_that_stops_there(tmp_path):
    made(Snapshot(tmp_path / "model-{epoch:02d}.joblib", every=2)).fit(X, y)
    assert names(tmp_path) == ["model-02.joblib", "model-04.joblib"]
    for n_epochs in (2, 4):
        saved = joblib.load(tmp_path / f"model-{n_epochs:02d}.joblib")
        stopped = made(StopAfter(n_epochs)).fit(X, y)
        np.testing.assert_array_equal(saved.predict_proba(X), stopped.predict_proba(X))
        assert saved.n_iter_ == n_epochs
        assert not hasattr(saved, "_skl_callbacks")
        saved.partial_fit(X, y)


def test_the_last_files_are_kept(tmp_path):
    model = made(Snapshot(tmp_path / "a" / "{epoch}", keep_last=2))
    model.fit(X, y)
    assert names(tmp_path) == ["a/4", "a/5"]
    # A fit removes only files of its own, and replaces those of the same name.
    model.set_params(max_iter=1).fit(X, y)
    assert names(tmp_path) == ["a/1", "a/4", "a/5"]
    made(Snapshot(tmp_path / "latest", keep_last=1), max_iter=3).fit(X, y)
    assert joblib.load(tmp_path / "latest").n_iter_ == 3


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_fits_of_a_search_have_files_of_their_own(n_jobs, tmp_path):
    model = made(Snapshot(tmp_path / "{run}" / "{task}-{epoch}", every=5))
    GridSearchCV(model, {"alpha": [0.01, 0.1]}, cv=2, n_jobs=n_jobs).fit(X, y)
    (folder,) = tmp_path.iterdir()
    fits = ["0-0-0", "0-0-1", "0-0-2", "0-0-3", "0-1"]
    assert names(folder) == [f"{fit}-5" for fit in fits]


def test_no_key_is_saved(tmp_path):
    monitor = ScoringMonitor(scoring="accuracy")
    made(monitor, Snapshot(tmp_path / "model"), max_iter=1).fit(X, y)
    assert monitor._listener_handle.authkey not in (tmp_path / "model").read_bytes()


def test_an_error_of_writing_leaves_the_old_file_and_the_estimator(tmp_path, monkeypatch):
    model = made(Snapshot(tmp_path / "model")).fit(X, y)
    before, saved = model.predict_proba(X), (tmp_path / "model").read_bytes()

    def fail(*args):
        raise OSError(28, "No space left")

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        model.fit(X, 1 - y)
    np.testing.assert_array_equal(model.predict_proba(X), before)
    assert (tmp_path / "model").read_bytes() == saved
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("path", ["{fold}", "{}", "{epoch", "{epoch:s}"])
def test_bad_paths(path):
    with pytest.raises(ValueError, match="path: expected a path in which braces hold"):
        Snapshot(path)


def test_bad_numbers():
    with pytest.raises(ValueError, match="every: expected an integer >= 1, got 0"):
        Snapshot("model", every=0)
    with pytest.raises(ValueError, match="keep_last: expected an integer >= 1, or None, got 0"):
        Snapshot("model", keep_last=0)
