"""Ctrl-C in `partial_fit` ends the loop around it and loses nothing that was learned."""

import numpy as np
import pytest

from sklearn_ed import EDClassifier
from sklearn_ed._backend import BACKENDS, use_backend
from sklearn_ed._training import online, single_step
from sklearn_ed._training.trainer import Trainer

rng = np.random.RandomState(0)
X = rng.normal(size=(40, 3))
Y = np.arange(40) % 2


def started(**options):
    options = {"hidden_layer_sizes": (4,), "n_members": 1, "random_state": 0, **options}
    return EDClassifier(**options).partial_fit(X, Y, classes=[0, 1])


def interrupt_after(monkeypatch, owner, name):
    """Each call of a function ends with Ctrl-C."""
    function = getattr(owner, name)

    def interrupted(*args, **options):
        function(*args, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, name, interrupted)


@pytest.mark.parametrize("replay", [0, 2])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_a_chunk_is_kept_and_the_loop_ends(solver, replay, monkeypatch):
    model, expected = (started(solver=solver, batch_size=20, replay=replay) for _ in range(2))
    expected.partial_fit(X, Y)
    interrupt_after(monkeypatch, Trainer, "epoch")
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(X, Y)
    for learned, wanted in zip(model.coefs_, expected.coefs_, strict=True):
        np.testing.assert_array_equal(learned, wanted)
    monkeypatch.undo()
    assert model.partial_fit(X, Y).n_iter_ == 2


@pytest.mark.skipif("compiled" not in BACKENDS, reason="the compiled kernels are missing")
@pytest.mark.parametrize("options", [{}, {"batch_size": 1, "solver": "sgd"}], ids=str)
def test_a_single_row_is_kept_and_the_loop_ends(options, monkeypatch):
    """The kernels learn it in place; with NumPy, a row is learned as a chunk is."""
    with use_backend("compiled"):
        model, expected = started(**options), started(**options)
        expected.partial_fit(X[:1], Y[:1])
        if options:
            interrupt_after(monkeypatch, single_step, "learn_row_in_place")
            assert online.learn_row_in_place is not single_step.learn_row_in_place
        else:
            interrupt_after(monkeypatch, Trainer, "apply_increments")
        with pytest.raises(KeyboardInterrupt):
            model.partial_fit(X[:1], Y[:1])
    for learned, wanted in zip(model.coefs_, expected.coefs_, strict=True):
        np.testing.assert_array_equal(learned, wanted)
    assert model.n_iter_ == expected.n_iter_ == len(model.loss_curve_)
