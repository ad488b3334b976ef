"""Checkpoint and resume: a fit that goes on from a file is the fit that was not interrupted."""

import shutil

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone

from sklearn_ed import EDClassifier, EDRegressor, resume
from sklearn_ed._training import early_stopping
from sklearn_ed.callbacks import Checkpoint, EarlyStopping
from sklearn_ed.rules import Backprop, ErrorDiffusion

rng = np.random.RandomState(0)
X = rng.normal(size=(60, 5)) * (rng.uniform(size=(60, 5)) < 0.7)
Y_CLASSES = np.arange(60) % 3
Y_BINARY = np.where(X[:, 0] > 0, "yes", "no")
Y_LABELS = rng.randint(2, size=(60, 3))
Y_TARGETS = np.column_stack([X[:, 0] + X[:, 1] ** 2, 5000 + 1000 * np.sin(X[:, 2])])
WEIGHT = rng.randint(0, 4, size=60).astype(float)
FRAME = pd.DataFrame(X, columns=list("abcde"))

ONLINE = {"solver": "sgd", "batch_size": 1, "n_members": 1}
BATCHES = {"batch_size": 16, "max_iter": 5}
STALLED = {"tol": 0.5, "n_iter_no_change": 2, "max_iter": 12, "early_stopping": True}


def classifier(sizes=(4, 3), **params):
    return EDClassifier(sizes, **{"max_iter": 4, "random_state": 0, **params})


def regressor(sizes=(4, 3), **params):
    return EDRegressor(sizes, **{"max_iter": 4, "random_state": 0, **params})


VALIDATION = {"X_val": X[:20], "y_val": Y_CLASSES[:20], "sample_weight_val": WEIGHT[:20] + 1}
CASES = {
    "defaults": (EDClassifier(max_iter=4, random_state=0), {}),
    "defaults of the regressor": (regressor("auto"), {"y": Y_TARGETS[:, 0]}),
    "strings": (classifier(), {"y": Y_BINARY}),
    "labels": (classifier(**BATCHES), {"y": Y_LABELS}),
    "sgd": (classifier(solver="sgd", **BATCHES), {}),
    "momentum": (classifier(solver="sgd", momentum=0.9, **BATCHES), {}),
    "constant": (
        classifier(learning_rate="constant", tol=1e9, n_iter_no_change=2, max_iter=9),
        {},
    ),
    "invscaling, no shuffle": (regressor(learning_rate="invscaling", shuffle=False), {}),
    "online": (classifier(**ONLINE, learning_rate="cosine"), {}),
    "online, threads": (classifier(**ONLINE, n_jobs=2, code_size=None), {"y": Y_LABELS}),
    "online adam": (classifier(batch_size=1), {}),
    "out of fold": (classifier(n_members=3, early_stopping="out_of_fold"), {"y": Y_BINARY}),
    "held out": (classifier(early_stopping=True, scoring="balanced_accuracy"), {}),
    "held out, falling rate": (classifier(**STALLED), {}),
    "out of fold, falling rate": (
        regressor(n_members=2, **{**STALLED, "early_stopping": "out_of_fold", "tol": 1e6}),
        {"y": Y_TARGETS, "sample_weight": WEIGHT},
    ),
    "validation data": (classifier(early_stopping=True), VALIDATION),
    "dropout": (classifier(dropout=0.3, **BATCHES), {}),
    "dropout online": (classifier(dropout=0.3, **ONLINE), {}),
    "float32": (regressor(**BATCHES), {"X": X.astype(np.float32)}),
    "sparse": (classifier(dropout=0.3, **BATCHES), {"X": sp.csc_array(X)}),
    "frame": (classifier(scale_inputs=True), {"X": FRAME}),
    "weights": (classifier(class_weight={0: 1, 1: 2.5, 2: 1}), {"sample_weight": WEIGHT}),
    "code book": (classifier(loss="squared_error", code_size=1.5), {}),
    "targets": (regressor(solver="sgd", momentum=0.5, alpha=0.01), {"y": Y_TARGETS}),
    "rule": (classifier(rule=ErrorDiffusion(weight_decrement=False)), {}),
    "no layers": (classifier([], rule=Backprop(), n_iter_no_change=np.inf), {}),
    "random state": (classifier(random_state=np.random.RandomState(5)), {}),
    "no random state": (classifier(random_state=None), {}),
    "warm start of nothing": (regressor(warm_start=True), {}),
}


def fit(model, data):
    return model.fit(**{"X": X, "y": Y_CLASSES, **data})


class Copies:
    """Keeps the checkpoint of each epoch."""

    def __init__(self, path):
        self.path, self.copies = path, []

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch":
            copy = self.path.with_name(f"{len(self.copies)}.npz")
            self.copies.append(shutil.copy(self.path, copy))
        return False


class Killed(Exception):
    """Stands for the end of the process."""


class KillAfter(Copies):
    """Raises an error after an epoch."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch" and context.task_id == self.n_epochs - 1:
            raise Killed
        return False


def plain(state):
    """A random state that can be compared."""
    return {**state, "state": {k: np.asarray(v).tolist() for k, v in state["state"].items()}}


def everything(model):
    """The parameters and the fitted attributes of an estimator."""
    params = model.get_params()
    values = {name: value for name, value in vars(model).items() if name not in params}
    for name in ("_kept_bank", "_skl_callbacks", "_callback_fit_ctx", "_checked_parameters"):
        values.pop(name, None)
    values.pop("_skl_callbacks_to_teardown", None)
    values["history_"] = {k: v for k, v in values["history_"].items() if k != "seconds"}
    values["_random_state"] = plain(model._random_state.get_state(legacy=False))
    if isinstance(params["random_state"], np.random.RandomState):
        params["random_state"] = plain(params["random_state"].get_state(legacy=False))
    return {"params": params, **values}


def assert_same(model, other, data):
    np.testing.assert_equal(everything(model), everything(other))
    seconds = other.history_["seconds"]
    assert len(seconds) == other.n_iter_
    assert seconds == sorted(seconds)
    rows, given = data.get("X", X), {"y": Y_CLASSES, **data}
    np.testing.assert_array_equal(model.predict(rows), other.predict(rows))
    for each in (model, other):
        each.set_params(early_stopping=False, scoring=None).partial_fit(rows, given["y"])
    np.testing.assert_equal(model.get_weights(), other.get_weights())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("case", CASES)
def test_a_resumed_fit_is_the_uninterrupted_one(case, tmp_path):
    model, data = CASES[case]
    state = model.random_state
    if isinstance(state, np.random.RandomState):
        model = clone(model)
    path = tmp_path / "fit.npz"
    copies = Copies(path)
    full = fit(clone(model).set_callbacks(Checkpoint(path), copies), data)
    if state == 0:
        # The callback changes nothing.
        np.testing.assert_equal(everything(fit(clone(model), data)), everything(full))
    assert len(copies.copies) == full.n_iter_
    if "falling" in case:
        assert STALLED["n_iter_no_change"] + 1 < full.n_iter_ < STALLED["max_iter"]
    given = {"X": X, "y": Y_CLASSES, **data}
    last = None
    for copy in copies.copies:
        resumed = resume(copy, **given)
        assert type(resumed) is type(model)
        np.testing.assert_equal(everything(resumed), everything(full))
        last = resumed
    assert_same(full, last, data)


def test_a_fit_that_was_stopped_goes_on_writing(tmp_path):
    path = tmp_path / "fit.npz"
    model = classifier(max_iter=9).set_callbacks(Checkpoint(path, every=3), KillAfter(4))
    with pytest.raises(Killed):
        model.fit(X, Y_CLASSES)
    assert not hasattr(model, "coefs_")
    # Again from epoch 3, then from epoch 6 on.
    with pytest.raises(Killed):
        resume(path, X, Y_CLASSES, callbacks=[KillAfter(4)])
    counts = []

    class Count(KillAfter):
        def on_fit_task_end(self, estimator, context):
            counts.append(context.task_name)

    resumed = resume(path, X, Y_CLASSES, callbacks=[Count(0)])
    assert counts == ["epoch"] * 3 + ["fit"]
    assert_same(classifier(max_iter=9).fit(X, Y_CLASSES), resumed, {})
    assert [file.name for file in tmp_path.iterdir()] == ["fit.npz"]


def test_the_last_epoch_is_always_saved(tmp_path):
    path = tmp_path / "fit.npz"
    full = classifier(max_iter=5).set_callbacks(Checkpoint(path, every=100)).fit(X, Y_CLASSES)
    resumed = resume(path, X, Y_CLASSES, callbacks=[KillAfter(1)])
    assert_same(full, resumed, {})


def test_other_callbacks_begin_anew(tmp_path):
    path = tmp_path / "fit.npz"
    stop = EarlyStopping("loss", patience=1, min_delta=1e9)
    model = classifier(max_iter=9).set_callbacks(Checkpoint(path), stop).fit(X, Y_CLASSES)
    assert model.n_iter_ == 2
    assert resume(path, X, Y_CLASSES, callbacks=[stop]).n_iter_ == 4
    assert resume(path, X, Y_CLASSES).n_iter_ == 9


def test_an_interrupted_fit_is_continued(tmp_path, monkeypatch):
    path = tmp_path / "fit.npz"

    class Interrupt(KillAfter):
        def on_fit_task_end(self, estimator, context):
            if context.task_name == "epoch" and context.task_id == self.n_epochs - 1:
                raise KeyboardInterrupt

    model = classifier().set_callbacks(Checkpoint(path), Interrupt(2))
    with pytest.warns(UserWarning, match="interrupted"):
        model.fit(X, Y_CLASSES)
    assert model.n_iter_ == 2
    assert_same(classifier().fit(X, Y_CLASSES), resume(path, X, Y_CLASSES), {})


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("X", {"X": X + 1e-12}),
        ("X", {"X": X[:, :4]}),
        ("X", {"X": X.astype(np.float32)}),
        ("X", {"X": sp.csr_array(X)}),
        ("X", {"X": FRAME}),
        ("y", {"y": Y_CLASSES[::-1]}),
        ("y", {"y": Y_CLASSES + 1}),
        ("y", {"y": Y_CLASSES.astype(str)}),
        ("sample_weight", {"sample_weight": None}),
        ("sample_weight", {"sample_weight": WEIGHT + 1}),
        ("X_val", {"X_val": None, "y_val": None, "sample_weight_val": None}),
        ("X_val", {"X_val": X[20:40]}),
        ("y_val", {"y_val": Y_CLASSES[:20][::-1]}),
        ("sample_weight_val", {"sample_weight_val": None}),
    ],
)
def test_other_data_are_refused(name, change, tmp_path):
    path = tmp_path / "fit.npz"
    validation = VALIDATION if name.endswith("val") else {}
    data = {"X": X, "y": Y_CLASSES, "sample_weight": WEIGHT, **validation}
    classifier(early_stopping=True).set_callbacks(Checkpoint(path)).fit(**data)
    before = path.read_bytes()
    with pytest.raises(
        ValueError, match=f"^{name}: expected the data of the fit that .*fit.npz"
    ):
        resume(path, **{**data, **change})
    assert path.read_bytes() == before


def test_other_draws_are_refused(tmp_path, monkeypatch):
    """As another version of scikit-learn may hold out other rows."""
    path = tmp_path / "fit.npz"
    classifier(early_stopping=True).set_callbacks(Checkpoint(path)).fit(X, Y_CLASSES)
    monkeypatch.setattr(
        early_stopping, "train_test_split", lambda rows, **options: (rows[6:], rows[:6])
    )
    with pytest.raises(ValueError, match=r"fit\.npz: expected the versions.*sklearn_ed"):
        resume(path, X, Y_CLASSES)


class OwnRule(ErrorDiffusion):
    """A rule that a file does not know."""


class OwnClassifier(EDClassifier):
    """An estimator that a file does not know."""


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (classifier(early_stopping=True, scoring=lambda *args: 0.5), "^scoring: expected None"),
        (classifier(rule=OwnRule()), "^rule: expected None, a number"),
        (classifier(np.array([4, 3])), "^hidden_layer_sizes: expected None"),
        (
            classifier(random_state=np.random.RandomState(np.random.PCG64(0))),
            "^random_state: expected a RandomState over MT19937",
        ),
        (OwnClassifier((4,), max_iter=2), "subclass OwnClassifier"),
    ],
)
def test_what_a_file_cannot_contain_is_refused_before_the_first_epoch(model, message, tmp_path):
    counts = []

    class Count(KillAfter):
        def on_fit_task_end(self, estimator, context):
            counts.append(context.task_id)

    model.set_callbacks(Count(0), Checkpoint(tmp_path / "fit.npz"))
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y_CLASSES)
    assert not counts
    assert not list(tmp_path.iterdir())
    assert not hasattr(model, "coefs_")


def test_a_warm_start_is_refused(tmp_path):
    model = classifier(warm_start=True).fit(X, Y_CLASSES)
    weights = model.get_weights()
    with pytest.raises(ValueError, match="warm_start: expected False or an estimator"):
        model.set_callbacks(Checkpoint(tmp_path / "fit.npz")).fit(X, Y_CLASSES)
    np.testing.assert_equal(model.get_weights(), weights)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_networks_that_are_not_finite_are_not_saved(tmp_path):
    path = tmp_path / "fit.npz"
    model = regressor(
        solver="sgd",
        alpha=1e10,
        learning_rate="constant",
        weight_decay=0.0,
        early_stopping=False,
        n_iter_no_change=np.inf,
        max_iter=200,
    )
    with pytest.raises(ValueError, match="Solver produced non-finite"):
        model.set_callbacks(Checkpoint(path)).fit(X, Y_TARGETS)
    with np.load(path) as arrays:
        assert np.isfinite(arrays["bank"]).all()
    with pytest.raises(ValueError, match="Solver produced non-finite"):
        resume(path, X, Y_TARGETS)


def test_bad_arguments(tmp_path):
    with pytest.raises(ValueError, match="every: expected an integer >= 1, got 0"):
        Checkpoint(tmp_path / "fit.npz", every=0)
    for path in (tmp_path, tmp_path / "missing" / "fit.npz"):
        with pytest.raises(ValueError, match="path: expected a file in an existing folder"):
            Checkpoint(path)
    with pytest.raises(FileNotFoundError):
        resume(tmp_path / "none.npz", X, Y_CLASSES)
