"""``sklearn-ed rules``."""

import json
import sys

import numpy as np
import pytest

from sklearn_ed import datasets
from sklearn_ed.__main__ import main
from sklearn_ed._cli import _rules as command
from sklearn_ed.rules._names import RULES

pytest.importorskip("matplotlib")


def rules(tmp_path, *options):
    options = ("--epochs", "1", "--seeds", "1", "--repeats", "1", *options)
    return main(["rules", "--out", str(tmp_path / "out"), *options])


@pytest.fixture
def small(monkeypatch):
    """Little to learn, and two learning rates."""
    digits, compare = datasets.load_digits, command.compare_rules
    monkeypatch.setattr(datasets, "load_digits", lambda **kw: digits(n_class=3, **kw))
    monkeypatch.setattr(
        command, "compare_rules", lambda *data, **kw: compare(*data, 3, alphas=[0.1, 1.0], **kw)
    )


def test_digits(small, tmp_path, capsys):
    assert rules(tmp_path) == 0
    out, err = capsys.readouterr()
    assert err == ""
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert list(results["rules"]) == list(RULES)
    settings = results["settings"]
    assert (settings["n_train"], settings["n_test"], settings["max_iter"]) == (402, 135, 1)
    for name, found in results["rules"].items():
        (line,) = [x for x in out.splitlines() if x.startswith(f"{name.replace('_', ' ')}  ")]
        assert f"{found['test_accuracy'][0]:.2%}" in line
    files = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert files == ["results.json", "rules.csv", "rules.png"]
    assert "In " in out
    assert "alpha: the learning rate" in out


def test_mnist_without_notes(small, tmp_path, capsys):
    rng = np.random.RandomState(0)
    arrays = {}
    for split, n in (("train", 60), ("test", 20)):
        arrays[f"y_{split}"] = np.arange(n, dtype=np.uint8) % 10
        arrays[f"x_{split}"] = rng.randint(256, size=(n, 28, 28)).astype(np.uint8)
    np.savez(tmp_path / "mnist.npz", **arrays)
    assert rules(tmp_path, "--dataset", "mnist", "--data", str(tmp_path), "--quiet") == 0
    out = capsys.readouterr().out
    assert out.startswith("60 training and 20 test rows, 10 classes")
    assert "alpha: the" not in out


def test_what_cannot_be_done(tmp_path, capsys, monkeypatch):
    assert rules(tmp_path, "--dataset", "mnist", "--data", str(tmp_path)) == 2
    assert "mnist.npz was not found" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        rules(tmp_path, "--data", "folder")
    assert "--data FOLDER goes with --dataset mnist" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert rules(tmp_path) == 2
    assert "needs matplotlib" in capsys.readouterr().err
