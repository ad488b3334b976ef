"""Streams: inputs scaled as they come, a memory of rows, and the settings that use both."""

import copy
import pickle

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._backend import BACKENDS, use_backend
from sklearn_ed.inspection import gradient_alignment

rng = np.random.RandomState(0)
X = rng.normal([5, -300, 0.01, 0], [2, 100, 0.001, 1], size=(80, 4))
LABELS = np.argmax([X[:, 0] - 5, (X[:, 1] + 300) / 50, 0.5 * X[:, 3]], axis=0)
STREAM = EDClassifier.for_streams(hidden_layer_sizes=(6,), memory_size=10, random_state=0)
CLASSES = {"classes": [0, 1, 2]}


def learned(model, chunk, *, rows=slice(None), **options):
    """The model after the rows, so many in each call."""
    X_, y_ = X[rows], LABELS[rows]
    for start in range(0, len(X_), chunk):
        part = slice(start, start + chunk)
        model.partial_fit(X_[part], y_[part], **CLASSES)
    return model


def assert_equal_models(model, other):
    assert joblib.hash(model.predict_proba(X)) == joblib.hash(other.predict_proba(X))
    for name in ("coefs_", "intercepts_"):
        assert joblib.hash(getattr(model, name)) == joblib.hash(getattr(other, name))


@pytest.mark.parametrize("chunk", [3, 10, 11, 25, 80])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_chunks_equal_rows(chunk, dtype, monkeypatch):
    """The memory has ten rows: chunks that fit into it, and longer ones."""
    monkeypatch.setitem(globals(), "X", X.astype(dtype))
    rows, chunks = learned(clone(STREAM), 1), learned(clone(STREAM), chunk)
    assert rows.coefs_[0].dtype == dtype
    assert_equal_models(rows, chunks)
    # The memory is the same, however its rows came.
    assert_equal_models(learned(rows, 1), learned(chunks, 7))


def test_one_pass_of_fit_equals_partial_fit_without_a_memory():
    model = clone(STREAM).set_params(replay=0, max_iter=1, tol=0)
    with pytest.warns(match="has not converged"):
        fitted = clone(model).fit(X, LABELS)
    assert_equal_models(fitted, learned(clone(model), 1))


@pytest.mark.parametrize(
    "way", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
@pytest.mark.parametrize("at", [1, 5, 33])
def test_a_copy_in_mid_stream_continues_equally(way, at):
    model = learned(clone(STREAM), 4, rows=slice(at))
    twin = way(model)
    learned(model, 3, rows=slice(at, None))
    assert_equal_models(model, learned(twin, 5, rows=slice(at, None)))


def test_continues_from_a_memory_mapped_file(tmp_path):
    """Its arrays are read-only."""
    model = learned(clone(STREAM), 4)
    joblib.dump(model, tmp_path / "model")
    twin = joblib.load(tmp_path / "model", mmap_mode="r")
    assert_equal_models(learned(model, 3), learned(twin, 1))


def test_predictions_change_nothing():
    model, twin = learned(clone(STREAM), 8), learned(clone(STREAM), 8)
    before = joblib.hash(vars(model))
    model.predict_proba(1e3 * X)
    assert joblib.hash(vars(model)) == before
    assert_equal_models(learned(model, 9), learned(twin, 9))


@pytest.mark.parametrize(
    "bad",
    [
        lambda: (np.full((1, 4), np.nan), [0]),
        lambda: (np.full((2, 4), 1e200), [0, 1]),
        lambda: (np.ones((1, 4)), [3]),
        lambda: (np.ones((1, 3)), [0]),
        lambda: (sp.csr_array(np.ones((1, 4))), [0]),
    ],
    ids=["nan", "too large", "unknown class", "other features", "sparse"],
)
def test_bad_rows_change_nothing(bad):
    model, twin = learned(clone(STREAM), 8), learned(clone(STREAM), 8)
    with pytest.raises(ValueError, match=r"NaN|finite variance|expected|features"):
        model.partial_fit(*bad())
    assert_equal_models(learned(model, 9), learned(twin, 9))


def test_divergence_changes_nothing():
    model, twin = learned(clone(STREAM), 8), learned(clone(STREAM), 8)
    model.set_params(alpha=1e308, loss="log_loss")
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="non-finite"):
        learned(model, 9)
    assert_equal_models(learned(model.set_params(alpha=twin.alpha), 9), learned(twin, 9))


def test_scaled_inputs_do_not_depend_on_units():
    """Powers of two change no bit but the exponent."""
    model = learned(clone(STREAM), 1).predict_proba(X)
    units = np.array([2.0**10, 2.0**-6, 2.0**20, 0.5])
    other = clone(STREAM)
    for i in range(80):
        other.partial_fit(units * X[i : i + 1], LABELS[i : i + 1], **CLASSES)
    np.testing.assert_array_equal(other.predict_proba(units * X), model)


def test_inputs_are_standardized():
    """For predictions: by the mean and the deviation of all rows so far."""
    model = learned(clone(STREAM).set_params(hidden_layer_sizes=(), recent_rows=None), 1)
    Z = StandardScaler().fit_transform(X)
    logits = Z / np.sqrt(1 + (Z / 3) ** 2) @ model.coefs_[0][:, :, 0].T
    logits += model.beta * model.intercepts_[0].ravel()
    np.testing.assert_allclose(model.decision_function(X), logits, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_recent_rows_give_the_deviation_from_their_mean():
    """The label says whether a random walk is above its recent mean, wherever it is."""
    walk = 100 + np.cumsum(rng.normal(size=1000))
    mean = np.array([walk[max(0, i - 20) : i + 1].mean() for i in range(1000)])
    y = (walk > mean).astype(int)

    def accuracy(recent_rows):
        model = EDClassifier.for_streams(recent_rows=recent_rows, random_state=0)
        model.partial_fit(walk[:1, None], y[:1], classes=[0, 1])
        n_right = 0
        for i in range(1, 1000):
            # With the labels that come first, the class before tells nothing of this walk.
            n_right += model.predict(walk[i : i + 1, None])[0] == y[i]
            model.partial_fit(walk[i : i + 1, None], y[i : i + 1])
        return n_right / 999

    assert accuracy(20) > accuracy(None) + 0.02


def test_a_memory_learns_more_from_few_rows():
    moons, y = make_moons(800, noise=0.2, random_state=0)

    def score(replay):
        model = EDClassifier.for_streams(replay=replay, random_state=0)
        model.partial_fit(moons[:400], y[:400], classes=[0, 1])
        return model.score(moons[400:], y[400:])

    assert score(8) > max(0.93, score(0) + 0.03)


def test_only_recent_rows_are_replayed():
    """Labels change their meaning: the memory must not hold on to the old one."""
    model = EDClassifier.for_streams(memory_size=20, replay=4, random_state=0)
    Z = rng.normal(size=(400, 2))
    y = (Z[:, 0] > 0).astype(int)
    model.partial_fit(Z, y, classes=[0, 1])
    assert model.score(Z, y) > 0.9
    model.partial_fit(Z, 1 - y)
    assert model.score(Z, 1 - y) > 0.9


def test_rows_of_weight_zero_are_absent():
    weight = np.tile([1.0, 0.0], 40)
    model, twin = clone(STREAM), clone(STREAM)
    model.partial_fit(X, LABELS, weight, **CLASSES)
    twin.partial_fit(X[::2], LABELS[::2], weight[::2], **CLASSES)
    assert_equal_models(model, twin)


def test_weights_of_rows_count_in_the_memory():
    """Of two classes with the same rows, that with the larger weight wins."""
    Z = np.repeat(rng.normal(size=(100, 2)), 2, axis=0)
    y = np.tile([0, 1], 100)
    for heavy in (0, 1):
        model = EDClassifier.for_streams(random_state=0)
        model.partial_fit(Z, y, np.where(y == heavy, 1, 0.2), classes=[0, 1])
        assert (model.predict(Z) == heavy).mean() > 0.9


def test_fit_empties_the_memory():
    model = learned(clone(STREAM), 8).set_params(max_iter=2, tol=0)
    new = clone(STREAM).set_params(max_iter=2, tol=0)
    for estimator in (model, new):
        with pytest.warns(match="has not converged"):
            estimator.fit(X, LABELS)
    assert_equal_models(learned(model, 5), learned(new, 5))


def test_the_memory_can_change_its_size():
    model = learned(clone(STREAM), 1)
    for size in (4, 30):
        learned(model.set_params(memory_size=size), 6)
        assert model._memory["size"] == size
        assert np.isfinite(model.predict_proba(X)).all()


@pytest.mark.parametrize("name", ["scale_inputs", "recent_rows"])
def test_inputs_are_scaled_from_the_first_call_to_the_last(name):
    model = learned(clone(STREAM), 8).set_params(**{name: {"recent_rows": 7}.get(name, False)})
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        learned(model, 8)


def test_sparse_rows_are_refused():
    sparse = sp.csr_array(X)
    for params in ({"scale_inputs": True}, {"replay": 2}):
        model = EDClassifier(**params)
        assert not model.__sklearn_tags__().input_tags.sparse
        with pytest.raises(ValueError, match=r"^X: expected a dense array with scale_inputs"):
            model.partial_fit(sparse, LABELS, **CLASSES)
    with pytest.raises(ValueError, match=r"^X: expected a dense array"):
        learned(clone(STREAM), 8).predict(sparse)


def test_both_backends_learn_the_same():
    expected = learned(clone(STREAM), 7).predict_proba(X)
    for name in BACKENDS:
        with use_backend(name):
            found = learned(clone(STREAM), 7).predict_proba(X)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("params", [{}, {"solver": "adam", "alpha": 0.01}, {"momentum": 0.5}])
def test_a_regressor_of_a_stream(params):
    settings = STREAM.get_params() | {"tol": 0.0} | params
    shared = {name: settings[name] for name in EDRegressor().get_params()}
    y = (X[:, 0] - 5) / 2
    rows, chunks = EDRegressor(**shared), EDRegressor(**shared)
    for _ in range(5):
        for i in range(80):
            rows.partial_fit(X[i : i + 1], y[i : i + 1])
    assert rows.score(X, y) > 0.7
    if not params:
        for _ in range(5):
            chunks.partial_fit(X, y)
        assert chunks.score(X, y) > 0.7


def test_batches_of_a_fit_are_scaled():
    """Without scaling, a column with values around -300 saturates every unit."""
    model = EDClassifier(scale_inputs=True, random_state=0).fit(X, LABELS)
    assert model.score(X, LABELS) > 0.9


def test_alignment_sees_the_scaled_inputs():
    model = learned(clone(STREAM), 8)
    assert gradient_alignment(model, X, LABELS).cosine.min() > 0.5


def test_overrides_of_the_settings():
    model = EDClassifier.for_streams(replay=2, alpha=0.5)
    assert (model.replay, model.alpha, model.batch_size) == (2, 0.5, 1)
    with pytest.raises(TypeError, match="replays"):
        EDClassifier.for_streams(replays=2)


@pytest.mark.slow
def test_works_inside_river():
    compat = pytest.importorskip("river.compat")
    model = compat.SKL2RiverClassifier(
        EDClassifier.for_streams(random_state=0), classes=[False, True]
    )
    n_right = 0
    moons, y = make_moons(1000, noise=0.2, random_state=0)
    for x, label in zip(moons, y, strict=True):
        features = {"first": x[0], "second": x[1]}
        n_right += model.predict_one(features) == bool(label)
        model.learn_one(features, bool(label))
    assert n_right > 900
    probabilities = model.predict_proba_one({"first": -1.0, "second": 1.0})
    assert probabilities[False] > 0.5
