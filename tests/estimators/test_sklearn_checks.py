"""scikit-learn's own checks of the estimator contract, over several settings."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_ed import EDClassifier, EDRegressor

# The checks fit on a few rows for few epochs; that learning could go on is not their subject.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# The defaults run as many epochs as "auto" says; the others as many as the checks need.
FEW = {"max_iter": 20}
MINI_BATCH = [
    EDClassifier(),
    EDRegressor(),
    EDClassifier(solver="sgd", alpha=0.1, **FEW),
    EDClassifier(hidden_layer_sizes=(8, 8), weight_decrement=False, **FEW),
    EDClassifier(code_size=None, **FEW),
    EDClassifier(code_size=3, **FEW),
    EDClassifier(dropout=0.3, **FEW),
    EDClassifier(loss="squared_error", **FEW),
    EDClassifier(hidden_layer_sizes=(), init="uniform", early_stopping=False),
    EDRegressor(solver="sgd", alpha=0.05, momentum=0.9, **FEW),
    EDRegressor(weight_decrement=False, **FEW),
    EDRegressor(dropout=0.2, weight_decay=0.0, **FEW),
]
ONLINE = [
    EDClassifier(batch_size=1, max_iter=5),
    EDRegressor(batch_size=1, max_iter=5),
]
STREAMS = [
    EDClassifier.for_streams(max_iter=5),
    EDRegressor(scale_inputs=True, replay=2, max_iter=20),
]


def not_met(estimator):
    """Names of the checks that an estimator cannot meet, with the reason."""
    if estimator.scale_inputs:
        reason = "k copies are k rows for the running statistics, a weight k is one"
        return {"check_sample_weight_equivalence_on_dense_data": reason}
    if estimator.batch_size != 1:
        return {}
    reason = "online: k copies are k steps at k different weights, a weight k is one long step"
    return {
        "check_sample_weight_equivalence_on_dense_data": reason,
        "check_sample_weight_equivalence_on_sparse_data": reason,
    }


@parametrize_with_checks(
    MINI_BATCH + ONLINE + STREAMS, expected_failed_checks=not_met, xfail_strict=True
)
def test_estimator_meets_scikit_learns_contract(estimator, check):
    check(estimator)
