"""The command line, and `sklearn-ed compare`."""

import csv
import json
import re
import signal
import subprocess
import sys
import time

import pytest

import sklearn_ed
from helpers import REPORT_FILES
from shop import make_shop
from sklearn_ed.__main__ import main
from sklearn_ed._cli import _compare as command

pytest.importorskip("pandas")
pytest.importorskip("matplotlib")

COMMAND = [sys.executable, "-m", "sklearn_ed"]
QUICK = ["--folds", "2", "--repeats", "1", "--epochs", "5"]


def assert_refused(capsys, arguments, message):
    """One sentence on stderr, nothing on stdout, exit code 2."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sklearn-ed: ")
    assert err.count("\n") == 1
    assert message in err


def test_missing_file(capsys, tmp_path):
    arguments = ["compare", "--data", "nowhere.csv", "--target", "y", "--out", str(tmp_path)]
    assert_refused(capsys, arguments, "nowhere.csv, which is not a file")


def test_missing_column(capsys, write, tmp_path):
    file = write(make_shop())
    arguments = ["compare", "--data", file, "--target", "sells", "--out", str(tmp_path)]
    assert_refused(capsys, arguments, "'constant', 'buys', got 'sells'")


def test_out_is_a_file(capsys, write):
    assert_refused(capsys, ["compare", "--out", write(make_shop())], "out: expected a folder")


def test_a_file_cannot_be_written(capsys, tmp_path):
    (tmp_path / "results.csv").mkdir()
    assert main(["compare", "--dataset", "wine", "--out", str(tmp_path), *QUICK]) == 2
    out, err = capsys.readouterr()
    assert "EDClassifier" in out
    assert err.startswith("sklearn-ed: out: expected a file that can be written")


@pytest.mark.parametrize("module", ["matplotlib.figure", "pandas"])
def test_missing_packages_are_said_before_the_search(module, capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    arguments = ["compare", "--dataset", "wine", "--out", str(tmp_path)]
    assert_refused(capsys, arguments, f"needs {module.partition('.')[0]}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "COMMAND"),
        (["compare", "--dataset", "iris"], "invalid choice: 'iris'"),
        (["compare", "--data", "a.csv"], "--data FILE.csv and --target COLUMN go together"),
        (["compare", "--target", "y"], "--data FILE.csv and --target COLUMN go together"),
        (["compare", "--dataset", "wine", "--data", "a.csv"], "not allowed with"),
        (["compare", "--task", "regression"], "--task and --encoding go with --data"),
        (["compare", "--encoding", "latin-1"], "--task and --encoding go with --data"),
        (["compare", "--baselines", "forest"], "invalid choice: 'forest'"),
        (["compare", "--n-jobs", "0"], "invalid number of jobs"),
        (["compare", "--folds", "0"], "invalid number"),
        (["compare", "--random-state", "-1"], "invalid seed"),
        (["compare", "--random-state", "now"], "invalid seed"),
    ],
)
def test_wrong_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as info:
        main(arguments)
    assert info.value.code == 2
    assert message in capsys.readouterr().err


def test_version(capsys):
    with pytest.raises(SystemExit) as info:
        main(["--version"])
    assert info.value.code == 0
    assert capsys.readouterr().out == f"sklearn-ed {sklearn_ed.__version__}\n"


def test_help_of_every_command_has_examples(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert "exit codes" in text
    names = [line.split()[0] for line in text.splitlines() if re.match(r" {4}\S", line)]
    assert "compare" in names
    for name in names:
        with pytest.raises(SystemExit) as info:
            main([name, "--help"])
        assert info.value.code == 0
        help_text = capsys.readouterr().out
        assert f"  sklearn-ed {name}" in help_text
        assert max(map(len, help_text.splitlines())) <= 80


def test_a_csv_file_is_compared(write, tmp_path, capsys):
    """String labels, missing values, a column of categories."""
    out = tmp_path / "new" / "folder"
    arguments = ["compare", "--data", write(make_shop(120)), "--target", "buys", *QUICK]
    assert main([*arguments, "--out", str(out), "--baselines", "mlp", "linear"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    text = " ".join(captured.out.split())
    assert "5 columns (4 of them numeric)" in text
    assert f"Report: {out / 'report.html'}" in text
    assert {file.name for file in out.iterdir()} == REPORT_FILES
    for name in ("candidates.png", "curves.png"):
        assert (out / name).read_bytes()[:4] == b"\x89PNG"
    results = json.loads((out / "results.json").read_text())
    assert results["name"] == "shop"
    with (out / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    names = ["EDClassifier", "MLPClassifier", "LogisticRegression"]
    assert [row["estimator"] for row in rows] == names
    for row, outcome, summary in zip(
        rows, results["outcomes"], results["summary"], strict=True
    ):
        tests = [fit["test_score"] for fit in outcome["fits"]]
        assert float(row["test_score"]) == summary["test_score"] == sum(tests) / len(tests)
        assert outcome["name"] in text
    with (out / "candidates.csv").open() as stream:
        assert len(list(csv.DictReader(stream))) == 8 + 8 + 4


def test_a_csv_file_in_another_encoding(tmp_path, capsys):
    file, out = tmp_path / "shop.csv", tmp_path / "out"
    make_shop(120).assign(city="Orléans").to_csv(file, index=False, encoding="latin-1")
    arguments = ["compare", "--data", str(file), "--target", "buys", "--out", str(out), *QUICK]
    assert_refused(capsys, arguments, "cannot be read: 'utf-8' codec can't decode")
    assert main([*arguments, "--encoding", "latin-1", "--baselines", "trees"]) == 0
    captured = capsys.readouterr()
    assert "HistGradientBoostingClassifier" in captured.out
    assert "RandomForestClassifier" in captured.out
    assert captured.err == ""


def test_a_csv_file_of_quantities_is_compared(write, tmp_path, capsys):
    frame = make_shop(120)
    frame["buys"] = 3.5 * frame["age"].fillna(50) + 0.25
    arguments = ["compare", "--data", write(frame), "--target", "buys", *QUICK]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "EDRegressor" in out
    assert "MLPRegressor" in out


def test_quiet_is_the_table_alone(tmp_path, capsys):
    arguments = ["compare", "--dataset", "wine", "--out", str(tmp_path), *QUICK]
    assert main([*arguments, "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(("-", " "))] == [
        "EDClassifier",
        "MLPClassifier",
    ]
    assert len(lines) == 6


def test_module_runs_in_a_process_of_its_own(tmp_path):
    done = subprocess.run(
        [*COMMAND, "compare", "--dataset", "wine", "--out", str(tmp_path / "out"), *QUICK],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    for name in ("EDClassifier", "MLPClassifier"):
        assert "+/-" in rows[name]
    assert {file.name for file in (tmp_path / "out").iterdir()} == REPORT_FILES


# Ctrl-C

one_process = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no SIGINT for one process"
)


def interrupt(arguments, is_time):
    """Start the command, send SIGINT when `is_time(its stdout)`, return code and stderr."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    is_time(process.stdout)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@one_process
def test_one_ctrl_c_ends_it(tmp_path):
    """Estimators catch KeyboardInterrupt: without care the search would just go on."""

    def has_begun(stdout):
        assert stdout.readline().startswith("digits")
        time.sleep(0.5)

    code, _, err = interrupt(["compare", "--out", str(tmp_path)], has_begun)
    assert code == 130
    assert err == "sklearn-ed: interrupted before there was a result.\n"
    assert not list(tmp_path.iterdir())


def test_ctrl_c_keeps_what_was_finished(tmp_path, capsys, monkeypatch):
    from sklearn_ed.comparison._runner import ComparisonRunner

    monkeypatch.setattr(
        ComparisonRunner, "_fit", lambda *args: signal.raise_signal(signal.SIGINT)
    )
    arguments = ["compare", "--dataset", "wine", "--out", str(tmp_path), *QUICK]
    assert main(arguments) == 130
    out, err = capsys.readouterr()
    assert err == f"sklearn-ed: interrupted; the finished part is above and in {tmp_path}.\n"
    assert "EDClassifier" in out
    assert {file.name for file in tmp_path.iterdir()} == REPORT_FILES - {"curves.png"}
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["complete"] is False
    assert results["outcomes"][0]["fits"] == []
    assert results["summary"][0]["test_score"] is None


def test_ctrl_c_handler_is_given_back(monkeypatch, tmp_path, capsys):
    def interrupt(*args, **kwargs):
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(command, "compare", interrupt)
    assert main(["compare", "--dataset", "wine", "--out", str(tmp_path)]) == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().err.count("\n") == 1
