"""Code books, error signals and probabilities."""

from itertools import combinations
from math import comb, log2

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import expit

from sklearn_ed._outputs import ClassOutputs, LabelOutputs, TargetOutputs, make_code_book


@pytest.mark.parametrize("code_size", [None, 3.0])
def test_two_classes_are_one_network(code_size):
    code_book = make_code_book(2, code_size, np.random.RandomState(0))
    assert code_book.tolist() == [[0, 1]]


def test_no_code_size_is_one_network_per_class():
    np.testing.assert_array_equal(make_code_book(4, None, np.random.RandomState(0)), np.eye(4))


@pytest.mark.parametrize("n_classes", [3, 4, 5, 10, 17])
@pytest.mark.parametrize("code_size", [1, 2.5, 16])
def test_code_book_is_made_of_balanced_dichotomies(n_classes, code_size):
    code_book = make_code_book(n_classes, code_size, np.random.RandomState(0))
    assert code_book.shape == (int(code_size * n_classes), n_classes)
    assert set(np.unique(code_book)) == {-1.0, 1.0}
    assert set(code_book.sum(axis=1)) <= ({0.0} if n_classes % 2 == 0 else {-1.0, 1.0})
    assert np.unique(code_book, axis=1).shape[1] == n_classes
    n_balanced = comb(n_classes, n_classes // 2) * (1 + n_classes % 2)
    n_different = np.unique(code_book, axis=0).shape[0]
    assert n_different == min(code_book.shape[0], n_balanced)


@pytest.mark.parametrize("n_classes", range(3, 34))
def test_fewest_networks_tell_all_classes_apart(n_classes):
    needed = int(np.ceil(log2(n_classes)))
    for seed in range(5):
        code_size = (needed + 1e-9) / n_classes
        code_book = make_code_book(n_classes, code_size, np.random.RandomState(seed))
        assert code_book.shape[0] == needed
        assert all((code_book[:, i] != code_book[:, j]).any()
                   for i, j in combinations(range(n_classes), 2))  # fmt: skip


def test_too_few_networks_are_refused():
    with pytest.raises(ValueError, match=r"code_size: expected at least 0\.4.*got 0\.3"):
        make_code_book(10, 0.3, np.random.RandomState(0))


@pytest.mark.parametrize("n_classes", range(3, 101))
def test_the_code_size_that_the_error_names_is_enough(n_classes):
    with pytest.raises(ValueError, match="code_size: expected at least") as caught:
        make_code_book(n_classes, 1e-3, np.random.RandomState(0))
    named = float(str(caught.value).split("at least ")[1].split()[0])
    make_code_book(n_classes, named, np.random.RandomState(0))


CODE_BOOKS = {
    "identity": np.eye(4),
    "dichotomies": make_code_book(4, 2, np.random.RandomState(0)),
    "binary": np.array([[0.0, 1.0]]),
}


@pytest.mark.parametrize("name", CODE_BOOKS)
@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_error_times_slope_is_the_negative_gradient_of_the_loss(name, loss):
    """In the output unit, up to the constants of the rule: 1 / r, and u0 / 2 of the sigmoid."""
    code_book = CODE_BOOKS[name]
    n_networks, n_classes = code_book.shape
    outputs = ClassOutputs(code_book, loss, u0=0.4)
    rng = np.random.RandomState(1)
    A, y = rng.normal(size=(1, n_networks)), np.array([rng.randint(n_classes)])
    signal = outputs.error_signal(A, y)
    gradient = approx_fprime(
        A[0], lambda a: outputs.error_signal(a[np.newaxis], y).loss[0], 1e-7
    )
    if loss == "log_loss":
        assert signal.slope is None
        increment = signal.E[0] * np.abs(code_book).sum(axis=0).max()
    else:
        increment = signal.E[0] * signal.slope[0] * 2 / 0.4
    np.testing.assert_allclose(increment, -gradient, atol=1e-5)


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_gradient_of_labels(loss):
    outputs = LabelOutputs(loss, u0=0.4)
    A, T = np.array([[0.3, -1.2, 0.1]]), np.array([[1, 0, 0]])
    signal = outputs.error_signal(A, T)
    gradient = approx_fprime(
        A[0], lambda a: outputs.error_signal(a[np.newaxis], T).loss[0], 1e-7
    )
    slope = 1.0 if loss == "log_loss" else signal.slope[0] * 2 / 0.4
    np.testing.assert_allclose(signal.E[0] * slope, -gradient, atol=1e-5)


def test_targets_are_learned_by_their_difference():
    signal = TargetOutputs().error_signal(np.array([[1.0, 2.0]]), np.array([[1.5, 0.0]]))
    assert signal.E.tolist() == [[0.5, -2.0]]
    assert signal.loss.tolist() == [0.5 * (0.25 + 4.0)]
    assert signal.slope is None


def test_two_classes_equal_one_logistic_network():
    A, y = np.array([[0.7], [-1.5]]), np.array([1, 1])
    classes = ClassOutputs(CODE_BOOKS["binary"], "log_loss", u0=0.4)
    labels = LabelOutputs("log_loss", u0=0.4)
    mine, other = classes.error_signal(A, y), labels.error_signal(A, y[:, np.newaxis])
    np.testing.assert_allclose(mine.E, other.E, rtol=1e-12)
    np.testing.assert_allclose(mine.loss, other.loss, rtol=1e-12)
    np.testing.assert_allclose(classes.predict_proba(A)[:, 1], expit(A[:, 0]), rtol=1e-12)
    np.testing.assert_allclose(classes.decision_function(A), A[:, 0], rtol=1e-12)


def test_squared_error_of_one_network_per_class_picks_the_largest_output():
    outputs = ClassOutputs(np.eye(3), "squared_error", u0=0.4)
    A = np.random.RandomState(0).normal(size=(50, 3))
    np.testing.assert_array_equal(outputs.predict(A), A.argmax(axis=1))


def test_squared_error_of_a_code_book_is_the_likelihood_of_independent_units():
    code_book = CODE_BOOKS["dichotomies"]
    outputs = ClassOutputs(code_book, "squared_error", u0=0.4)
    A = np.random.RandomState(0).normal(scale=0.2, size=(20, code_book.shape[0]))
    z = expit(2 * A / 0.4)
    fires = code_book.T > 0
    likelihood = np.array([[np.where(row, zi, 1 - zi).prod() for row in fires] for zi in z])
    expected = likelihood / likelihood.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(outputs.predict_proba(A), expected, rtol=1e-10)


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_probabilities_and_their_logarithms_at_extremes(loss):
    A = np.array([[1e4, -1e4, 0.0, 3.0]])
    for outputs in (ClassOutputs(np.eye(4), loss, 0.4), LabelOutputs(loss, 0.4)):
        probabilities, logs = outputs.predict_proba(A), outputs.predict_log_proba(A)
        assert np.isfinite(logs).all()
        np.testing.assert_allclose(np.exp(logs), probabilities, rtol=1e-9)


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_float32_stays_float32(loss):
    A = np.zeros((2, 4), dtype=np.float32)
    code_book = np.eye(4, dtype=np.float32)
    cases = [
        (ClassOutputs(code_book, loss, 0.4), np.array([0, 1])),
        (LabelOutputs(loss, 0.4), np.zeros((2, 4), dtype=np.int8)),
        (TargetOutputs(), np.zeros((2, 4), dtype=np.float32)),
    ]
    for outputs, targets in cases:
        signal = outputs.error_signal(A, targets)
        assert signal.E.dtype == signal.loss.dtype == np.float32
        assert signal.slope is None or signal.slope.dtype == np.float32
