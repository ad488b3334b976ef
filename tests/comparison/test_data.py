"""Named data sets and the preprocessing of arrays."""

import numpy as np
import pytest

from sklearn_ed import datasets
from sklearn_ed._utils.errors import UnusableInput
from sklearn_ed.comparison import named_problem


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "wine"])
def test_a_stratified_quarter_is_held_out(name):
    problem = named_problem(name, random_state=1)
    n_train, n_test = problem.X_train.shape[0], problem.X_test.shape[0]
    assert n_test == np.ceil((n_train + n_test) / 4)
    shares = [np.bincount(y) / y.size for y in (problem.y_train, problem.y_test)]
    np.testing.assert_allclose(*shares, atol=0.02)
    other = named_problem(name, random_state=2)
    assert not np.array_equal(problem.X_test, other.X_test)


def test_diabetes_is_for_regression():
    problem = named_problem("diabetes")
    assert problem.task == "regression"
    assert "majority" not in problem.facts


def test_mnist_keeps_its_own_split(tmp_path, monkeypatch):
    rng = np.random.RandomState(0)
    arrays = {
        "x_train": rng.randint(0, 256, (30, 28, 28)).astype(np.uint8),
        "y_train": np.arange(30) % 10,
        "x_test": rng.randint(0, 256, (7, 28, 28)).astype(np.uint8),
        "y_test": np.arange(7),
    }
    np.savez(tmp_path / "mnist.npz", **arrays)
    monkeypatch.setenv(datasets.DATA_FOLDER_VARIABLE, str(tmp_path))
    problem = named_problem("mnist")
    np.testing.assert_array_equal(problem.y_train, arrays["y_train"])
    np.testing.assert_array_equal(problem.y_test, arrays["y_test"])
    assert problem.X_test.shape == (7, 784)


def test_missing_fashion_mnist_is_unusable_input(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.DATA_FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def refuse(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr(datasets, "fetch_openml", refuse)
    with pytest.raises(UnusableInput, match="OpenML: Fashion-MNIST: no network"):
        named_problem("fashion_mnist")


def test_unknown_name_is_unusable_input():
    with pytest.raises(UnusableInput, match=r"expected one of .*'iris'"):
        named_problem("iris")
