"""Text in a pipeline: sparse TF-IDF with many columns and many classes."""

import tracemalloc

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from sklearn_ed import EDClassifier

N_CLASSES = 20


def documents(n_documents, n_words=50_000):
    """Random words, of which every fourth says the class."""
    rng = np.random.RandomState(0)
    classes = rng.randint(N_CLASSES, size=n_documents)
    texts = []
    for label in classes:
        words = rng.randint(n_words, size=24)
        words[::4] = N_CLASSES * rng.randint(5, size=6) + label
        texts.append(" ".join(f"word{word}" for word in words))
    return texts, np.array([f"class {label}" for label in classes])


def test_text_is_classified_in_a_pipeline():
    texts, y = documents(1000)
    model = make_pipeline(
        TfidfVectorizer(dtype=np.float32),
        EDClassifier((), alpha=0.02, n_members=1, max_iter=5, random_state=0),
    )
    model.fit(texts[:800], y[:800])
    assert model[-1].coefs_[0].dtype == np.float32
    assert model.score(texts[800:], y[800:]) > 0.9


def test_memory_of_a_fit_follows_the_weights_and_not_the_dense_rows():
    """As the user guide says: parameters, two moments and increments; no dense copy of X."""
    columns = np.random.RandomState(0).randint(50_000, size=(3000, 10))
    rows = np.repeat(np.arange(3000), 10)
    values = np.ones(rows.size, np.float32)
    X = sp.csr_array((values, (rows, columns.ravel())), shape=(3000, 50_000))
    y = np.arange(3000) % N_CLASSES
    clf = EDClassifier((2,), n_members=1, max_iter=1, random_state=0)
    tracemalloc.start()
    try:
        clf.fit(X, y)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    parameters = sum(array.nbytes for array in clf.coefs_ + clf.intercepts_)
    dense = 4 * 3000 * 50_000
    assert peak < 5 * parameters < dense / 10
