"""A call that fails leaves no trace, wherever it fails.

An error is injected at every line of the package that a call runs. Afterwards the estimator is
as it was before the call or, if the work was done, as it is after the call: in what it has
learned and in how it goes on learning, which shows its random state and its solver's moments.
"""

import copy
import pickle
import warnings

import joblib
import numpy as np
import pytest
from faults import Fault, Tracer, fault_points

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._networks.units import unit_types
from sklearn_ed._training import history

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
X = rng.randn(20, 4)
y = X[:, 0]
LABELS = np.arange(20) % 3


@pytest.fixture
def model():
    return EDRegressor(3, batch_size=5, random_state=0).partial_fit(X, y)


def target(model):
    return LABELS if isinstance(model, EDClassifier) else y


def started(Estimator, **params):
    """An estimator in mid stream: no loss is the last, the solver has moments."""
    model = Estimator((3, 2), random_state=0, weight_decay=0.0, **params)
    classes = {"classes": [0, 1, 2]} if Estimator is EDClassifier else {}
    return model.partial_fit(X, target(model), **classes).partial_fit(X, target(model))


def public(model):
    """What was learned, as values that compare."""

    def comparable(value):
        if isinstance(value, np.ndarray):
            return value.dtype.str, value.shape, value.tobytes()
        if isinstance(value, dict):
            # The time that epochs take differs.
            return {name: repr(v) for name, v in value.items() if name != "seconds"}
        return list(map(comparable, value)) if isinstance(value, list) else repr(value)

    return {name: comparable(v) for name, v in vars(model).items() if name[-1] == "_"}


def weights(model):
    state = public(model)
    return state["coefs_"], state["intercepts_"]


def fingerprint(model):
    """What an estimator is, and what becomes of it; it goes on learning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return public(model), public(
            model.set_params(verbose=False).partial_fit(X, target(model))
        )


SGD = {"solver": "sgd"}
ONLINE = {**SGD, "batch_size": 1}
# A row and those of the memory are one call of the kernel, as the learning rate is constant.
STREAM = {
    **ONLINE,
    "shuffle": False,
    "learning_rate": "constant",
    "scale_inputs": True,
    "recent_rows": 5,
    "replay": 3,
}
CALLS = {
    "row": (EDRegressor, "partial_fit", 1, {}),
    "row of a class": (EDClassifier, "partial_fit", 1, {}),
    "row, sgd": (EDRegressor, "partial_fit", 1, SGD),
    "row, online": (EDClassifier, "partial_fit", 1, ONLINE),
    "row, momentum": (
        EDClassifier,
        "partial_fit",
        1,
        {**SGD, "momentum": 0.9, "weight_decrement": False},
    ),
    "row of a stream": (EDClassifier, "partial_fit", 1, STREAM),
    "row, scaled": (EDClassifier, "partial_fit", 1, STREAM | {"replay": 0}),
    "row, scaled, adam": (EDRegressor, "partial_fit", 1, {"scale_inputs": True, "replay": 3}),
    "rows of a stream": (EDClassifier, "partial_fit", 6, STREAM | {"memory_size": 4}),
    "rows": (EDRegressor, "partial_fit", 6, {"batch_size": 4, "dropout": 0.2}),
    "rows in order": (EDClassifier, "partial_fit", 6, {"batch_size": 4, "shuffle": False}),
    "rows online": (EDRegressor, "partial_fit", 6, {**ONLINE, "dropout": 0.2}),
    "fit": (EDClassifier, "fit", 6, {"batch_size": 4}),
    "warm": (EDRegressor, "fit", 6, {"warm_start": True, "batch_size": 4, "dropout": 0.2}),
}
EVERY_CALL = pytest.mark.parametrize("case", CALLS)


def prepared(case):
    """An estimator as bytes, the call to make on a copy of it, and the points to fail at."""
    Estimator, method, n_rows, params = CALLS[case]
    model = started(Estimator, max_iter=2, **params)
    data = X[:n_rows], target(model)[:n_rows]
    dumped = pickle.dumps(model)

    def call(model):
        return getattr(model, method)(*data)

    points = fault_points(call, pickle.loads(dumped))
    assert len(points) > 50
    return dumped, call, points


def weights_after_each_step(dumped, case):
    """What calls of partial_fit on one batch after the other come to; None for other orders."""
    _, method, n_rows, params = CALLS[case]
    model = pickle.loads(dumped)
    if method == "fit" or (n_rows > 1 and model.shuffle):
        return None
    batch_size = params.get("batch_size", n_rows)
    met = [weights(model)]
    for start in range(0, n_rows, batch_size):
        batch = slice(start, min(start + batch_size, n_rows))
        model.partial_fit(X[batch], target(model)[batch])
        met.append(weights(model))
    return met


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@EVERY_CALL
def test_an_error_at_any_line(case):
    dumped, call, points = prepared(case)
    before = fingerprint(pickle.loads(dumped))
    after = fingerprint(call(pickle.loads(dumped)))
    assert before != after
    n_before = 0
    for at in points:
        model = pickle.loads(dumped)
        with pytest.raises(Fault), Tracer(at) as tracer:
            call(model)
        found = fingerprint(model)
        assert found in (before, after), f"a failure after {tracer.lines[-1:]}"
        n_before += found == before
    # Only the last lines of a call, if any, come when all is done.
    assert n_before >= len(points) - 5


def signs_are_kept(model):
    """Whether the weights between units have the signs of their types, or are zero."""
    return all(
        (coef * np.outer(unit_types(coef.shape[1]), unit_types(coef.shape[2])) >= 0).all()
        for coef in model.coefs_[1:]
    )


def interrupted(call, model, at):
    """Interrupt a call; return what it warned of, and "raised" if it raised."""
    with warnings.catch_warnings(record=True) as caught, Tracer(at, KeyboardInterrupt):
        warnings.simplefilter("always")
        try:
            call(model)
        except (KeyboardInterrupt, RuntimeError):  # the latter from a context manager
            return ["raised"]
    return [str(w.message) for w in caught if w.category is UserWarning]


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@EVERY_CALL
def test_an_interrupt_at_any_line(case):
    """The call leaves no trace, or the weights after whole steps."""
    dumped, call, points = prepared(case)
    before = fingerprint(pickle.loads(dumped))
    after = fingerprint(call(pickle.loads(dumped)))
    whole_steps = weights_after_each_step(dumped, case)
    model = pickle.loads(dumped)
    # A warm start keeps the losses of earlier calls and counts the epochs anew.
    n_losses = len(model.loss_curve_) if model.warm_start else 0
    n_kept = 0
    for at in points:
        model = pickle.loads(dumped)
        warned = interrupted(call, model, at)
        found = fingerprint(pickle.loads(pickle.dumps(model)))
        n_kept += found != before
        if warned == ["raised"] and found in (before, after):
            continue
        is_fit = CALLS[case][1] == "fit"
        kept = "Training interrupted; what was learned is kept." if is_fit else "raised"
        assert warned == [kept]
        assert signs_are_kept(model)
        if whole_steps is not None:
            assert weights(model) in whole_steps
        # A loss may have been noted whose epoch was not yet counted.
        assert 0 <= len(model.loss_curve_) - n_losses - model.n_iter_ <= 1
        assert np.isfinite(model.partial_fit(X, target(model)).loss_)
    assert n_kept > 0


def test_interrupted_before_the_first_loss():
    """What was learned is kept, and there is no loss yet."""

    def call(model):
        return model.partial_fit(X, y)

    def started(at=None):
        model = EDRegressor(3, random_state=0)
        return model, None if at is None else interrupted(call, model, at)

    points = fault_points(call, started()[0])
    first = next(at for at in points if hasattr(started(at)[0], "coefs_"))
    model, warned = started(first)
    assert warned == ["raised"]
    assert (model.loss_curve_, model.best_loss_) == ([], np.inf)
    model.partial_fit(X, y)
    assert model.loss_curve_ == [model.best_loss_]


def test_a_stream_appends_to_one_list(model):
    """So that a call costs the same however many came before."""
    curve = model.loss_curve_
    for i in range(20):
        model.partial_fit(X[i : i + 1], y[i : i + 1])
    assert model.loss_curve_ is curve
    assert len(curve) == model.n_iter_ == 21
    assert model.best_loss_ == min(curve)
    assert model.loss_ == curve[-1]


def test_the_losses_of_a_stream_are_bounded(model, monkeypatch):
    monkeypatch.setattr(history, "MOST_LOSSES", 6)
    losses = list(model.loss_curve_)
    for i in range(17):
        losses.append(model.partial_fit(X[i : i + 1 + i % 2], y[i : i + 1 + i % 2]).loss_)
        assert len(model.loss_curve_) == (len(losses) if i < 4 else 3 + (len(losses) - 3) % 3)
        assert model.loss_curve_ == losses[-len(model.loss_curve_) :]
    assert model.n_iter_ == 18
    assert model.best_loss_ == min(losses)


@pytest.mark.parametrize("n_rows", [1, 2])
def test_an_error_where_losses_are_dropped(n_rows, model, monkeypatch):
    monkeypatch.setattr(history, "MOST_LOSSES", 4)
    model.partial_fit(X, y).partial_fit(X, y)

    def call(model):
        return model.partial_fit(X[:n_rows], y[:n_rows])

    before, after = list(model.loss_curve_), call(copy.deepcopy(model)).loss_curve_
    assert (len(before), len(after)) == (3, 2)
    ends = []
    for at in fault_points(call, copy.deepcopy(model))[-60:]:
        twin = copy.deepcopy(model)
        with pytest.raises(Fault), Tracer(at):
            call(twin)
        assert twin.loss_curve_ in (before, after)
        assert twin.n_iter_ == 3 + (twin.loss_curve_ == after)
        ends.append(twin.n_iter_)
    assert 3 in ends


@pytest.mark.parametrize("early_stopping", [True, np.True_])
def test_the_best_loss_after_early_stopping(early_stopping):
    model = EDRegressor(3, early_stopping=early_stopping, max_iter=3, random_state=0).fit(X, y)
    assert model.best_loss_ is None
    model.set_params(early_stopping=False)
    for _ in range(3):
        model.partial_fit(X, y)
        assert model.best_loss_ == min(model.loss_curve_)
    assert len(model.loss_curve_) == 6


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy])
def test_a_copy_goes_its_own_way(model, way):
    twin, other = way(model), copy.deepcopy(model)
    model.partial_fit(X, y)
    assert len(twin.loss_curve_) == 1
    assert len(model.loss_curve_) == 2
    np.testing.assert_array_equal(
        twin.partial_fit(X, y).predict(X), other.partial_fit(X, y).predict(X)
    )


def test_a_shallow_copy_leaves_the_list_of_the_original_alone(model):
    coef = model.coefs_[0]
    copy.copy(model)
    assert model.coefs_[0] is coef


def test_one_row_draws_nothing(model):
    before = joblib.hash(model._random_state.get_state())
    model.partial_fit(X[:1], y[:1])
    assert joblib.hash(model._random_state.get_state()) == before
    model.partial_fit(X[:2], y[:2])
    assert joblib.hash(model._random_state.get_state()) != before


def test_row_after_row_equals_all_rows_in_order():
    labels = (y > 0).astype(int)
    params = {"batch_size": 1, "solver": "sgd", "shuffle": False, "random_state": 0}
    whole = EDClassifier(3, **params)
    single = EDClassifier(3, **params)
    whole.partial_fit(X, labels, classes=[0, 1]).partial_fit(X, labels)
    single.partial_fit(X, labels, classes=[0, 1])
    for i in range(20):
        single.partial_fit(X[i : i + 1], labels[i : i + 1])
    np.testing.assert_array_equal(whole.predict_proba(X), single.predict_proba(X))
