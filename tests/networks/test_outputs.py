"""Code books, error signals and probabilities."""

from itertools import combinations
from math import comb, log2

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import expit, softmax
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

from sklearn_ed import EDClassifier
from sklearn_ed._networks.code_book import count_networks, make_code_book
from sklearn_ed._networks.outputs import ClassOutputs, LabelOutputs, TargetOutputs


@pytest.mark.parametrize("code_size", [None, "one_vs_one", 3.0])
def test_two_classes_are_one_network(code_size):
    code_book = make_code_book(2, code_size, np.random.RandomState(0))
    assert code_book.tolist() == [[0, 1]]


def test_no_code_size_is_one_network_per_class():
    np.testing.assert_array_equal(make_code_book(4, None, np.random.RandomState(0)), np.eye(4))


@pytest.mark.parametrize("n_classes", [3, 4, 5, 10, 17])
def test_one_vs_one_is_a_network_per_pair(n_classes):
    rng = np.random.RandomState(0)
    before = rng.get_state()[1].tolist()
    code_book = make_code_book(n_classes, "one_vs_one", rng)
    n_networks = n_classes * (n_classes - 1) // 2
    assert code_book.shape == (n_networks, n_classes)
    assert n_networks == count_networks(n_classes, "one_vs_one")
    pairs = []
    for row in code_book:
        (first,), (second,) = np.flatnonzero(row == 1), np.flatnonzero(row == -1)
        assert np.count_nonzero(row) == 2
        pairs.append((first, second))
    assert pairs == list(combinations(range(n_classes), 2))
    assert rng.get_state()[1].tolist() == before


@pytest.mark.parametrize("n_classes", [3, 5])
def test_the_networks_of_a_pair_hear_the_difference_of_its_errors(n_classes):
    code_book = make_code_book(n_classes, "one_vs_one", np.random.RandomState(0))
    outputs = ClassOutputs(code_book, "log_loss", u0=0.4)
    A = np.random.RandomState(1).normal(size=(n_classes, code_book.shape[0]))
    probabilities = outputs.predict_proba(A)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    E = outputs.error_signal(A, np.arange(n_classes)).E
    for label, errors in enumerate(E):
        delta = np.eye(n_classes)[label] - probabilities[label]
        # Each class speaks in n_classes - 1 networks.
        np.testing.assert_allclose(errors, code_book @ delta / (n_classes - 1), atol=1e-12)
        own = code_book[:, label]
        np.testing.assert_array_equal(np.sign(errors)[own != 0], own[own != 0])


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
    code_book = make_code_book(n_classes, named, np.random.RandomState(0))
    assert np.unique(code_book, axis=1).shape == (len(code_book), n_classes)
    # And hardly more than enough.
    with pytest.raises(ValueError, match="code_size: expected at least"):
        make_code_book(n_classes, named - 0.001, np.random.RandomState(0))


CODE_BOOKS = {
    "identity": np.eye(4),
    "dichotomies": make_code_book(4, 2, np.random.RandomState(0)),
    "binary": np.array([[0.0, 1.0]]),
    "pairs": make_code_book(4, "one_vs_one", np.random.RandomState(0)),
}


@pytest.mark.parametrize(
    ("name", "loss"),
    [
        *[(name, "log_loss") for name in CODE_BOOKS],
        *[(name, "squared_error") for name in CODE_BOOKS if name != "pairs"],
    ],
)
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


def errors_of(form, A):
    """What the online kernel makes of a form, in NumPy; u0 is 0.4."""
    if form.kind == "softmax":
        assert form.values is None
        assert form.networks_interact
        onehot = np.eye(form.n_classes)[form.targets]
        delta = onehot - softmax(A if form.code is None else A @ form.code, axis=1)
        return delta if form.error_code is None else delta @ form.error_code
    assert form.code is form.error_code is None
    assert form.n_classes == 0
    assert not form.networks_interact
    units = {
        "linear_squared": lambda A: A,
        "logistic": expit,
        "sigmoid_squared": lambda A: expit(2 / 0.4 * A),
    }
    return form.values[form.targets] - units[form.kind](A)


INDICATORS = np.array([[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    ("outputs", "targets", "kind", "out_activation"),
    [
        (ClassOutputs(CODE_BOOKS["identity"], "log_loss", 0.4), 3, "softmax", "softmax"),
        (ClassOutputs(CODE_BOOKS["pairs"], "log_loss", 0.4), 3, "softmax", "softmax"),
        (ClassOutputs(CODE_BOOKS["dichotomies"], "log_loss", 0.4), 3, "softmax", "softmax"),
        (ClassOutputs(np.array([[-1.0, 1.0]]), "log_loss", 0.4), 1, "softmax", "logistic"),
        (ClassOutputs(CODE_BOOKS["binary"], "log_loss", 0.4), 1, "logistic", "logistic"),
        *[
            (ClassOutputs(code, "squared_error", 0.4), 1, "sigmoid_squared", "logistic")
            for code in CODE_BOOKS.values()
        ],
        (LabelOutputs("log_loss", 0.4), INDICATORS, "logistic", "logistic"),
        (LabelOutputs("squared_error", 0.4), INDICATORS, "sigmoid_squared", "logistic"),
        (TargetOutputs(), INDICATORS + 0.5, "linear_squared", "identity"),
        (
            TargetOutputs(np.array([2.0, 3, 1, 1])),
            INDICATORS + 0.5,
            "linear_squared",
            "identity",
        ),
    ],
)
def test_the_form_for_the_online_kernel_gives_the_same_errors(
    outputs, targets, kind, out_activation
):
    if isinstance(targets, int):
        # Class indices up to `targets`.
        targets = np.array([0, targets, targets], dtype=np.int8)
        n_networks = outputs.code_book.shape[0]
    else:
        n_networks = targets.shape[1]
    A = np.random.RandomState(2).normal(size=(3, n_networks))
    form = outputs.online_form(targets)
    assert (form.kind, form.n_members, outputs.n_members) == (kind, 1, 1)
    assert form.targets.dtype == np.intp
    assert outputs.out_activation == out_activation
    np.testing.assert_allclose(
        errors_of(form, A), outputs.error_signal(A, targets).E, rtol=1e-12, atol=1e-15
    )


def test_one_network_per_class_needs_no_code():
    form = ClassOutputs(np.eye(3), "log_loss", 0.4).online_form(np.array([2]))
    assert form.code is form.error_code is None
    # A single class has a code: its row is no identity of several.
    assert ClassOutputs(np.eye(1), "log_loss", 0.4).online_form(np.array([0])).code is not None


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


def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


def digits(n_class=10):
    X, y = load_digits(n_class=n_class, return_X_y=True)
    return X / 16, y


ONLINE = {"batch_size": 1, "solver": "sgd", "alpha": 0.02}


def one_vs_one(**params):
    return EDClassifier(code_size="one_vs_one", random_state=0, **params)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("data", "least", "params"),
    [
        (iris, 0.9, {}),
        (iris, 0.9, {**ONLINE, "max_iter": 15}),
        # 45 networks of each member.
        (digits, 0.95, {"n_members": 1, "max_iter": 20}),
        (digits, 0.95, {**ONLINE, "max_iter": 15}),
    ],
)
def test_one_vs_one_learns(data, least, params):
    X, y = data()
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    clf = one_vs_one(**params).fit(X_train, y_train)
    n_classes = len(clf.classes_)
    assert len(clf.code_book_) == comb(n_classes, 2)
    assert clf.n_networks_ == clf.n_members_ * len(clf.code_book_)
    assert clf.n_outputs_ == n_classes
    proba = clf.predict_proba(X_test)
    assert proba.shape == (len(X_test), n_classes)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(clf.predict_log_proba(X_test), np.log(proba), atol=1e-9)
    np.testing.assert_array_equal(clf.classes_[proba.argmax(axis=1)], clf.predict(X_test))
    assert clf.score(X_test, y_test) > least


def test_scores_of_one_vs_one_add_up_the_pairs_of_a_class():
    X, y = digits(4)
    clf = one_vs_one(max_iter=5, tol=100.0, n_iter_no_change=1, n_members=1).fit(X, y)
    Z = X
    for coef, intercept in zip(clf.coefs_, clf.intercepts_, strict=True):
        A = Z @ coef + clf.beta * intercept[:, np.newaxis]
        Z = 1 / (1 + np.exp(-2 * A / clf.u0))
    np.testing.assert_allclose(
        clf.decision_function(X), A[:, :, 0].T @ clf.code_book_, rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("n_classes", [3, 4])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_one_vs_one_with_squared_error_is_refused(method, n_classes):
    X, y = digits(n_classes)
    call = {"classes": np.unique(y)} if method == "partial_fit" else {}
    message = r"^code_size: expected .*'squared_error'.*, got 'one_vs_one'"
    with pytest.raises(ValueError, match=message):
        getattr(one_vs_one(loss="squared_error"), method)(X, y, **call)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("first", "then"),
    [("one_vs_one", None), ("auto", None), (None, "one_vs_one"), (None, "auto"), (2, "auto")],
)
@pytest.mark.parametrize("n_classes", [3, 4])
def test_going_on_with_another_code_is_refused(first, then, n_classes, method):
    X, y = digits(n_classes)
    params = {"hidden_layer_sizes": 3, "max_iter": 2, "warm_start": True, "random_state": 0}
    clf = EDClassifier(code_size=first, **params).fit(X, y)
    before = clf.predict_proba(X)
    clf.set_params(code_size=then)
    message = f"^code_size: expected .* same {len(clf.code_book_)} networks.*got {then!r}"
    with pytest.raises(ValueError, match=message):
        getattr(clf, method)(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), before)
    clf.set_params(code_size=first).partial_fit(X, y)
    assert (clf.predict_proba(X) != before).any()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_code_size_of_labels_means_nothing():
    X, y = digits(3)
    Y = np.eye(3, dtype=int)[y]
    clf = one_vs_one(loss="squared_error", max_iter=2).fit(X, Y).partial_fit(X, Y)
    assert clf.n_networks_ == 3 * clf.n_members_
    other = EDClassifier(code_size=2, loss="squared_error", max_iter=2, random_state=0)
    other.fit(X, Y).partial_fit(X, Y)
    np.testing.assert_array_equal(clf.predict_proba(X), other.predict_proba(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_one_vs_one_and_auto_are_the_same_where_they_mean_the_same():
    X, y = digits(4)
    clf = one_vs_one(max_iter=2).fit(X, y)
    auto = EDClassifier(max_iter=2, random_state=0).fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), auto.predict_proba(X))
    auto.set_params(code_size="one_vs_one").partial_fit(X, y)
    clf.set_params(code_size="auto").partial_fit(X, y)
    np.testing.assert_array_equal(clf.predict_proba(X), auto.predict_proba(X))
