"""`early_stopping="out_of_fold"`: each member holds out a fold of the rows."""

import warnings
from dataclasses import replace

import joblib
import numpy as np
import pytest
from scipy.special import expit, log_softmax
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split

from helpers import forward_pass, make_trainer
from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.members import averaged
from sklearn_ed._networks.outputs import ClassOutputs
from sklearn_ed._training import early_stopping
from sklearn_ed._training.data import TrainingData
from sklearn_ed._training.early_stopping import OutOfFold
from sklearn_ed._training.optimizers import SGD, Adam
from sklearn_ed._training.schedules import EpochRate

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
N, K = 61, 3
rng = np.random.RandomState(0)
X = rng.normal(size=(N, 5))
CLASSES = (X[:, 0] > 0.3).astype(int) + (X[:, 1] > 0)
TARGETS = np.column_stack([3 * X[:, 0] + rng.normal(size=N), 500 + 80 * np.sin(X[:, 1])])
OUT_OF_FOLD = {"early_stopping": "out_of_fold", "n_members": K, "random_state": 0}
CODE = np.eye(3)


def target(Estimator):
    return CLASSES if Estimator is EDClassifier else TARGETS


def make_bank(dtype=np.float64):
    options = {"init": "scaled", "u0": 0.4, "beta": 0.8, "dtype": dtype}
    return NetworkBank.initialize(5, (6,), 3 * K, rng=np.random.RandomState(1), **options)


def outputs(loss="log_loss"):
    return averaged(ClassOutputs(CODE, loss, 0.4), K)


def make_folds(data, stratify=None, seed=5):
    return OutOfFold(data, outputs(), stratify=stratify, seed=seed)


def members_of(folds):
    """The member that holds out each row; -1 where none does."""
    held_out = folds.data.weight == 0
    assert (held_out.sum(axis=1) <= 1).all()
    return np.where(held_out.any(axis=1), held_out.argmax(axis=1), -1)


def split_of(model, y, rows=None):
    """The folds of a fitted estimator, from scikit-learn's splitters."""
    rows = np.arange(N) if rows is None else rows
    splitter = StratifiedKFold if y.ndim == 1 else KFold
    member = np.full(N, -1)
    split = splitter(K, shuffle=True, random_state=model._validation_seed)
    for m, (_, held_out) in enumerate(split.split(rows, y[rows])):
        member[rows[held_out]] = m
    return member


def held_out_output(model, member):
    """Outputs of the member that does not learn from a row."""
    each = forward_pass(model, X).reshape(N, K, -1)
    return each[np.arange(N), member]


@pytest.mark.parametrize("optimizer", [SGD(), Adam()])
@pytest.mark.parametrize("batch_size", [2, 8, 100])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_fold_has_no_influence_on_its_member(optimizer, batch_size, weighted):
    """Other labels in a fold: its member stays as it is bit for bit, the others do not."""
    weight = rng.uniform(0.5, 2, size=N) if weighted else None
    data = TrainingData(X, CLASSES, weight, np.arange(N))
    folds = make_folds(data)
    member = members_of(folds)
    assert set(np.bincount(member)) == {20, 21}

    def trained(targets):
        trainer = make_trainer(make_bank(), outputs(), two_way=True, optimizer=optimizer)
        for _ in range(3):
            given = replace(folds.data, targets=targets)
            trainer.epoch(given, batch_size, None, EpochRate.constant(0.05))
        return trainer.bank.coefs[0].reshape(K, 3, 5, 6)

    before = trained(CLASSES)
    for m in range(K):
        after = trained(np.where(member == m, (CLASSES + 1) % 3, CLASSES))
        np.testing.assert_array_equal(after[m], before[m])
        for other in {*range(K)} - {m}:
            assert np.abs(after[other] - before[other]).max() > 1e-5


def test_the_loss_of_an_epoch_is_that_of_the_rows_learned():
    weight = rng.uniform(0.5, 2, size=N)
    folds = make_folds(TrainingData(X, CLASSES, weight, np.arange(N)))
    trainer = make_trainer(make_bank(), outputs(), two_way=True)
    loss = trainer.epoch(folds.data, 200, None, EpochRate.constant(1e-300))
    logits = make_bank().output(X).reshape(N, K, 3)
    each = -log_softmax(logits, axis=2)[np.arange(N), :, CLASSES]
    learned = weight[:, np.newaxis] * (members_of(folds)[:, np.newaxis] != np.arange(K))
    assert loss == pytest.approx((each * learned).sum() / learned.sum(), rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("Estimator", [EDClassifier, EDRegressor])
def test_the_score_is_minus_the_mean_loss_of_held_out_rows(Estimator, weighted):
    """Recomputed from the weights that were kept, whose score is the best."""
    y = target(Estimator)
    weight = rng.randint(0, 4, size=N).astype(float) if weighted else None
    params = {"loss": "squared_error"} if Estimator is EDClassifier else {}
    model = Estimator((6, 4), max_iter=25, alpha=0.02, **OUT_OF_FOLD, **params)
    model.fit(X, y, weight)
    rows = np.arange(N) if weight is None else np.flatnonzero(weight)
    A = held_out_output(model, split_of(model, y, rows))
    if Estimator is EDClassifier:
        errors = np.eye(3)[y] - expit(2 * A / model.u0)
    else:
        errors = (y - A) / model.target_scale_
    losses = 0.5 * np.square(errors).sum(axis=1)
    mean = np.average(losses[rows], weights=None if weight is None else weight[rows])
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert -mean == pytest.approx(model.best_validation_score_, rel=1e-9)


def test_the_factor_multiplies_the_outputs(monkeypatch):
    """What it is multiplied with, and that the loss of held-out rows is lower afterwards."""

    def fit(gain=None):
        with monkeypatch.context() as patch:
            if gain is not None:
                patch.setattr(OutOfFold, "gain", lambda self, bank: gain)
            return EDClassifier((6, 4), max_iter=25, **OUT_OF_FOLD).fit(X, CLASSES)

    plain, doubled, best = fit(1.0), fit(2.0), fit()
    for name in ("coefs_", "intercepts_"):
        *hidden, last = zip(getattr(doubled, name), getattr(plain, name), strict=True)
        for a, b in hidden:
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(last[0], 2 * last[1])

    def loss(model):
        A = held_out_output(model, split_of(model, CLASSES))
        log_p = log_softmax(A @ model.code_book_, axis=1)
        return -log_p[np.arange(N), CLASSES].mean()

    assert -loss(plain) == pytest.approx(plain.best_validation_score_, rel=1e-9)
    assert loss(best) < loss(plain) - 1e-4
    reg = EDRegressor(4, max_iter=5, **OUT_OF_FOLD)
    monkeypatch.setattr(OutOfFold, "gain", None)
    reg.fit(X, TARGETS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("factor", [0.2, 1.0, 5.0])
def test_the_factor_has_the_lowest_loss(factor, dtype):
    """With the square of its logarithm as much as a nat of one row."""
    data = TrainingData(X.astype(dtype), CLASSES, None, np.arange(N))
    folds, bank = make_folds(data), make_bank(dtype)
    trainer = make_trainer(bank, outputs(), two_way=True)
    for _ in range(30):
        trainer.epoch(folds.data, 10, None, EpochRate.constant(0.2))
    bank.scale_outputs(np.full(3 * K, factor))
    gain, member = folds.gain(bank), members_of(folds)
    A = bank.output(X.astype(dtype)).reshape(N, K, 3)[np.arange(N), member].astype(float)

    def objective(x):
        return -log_softmax(np.exp(x) * A, axis=1)[np.arange(N), CLASSES].mean() + x**2 / N

    found = objective(np.log(gain))
    assert found < min(objective(np.log(gain) - 0.01), objective(np.log(gain) + 0.01))
    assert (gain > 1) == (factor == 0.2)


def test_the_factor_stays_small_where_every_row_is_classified_correctly():
    """However far: a single mistake on new rows would cost the factor times as much."""
    y = (X[:, 0] > 0).astype(int)
    A = np.where(y == 1, 30.0, -30.0)
    folds = OutOfFold(
        TrainingData(A[:, np.newaxis], y, None, np.arange(N)),
        averaged(ClassOutputs(np.array([[0.0, 1.0]]), "log_loss", 0.4), 2),
        stratify=y,
        seed=0,
    )
    certain = NetworkBank([np.ones((1, 2))], [np.zeros((2, 1))], u0=0.4, beta=1.0)
    assert folds.gain(certain) == pytest.approx(1, abs=1e-3)


def test_the_best_weights_are_kept():
    params = {**OUT_OF_FOLD, "learning_rate": "constant", "alpha": 0.05, "tol": 0}
    params["n_iter_no_change"] = 15
    noisy = rng.normal(size=N)
    model = EDRegressor(8, max_iter=100, **params).fit(X, noisy)
    best_epoch = int(np.argmax(model.validation_scores_)) + 1
    assert best_epoch < model.n_iter_ < 100
    until_best = EDRegressor(8, max_iter=best_epoch, **params).fit(X, noisy)
    for one, other in zip(model.coefs_, until_best.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)
    assert model.best_loss_ == min(model.loss_curve_)


def test_folds_are_stratified():
    y = np.repeat([0, 1, 2], [46, 12, 3])
    member = members_of(make_folds(TrainingData(X, y, None, np.arange(N)), stratify=y))
    for label, counts in [(0, {15, 16}), (1, {4}), (2, {1})]:
        assert set(np.bincount(member[y == label], minlength=K)) == counts


@pytest.mark.parametrize("n_rare", [1, 2])
def test_a_class_may_have_fewer_rows_than_there_are_members(n_rare):
    y = CLASSES % 2
    y[:n_rare] = 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clf = EDClassifier(4, max_iter=3, **OUT_OF_FOLD).fit(X, y)
    assert clf.classes_.tolist() == [0, 1, 2]
    assert np.isfinite(clf.predict_log_proba(X)).all()


def test_a_listed_class_without_rows_is_no_obstacle():
    weight = np.where(CLASSES == 2, 0.0, 1.0)
    clf = EDClassifier(4, max_iter=3, **OUT_OF_FOLD).fit(X, CLASSES, weight)
    assert clf.predict_proba(X).shape == (N, 3)


@BOTH
def test_rows_of_weight_zero_are_in_no_fold(Estimator):
    y, weight = target(Estimator), rng.randint(0, 3, size=N).astype(float)
    kept = weight > 0
    model, subset = (Estimator(6, max_iter=8, batch_size=9, **OUT_OF_FOLD) for _ in range(2))
    model.fit(X, y, weight)
    subset.fit(X[kept], y[kept], weight[kept])
    assert model.validation_scores_ == subset.validation_scores_
    for one, other in zip(model.coefs_, subset.coefs_, strict=True):
        np.testing.assert_array_equal(one, other)
    data = TrainingData(X, CLASSES, weight, np.flatnonzero(weight))
    # The only zeros of these rows are their own weights.
    assert (make_folds(data).data.weight[~kept] == 0).all()


@BOTH
@pytest.mark.parametrize("weight", [1.0, 8.0])
def test_equal_weights_are_no_weights(Estimator, weight):
    y = target(Estimator)
    model, plain = (Estimator(6, max_iter=5, **OUT_OF_FOLD) for _ in range(2))
    model.fit(X, y, np.full(N, weight))
    plain.fit(X, y)
    np.testing.assert_allclose(model.predict(X), plain.predict(X), rtol=1e-9)


@BOTH
@pytest.mark.parametrize(
    ("params", "n_rows", "message"),
    [
        ({"n_members": 1}, N, r"^early_stopping: .*n_members=1 .*got 'out_of_fold'"),
        ({"batch_size": 1}, N, r"^early_stopping: .*batch_size=1, got 'out_of_fold'"),
        ({"n_members": 7}, 6, r"^n_members: expected at most 6, .*got 7"),
    ],
)
def test_what_cannot_be_held_out_is_refused(Estimator, params, n_rows, message):
    model = Estimator(4, **{**OUT_OF_FOLD, **params}, max_iter=2)
    fitted = Estimator(4, max_iter=2, random_state=0).fit(X, target(Estimator))
    fitted.set_params(**model.get_params())
    before = joblib.hash(vars(fitted))
    y = np.arange(n_rows) % 2
    for each in (model, fitted):
        with pytest.raises(ValueError, match=message):
            each.fit(X[:n_rows], y)
    assert not hasattr(model, "coefs_")
    assert joblib.hash(vars(fitted)) == before


@BOTH
def test_partial_fit_refuses_folds_and_ignores_auto(Estimator):
    y = target(Estimator)
    call = {"classes": [0, 1, 2]} if Estimator is EDClassifier else {}
    model = Estimator(4, **OUT_OF_FOLD)
    with pytest.raises(ValueError, match="does not support early_stopping='out_of_fold'"):
        model.partial_fit(X, y, **call)
    twice = np.tile(X, (2, 1)), np.tile(y, (2, 1)[: y.ndim])
    models = [
        Estimator(4, n_members=K, early_stopping=value, random_state=0)
        for value in ("auto", False)
    ]
    for each in models:
        each.partial_fit(*twice, **call)
    np.testing.assert_array_equal(models[0].coefs_[0], models[1].coefs_[0])
    assert models[0].validation_scores_ is None


@BOTH
def test_a_warm_start_holds_out_the_same_rows(Estimator):
    """With next to no learning rate every score is that of the weights that it started from."""
    y = target(Estimator)
    params = {**OUT_OF_FOLD, "n_iter_no_change": np.inf, "warm_start": True}
    model = Estimator(6, max_iter=10, alpha=0.02, **params).fit(X, y)
    before = split_of(model, y)
    best = model.best_validation_score_
    model.set_params(solver="sgd", alpha=1e-300, weight_decay=0, max_iter=4).fit(X, y)
    np.testing.assert_array_equal(split_of(model, y), before)
    assert len(set(model.validation_scores_[10:])) == 1
    again = model.validation_scores_[-1]
    if Estimator is EDRegressor:
        assert again == pytest.approx(best, rel=1e-12)
    else:  # The factor of the outputs has come between.
        assert again > best


@BOTH
def test_members_without_a_row_in_a_batch(Estimator):
    model = Estimator(4, batch_size=2, max_iter=3, **OUT_OF_FOLD).fit(X, target(Estimator))
    assert np.isfinite(model.loss_curve_).all()
    assert np.isfinite(model.validation_scores_).all()


def test_of_many_rows_some_are_scored(monkeypatch):
    monkeypatch.setattr(early_stopping, "MAX_SCORED_ROWS", 25)
    folds = make_folds(TrainingData(X, CLASSES, None, np.arange(N)))
    rows, members = (
        np.concatenate(folds.held_out),
        np.repeat(range(K), list(map(len, folds.held_out))),
    )
    assert len(set(rows)) == 25
    np.testing.assert_array_equal(members, members_of(folds)[rows])
    logits = make_bank().output(X).reshape(N, K, 3)[rows, members]
    losses = -log_softmax(logits, axis=1)[np.arange(25), CLASSES[rows]]
    score, loss = folds.score(make_bank())
    assert score == -loss == pytest.approx(-losses.mean(), rel=1e-12)


@pytest.mark.slow
def test_noisy_rows_are_not_overfitted():
    """Log-loss of new rows, in nats: 200 rows, 30 features, one label in four is wrong."""
    gains = []
    for seed in range(5):
        X, y = make_classification(
            600, 30, n_informative=4, flip_y=0.5, class_sep=1.0, random_state=seed
        )
        A, B, a, b = train_test_split(X, y, train_size=200, random_state=seed)
        models = [
            EDClassifier(early_stopping=value, dropout=0, random_state=0).fit(A, a)
            for value in (False, "out_of_fold")
        ]
        losses = [log_loss(b, model.predict_proba(B)) for model in models]
        gains.append(losses[0] - losses[1])
    assert min(gains) > 0.05
    assert np.mean(gains) > 0.15
