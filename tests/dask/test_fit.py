"""fit and partial_fit on a cluster of two processes."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.dask import DaskEDClassifier, DaskEDRegressor
from sklearn_ed.dask._combining import Round, Rows, learn_rows, mean

da = pytest.importorskip("dask.array", reason="needs the extra dask")

QUICK = {"hidden_layer_sizes": (6,), "max_iter": 2, "random_state": 0, "tol": 0.0}
ONLINE = {**QUICK, "batch_size": 1, "solver": "sgd", "loss": "squared_error", "code_size": None}


def test_networks_equal_a_local_fit_bit_for_bit(client, digits, chunked, assert_same):
    model = DaskEDClassifier(client, strategy="networks", **ONLINE).fit(*chunked)
    local = EDClassifier(early_stopping=False, **ONLINE).fit(*digits)
    assert_same(model, local)
    assert model.loss_curve_ == pytest.approx(local.loss_curve_, rel=1e-12)
    assert model.classes_.tolist() == local.classes_.tolist()
    assert_same(model.to_local().partial_fit(*digits), local.partial_fit(*digits))


def test_one_chunk_equals_a_local_fit_bit_for_bit(client, digits, assert_same):
    X, y = digits
    weight = np.arange(len(y)) % 3
    one = (da.from_array(X, chunks=-1), da.from_array(y, chunks=-1))
    model = DaskEDClassifier(client, class_weight="balanced", **QUICK)
    model.fit(*one, sample_weight=da.from_array(weight, chunks=-1))
    local = EDClassifier(early_stopping=False, class_weight="balanced", **QUICK)
    assert_same(model, local.fit(X, y, weight), 1e-12)
    X, y = load_diabetes(return_X_y=True)
    model = DaskEDRegressor(client, **QUICK)
    model.fit(da.from_array(X, chunks=-1), da.from_array(y, chunks=-1))
    assert_same(model, EDRegressor(early_stopping=False, **QUICK).fit(X, y))
    assert (model.t_, model.n_iter_) == (2 * len(y), 2)


def test_rows_equal_a_loop_without_a_cluster(client, digits, chunked, assert_same):
    """Two workers, two chunks each."""
    X, y = digits
    model = DaskEDClassifier(client, batch_size=20, **QUICK).fit(*chunked)
    start = EDClassifier(batch_size=20, **QUICK)
    start.initialize(64, range(10), n_rows=len(y))
    shares = [Rows(X[:160], y[:160], None), Rows(X[160:], y[160:], None)]
    for _ in range(2):
        rounds = [(one, share, Round()) for share, one in enumerate(shares)]
        start = mean(start, [learn_rows(start, *one) for one in rounds], [160, 140])
    assert_same(model, start, 1e-12)
    assert model.t_ == 600


def test_several_exchanges_in_an_epoch(client, chunked):
    model = DaskEDClassifier(client, sync_every=0.25, **QUICK).fit(*chunked)
    assert (model.n_iter_, len(model.loss_curve_), model.t_) == (2, 2, 600)
    again = DaskEDClassifier(client, sync_every=0.25, **QUICK).fit(*chunked)
    assert np.array_equal(model.coefs_[0], again.coefs_[0])
    once = DaskEDClassifier(client, sync_every=2, **QUICK).fit(*chunked)
    assert (once.n_iter_, len(once.loss_curve_), once.t_) == (2, 2, 600)


def test_collections_of_every_kind(client, digits, chunked, assert_same):
    dask, dd = pytest.importorskip("dask"), pytest.importorskip("dask.dataframe")
    X, y = digits
    array = DaskEDClassifier(client, **QUICK).fit(*chunked)
    frame = dd.from_dask_array(chunked[0], columns=[f"pixel{i}" for i in range(64)])
    framed = DaskEDClassifier(client, **QUICK).fit(frame, dd.from_dask_array(chunked[1]))
    assert_same(array, framed)
    assert framed.feature_names_in_[63] == "pixel63"
    assert np.array_equal(framed.predict(frame).compute(), array.predict(X))
    slices = [slice(start, start + 80) for start in range(0, 320, 80)]
    sparse = [dask.delayed(sp.csr_array(X[one])) for one in slices]
    delayed = DaskEDClassifier(client, **QUICK)
    delayed.fit(sparse, [dask.delayed(y[one].tolist()) for one in slices])
    assert_same(array, delayed, 1e-9)
    assert np.array_equal(delayed.predict(sparse).compute(), array.predict(X))
    # Wide chunks are joined; y is cut as X is; a plain array is cut by itself.
    wide = chunked[0].rechunk((80, 32))
    assert_same(array, DaskEDClassifier(client, **QUICK).fit(wide, y))
    assert DaskEDClassifier(client, **QUICK).fit(X, y).t_ == 600


def test_empty_chunks_are_left_out(client, digits, assert_same):
    dask = pytest.importorskip("dask")
    X, y = digits
    bounds = [0, 0, 150, 150, 300]
    slices = [slice(*pair) for pair in pairwise(bounds)]
    parts = [[dask.delayed(values[one]) for one in slices] for values in (X, y)]
    filled = [[values[1], values[3]] for values in parts]
    models = [DaskEDClassifier(client, **QUICK).fit(*chunks) for chunks in (parts, filled)]
    assert_same(*models)
    assert models[0].predict(parts[0]).compute().shape == (300,)
    assert models[0].score(*parts) == models[1].to_local().score(X, y)


def test_several_labels_and_targets(client, digits, assert_same):
    X, y = digits
    labels = np.eye(10, dtype=int)[y][:, :3]
    chunks = da.from_array(X, chunks=(100, 64)), da.from_array(labels, chunks=(100, 3))
    for weight in (None, "balanced"):
        parameters = {**QUICK, "class_weight": weight}
        model = DaskEDClassifier(client, strategy="networks", **parameters).fit(*chunks)
        local = EDClassifier(early_stopping=False, **parameters).fit(X, labels)
        assert_same(model, local, 1e-9)
    assert model.score(*chunks) == local.score(X, labels)
    assert model.predict_proba(chunks[0]).compute().shape == (300, 3)


def test_partial_fit_by_chunk(client, digits, chunked, assert_same):
    """With an integer `max_iter`, that many calls equal a fit."""
    parameters = {**QUICK, "batch_size": 30}
    model = DaskEDClassifier(client, **parameters)
    for _ in range(2):
        model.partial_fit(*chunked, classes=range(10))
    fitted = DaskEDClassifier(client, **parameters).fit(*chunked)
    assert_same(model, fitted)
    assert model.n_iter_ == 2
    with pytest.raises(ValueError, match=r"^chunk 1: y: expected classes among"):
        model.partial_fit(
            chunked[0], da.where(da.arange(300, chunks=80) == 100, 77, chunked[1])
        )
    assert_same(model, fitted)
    # It needs no rows of all classes, and takes other sizes.
    model.partial_fit(chunked[0][:90], chunked[1][:90])
    assert model.t_ == 690


def test_warm_start_continues(client, chunked):
    model = DaskEDClassifier(client, warm_start=True, **QUICK).fit(*chunked)
    losses = model.loss_curve_
    model.fit(*chunked)
    assert model.loss_curve_[:2] == losses
    assert (len(model.loss_curve_), model.n_iter_, model.t_) == (4, 2, 1200)
    assert model.loss_ < losses[-1]


def test_predictions_are_lazy_and_scores_are_those_of_all_rows(client, digits, chunked):
    X, y = digits
    model = DaskEDClassifier(client, **QUICK).fit(*chunked)
    local = model.to_local()
    assert type(local) is EDClassifier
    for method in ("predict", "predict_proba", "decision_function"):
        lazy, plain = getattr(model, method)(chunked[0]), getattr(local, method)(X)
        assert isinstance(lazy, da.Array)
        assert (lazy.shape, lazy.dtype, lazy.numblocks[0]) == (plain.shape, plain.dtype, 4)
        np.testing.assert_allclose(lazy.compute(), plain)
    weight = np.arange(len(y)) % 3
    scores = model.score(*chunked, sample_weight=da.from_array(weight, chunks=80))
    assert scores == pytest.approx(local.score(X, y, weight))
    assert model.score(X, y) == local.score(X, y)
    X, y = load_diabetes(return_X_y=True)
    y = np.column_stack([y, y**2])
    chunks = da.from_array(X, chunks=(100, 10)), da.from_array(y, chunks=(100, 2))
    regressor = DaskEDRegressor(client, **QUICK).fit(*chunks)
    assert regressor.score(*chunks) == pytest.approx(regressor.to_local().score(X, y))


def test_search_clone_and_pickle(client, digits):
    model = DaskEDClassifier(client, **QUICK)
    assert clone(model).client is client
    assert repr(DaskEDClassifier(alpha=0.1)) == "DaskEDClassifier(alpha=0.1)"
    search = GridSearchCV(model, {"alpha": [1e-6, 0.01], "sync_every": [1]}, cv=2)
    search.fit(*digits)
    assert search.best_params_["alpha"] == 0.01
    best = pickle.loads(pickle.dumps(search.best_estimator_))
    assert best.client is None
    assert np.array_equal(best.predict(digits[0]), search.predict(digits[0]))
    with pytest.raises(TypeError, match="alpha"):
        DaskEDClassifier(learning_rate_init=0.1)
    with pytest.raises(TypeError, match="unexpected keyword"):
        DaskEDClassifier(learning_rat="linear")


class Recorder:
    """Counts epochs and stops after `n_epochs`."""

    def __init__(self, n_epochs):
        self.n_epochs, self.scores, self.ended = n_epochs, [], False

    def setup(self, estimator, context):
        assert context.max_subtasks == 5

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        if context.task_name == "epoch":
            self.scores.append(fitted_estimator.score(X, y))
        return len(self.scores) == self.n_epochs

    def teardown(self, estimator, context):
        self.ended = True


def test_callbacks_on_the_client(client, chunked):
    recorder = Recorder(2)
    model = DaskEDClassifier(client, **{**QUICK, "max_iter": 5}).set_callbacks(recorder)
    model.fit(*chunked)
    assert (len(recorder.scores), model.n_iter_, recorder.ended) == (2, 2, True)
    assert recorder.scores[-1] == model.score(*chunked)


def test_training_ends_when_the_loss_stalls(client, chunked, capsys):
    parameters = {**QUICK, "tol": 10.0, "n_iter_no_change": 2, "max_iter": 9, "verbose": True}
    assert DaskEDClassifier(client, **parameters).fit(*chunked).n_iter_ == 4
    assert capsys.readouterr().out.count("loss = ") == 4
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        DaskEDClassifier(client, learning_rate="constant", **QUICK).fit(*chunked)


def test_dask_ml_wraps_the_plain_estimator(client, digits, chunked):
    wrappers = pytest.importorskip("dask_ml.wrappers")
    X, y = digits
    plain = EDClassifier(batch_size=10, **{**QUICK, "max_iter": 8})
    incremental = wrappers.Incremental(plain, random_state=0, shuffle_blocks=False)
    incremental.fit(*chunked, classes=np.arange(10))
    assert incremental.estimator_.t_ == 300
    blocks = clone(plain)
    for start in range(0, 300, 80):
        blocks.partial_fit(X[start : start + 80], y[start : start + 80], classes=range(10))
    np.testing.assert_array_equal(incremental.estimator_.coefs_[0], blocks.coefs_[0])
    post = wrappers.ParallelPostFit(plain).fit(X, y)
    assert (post.predict(chunked[0]).compute() == plain.predict(X)).all()
