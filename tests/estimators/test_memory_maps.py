"""Arrays over files: `fit`, `partial_fit` and `predict` make no copy of them."""

import tracemalloc
from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp

from sklearn_ed import EDClassifier, EDRegressor

N_ROWS, N_FEATURES = 40_000, 200
SMALL = {"hidden_layer_sizes": (2,), "n_members": 2, "batch_size": 1000, "max_iter": 1}
SMALL |= {"random_state": 0}
CALLS = {
    "fit": lambda X, y: EDClassifier(**SMALL).fit(X, y),
    "held-out rows": lambda X, y: EDClassifier(early_stopping=True, **SMALL).fit(X, y),
    "online": lambda X, y: EDClassifier(
        **{**SMALL, "batch_size": 1, "solver": "sgd", "n_members": 1}
    ).fit(X, y),
    "partial_fit": lambda X, y: EDClassifier(**SMALL).partial_fit(X, y, classes=[0, 1]),
    "regressor": lambda X, y: EDRegressor(**SMALL).fit(X, y.astype(X.dtype)),
    "predict": lambda X, y: (
        EDClassifier(**SMALL).partial_fit(X[:100], y[:100], classes=[0, 1]).predict(X)
    ),
}


@pytest.fixture(scope="module")
def arrays(tmp_path_factory):
    """Read-only arrays over files of random integers from 0 to 4, by layout."""
    folder = tmp_path_factory.mktemp("maps")
    values = np.random.default_rng(0).integers(0, 5, (N_ROWS, N_FEATURES)).astype(np.float32)

    def saved(name, array):
        np.save(folder / name, array)
        return np.load(folder / f"{name}.npy", mmap_mode="r")

    C = saved("c", values)
    sparse = sp.csr_array(values)
    parts = [saved(name, getattr(sparse, name)) for name in ("data", "indices", "indptr")]
    return {
        "C": C,
        "F": saved("f", np.asfortranarray(values)),
        "every second row": C[::2],
        "CSR": sp.csr_array(tuple(parts), shape=sparse.shape),
    }


def n_bytes(X):
    return X.nbytes if isinstance(X, np.ndarray) else X.data.nbytes + X.indices.nbytes


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("call", "layout"),
    [
        *product(CALLS, ["C"]),
        *product(["fit", "online", "predict"], ["CSR"]),
        *product(["partial_fit", "predict"], ["F", "every second row"]),
    ],
)
def test_an_array_over_a_file_is_not_copied(call, layout, arrays):
    X = arrays[layout]
    y = np.arange(X.shape[0]) % 2
    CALLS[call](X[:1000], y[:1000])
    tracemalloc.start()
    try:
        CALLS[call](X, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Vectors with a number per row, and the rows that out-of-fold stopping scores.
    expected = 150 * X.shape[0] + 8192 * n_bytes(X) / X.shape[0]
    assert peak < expected
    assert expected < 0.7 * n_bytes(X)


@pytest.mark.parametrize("layout", ["C", "F", "CSR"])
def test_the_result_is_that_of_the_array_in_memory(layout, arrays):
    X = arrays[layout][:500]
    y = np.arange(500) % 2
    in_memory = X.copy() if layout == "CSR" else np.array(X, order=layout)
    found, expected = (EDClassifier(**SMALL).fit(data, y) for data in (X, in_memory))
    for a, b in zip(found.coefs_, expected.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_infinity_in_an_array_without_a_contiguous_layout(arrays):
    X = np.array(arrays["every second row"][:300])
    X[250, 7] = 3e38
    for layout in (X[::2], np.asfortranarray(X)):
        with pytest.raises(ValueError, match=r"expected values up to .* whose weighted sums"):
            EDClassifier(**SMALL).fit(layout, np.arange(len(layout)) % 2)
