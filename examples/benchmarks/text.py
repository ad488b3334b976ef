"""Text: many sparse columns and many classes, against backprop and linear models.

    python examples/benchmarks/text.py [--documents 4000] [--columns 50000] [--classes 20]
        [--only NAME ...]

Prints for each estimator the seconds of a fit and of an epoch, the peak of the memory that the
fit allocates, and the test accuracy in percent.

The documents are random words whose frequencies fall as in Zipf's law; each class prefers words
of its own. Their TF-IDF is a sparse float32 array. There are half as many documents for testing
as for training. With its defaults, EDClassifier would learn for as many epochs as "auto" says;
here these are two, as its time and memory are of interest. MLPClassifier has two epochs too.
"""

import time
import tracemalloc
import warnings
from typing import Any

import numpy as np
from _harness import argument_parser
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier

ED = {"n_members": 1, "max_iter": 10, "random_state": 0}
ESTIMATORS = {
    "SGDClassifier(loss='log_loss')": SGDClassifier(loss="log_loss", random_state=0),
    "LogisticRegression()": LogisticRegression(),
    "EDClassifier, no hidden layer": EDClassifier((), alpha=0.02, **ED),
    "EDClassifier, 4 units": EDClassifier((4,), **ED),
    "EDClassifier, n_members=1": EDClassifier(**ED),
    "EDClassifier, two epochs": EDClassifier(max_iter=2, random_state=0),
    "MLPClassifier, ten epochs": MLPClassifier(max_iter=10, random_state=0),
}


def corpus(n_documents: int, n_words: int, n_classes: int) -> tuple[list[str], np.ndarray]:
    """Documents of about 120 words, of which six in a hundred are words of their class."""
    rng = np.random.default_rng(0)
    frequencies = 1 / np.arange(1, n_words + 1) ** 1.05
    frequencies /= frequencies.sum()
    own_words = rng.integers(n_words, size=(n_classes, 400))
    y = rng.integers(n_classes, size=n_documents)
    documents = []
    for label in y:
        length = max(20, int(rng.lognormal(np.log(120), 0.5)))
        n_own = rng.binomial(length, 0.06)
        words = [
            rng.choice(n_words, length - n_own, p=frequencies),
            rng.choice(own_words[label], n_own),
        ]
        documents.append(" ".join(f"word{word}" for word in np.concatenate(words)))
    return documents, y


def measure(estimator: Any, X: Any, y: np.ndarray) -> tuple[float, float]:
    """Seconds of a fit, and the peak of what it allocates in MB."""
    tracemalloc.start()
    start = time.process_time()
    estimator.fit(X, y)
    seconds = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return seconds, peak


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--documents", type=int, default=4000, help="for training")
    parser.add_argument("--columns", type=int, default=50_000, help="words at most")
    parser.add_argument("--classes", type=int, default=20)
    parser.add_argument("--only", nargs="+", help="estimators whose names contain one of these")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    n_train = options.documents
    documents, y = corpus(n_train * 3 // 2, options.columns * 6 // 5, options.classes)
    vectorizer = TfidfVectorizer(max_features=options.columns, dtype=np.float32)
    X = vectorizer.fit_transform(documents[:n_train])
    X_test = vectorizer.transform(documents[n_train:])
    print(
        f"{X.shape[0]} documents, {X.shape[1]} columns, {X.nnz / n_train:.0f} entries per row"
    )
    print(f"{'':32}{'fit, s':>8}{'epoch, s':>10}{'peak, MB':>10}{'accuracy':>10}")
    for name, estimator in ESTIMATORS.items():
        if options.only and not any(part in name for part in options.only):
            continue
        seconds, peak = measure(estimator, X, y[:n_train])
        epoch = seconds / np.max(estimator.n_iter_)
        score = 100 * estimator.score(X_test, y[n_train:])
        print(f"{name:32}{seconds:8.1f}{epoch:10.2f}{peak:10.0f}{score:10.1f}", flush=True)


if __name__ == "__main__":
    main()
