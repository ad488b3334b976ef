"""The loop: batches, weights, stopping, interruption."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

import helpers
from sklearn_ed import EDClassifier
from sklearn_ed._backend import BACKENDS, use_backend
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.code_book import make_code_book
from sklearn_ed._networks.outputs import ClassOutputs, LabelOutputs
from sklearn_ed._networks.units import unit_types
from sklearn_ed._training import data as data_module
from sklearn_ed._training.data import TrainingData
from sklearn_ed._training.dropout import InputDropout
from sklearn_ed._training.history import History, ValidationResult
from sklearn_ed._training.loop import EpochSettings, Progress, Stopping
from sklearn_ed._training.loop import train as train_from
from sklearn_ed._training.optimizers import SGD, Adam
from sklearn_ed._training.schedules import EpochRate, Schedule
from sklearn_ed._training.trainer import Trainer
from sklearn_ed.rules import ErrorDiffusion

N_FEATURES = 3
compiled = pytest.mark.skipif("compiled" not in BACKENDS, reason="NumPy keeps dense batches")

SETTINGS = EpochSettings(200, None, Schedule("constant", 0.5, 0.5, 1))


def make_trainer(outputs, n_networks, optimizer=None, sizes=(4, 3), two_way=False, seed=0):
    bank = NetworkBank.initialize(
        N_FEATURES,
        sizes,
        n_networks,
        init="scaled",
        u0=0.4,
        beta=0.8,
        dtype=np.float64,
        rng=np.random.RandomState(seed),
    )
    return helpers.make_trainer(bank, outputs, two_way=two_way, optimizer=optimizer)


def train(trainer, data, history, stopping, settings):
    """From the first epoch."""
    progress = Progress.start(trainer, history, stopping, settings)
    return train_from(trainer, data, progress, stopping)


def make_data(rng, n_samples, n_classes, weight=None):
    X = rng.normal(size=(n_samples, N_FEATURES))
    y = rng.randint(n_classes, size=n_samples)
    return TrainingData(X, y, weight, np.arange(n_samples))


@pytest.mark.parametrize("shuffled", [False, True])
def test_an_epoch_visits_every_chosen_row_once(shuffled):
    rows = np.array([1, 2, 4, 7, 8])
    data = TrainingData(np.arange(10.0).reshape(-1, 1), np.arange(10), np.arange(10.0), rows)
    rng = np.random.RandomState(0) if shuffled else None
    seen = []
    for X, targets, weight in data.batches(2, rng):
        assert X.shape[0] <= 2
        np.testing.assert_array_equal(X[:, 0], targets)
        np.testing.assert_array_equal(weight, targets)
        seen += targets.tolist()
    assert sorted(seen) == rows.tolist()
    assert (seen == rows.tolist()) is not shuffled


def test_every_epoch_has_a_new_order():
    data = TrainingData(np.zeros((50, 1)), np.arange(50), None, np.arange(50))
    rng = np.random.RandomState(0)
    first, second = (next(data.batches(50, rng))[1].tolist() for _ in range(2))
    assert first != second


@pytest.fixture
def small_products(monkeypatch):
    """Batches of any size become CSR arrays."""
    monkeypatch.setattr(data_module, "COMPRESSED_PRODUCT", 0)
    with use_backend("compiled"):
        yield


@compiled
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0, 0.25])
@pytest.mark.parametrize("shuffled", [False, True])
def test_batches_with_many_zeros_are_csr_arrays(small_products, shuffled, rate, dtype):
    A = np.random.RandomState(0).normal(size=(50, 20)).astype(dtype)
    A[:, 5:] = 0
    before = A.copy()
    data = TrainingData(A, np.arange(50), None, np.arange(1, 48))

    def batches(n_outputs):
        rng = np.random.RandomState(0) if shuffled else None
        dropout = InputDropout(rate, 20, 7) if rate else None
        for X, targets, _ in data.batches(20, rng, dropout, n_outputs):
            yield X.copy(), targets

    for (X, targets), (expected, same) in zip(batches(64), batches(63), strict=True):
        assert isinstance(X, sp.csr_array)
        assert isinstance(expected, np.ndarray)
        np.testing.assert_array_equal(X.toarray(), expected)
        np.testing.assert_array_equal(targets, same)
        assert (X.data != 0).all()
        assert X.dtype == dtype
    np.testing.assert_array_equal(A, before)


@compiled
@pytest.mark.parametrize(("density", "rate", "expected"), [(0.5, 0, 0), (0.4, 0.25, 1)])
def test_batches_with_few_zeros_stay_dense(small_products, density, rate, expected):
    A = np.ones((50, 20))
    A[:, round(20 * density) :] = 0
    data = TrainingData(A, np.arange(50), None, np.arange(50))
    dropout = InputDropout(rate, 20, 7) if rate else None
    assert all(sp.issparse(X) is bool(expected) for X, *_ in data.batches(8, None, dropout, 99))


class DenseErrorDiffusion(ErrorDiffusion):
    """A rule of a user, which knows no CSR arrays."""

    def increments(self, bank, X, *args, **kwargs):
        assert isinstance(X, np.ndarray)
        return super().increments(bank, X, *args, **kwargs)


@compiled
def test_csr_batches_teach_the_same(small_products):
    A, y = load_digits(return_X_y=True)
    A, y = (A[:300] / 16) * (A[:300] > 12), y[:300]  # a fifth of the items
    one, other = (
        EDClassifier((16, 8), max_iter=3, random_state=0, rule=rule, dropout=0.1).fit(
            A, y[:300]
        )
        for rule in (ErrorDiffusion(), DenseErrorDiffusion())
    )
    np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], rtol=0, atol=1e-5)
    np.testing.assert_allclose(one.predict_proba(A), other.predict_proba(A), rtol=0, atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**31 - 1),
    copies=st.lists(st.integers(0, 4), min_size=2, max_size=6).filter(any),
    optimizer=st.sampled_from([(SGD(), 0.5), (Adam(), 0.05)]),
    two_way=st.booleans(),
)
def test_a_weight_of_k_equals_k_copies_in_a_full_batch(seed, copies, optimizer, two_way):
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(len(copies), N_FEATURES))
    y = rng.randint(3, size=len(copies))
    weight = np.array(copies, dtype=float)
    repeated = np.repeat(np.arange(len(copies)), copies)
    losses, banks = [], []
    for data in (
        TrainingData(X, y, weight, np.flatnonzero(weight)),
        TrainingData(X[repeated], y[repeated], None, np.arange(repeated.size)),
    ):
        outputs = ClassOutputs(np.eye(3), "log_loss", 0.4)
        trainer = make_trainer(outputs, 3, optimizer[0], two_way=two_way, seed=seed)
        losses.append(
            [trainer.epoch(data, 100, None, EpochRate.constant(optimizer[1])) for _ in range(4)]
        )
        banks.append(trainer.bank)
    np.testing.assert_allclose(*losses, rtol=1e-9)
    for weighted, copied in zip(banks[0].parameters, banks[1].parameters, strict=True):
        np.testing.assert_allclose(weighted, copied, rtol=0, atol=1e-9)


def test_online_a_weight_multiplies_the_step():
    rng = np.random.RandomState(0)
    data = make_data(rng, 1, 2)
    moves = []
    for weight in (1.0, 2.5):
        outputs = ClassOutputs(np.array([[0.0, 1.0]]), "log_loss", 0.4)
        trainer = make_trainer(outputs, 1)
        before = trainer.bank.copy().parameters
        data.weight = np.array([weight])
        trainer.epoch(data, 1, None, EpochRate.constant(0.5))
        moves.append(
            [after - old for after, old in zip(trainer.bank.parameters, before, strict=True)]
        )
    for once, heavier in zip(*moves, strict=True):
        np.testing.assert_allclose(heavier, 2.5 * once, rtol=1e-9, atol=1e-15)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**31 - 1), loss=st.sampled_from(["log_loss", "squared_error"]))
def test_permuting_classes_permutes_outputs(seed, loss):
    """With one network per class, and with a code book whose columns follow their classes."""
    rng = np.random.RandomState(seed)
    data = make_data(rng, 12, 4)
    order = rng.permutation(4)
    renamed = TrainingData(data.X, np.argsort(order)[data.targets], None, data.rows)
    for code_book in (np.eye(4), make_code_book(4, 2, rng)):
        n_networks = code_book.shape[0]
        plain = make_trainer(ClassOutputs(code_book, loss, 0.4), n_networks, seed=seed)
        permuted = make_trainer(
            ClassOutputs(code_book[:, order], loss, 0.4), n_networks, seed=seed
        )
        for _ in range(3):
            plain.epoch(data, 5, None, EpochRate.constant(0.5))
            permuted.epoch(renamed, 5, None, EpochRate.constant(0.5))
        A, B = plain.bank.output(data.X), permuted.bank.output(data.X)
        np.testing.assert_allclose(
            plain.outputs.logits(A)[:, order], permuted.outputs.logits(B), atol=1e-9
        )


def test_stops_after_n_iter_no_change_epochs_without_improvement():
    data = make_data(np.random.RandomState(0), 8, 2)
    outputs = LabelOutputs("log_loss", 0.4)
    data.targets = data.targets[:, np.newaxis]
    history = History()
    train(
        make_trainer(outputs, 1),
        data,
        history,
        Stopping(max_iter=100, tol=1e9, n_iter_no_change=3),
        SETTINGS,
    )
    # The first epoch improves on infinity; then 3 may fail, and the next one stops.
    assert history.n_iter == 5
    assert history.t == 5 * 8


def run_with_scores(scores, settings=SETTINGS, **stopping):
    """Train with validation scores read from a list; return what is left behind."""
    data = make_data(np.random.RandomState(0), 8, 2)
    outputs = ClassOutputs(np.array([[0.0, 1.0]]), "log_loss", 0.4)
    trainer, history, banks, remaining = make_trainer(outputs, 1), History(), [], list(scores)

    def score(bank):
        banks.append(bank.copy())
        return ValidationResult(remaining.pop(0), 0.0)

    stopping = {"max_iter": len(scores), "tol": 0.0, "n_iter_no_change": np.inf, **stopping}
    kept = train(trainer, data, history, Stopping(score=score, **stopping), settings)
    return kept, history, banks


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_best_parameters_met_are_kept():
    kept_bank, history, banks = run_with_scores([0.1, 0.7, 0.7, 0.2])
    assert history.best_validation_score == 0.7
    assert history.validation_scores == [0.1, 0.7, 0.7, 0.2]
    for kept, best in zip(kept_bank.parameters, banks[1].parameters, strict=True):
        np.testing.assert_array_equal(kept, best)


def test_a_score_must_improve_by_tol():
    _, history, _ = run_with_scores([0.5, 0.55, 0.59, 0.62, 0.9], tol=0.1, n_iter_no_change=1)
    assert history.validation_scores == [0.5, 0.55, 0.59]


@pytest.mark.parametrize(
    ("n_good", "n_iter_no_change", "max_iter", "n_more"),
    [(2, 1, 100, 4), (10, 4, 100, 5), (10, 4, 17, 2), (10, 4, 15, 0)],
)
@pytest.mark.parametrize("kind", ["linear", "cosine"])
def test_a_schedule_ends_early_from_the_best_parameters(
    kind, n_good, n_iter_no_change, max_iter, n_more, monkeypatch, capsys
):
    """The score improves in the first epochs only; the last epoch is the best of all."""
    n_stop = n_good + n_iter_no_change + 1
    scores = [*range(n_good), *[-1] * (n_stop - n_good), *[-1, -1, -1, -1, 1000][-n_more:]]
    rates, begin = [], Trainer.epoch

    def noted(self, data, batch_size, rng, rate):
        rates.append((rate(0), rate(1), self.bank.copy()))
        return begin(self, data, batch_size, rng, rate)

    monkeypatch.setattr(Trainer, "epoch", noted)
    schedule = Schedule(kind, 0.01, 0.5, max_iter)
    settings = replace(SETTINGS, schedule=schedule, verbose=True)
    stopping = {"max_iter": max_iter, "n_iter_no_change": n_iter_no_change}
    kept, history, banks = run_with_scores(scores, settings, **stopping)
    assert history.n_iter == n_stop + n_more
    last = schedule.rate(n_stop, 0)
    for epoch, (first, after, _) in enumerate(rates[n_stop:]):
        assert first == pytest.approx(last * (1 - epoch / n_more), rel=1e-12)
        if epoch < n_more - 1:
            assert after == pytest.approx(last * (1 - (epoch + 1) / n_more), rel=1e-12)
    if n_more:
        np.testing.assert_array_equal(rates[n_stop][2].flat, banks[n_good - 1].flat)
        assert history.best_validation_score == 1000
        np.testing.assert_array_equal(kept.flat, banks[-1].flat)
    then = f"falls to zero in {n_more} epochs." if n_more else "Stopping."
    assert capsys.readouterr().out.count(then) == 1


def test_max_iter_warns():
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        run_with_scores([0.1, 0.2])


def test_interruption_keeps_what_was_learned():
    data = make_data(np.random.RandomState(0), 30, 2)
    outputs = ClassOutputs(np.array([[0.0, 1.0]]), "log_loss", 0.4)
    trainer, history = make_trainer(outputs, 1), History()
    start = trainer.bank.copy()
    step, calls = trainer.step, []

    def interrupted(*args, **kwargs):
        calls.append(1)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return step(*args, **kwargs)

    trainer.step = interrupted
    with pytest.warns(UserWarning, match="interrupted"):
        train(
            trainer,
            data,
            history,
            Stopping(100, 0.0, np.inf),
            replace(SETTINGS, batch_size=10),
        )
    assert history.n_iter == 2
    moved = zip(trainer.bank.parameters, start.parameters, strict=True)
    assert all((after != before).any() for after, before in moved)


def test_interruption_in_mid_step_keeps_the_signs():
    data = make_data(np.random.RandomState(0), 30, 2)
    outputs = ClassOutputs(np.array([[0.0, 1.0]]), "log_loss", 0.4)
    calls = []

    class Interrupted(ErrorDiffusion):
        def project(self, bank):
            calls.append(1)
            if len(calls) == 3:
                raise KeyboardInterrupt
            super().project(bank)

    trainer = make_trainer(outputs, 1, sizes=(8, 8), two_way=True)
    trainer = replace(trainer, rule=Interrupted())
    with pytest.warns(UserWarning, match="interrupted"):
        train(
            trainer,
            data,
            History(),
            Stopping(100, 0.0, np.inf),
            EpochSettings(10, None, Schedule("constant", 50.0, 0.5, 1)),
        )
    assert len(calls) == 4
    for weight in trainer.bank.weights[1:]:
        types = np.outer(unit_types(weight.shape[1]), unit_types(weight.shape[2]))
        assert (weight * types >= 0).all()
