"""`fit_stream`: equal to calls of `partial_fit`, and what is left after bad chunks."""

import signal
import threading
import weakref

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_iris, make_multilabel_classification

from sklearn_ed import EDClassifier, EDRegressor

X, y = load_iris(return_X_y=True)
X = X.astype(np.float32)
ORDER = np.random.RandomState(0).permutation(len(X))
X, y = X[ORDER], y[ORDER]
CLASSES = [0, 1, 2]
CHUNKS = [(X[k : k + 30], y[k : k + 30]) for k in range(0, 150, 30)]
WEIGHTED = [(*chunk, np.linspace(1, 2, 30)) for chunk in CHUNKS]
MODEL = EDClassifier((4,), n_members=2, random_state=0)
NARROW_TWO = X[:30, :3], y[:30] > 0
ONLINE = EDClassifier.for_streams(hidden_layer_sizes=(4,), replay=2, random_state=0)
prefetch = pytest.mark.parametrize("prefetch", [True, False])


def partial_fits(model, chunks, epochs=1, classes=CLASSES):
    model = clone(model)
    first = {} if isinstance(model, EDRegressor) else {"classes": classes}
    for _ in range(epochs):
        for chunk in chunks:
            model.partial_fit(*chunk, **first)
    return model


def state(model):
    """Everything that a later call depends on, without what is cached."""
    cached = ("_kept_bank", "_checked_parameters")
    found = {k: v for k, v in vars(model).items() if k not in cached}
    rng = found.pop("_random_state", None)
    return found, None if rng is None else rng.get_state(legacy=False)


def assert_same(a, b):
    np.testing.assert_equal(state(a), state(b))


@prefetch
@pytest.mark.parametrize(
    ("model", "chunks", "epochs"),
    [
        (MODEL, CHUNKS, 1),
        (MODEL, WEIGHTED, 2),
        (ONLINE, CHUNKS, 2),
        (MODEL, [(sp.csr_array(X), y) for X, y in CHUNKS], 1),
        (EDRegressor((4,), random_state=0), [(X, X[:, 0]) for X, _ in CHUNKS], 3),
    ],
    ids=["batches", "weights", "online", "sparse", "regressor"],
)
def test_an_epoch_equals_calls_of_partial_fit(model, chunks, epochs, prefetch):
    expected = partial_fits(model, chunks, epochs)
    first = {} if isinstance(model, EDRegressor) else {"classes": CLASSES}
    found = clone(model).fit_stream(chunks, epochs=epochs, prefetch=prefetch, **first)
    assert_same(found, expected)


def test_functions_and_generators():
    expected = partial_fits(MODEL, CHUNKS, 2)
    assert_same(
        clone(MODEL).fit_stream(lambda: iter(CHUNKS), classes=CLASSES, epochs=2), expected
    )
    once = clone(MODEL).fit_stream((chunk for chunk in CHUNKS), classes=CLASSES)
    assert_same(once, partial_fits(MODEL, CHUNKS))


def test_labels_of_several_kinds_need_no_classes():
    X, Y = make_multilabel_classification(60, 5, random_state=0)
    model = clone(MODEL).fit_stream([(X[:30], Y[:30]), (X[30:], Y[30:])])
    assert_same(model, partial_fits(MODEL, [(X[:30], Y[:30]), (X[30:], Y[30:])], classes=None))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("model", [MODEL, ONLINE], ids=["batches", "online"])
def test_a_fitted_estimator_starts_anew(model):
    other = clone(model)
    other.set_params(max_iter=2).fit(X[:, :3], y > 0).partial_fit(*NARROW_TWO)
    other.set_params(max_iter=model.max_iter)
    other.fit_stream(CHUNKS, classes=CLASSES)
    assert_same(other, clone(model).fit_stream(CHUNKS, classes=CLASSES))


def test_a_memory_of_an_earlier_stream_is_forgotten():
    model = clone(ONLINE).fit_stream(CHUNKS, classes=CLASSES).set_params(replay=0)
    model.fit_stream(CHUNKS[:1], classes=CLASSES).set_params(replay=2)
    expected = clone(ONLINE).set_params(replay=0).fit_stream(CHUNKS[:1], classes=CLASSES)
    expected.set_params(replay=2)
    assert_same(model.partial_fit(*CHUNKS[1]), expected.partial_fit(*CHUNKS[1]))


def test_a_warm_start_continues():
    model = clone(MODEL).fit_stream(CHUNKS[:2], classes=CLASSES)
    model.set_params(warm_start=True).fit_stream(CHUNKS[2:])
    assert_same(model.set_params(warm_start=False), partial_fits(MODEL, CHUNKS))


def test_the_schedule_ends_with_the_stream():
    falling = clone(MODEL).set_params(max_iter=10, learning_rate="linear")
    falling.fit_stream(CHUNKS, classes=CLASSES, epochs=2)
    before = falling.coefs_[0].copy()
    falling._has_fitted = False
    assert falling.n_iter_ == 10
    falling.partial_fit(*CHUNKS[0])
    # After the end, a tenth of the learning rate.
    assert 0 < np.abs(falling.coefs_[0] - before).max() < MODEL.alpha


NARROW = (X[:30, :3], y[:30])
BAD = {
    "features": (NARROW, ValueError, "X has 3 features"),
    "dtype": (
        (X[:30].astype(str).astype(object) + "a", y[:30]),
        ValueError,
        "could not convert",
    ),
    "NaN": ((np.full((30, 4), np.nan), y[:30]), ValueError, "contains NaN"),
    "class": ((X[:30], y[:30] + 7), ValueError, "y: expected classes among"),
    "rows": ((X[:0], y[:0]), ValueError, "0 sample"),
    "weights": ((X[:30], y[:30], np.zeros(30)), ValueError, "no sample is left"),
    "lengths": ((X[:30], y[:20]), ValueError, "inconsistent numbers of samples"),
    "not a tuple": (X[:30], TypeError, r"expected a tuple \(X, y\).*, got a ndarray"),
    "too long": ((X, y, y, y), TypeError, "got a tuple of length 4"),
    "nothing": (None, TypeError, "got a NoneType"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_chunk_is_named_and_those_before_it_are_kept(case):
    bad, error, message = BAD[case]
    model = clone(MODEL)
    with pytest.raises(error, match=rf"^chunks\[2\]: .*{message}"):
        model.fit_stream([*CHUNKS[:2], bad, *CHUNKS[2:]], classes=CLASSES)
    assert_same(model, partial_fits(MODEL, CHUNKS[:2]))
    model.set_params(warm_start=True).fit_stream(CHUNKS[2:]).set_params(warm_start=False)
    assert_same(model, partial_fits(MODEL, CHUNKS))


@prefetch
@pytest.mark.parametrize("is_fitted", [True, False])
def test_a_bad_first_chunk_changes_nothing(is_fitted, prefetch):
    model = partial_fits(MODEL, CHUNKS) if is_fitted else clone(MODEL)
    expected = partial_fits(MODEL, CHUNKS) if is_fitted else clone(MODEL)
    for chunks, message in (([(X[:0], y[:0])], r"chunks\[0\]: "), ([], "at least one chunk")):
        with pytest.raises(ValueError, match=message):
            model.fit_stream(chunks, classes=CLASSES, prefetch=prefetch)
    assert_same(model, expected)


@pytest.mark.parametrize(
    ("chunks", "options", "error", "message"),
    [
        (3, {}, TypeError, "chunks: expected an iterable"),
        (iter(CHUNKS), {"epochs": 2}, ValueError, "started again.*got a list_iterator"),
        (CHUNKS, {"epochs": 0}, ValueError, "epochs: expected an integer >= 1"),
        (CHUNKS, {"prefetch": 2}, ValueError, "prefetch: expected True or False"),
        (CHUNKS, {"classes": None}, ValueError, "classes: expected all classes"),
        ((X, y), {}, TypeError, r"chunks\[0\]: expected a tuple"),
    ],
)
def test_bad_arguments(chunks, options, error, message):
    with pytest.raises(error, match=message):
        clone(MODEL).fit_stream(chunks, **{"classes": CLASSES, **options})


def test_parameters_are_checked_before_a_chunk_is_read():
    read = []
    with pytest.raises(ValueError, match=r"^partial_fit does not support early_stopping=True"):
        clone(MODEL).set_params(early_stopping=True).fit_stream(lambda: read.append(1))
    assert not read


@prefetch
def test_a_stream_that_fails(prefetch):
    def chunks():
        yield from CHUNKS[:2]
        raise OSError("the disk is gone")

    model = clone(MODEL)
    with pytest.raises(OSError, match="the disk is gone") as info:
        model.fit_stream(chunks, classes=CLASSES, prefetch=prefetch)
    assert info.value.__notes__ == ["chunks[2] was being read."]
    assert_same(model, partial_fits(MODEL, CHUNKS[:2]))


def test_a_later_epoch_without_chunks():
    chunks = iter(CHUNKS)
    model = clone(MODEL)
    with pytest.raises(ValueError, match="at least one chunk in epoch 2, got none"):
        model.fit_stream(lambda: chunks, classes=CLASSES, epochs=2)
    assert_same(model, partial_fits(MODEL, CHUNKS))


def test_the_epoch_of_a_bad_chunk_is_named():
    starts = []

    def chunks():
        starts.append(1)
        return CHUNKS if len(starts) == 1 else [CHUNKS[0], NARROW]

    with pytest.raises(ValueError, match=r"^chunks\[1\] in epoch 2: X has 3 features"):
        clone(MODEL).fit_stream(chunks, classes=CLASSES, epochs=2)


@pytest.fixture
def interruptible():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@prefetch
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_while_a_chunk_is_read_keeps_those_before_it(prefetch):
    def chunks():
        yield from CHUNKS[:2]
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        threading.Event().wait(0.05)
        yield CHUNKS[2]

    model = clone(MODEL)
    with pytest.raises(KeyboardInterrupt) as info:
        model.fit_stream(chunks, classes=CLASSES, prefetch=prefetch)
    assert info.value.__notes__[0].startswith("chunks[")
    n_whole = model.n_iter_
    # The thread reads ahead while the chunk before is learned, which may be interrupted too.
    assert n_whole == 2 or (prefetch and n_whole == 1)
    assert model.predict(X).shape == y.shape


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_while_a_chunk_is_learned_keeps_its_beginning():
    class Interrupting(EDClassifier):
        def _encode_targets(self, y, dtype, call, classes):
            if call.continues:
                signal.raise_signal(signal.SIGINT)
            return super()._encode_targets(y, dtype, call, classes)

    model = Interrupting(**MODEL.get_params())
    with pytest.raises(KeyboardInterrupt) as info:
        model.fit_stream(CHUNKS, classes=CLASSES)
    assert info.value.__notes__ == ["chunks[1] was being learned."]
    np.testing.assert_array_equal(model.coefs_[0], partial_fits(MODEL, CHUNKS[:1]).coefs_[0])


def test_two_chunks_at_most_are_in_memory():
    alive, most = set(), []

    class Chunk(np.ndarray):
        def __array_finalize__(self, source):
            pass

    def chunks():
        for k, (X, y) in enumerate(CHUNKS):
            X = X.copy().view(Chunk)
            alive.add(k)
            weakref.finalize(X, alive.discard, k)
            most.append(len(alive))
            yield X, y
            del X

    clone(MODEL).fit_stream(chunks, classes=CLASSES)
    assert max(most) == 2
