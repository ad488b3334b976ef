"""Logger: records of epochs, for functions, loggers and files, also of several processes."""

import json
import logging
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.callback import ScoringMonitor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.callbacks import EarlyStopping, Logger

rng = np.random.RandomState(0)
X = rng.normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)


def made(*callbacks, **params):
    return EDClassifier((4,), max_iter=3, random_state=0, **params).set_callbacks(*callbacks)


def read(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_function_gets_the_values_of_each_epoch():
    records = []
    model = made(Logger(records.append)).fit(X, y)
    assert [(r["task"], r["epoch"]) for r in records] == [([0], 1), ([0], 2), ([0], 3)]
    assert len({record["run"] for record in records}) == 1
    for name, values in model.history_.items():
        assert [record[name] for record in records] == values
    model.fit(X, y)
    assert len({record["run"] for record in records}) == 2


def test_a_warm_start_counts_its_epochs_anew():
    records = []
    model = made(warm_start=True).fit(X, y)
    model.set_callbacks(Logger(records.append)).fit(X, y)
    assert [record["epoch"] for record in records] == [1, 2, 3]
    assert [record["loss"] for record in records] == model.history_["loss"][3:]


def test_a_logging_logger(caplog):
    model = made(Logger(logging.getLogger("fits"))).fit(X, y)
    assert [(r.name, r.levelname) for r in caplog.records] == [("fits", "INFO")] * 3
    loss = model.history_["loss"][1]
    assert caplog.messages[1].startswith(f"fit 0, epoch 2: loss = {loss:.4g}, val_loss = ")
    assert "saturated" not in caplog.messages[1]
    assert caplog.records[1].epoch_record["loss"] == loss


def test_a_file_of_lines_of_json(tmp_path):
    file = tmp_path / "log.jsonl"
    first, second = (made(Logger(str(file))).fit(X, y) for _ in range(2))
    frame = pd.read_json(file, lines=True)
    assert frame["loss"].tolist() == pytest.approx(
        first.history_["loss"] + second.history_["loss"]
    )
    assert read(file)[0]["saturated"] == first.history_["saturated"][0]
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]


def test_numbers_that_are_not_finite_are_null(tmp_path):
    file = tmp_path / "log.jsonl"
    model = EDRegressor(3, alpha=1e300, solver="sgd", random_state=0).set_callbacks(
        Logger(file)
    )
    with pytest.raises(ValueError, match="non-finite"):
        model.fit(X, X[:, 0])
    assert read(file)[-1]["loss"] is None
    assert "NaN" not in file.read_text()


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("is_folder", [False, True])
def test_the_fits_of_a_search(n_jobs, is_folder, tmp_path):
    target = tmp_path if is_folder else tmp_path / "log.jsonl"
    pipeline = make_pipeline(StandardScaler(), made(Logger(target)))
    grid = {"edclassifier__alpha": [0.01, 0.1]}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=n_jobs).fit(X, y)
    files = sorted(tmp_path.iterdir())
    records = [record for file in files for record in read(file)]
    by_fit = {}
    for record in records:
        by_fit.setdefault(tuple(record["task"]), []).append(record)
    # The search's tasks are fits, the second step of the pipeline; at last the best parameters.
    assert sorted(by_fit) == [(0, 0, 0, 1), (0, 0, 1, 1), (0, 0, 2, 1), (0, 0, 3, 1), (0, 1, 1)]
    assert len({record["run"] for record in records}) == 1
    assert all([r["epoch"] for r in fit] == [1, 2, 3] for fit in by_fit.values())
    best = search.best_estimator_[-1]
    assert [r["loss"] for r in by_fit[0, 1, 1]] == best.history_["loss"]
    if is_folder:
        names = [
            f"{records[0]['run']}-{'-'.join(map(str, fit))}.jsonl" for fit in sorted(by_fit)
        ]
        assert [file.name for file in files] == names
    else:
        assert files == [target]


def test_callbacks_together(tmp_path):
    records, monitor = [], ScoringMonitor(scoring="accuracy")
    callbacks = (
        EarlyStopping("loss", patience=1, min_delta=1e3),
        Logger(records.append),
        monitor,
    )
    model = made(*callbacks).fit(X, y)
    # All have their turn in the epoch in which one of them asks to stop.
    assert len(records) == model.n_iter_ == 2
    scores = [row["accuracy"] for row in monitor.get_logs().data]
    assert len(scores) == 3
    assert scores[0] == scores[2] == model.score(X, y)


def test_a_pickle_of_the_callback(tmp_path):
    logger = pickle.loads(pickle.dumps(Logger(tmp_path / "log.jsonl")))
    made(logger).fit(X, y)
    assert len(read(tmp_path / "log.jsonl")) == 3


def test_bad_targets(tmp_path):
    with pytest.raises(TypeError, match="target: expected a function, a logging"):
        Logger(3)
    with pytest.raises(ValueError, match="target: expected a file in an existing folder"):
        Logger(tmp_path / "missing" / "log.jsonl")


def test_an_error_of_a_function_undoes_the_fit():
    def fail(record):
        raise OSError("disk full")

    model = made().fit(X, y)
    before = model.predict_proba(X)
    with pytest.raises(OSError, match="disk full"):
        model.set_callbacks(Logger(fail)).fit(X, 1 - y)
    np.testing.assert_array_equal(model.predict_proba(X), before)
