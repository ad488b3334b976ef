"""scikit-learn's callbacks in `fit`: when hooks are called and with what, stops, errors."""

import copy
import pickle
import re
import threading
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor

rng = np.random.RandomState(0)
X = rng.normal(size=(60, 3))
LABELS = np.array(["a", "b", "c"])[(X[:, 0] > 0).astype(int) + (X[:, 1] > 0)]
TARGETS = 50 * X[:, 0] + X[:, 1]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ONLINE = {"batch_size": 1, "solver": "sgd", "n_members": 1}
SETTINGS = {
    "out of fold": (EDClassifier, {}),
    "held out": (EDClassifier, {"early_stopping": True, "n_members": 1}),
    "online": (EDClassifier, ONLINE),
    "one network": (EDRegressor, {"early_stopping": False, "n_members": 1, "max_iter": 5}),
    "scaled, out of fold": (EDRegressor, {"scale_inputs": True, "recent_rows": 20}),
    "falling back": (EDClassifier, {"early_stopping": True, "n_iter_no_change": 1, "alpha": 1}),
}
EVERY_SETTING = pytest.mark.parametrize("setting", SETTINGS)


def made(setting, **params):
    Estimator, settings = SETTINGS[setting]
    params = {"max_iter": 8, "random_state": 0, **settings, **params}
    return Estimator((4,), **params), LABELS if Estimator is EDClassifier else TARGETS


class Recorder:
    """Notes every call of a hook; stops or fails where it is told to."""

    def __init__(self, stop_at=None, fail_in=None, error=RuntimeError):
        self.stop_at, self.fail_in, self.error = stop_at, fail_in, error
        self.events, self.begun, self.ended = [], [], []

    def _note(self, hook, context):
        self.events.append((hook, context.task_name, context.task_id))
        if hook == self.fail_in:
            raise self.error(hook)

    def setup(self, estimator, context):
        self.max_subtasks = context.max_subtasks
        self._note("setup", context)

    def on_fit_task_begin(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.begun.append(fitted_estimator)
        self._note("begin", context)

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.given = X, y, metadata
        self.ended.append(fitted_estimator)
        self._note("end", context)
        return context.task_name == "epoch" and context.task_id == self.stop_at

    def teardown(self, estimator, context):
        self._note("teardown", context)


def learned(estimator):
    """All that an estimator has learned, and what becomes of it as it goes on learning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        later = copy.deepcopy(estimator).set_params(max_iter=1, early_stopping=False)
        later.partial_fit(X, LABELS if isinstance(estimator, EDClassifier) else TARGETS)

    def values(item):
        if isinstance(item, (list, tuple)):
            return [values(part) for part in item]
        if isinstance(item, dict):
            return {name: values(part) for name, part in item.items() if name != "seconds"}
        return (item.shape, item.tolist()) if isinstance(item, np.ndarray) else item

    return [
        {name: values(value) for name, value in sorted(vars(est).items()) if name[-1] == "_"}
        for est in (estimator, later)
    ]


@EVERY_SETTING
def test_hooks_of_a_fit(setting):
    recorder = Recorder()
    model, y = made(setting)
    weight = np.ones(60)
    model.set_callbacks(recorder).fit(X, y, sample_weight=weight)
    epochs = [(hook, "epoch", k) for k in range(model.n_iter_) for hook in ("begin", "end")]
    root = [(hook, "fit", 0) for hook in ("setup", "begin", "end", "teardown")]
    assert recorder.events == [*root[:2], *epochs, *root[2:]]
    assert recorder.max_subtasks >= model.n_iter_ > 1
    assert recorder.given[0] is X
    assert recorder.given[1] is y
    assert recorder.given[2] == {"sample_weight": weight}


@EVERY_SETTING
def test_the_estimator_of_an_epoch_is_that_of_a_fit_that_stops_there(setting):
    """Bit for bit, with the best weights where there are validation rows."""
    whole, stopping = Recorder(), Recorder(stop_at=2)
    model, y = made(setting)
    model.set_callbacks(whole).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stopped = made(setting)[0].set_callbacks(stopping).fit(X, y)
    assert stopped.n_iter_ == len(stopped.loss_curve_) == 3
    assert learned(whole.ended[2]) == learned(whole.begun[4]) == learned(stopped)
    assert whole.begun[0] is None
    assert learned(whole.ended[-1]) == learned(whole.ended[-2]) == learned(model)
    expected = made(setting)[0].fit(X, y)
    assert learned(model) == learned(expected)


@pytest.mark.parametrize("setting", ["out of fold", "one network", "online"])
def test_a_warm_start(setting):
    recorder = Recorder(stop_at=1)
    model, y = made(setting, warm_start=True)
    model.fit(X, y)
    first = learned(model)
    n_losses = len(model.loss_curve_)
    model.set_callbacks(recorder).fit(X, y)
    assert learned(recorder.begun[0]) == first
    assert model.n_iter_ == 2
    assert len(model.loss_curve_) == n_losses + 2
    assert learned(recorder.ended[1]) == learned(model)


def test_the_fitted_estimator_is_a_copy():
    class Spoiler(Recorder):
        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            fitted_estimator.partial_fit(X, LABELS)
            fitted_estimator.coefs_[0][...] = 0
            fitted_estimator.loss_curve_.clear()
            fitted_estimator.classes_[:] = "z"

    model, y = made("out of fold")
    expected = learned(made("out of fold")[0].fit(X, y))
    assert learned(model.set_callbacks(Spoiler()).fit(X, y)) == expected


@pytest.mark.parametrize("hook", ["setup", "begin", "end", "teardown"])
@pytest.mark.parametrize("state", ["new", "fitted", "warm"])
def test_an_error_in_a_hook_leaves_the_estimator_as_before(hook, state, capsys):
    recorder = Recorder(fail_in=hook)
    model, y = made("out of fold", warm_start=state == "warm")
    expected, _ = made("out of fold", warm_start=state == "warm")
    if state != "new":
        model.fit(X, y)
        expected.fit(X, y)
    model.set_callbacks(ProgressBar(), recorder)
    names = set(vars(model))
    with pytest.raises(RuntimeError, match=hook):
        model.fit(X, y)
    assert recorder.events[-1][0] == "teardown"
    assert set(vars(model)) == names
    # The thread of a progress bar ends when it is torn down.
    assert not [t for t in threading.enumerate() if "Progress" in type(t).__name__]
    model.set_callbacks()
    if state == "new":
        assert vars(model) == vars(expected)
    else:
        assert learned(model) == learned(expected)
    # So does everything that draws from the random state.
    assert learned(model.fit(X, y)) == learned(expected.fit(X, y))


def test_ctrl_c_in_a_hook_keeps_what_was_learned():
    recorder = Recorder(fail_in="end", error=KeyboardInterrupt)
    model, y = made("one network")
    model.set_callbacks(recorder)
    with (
        pytest.warns(UserWarning, match="interrupted; what was learned is kept"),
        # The end of `fit` is interrupted too.
        pytest.raises(KeyboardInterrupt),
    ):
        model.fit(X, y)
    recorder.fail_in = None
    assert model.fit(X, y).n_iter_ == 5


def test_training_that_diverges_says_so():
    model = EDRegressor((3,), alpha=1e300, solver="sgd", random_state=0)
    model.set_callbacks(ScoringMonitor(scoring="r2"))
    with pytest.raises(ValueError, match="Solver produced non-finite"):
        model.fit(X, TARGETS)
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_progress_of_every_level_of_a_search(n_jobs, capsys):
    pipeline = make_pipeline(StandardScaler(), EDClassifier((4,), max_iter=2))
    search = GridSearchCV(pipeline, {"edclassifier__alpha": [0.1]}, cv=2, n_jobs=n_jobs)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, LABELS)
    shown = " ".join(re.sub("━", "", capsys.readouterr().out).split())
    assert "GridSearchCV - fit" in shown
    assert shown.count("Pipeline - fit #") == 3
    assert shown.count("EDClassifier - fit #1 100%") == 3


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_scores_of_the_training_data_in_a_search(n_jobs):
    """Of data frames and labels as they are; callbacks reach the processes that fit."""
    monitor = ScoringMonitor(scoring="accuracy")
    frame = pd.DataFrame(X, columns=["p", "q", "r"])
    model = EDClassifier((4,), max_iter=3, random_state=0).set_callbacks(monitor)
    search = GridSearchCV(model, {"alpha": [0.1, 0.01]}, cv=2, n_jobs=n_jobs)
    search.fit(frame, LABELS)
    runs = monitor.get_logs(select="all")
    rows = [row for run in runs for row in run.data]
    # Four fits of the search and that of the best parameters, each with three epochs.
    assert sorted(row["task_name"] for row in rows) == ["epoch"] * 15 + ["fit"] * 5
    best = search.best_estimator_.score(frame, LABELS)
    assert [row["accuracy"] for row in rows if row["task_id_path"] == (0, 1)] == [best]


def test_a_fitted_estimator_is_saved_without_callbacks(tmp_path):
    monitor = ScoringMonitor(scoring="accuracy")
    model = EDClassifier((4,), max_iter=2).set_callbacks(monitor, ProgressBar())
    assert len(pickle.loads(pickle.dumps(model))._skl_callbacks) == 2
    in_fit = []

    class Saver(Recorder):
        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            in_fit.extend(map(pickle.dumps, (estimator, fitted_estimator)))

    model.set_callbacks(monitor, Saver()).fit(X, LABELS)
    for saved in (pickle.dumps(model), *in_fit):
        assert monitor._listener_handle.authkey not in saved
        assert b"callback" not in saved
    np.testing.assert_array_equal(pickle.loads(saved).predict(X), model.predict(X))
    # The estimator itself has them still.
    assert len(model._skl_callbacks) == 2


def test_without_callbacks_nothing_is_done(monkeypatch):
    def fail(*args, **options):
        raise AssertionError

    monkeypatch.setattr(EDClassifier, "_init_callback_context", fail)
    EDClassifier((4,), max_iter=1).fit(X, LABELS)
    # `partial_fit` is one step of a loop that is the user's.
    model = EDClassifier((4,)).set_callbacks(recorder := Recorder())
    model.partial_fit(X, LABELS, classes=["a", "b", "c"]).partial_fit(X, LABELS)
    assert recorder.events == []
