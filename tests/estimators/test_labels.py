"""Labels go in and come back: their dtype, and what a classifier does with few of them."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklearn_ed import EDClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.RandomState(0)
X = rng.normal(size=(60, 4))
LABELS = (X[:, :3] > 0).astype(int)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, bool, np.float32])
@pytest.mark.parametrize("n_members", [1, 2])
def test_indicators_come_back_in_the_dtype_of_y(dtype, n_members):
    params = {"n_members": n_members, "max_iter": 2, "random_state": 0}
    Y = LABELS.astype(dtype)
    clf = EDClassifier(**params).fit(X, Y)
    assert clf.predict(X).dtype == pickle.loads(pickle.dumps(clf)).predict(X).dtype == dtype
    assert_array_equal(clf.predict(X), EDClassifier(**params).fit(X, LABELS).predict(X))
    stream = EDClassifier(**params).partial_fit(X, Y).partial_fit(X, LABELS)
    assert stream.predict(X).dtype == dtype
    assert clf.fit(X, LABELS.tolist()).predict(X).dtype == int
