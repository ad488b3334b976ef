"""``sklearn-ed cost``."""

import csv
import json
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from sklearn_ed.__main__ import main
from sklearn_ed._utils.formatting import format_ratio, format_seconds
from sklearn_ed.inspection._methods import METHODS
from sklearn_ed.reproduction import _cost as experiment

pytest.importorskip("matplotlib")


@pytest.fixture
def small(monkeypatch):
    """Few and small networks, and little to learn."""
    monkeypatch.setattr(experiment, "N_FEATURES", 6)
    monkeypatch.setattr(experiment, "BATCH_SIZE", 400)
    monkeypatch.setattr(experiment, "SIZES", (1,))
    monkeypatch.setattr(experiment, "WIDTHS", [(1,), (2,)])
    monkeypatch.setattr(experiment, "DEPTHS", [(1,), (1, 1)])
    monkeypatch.setattr(experiment, "N_PROBED", 2)


def cost(tmp_path, *options):
    """Exit code of the command, its files going to the folder `out`."""
    return main(["cost", "--repeats", "1", "--out", str(tmp_path / "out"), *options])


def table(text, title):
    """Lines of the table below the header that begins with `title`, in columns."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(title):
            break
    rows = []
    for line in lines:
        if not line:
            break
        rows.append(re.split(r"\s{2,}", line.strip()))
    return rows


def read_results(tmp_path):
    return json.loads((tmp_path / "out" / "results.json").read_text())


def test_what_is_printed_is_in_the_files(small, tmp_path, capsys):
    assert cost(tmp_path, "--epochs", "2", "--quiet") == 0
    text, err = capsys.readouterr()
    assert err == ""
    results = read_results(tmp_path)

    update = results["update"]
    told = {name: format_seconds(update[method]) for method, name in METHODS.items()}
    ratios = update["ratios"]
    assert ratios["numerical/backprop"] == update["numerical"] / update["backprop"]
    for pair, ratio in ratios.items():
        told[" / ".join(METHODS[method] for method in pair.split("/"))] = format_ratio(ratio)
    assert dict(table("\nupdate\n" + text.split("\n\n")[1], "update")) == told

    for part, title in (("widths", "wider"), ("depths", "deeper")):
        expected = [
            [f"{row['n_parameters']:,}", *(format_seconds(row[method]) for method in METHODS)]
            for row in results[part]
        ]
        assert [row[1:5] for row in table(text, title)] == expected
    law = " ".join(text.split()).partition("(number of parameters)^p, p = ")[2]
    for method, name in METHODS.items():
        assert f"{results['exponents'][method]:.2f} for {name}" in law

    rows = table(text, "epoch  ")
    assert [row[0] for row in rows] == ["1", "2"]
    for k, row in enumerate(rows):
        expected = []
        for method in METHODS:
            epoch = results["epochs"][method]["epochs"][k]
            assert epoch["epoch"] == k + 1
            expected.append(format_seconds(epoch["seconds"]))
            expected += [f"{epoch[f'{kind}_accuracy']:.2%}" for kind in ("train", "test")]
        assert row[1:] == expected


def test_files(small, tmp_path, capsys):
    assert cost(tmp_path, "--epochs", "2") == 0
    folder = tmp_path / "out"
    out = capsys.readouterr().out
    assert out.endswith(f"In {folder}: results.json, updates.csv, epochs.csv, cost.png.\n")
    assert (folder / "cost.png").read_bytes()[:4] == b"\x89PNG"
    results = read_results(tmp_path)
    with (folder / "updates.csv").open(newline="") as stream:
        updates = list(csv.DictReader(stream))
    assert [row["part"] for row in updates] == ["update", *["widths"] * 2, *["depths"] * 2]
    assert updates[-1]["hidden_layer_sizes"] == "1 1"
    assert float(updates[0]["backprop"]) == results["update"]["backprop"]
    with (folder / "epochs.csv").open(newline="") as stream:
        epochs = list(csv.DictReader(stream))
    assert len(epochs) == 3 * 2
    for row in epochs:
        kept = results["epochs"][row["way"]]
        assert float(row["alpha"]) == kept["alpha"]
        assert float(row["seconds"]) == kept["epochs"][int(row["epoch"]) - 1]["seconds"]


def test_differences_learn_what_backprop_learns(small, tmp_path, capsys):
    assert cost(tmp_path, "--epochs", "2", "--random-state", "3") == 0
    epochs = read_results(tmp_path)["epochs"]
    assert epochs["numerical"]["alpha"] == epochs["backprop"]["alpha"]
    for one, other in zip(
        epochs["numerical"]["epochs"], epochs["backprop"]["epochs"], strict=True
    ):
        del one["seconds"], other["seconds"]
        assert one == other


def test_all_parameters(small, tmp_path, capsys):
    n_parameters = 10 * (6 + 1 + 1 + 1)
    for options, n_probed in (((), 1), (("--all-parameters",), n_parameters)):
        assert cost(tmp_path, "--epochs", "1", *options) == 0
        results = read_results(tmp_path)
        assert results["update"]["n_parameters"] == n_parameters
        assert results["update"]["n_probed"] == n_probed
        assert [row["n_probed"] for row in results["widths"]] == [2, 2]
        assert ("timed on all of them" in capsys.readouterr().out) == bool(options)


def test_differences_that_take_too_long_learn_fewer_epochs(
    small, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(experiment, "PATIENCE", 0.0)
    assert cost(tmp_path, "--epochs", "3") == 0
    told = "Numerical differentiation learned 1 of 3 epochs"
    assert told in " ".join(capsys.readouterr().out.split())
    epochs = read_results(tmp_path)["epochs"]
    assert {method: len(epochs[method]["epochs"]) for method in epochs} == {
        "numerical": 1,
        "backprop": 3,
        "error_diffusion": 3,
    }


def test_mnist(small, tmp_path, capsys):
    rng = np.random.RandomState(0)
    arrays = {}
    for split, n in (("train", 900), ("test", 50)):
        arrays[f"y_{split}"] = np.arange(n, dtype=np.uint8) % 10
        arrays[f"x_{split}"] = rng.randint(256, size=(n, 28, 28)).astype(np.uint8)
    np.savez(tmp_path / "mnist.npz", **arrays)
    options = ("--dataset", "mnist", "--data", str(tmp_path), "--epochs", "1")
    assert cost(tmp_path, *options) == 0
    results = read_results(tmp_path)
    assert sorted(results["epochs"]) == ["backprop", "error_diffusion"]
    seconds = 2 * results["update"]["numerical"]
    assert results["numerical_epoch_seconds"] == seconds
    told = f"2 updates of {format_seconds(seconds / 2)} would take {format_seconds(seconds)}"
    assert told in " ".join(capsys.readouterr().out.split())


def interrupt_at(monkeypatch, name, call):
    """Ctrl-C before that call of a function of the experiment."""
    owner = experiment._Experiment if name == "_learn" else experiment
    original, calls = getattr(owner, name), []

    def wrapped(*args, **kwargs):
        calls.append(args)
        if len(calls) == call:
            signal.raise_signal(signal.SIGINT)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, wrapped)


def test_ctrl_c_before_anything_is_finished(small, tmp_path, capsys, monkeypatch):
    interrupt_at(monkeypatch, "credit_assignment_cost", 1)
    assert cost(tmp_path) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "sklearn-ed: interrupted before there was a result.\n"
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("name", "call", "parts", "files"),
    [
        ("credit_assignment_cost", 2, (0, 0), {"results.json", "updates.csv"}),
        ("credit_assignment_cost", 3, (1, 0), {"results.json", "updates.csv", "cost.png"}),
        ("credit_assignment_cost", 5, (2, 1), {"results.json", "updates.csv", "cost.png"}),
        (
            "_learn",
            2,
            (2, 2),
            {"results.json", "updates.csv", "cost.png", "epochs.csv"},
        ),
    ],
)
def test_ctrl_c_keeps_what_was_finished(
    small, tmp_path, capsys, monkeypatch, name, call, parts, files
):
    interrupt_at(monkeypatch, name, call)
    assert cost(tmp_path, "--epochs", "1") == 130
    out, err = capsys.readouterr()
    folder = tmp_path / "out"
    assert err == f"sklearn-ed: interrupted; the finished part is above and in {folder}.\n"
    assert {file.name for file in folder.iterdir()} == files
    results = read_results(tmp_path)
    assert results["update"]["backprop"] > 0
    assert (len(results["widths"]), len(results["depths"])) == parts
    assert len(table(out, "wider")) == parts[0]
    assert len(table(out, "deeper")) == parts[1]
    assert (results["exponents"] is None) == (parts[0] < 2)
    assert sorted(results["epochs"]) == (["backprop"] if name == "_learn" else [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_one_ctrl_c_ends_a_process(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "sklearn_ed", "cost", "--out", str(tmp_path), "--repeats", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().startswith("(a) One update of 784-50-10 units")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == f"sklearn-ed: interrupted; the finished part is above and in {tmp_path}.\n"
    assert (tmp_path / "results.json").exists()


# What cannot be done


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "wine"], "invalid choice: 'wine'"),
        (["--data", "folder"], "--data FOLDER goes with --dataset mnist"),
        (["--epochs", "0"], "invalid number (1, 2, ...) value: '0'"),
        (["--repeats", "x"], "invalid number (1, 2, ...) value: 'x'"),
        (["--random-state", "-1"], "invalid seed"),
    ],
)
def test_wrong_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as info:
        main(["cost", *arguments])
    assert info.value.code == 2
    assert message in capsys.readouterr().err


def assert_refused(capsys, code, message):
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert err.startswith("sklearn-ed: ")
    assert message in err


def test_no_mnist(tmp_path, capsys):
    code = cost(tmp_path, "--dataset", "mnist", "--data", str(tmp_path))
    assert_refused(capsys, code, "mnist.npz was not found")


def test_out_is_a_file(tmp_path, capsys):
    (tmp_path / "out").write_text("")
    assert_refused(capsys, cost(tmp_path), "out: expected a folder")


def test_missing_matplotlib_is_said_before_it_starts(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert_refused(capsys, cost(tmp_path), "needs matplotlib")


def test_a_file_cannot_be_written(small, tmp_path, capsys):
    (tmp_path / "out" / "cost.png").mkdir(parents=True)
    assert cost(tmp_path, "--epochs", "1") == 2
    out, err = capsys.readouterr()
    assert "(c) Learning digits" in out
    assert err.startswith("sklearn-ed: out: expected a file that can be written")
