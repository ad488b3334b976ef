"""Errors say which chunk they come from, and leave the estimator as it was."""

import os
import signal
import sys
import threading

import numpy as np
import pytest

from sklearn_ed._utils.extras import MissingExtra
from sklearn_ed.dask import DaskEDClassifier, DaskEDRegressor

# Without Dask, this folder itself would be the package dask.
distributed = pytest.importorskip("distributed", reason="needs the extra dask")
dask = pytest.importorskip("dask")
QUICK = {"hidden_layer_sizes": (6,), "max_iter": 2, "random_state": 0}


def test_a_missing_package_is_named_in_one_sentence(monkeypatch, digits):
    monkeypatch.setitem(sys.modules, "distributed", None)
    message = r"^An estimator that learns on a Dask .* pip install 'sklearn-ed\[dask\]'.$"
    with pytest.raises(MissingExtra, match=message):
        DaskEDClassifier().fit(*digits)


def test_client(digits):
    with pytest.raises(ValueError, match=r"^client: expected a dask.* got None"):
        DaskEDClassifier().fit(*digits)
    with pytest.raises(TypeError, match=r"^client: .* got str"):
        DaskEDClassifier("localhost").fit(*digits)


@pytest.fixture
def fitted(client, chunked):
    """A fitted estimator, which must stay as it is."""
    model = DaskEDClassifier(client, **QUICK).fit(*chunked)
    before = model.estimator_
    yield model
    assert model.estimator_ is before
    assert "_callback_fit_ctx" not in vars(model)


def delayed_chunks(values, size=80):
    return [dask.delayed(values[start : start + size]) for start in range(0, len(values), size)]


def broken(X, y, kind):
    """The rows in four chunks, the last one with a mistake."""
    pd = pytest.importorskip("pandas")
    X, y = (
        [X[i : i + 80] for i in range(0, 300, 80)],
        [y[i : i + 80] for i in range(0, 300, 80)],
    )
    if kind == "names":
        names = [f"c{i}" for i in range(64)]
        X = [pd.DataFrame(one, columns=names) for one in X]
        X[3] = X[3][names[::-1]]
    else:
        X[3] = {
            "features": X[3][:, :60],
            "dtype": X[3].astype(np.float32),
            "nan": np.where(X[3] > 0.99, np.nan, X[3]),
        }.get(kind, X[3])
    if kind == "y":
        y[3] = y[3][:10]
    if kind == "labels":
        y[3] = np.eye(10)[y[3]]
    if kind == "strings":
        y[3] = y[3].astype(str)
    return [list(map(dask.delayed, values)) for values in (X, y)]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("features", "expected n_features=64 as in chunk 0, got n_features=60"),
        ("dtype", "expected dtype=float64 as in chunk 0, got dtype=float32"),
        ("names", r"expected names=\['c0', .* as in chunk 0, got names=\['c63'"),
        ("nan", "Input X contains NaN"),
        ("y", "inconsistent numbers of samples"),
        ("labels", "expected one class per row as in chunk 0, got 10 labels"),
        ("strings", "Mix of label input types"),
    ],
)
def test_bad_chunks(fitted, digits, kind, message):
    with pytest.raises(ValueError, match=f"^chunk 3: .*{message}"):
        fitted.fit(*broken(*digits, kind))


def test_other_mistakes(fitted, digits, chunked):
    X, y = digits
    for chunks, message in (
        (([dask.delayed(X[:0])] * 2, [dask.delayed(y[:0])] * 2), "got 2 chunks without any"),
        ((chunked[0], chunked[1][:200]), "^y: expected 300 rows as X has, got 200"),
        ((delayed_chunks(X), delayed_chunks(y, 100)), "^y: expected 4 chunks as X has, got 3"),
        ((*chunked, 0 * chunked[1]), "^sample_weight: expected at least one positive"),
        ((*chunked, -chunked[1]), "^chunk 0: sample_weight: expected no negative weight"),
        ((X[:0], y[:0]), "^X: expected rows"),
    ):
        with pytest.raises(ValueError, match=message):
            fitted.fit(*chunks)
    for parameters, message in (
        ({"strategy": "columns"}, "^strategy: expected one of 'rows', 'networks'"),
        ({"sync_every": 1.5}, "^sync_every: expected an integer >= 1 or a fraction"),
        ({"early_stopping": True}, "^early_stopping: expected False or 'auto'"),
        ({"scale_inputs": True}, "^scale_inputs, replay: expected False and 0"),
        ({"alpha": -1.0}, "^alpha: "),
        ({"strategy": "networks", "n_members": 1}, "^strategy: .* share a softmax"),
    ):
        model = DaskEDClassifier(fitted.client, **{**QUICK, **parameters})
        with pytest.raises(ValueError, match=message):
            model.fit(*chunked)
        assert not hasattr(model, "estimator_")
    with pytest.raises(ValueError, match=r"chunk \d: .*expecting 64 features"):
        fitted.predict(chunked[0][:, :60]).compute()
    with pytest.raises(OSError, match="no such file") as caught:
        fitted.fit([dask.delayed(fail)()], [dask.delayed(y)])
    assert caught.value.__notes__ == ["In a task for chunk 0."]
    draws = np.random.RandomState(0)
    parameters = {"hidden_layer_sizes": (), "solver": "sgd", "alpha": 1e300}
    diverging = DaskEDRegressor(fitted.client, random_state=draws, **parameters)
    with pytest.raises(ValueError, match=r"^chunks \d to \d: .* non-finite"):
        diverging.fit(*chunked)
    assert draws.randint(10**9) == np.random.RandomState(0).randint(10**9)


def fail():
    raise OSError("no such file")


def test_a_closed_client(cluster, digits, chunked):
    client = distributed.Client(cluster)
    model = DaskEDClassifier(client, **{**QUICK, "max_iter": 1000}).set_callbacks(Closing())
    with pytest.raises(RuntimeError, match=r"^client: .* until the end of the call"):
        model.fit(*chunked)
    assert not hasattr(model, "estimator_")
    with pytest.raises(ValueError, match=r"^client: .* got a closed one"):
        model.fit(*chunked)


class Closing:
    """Closes the client in the middle."""

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "epoch" and context.task_id == 3:
            estimator.client.close()

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass


def test_workers_without_enough_memory(client, cluster, fitted, digits):
    """As the nanny ends a worker that needs too much."""
    X, y = digits
    chunks = delayed_chunks(X)
    chunks[2] = dask.delayed(die)(chunks[2])
    allowed, cluster.scheduler.allowed_failures = cluster.scheduler.allowed_failures, 0
    try:
        with pytest.raises(RuntimeError, match=r"^chunk \d: workers died 1 times while"):
            fitted.fit(chunks, delayed_chunks(y))
    finally:
        cluster.scheduler.allowed_failures = allowed


def die(X):
    os.kill(os.getpid(), signal.SIGKILL)


def test_two_workers_killed_one_after_the_other(client, cluster, chunked, assert_same):
    parameters = {**QUICK, "max_iter": 8}
    expected = DaskEDClassifier(client, **parameters).fit(*chunked)
    killer = Killer(cluster, rounds=(2, 3))
    model = DaskEDClassifier(client, **parameters).set_callbacks(killer)
    model.fit(*chunked)
    assert len(killer.killed) == 2
    assert_same(model, expected)


class Killer:
    """Kills a worker in the middle of some rounds."""

    def __init__(self, cluster, rounds):
        self.cluster, self.rounds, self.killed = cluster, rounds, []

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "epoch" and context.task_id in self.rounds:
            threading.Timer(0.01, self.kill).start()

    def kill(self):
        """Not a worker that starts: its nanny would not start it again."""
        known, nannies = self.cluster.scheduler.workers, self.cluster.workers.values()
        pids = [one.pid for one in nannies if one.pid and one.worker_address in known]
        pid = next(pid for pid in pids if pid not in self.killed)
        os.kill(pid, signal.SIGKILL)
        self.killed.append(pid)

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass
