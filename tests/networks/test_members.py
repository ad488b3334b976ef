"""Members: sets of networks whose probabilities or values are averaged."""

import copy
import warnings

import joblib
import numpy as np
import pytest
from scipy.special import expit, log_expit, softmax

from helpers import forward_pass, make_trainer
from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._backend import BACKENDS, use_backend
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.code_book import make_code_book
from sklearn_ed._networks.members import AveragedOutputs, averaged
from sklearn_ed._networks.outputs import ClassOutputs, LabelOutputs, TargetOutputs
from sklearn_ed._training.data import TrainingData
from sklearn_ed._training.optimizers import SGD, Adam, Momentum
from sklearn_ed._training.schedules import EpochRate

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
rng = np.random.RandomState(0)
X = rng.normal(size=(60, 5))
CLASSES = np.arange(60) % 4
LABELS = (X[:, :3] + rng.normal(size=(60, 3)) > 0).astype(int)
TARGETS = np.column_stack([X[:, 0], 100 + 7 * np.sin(X[:, 1])])
KINDS = ["binary", "pairs", "one per class", "squared error", "labels", "squared labels"]
TRUE = {"labels": LABELS, "squared labels": LABELS, "binary": CLASSES % 2}


def fitted(kind, n_members=3, **params):
    options = {"squared error": {"loss": "squared_error"}, "one per class": {"code_size": None}}
    options |= {"squared labels": {"loss": "squared_error"}}
    params = {"n_members": n_members, "max_iter": 5, "alpha": 0.02, "random_state": 0, **params}
    clf = EDClassifier((4, 3), **options.get(kind, {}), **params)
    return clf.fit(X, TRUE.get(kind, CLASSES))


def probabilities_by_hand(clf, kind, A):
    """Of one member, whose pre-activations are A."""
    if "labels" in kind:
        return expit(A if kind == "labels" else 2 / clf.u0 * A)
    code = clf.code_book_
    return softmax(2 / clf.u0 * A @ (code > 0) if "squared" in kind else A @ code, axis=1)


@pytest.mark.parametrize("n_members", [2, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_are_the_mean_over_the_members(kind, n_members):
    clf = fitted(kind, n_members)
    A, n_of_one = forward_pass(clf, X), clf.n_networks_ // n_members
    assert A.shape[1] == clf.n_networks_ == n_members * (3 if "labels" in kind else n_of_one)
    if "labels" not in kind:
        assert clf.code_book_.shape[0] == n_of_one
    each = [
        probabilities_by_hand(clf, kind, A[:, m * n_of_one : (m + 1) * n_of_one])
        for m in range(n_members)
    ]
    assert np.abs(each[0] - each[1]).max() > 1e-3
    proba = clf.predict_proba(X)
    np.testing.assert_allclose(proba, np.mean(each, axis=0), rtol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_follow_from_the_probabilities(kind):
    clf = fitted(kind)
    proba, scores = clf.predict_proba(X), clf.decision_function(X)
    np.testing.assert_allclose(np.exp(clf.predict_log_proba(X)), proba, rtol=1e-10)
    if "labels" in kind:
        np.testing.assert_allclose(expit(scores), proba, rtol=1e-10)
        np.testing.assert_array_equal(clf.predict(X), proba > 0.5)
        return
    np.testing.assert_array_equal(clf.predict(X), clf.classes_[proba.argmax(axis=1)])
    if kind == "binary":
        np.testing.assert_allclose(expit(scores), proba[:, 1], rtol=1e-10)
    else:
        np.testing.assert_allclose(softmax(scores, axis=1), proba, rtol=1e-10)


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_scores_of_certain_members_are_finite(loss):
    """Probabilities beyond the smallest number, and next to 1."""
    A = np.array([[800.0, 2000.0], [-800.0, -2000.0], [40.0, 50.0], [-1.0, 1.0]])
    code = np.array([[0.0, 1.0]])
    for outputs in (ClassOutputs(code, loss, 0.4), LabelOutputs(loss, 0.4)):
        both = AveragedOutputs(outputs, 2)
        scores, logs = both.decision_function(A), both.predict_log_proba(A)
        assert np.isfinite(logs).all()
        assert np.isfinite(scores).all()
        scale = 1 if loss == "log_loss" else 2 / 0.4
        mean_log = np.logaddexp(*log_expit(scale * A).T) - np.log(2)
        mean_log_other = np.logaddexp(*log_expit(-scale * A).T) - np.log(2)
        np.testing.assert_allclose(
            scores.ravel(), mean_log - mean_log_other, rtol=1e-9, atol=1e-12
        )


def test_values_are_the_mean_over_the_members():
    reg = EDRegressor((4, 3), n_members=3, max_iter=5, random_state=0).fit(X, TARGETS)
    assert (reg.n_members_, reg.n_networks_, reg.n_outputs_) == (3, 6, 2)
    each = forward_pass(reg, X).reshape(60, 3, 2)
    assert np.ptp(each, axis=1).min() > 1e-6
    np.testing.assert_allclose(reg.predict(X), each.mean(axis=1), rtol=1e-12)


def outputs_of(kind, dtype=np.float64):
    """Outputs of one member, its number of networks, targets."""
    if kind == "pairs":
        code = make_code_book(4, "one_vs_one", rng).astype(dtype)
        return ClassOutputs(code, "log_loss", 0.4), 6, CLASSES
    if kind == "binary":
        return ClassOutputs(np.array([[0, 1]], dtype), "log_loss", 0.4), 1, CLASSES % 2
    if kind in ("one per class", "squared error"):
        loss = "log_loss" if kind == "one per class" else "squared_error"
        return ClassOutputs(np.eye(4, dtype=dtype), loss, 0.4), 4, CLASSES
    if kind == "targets":
        return TargetOutputs(np.array([1.0, 8.0])), 2, TARGETS.astype(dtype)
    return LabelOutputs("log_loss", 0.4), 3, LABELS.astype(np.int8)


ALL = [*KINDS[:-1], "targets"]


def make_bank(n_networks, sizes=(6, 5), dtype=np.float64):
    options = {"init": "scaled", "u0": 0.4, "beta": 0.8, "dtype": dtype}
    start = np.random.RandomState(1)
    return NetworkBank.initialize(5, sizes, n_networks, rng=start, **options)


def part(bank, networks):
    """The bank of some of the networks."""
    arrays = [coef[networks] for coef in bank.coefs], [b[networks] for b in bank.biases]
    n_networks = networks.stop - networks.start
    return NetworkBank.from_coefs(
        *arrays, n_features=5, n_networks=n_networks, u0=0.4, beta=0.8
    ).copy()


@pytest.mark.parametrize("sizes", [(), (6,), (6, 5)], ids=str)
@pytest.mark.parametrize("optimizer", [SGD(), Momentum(0.9), Adam()])
@pytest.mark.parametrize("kind", ALL)
def test_a_member_learns_what_it_would_learn_alone(kind, optimizer, sizes):
    outputs, n_of_one, targets = outputs_of(kind)
    bank = make_bank(3 * n_of_one, sizes)
    data = TrainingData(X, targets, rng.uniform(0.5, 2, size=60), np.arange(60))
    alone, losses = [], []
    for member in range(3):
        own = part(bank, slice(member * n_of_one, (member + 1) * n_of_one))
        trainer = make_trainer(own, outputs, two_way=True, optimizer=optimizer)
        losses.append(trainer.epoch(data, 7, None, EpochRate.constant(0.01)))
        alone.append(own)
    trainer = make_trainer(bank, averaged(outputs, 3), two_way=True, optimizer=optimizer)
    loss = trainer.epoch(data, 7, None, EpochRate.constant(0.01))
    assert loss == pytest.approx(np.mean(losses), rel=1e-12)
    for layer, (coef, bias) in enumerate(zip(bank.coefs, bank.biases, strict=True)):
        own = np.concatenate([each.coefs[layer] for each in alone])
        np.testing.assert_allclose(coef, own, rtol=0, atol=1e-12)
        own = np.concatenate([each.biases[layer] for each in alone])
        np.testing.assert_allclose(bias, own, rtol=0, atol=1e-12)


@pytest.mark.skipif("compiled" not in BACKENDS, reason="the compiled kernels are missing")
@pytest.mark.parametrize("n_jobs", [None, 2, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ALL)
def test_the_online_kernel_equals_steps_of_one_row(kind, dtype, n_jobs):
    outputs, n_of_one, targets = outputs_of(kind, dtype)
    weight = rng.uniform(0.5, 2, size=60).astype(dtype)
    data = TrainingData(X.astype(dtype), targets, weight, rng.permutation(60)[:50])
    banks, losses = [], []
    for name in ("compiled", "numpy"):
        bank = make_bank(3 * n_of_one, dtype=dtype)
        trainer = make_trainer(bank, averaged(outputs, 3), two_way=True, n_jobs=n_jobs)
        with use_backend(name):
            losses.append(trainer.epoch(data, 1, None, EpochRate.constant(0.02)))
        banks.append(bank.flat)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(*banks, rtol=0, atol=tolerance)
    assert losses[0] == pytest.approx(losses[1], rel=tolerance)
    assert np.abs(banks[0] - make_bank(3 * n_of_one, dtype=dtype).flat).max() > 1e-3


def test_one_member_is_no_average():
    outputs = TargetOutputs()
    assert averaged(outputs, 1) is outputs
    clf = fitted("pairs", n_members=1)
    assert (clf.n_members_, clf.n_networks_) == (1, 6)
    A = forward_pass(clf, X)
    np.testing.assert_allclose(clf.decision_function(X), A @ clf.code_book_, rtol=1e-10)


@BOTH
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("others", [1, 2, 4])
def test_another_number_of_members_is_refused_in_going_on(Estimator, method, others):
    model = Estimator(4, n_members=3, max_iter=2, warm_start=True, random_state=0)
    model.fit(X, CLASSES).set_params(n_members=others)
    before = joblib.hash(vars(model))
    with pytest.raises(ValueError, match=rf"^n_members: expected 3, .*, got {others}"):
        getattr(model, method)(X, CLASSES)
    assert joblib.hash(vars(model)) == before
    for same in ("auto", 3):
        getattr(model.set_params(n_members=same), method)(X, CLASSES)
    assert model.n_members_ == 3


@BOTH
def test_rows_one_by_one_equal_rows_one_by_one_of_a_copy(Estimator):
    """Several members take no shortcut for one row; what comes out is that of the long way."""
    call = {"classes": range(4)} if Estimator is EDClassifier else {}
    params = {"solver": "sgd", "batch_size": 1, "alpha": 0.01, "random_state": 0}
    params |= {"learning_rate": "constant", "shuffle": False, "n_members": 3}
    single, whole = Estimator(4, **params), Estimator(4, **params)
    whole.partial_fit(X, CLASSES, **call).partial_fit(X[:9], CLASSES[:9])
    single.partial_fit(X, CLASSES, **call)
    for row in range(9):
        single.partial_fit(X[row : row + 1], CLASSES[row : row + 1])
    for one, other in zip(single.coefs_, whole.coefs_, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-13)


def test_members_start_apart_and_keep_the_dtype():
    clf = fitted("binary", n_members=4)
    assert len(np.unique(clf.coefs_[0][:, 0, 0])) == 4
    single = copy.deepcopy(clf).fit(X.astype(np.float32), CLASSES % 2)
    assert {p.dtype for p in single.coefs_ + single.intercepts_} == {np.dtype(np.float32)}
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        assert getattr(single, method)(X).dtype == np.float32


def test_no_warning_where_members_are_certain():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outputs = AveragedOutputs(LabelOutputs("log_loss", 0.4), 2)
        outputs.decision_function(np.array([[1e4, 1e4], [-1e4, -1e4]]))
