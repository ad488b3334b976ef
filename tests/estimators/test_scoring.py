"""`scoring`: the score that early stopping monitors."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import f1_score, get_scorer, log_loss, make_scorer

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._training.data import TrainingData
from sklearn_ed._training.early_stopping import label_strata

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
ALL = rng.normal(size=(200, 4)) * (rng.uniform(size=(200, 4)) < 0.7)
X, X_VAL = ALL[:120], ALL[120:]
NOISE = rng.normal(size=(200, 2))
REAL = 1000 + 300 * (ALL[:, 0] + np.sin(ALL[:, 1]) + 0.2 * NOISE[:, 0])
SEVERAL = np.column_stack([REAL, 1e-3 * ALL[:, 2] ** 2])
NAMES = np.array(["low", "mid", "up"])[np.digitize(ALL[:, 0] + NOISE[:, 0], [-0.5, 0.5])]
YES = np.where(ALL[:, 0] + NOISE[:, 0] > 0, "yes", "no")
LABELS = (ALL[:, :2] + NOISE > 0).astype(np.uint8)
WEIGHT = rng.randint(0, 4, size=200).astype(float)

CASES = {
    "f1_macro": (EDClassifier, NAMES, {}),
    "neg_log_loss": (EDClassifier, NAMES, {"n_members": 1}),
    "roc_auc": (EDClassifier, YES, {"batch_size": 1, "solver": "sgd"}),
    "average_precision": (EDClassifier, LABELS, {}),
    "f1_samples": (EDClassifier, LABELS, {"loss": "squared_error"}),
    "neg_mean_absolute_error": (EDRegressor, REAL, {}),
    "neg_median_absolute_error": (EDRegressor, SEVERAL, {"n_members": 2}),
    "neg_max_error": (EDRegressor, REAL, {}),
}
METRIC = make_scorer(f1_score, pos_label="yes")


def scored(name, estimator, X, y, weight=None):
    scorer = get_scorer(name)
    if weight is None or name == "neg_max_error":
        return scorer(estimator, X, y)
    return scorer(estimator, X, y, sample_weight=weight)


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array, pd.DataFrame])
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:F-score is ill-defined")
def test_the_best_score_is_that_of_the_fitted_estimator(name, kind):
    Estimator, y, params = CASES[name]
    model = Estimator(scoring=name, max_iter=5, random_state=0, **params)
    weight = WEIGHT[120:] if kind is np.asarray else None
    data = {"X_val": kind(X_VAL), "y_val": y[120:], "sample_weight_val": weight}
    model.fit(kind(X), y[:120], **data)
    assert len(set(model.validation_scores_)) > 1
    kept = slice(None) if weight is None else weight > 0
    # A metric without weights does not see rows of weight 0.
    of_kept = None if weight is None else weight[kept]
    expected = scored(name, model, kind(X_VAL[kept]), y[120:][kept], of_kept)
    assert_allclose(model.best_validation_score_, expected, rtol=1e-9)
    assert model.best_validation_score_ == max(model.validation_scores_)


class Recorder:
    """A scorer that keeps what it receives, and whose best epoch is the third."""

    def __init__(self, scores=(0.1, 0.2, 0.4, 0.3, 0.2)):
        self.scores, self.calls = scores, []

    def __call__(self, estimator, X, y, sample_weight=None):
        self.calls.append((estimator, X, y, sample_weight))
        return self.scores[len(self.calls) - 1]

    def __deepcopy__(self, memo):
        return self


@pytest.mark.parametrize(("Estimator", "y"), [(EDClassifier, NAMES), (EDRegressor, REAL)])
@pytest.mark.parametrize("early_stopping", ["auto", True])
def test_a_callable_scores_held_out_rows_and_the_best_weights_are_kept(
    Estimator, y, early_stopping
):
    scorer = Recorder()
    params = {"learning_rate": "constant", "max_iter": 5, "random_state": 0}
    model = Estimator(scoring=scorer, early_stopping=early_stopping, **params)
    model.fit(ALL, y, WEIGHT)
    assert model.validation_scores_ == list(scorer.scores)
    assert len(scorer.calls) == 5
    rows = [ALL.tolist().index(x.tolist()) for x in scorer.calls[0][1]]
    for estimator, X, y_held_out, weight in scorer.calls:
        assert type(estimator) is Estimator
        assert_array_equal(X, ALL[rows])
        assert_allclose(
            y_held_out, y[rows]
        ) if Estimator is EDRegressor else assert_array_equal(y_held_out, y[rows])
        assert_array_equal(weight, WEIGHT[rows])
    kept = WEIGHT > 0
    assert weight.min() > 0
    assert len(rows) == np.ceil(0.1 * kept.sum())
    assert model.t_ == 5 * (kept.sum() - len(rows))
    # Each estimator has the weights of its epoch, and the third ones are kept.
    predictions = [call[0].predict(ALL[:9]) for call in scorer.calls]
    assert_array_equal(predictions[2], model.predict(ALL[:9]))
    assert not np.array_equal(scorer.calls[1][0].coefs_[0], scorer.calls[3][0].coefs_[0])


def test_classes_are_held_out_in_their_proportions():
    scorer = Recorder([0.0] * 2)
    y = np.repeat(["rare", "often"], [20, 180])
    EDClassifier(scoring=scorer, max_iter=2, random_state=0).fit(ALL, y)
    assert np.unique(scorer.calls[0][2], return_counts=True)[1].tolist() == [18, 2]


@pytest.mark.parametrize("seed", range(5))
def test_combinations_of_labels_are_held_out_in_their_proportions(seed):
    scorer = Recorder([0.0] * 2)
    y = np.zeros((200, 3), int)
    y[:20, 0] = y[10:50, 1] = 1
    y[50, 2] = y[51, [0, 2]] = 1  # each too rare to be divided
    order = np.random.RandomState(seed).permutation(200)
    clf = EDClassifier(scoring=scorer, max_iter=2, random_state=seed)
    clf.fit(ALL[order], y[order])
    assert scorer.calls[0][2][:, :2].sum(axis=0).tolist() == [2, 4]
    assert scorer.calls[0][2].dtype == y.dtype


@pytest.mark.parametrize("fraction", [0.02, 0.3, 0.9])
def test_every_stratum_is_divided(fraction):
    targets = np.random.RandomState(0).randint(0, 2, size=(150, 6)).astype(np.int8)
    rows = np.arange(0, 150, 2)
    strata = label_strata(TrainingData(None, targets, None, rows), fraction)[rows]
    counts = np.unique(strata, return_counts=True)[1]
    assert counts.min() * min(fraction, 1 - fraction) >= 1 or counts.size == 1


@pytest.mark.parametrize(
    ("Estimator", "y", "name"), [(EDClassifier, NAMES, "accuracy"), (EDRegressor, REAL, "r2")]
)
def test_the_default_is_the_score_method(Estimator, y, name):
    params = {"early_stopping": True, "max_iter": 5, "random_state": 0}
    by_name = Estimator(scoring=name, **params).fit(ALL, y, WEIGHT)
    default = Estimator(**params).fit(ALL, y, WEIGHT)
    assert_allclose(by_name.validation_scores_, default.validation_scores_, rtol=1e-9)


def test_loss_is_minus_the_loss():
    params = {"max_iter": 5, "random_state": 0, "n_members": 1}
    data = {"X_val": X_VAL, "y_val": NAMES[120:], "sample_weight_val": WEIGHT[120:]}
    clf = EDClassifier(scoring="loss", **params).fit(X, NAMES[:120], **data)
    expected = log_loss(NAMES[120:], clf.predict_proba(X_VAL), sample_weight=WEIGHT[120:])
    assert_allclose(clf.best_validation_score_, -expected, rtol=1e-9)
    # Half the squared error of the divided target, like `loss_curve_`; the mean of the members.
    reg = EDRegressor(scoring="loss", early_stopping=True, **params).fit(ALL, REAL)
    several = EDRegressor(scoring="loss", max_iter=5, n_members=3, random_state=0)
    several.fit(X, SEVERAL[:120], X_val=X, y_val=SEVERAL[:120])
    assert reg.validation_scores_[-1] < 0
    assert several.best_validation_score_ > several.validation_scores_[0]
    assert_allclose(-several.best_validation_score_, several.loss_, rtol=0.1)


def test_loss_is_the_default_out_of_fold():
    params = {"max_iter": 5, "random_state": 0}
    default = EDClassifier(**params).fit(ALL, NAMES)
    by_loss = EDClassifier(scoring="loss", **params).fit(ALL, NAMES)
    assert by_loss.validation_scores_ == default.validation_scores_
    assert_array_equal(by_loss.coefs_[0], default.coefs_[0])
    with pytest.raises(ValueError, match=r"^scoring: expected None or 'loss' with early_s"):
        by_loss.set_params(scoring="f1_macro", early_stopping="out_of_fold").fit(ALL, NAMES)


@pytest.mark.parametrize("recent_rows", [None, 5])
def test_scaled_inputs_are_scored(recent_rows):
    params = {"scale_inputs": True, "recent_rows": recent_rows, "max_iter": 4}
    reg = EDRegressor(scoring="neg_mean_absolute_error", random_state=0, **params)
    reg.fit(1e3 * X, REAL[:120], X_val=1e3 * X_VAL, y_val=REAL[120:])
    expected = -np.abs(reg.predict(1e3 * X_VAL) - REAL[120:]).mean()
    assert_allclose(reg.best_validation_score_, expected, rtol=1e-9)
    assert len(reg.fit(1e3 * X, REAL[:120]).validation_scores_) == reg.n_iter_


def test_a_warm_start_scores_what_it_started_from():
    clf = EDClassifier(scoring=METRIC, max_iter=20, warm_start=True, random_state=0)
    clf.fit(ALL, YES)
    best, before = clf.best_validation_score_, clf.predict(ALL)
    clf.set_params(alpha=1e-300, solver="sgd", max_iter=3).fit(ALL, YES)
    assert clf.best_validation_score_ == best
    assert_array_equal(clf.predict(ALL), before)


def test_nothing_but_the_scores_is_kept():
    clf = EDClassifier(scoring="f1_macro", max_iter=4, random_state=0).fit(ALL, NAMES)
    plain = EDClassifier(early_stopping=True, max_iter=4, random_state=0).fit(ALL, NAMES)
    assert vars(clf).keys() == vars(plain).keys()
    assert len(pickle.dumps(clf)) < len(pickle.dumps(plain)) + 200


def test_few_rows_are_not_held_out_by_default():
    clf = EDClassifier(scoring="f1_macro", max_iter=2, random_state=0).fit(X[:40], NAMES[:40])
    assert clf.validation_scores_ is None


def fails_on_weights(estimator, X, y, sample_weight=None):
    raise TypeError("no such thing")


@pytest.mark.parametrize(
    ("scoring", "error", "message"),
    [
        (f1_score, ValueError, "looks like it is a metric function"),
        (lambda estimator, X, y: np.nan, ValueError, r"^scoring: expected a number .* got nan"),
        (lambda estimator, X, y: {"a": 1}, ValueError, r"^scoring: expected a number .* got {"),
        (fails_on_weights, TypeError, "no such thing"),
        ("roc_auc", ValueError, "multi_class must be in"),
    ],
)
def test_a_bad_scorer_leaves_the_estimator_as_it_was(scoring, error, message):
    clf = EDClassifier(max_iter=2, random_state=0).fit(ALL, NAMES).set_params(scoring=scoring)
    before = joblib.hash(vars(clf)) if isinstance(scoring, str) else clf.coefs_[0].tobytes()
    with pytest.raises(error, match=message):
        clf.fit(ALL, NAMES, WEIGHT)
    after = joblib.hash(vars(clf)) if isinstance(scoring, str) else clf.coefs_[0].tobytes()
    assert after == before


@pytest.mark.parametrize(
    ("dtype", "scale"), [(np.float32, 1), (np.float64, 1), (np.float64, 2.0**600)]
)
def test_divergence_is_a_nan_score(dtype, scale):
    params = {"solver": "sgd", "alpha": 1e10, "batch_size": 200, "weight_decay": 0.0}
    model = EDRegressor(
        scoring="neg_mean_absolute_error",
        max_iter=200,
        n_iter_no_change=np.inf,
        random_state=0,
        **params,
    )
    model.fit(ALL.astype(dtype), REAL * scale)
    assert np.isnan(model.validation_scores_[-1])
    assert np.isfinite(model.best_validation_score_)
