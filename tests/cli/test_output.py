"""Standard output that fails, and Ctrl-C while files are written, lose no result."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import REPORT_FILES
from sklearn_ed.__main__ import main
from sklearn_ed._cli import _compare as command
from sklearn_ed._cli import _cost
from sklearn_ed._utils import results
from sklearn_ed.comparison import Comparison, _comparison

pytest.importorskip("pandas")
pytest.importorskip("matplotlib")

RESULTS = Path(__file__).parents[1] / "comparison" / "results-0.1.0.json"
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and devices of POSIX")


@pytest.fixture
def measured(monkeypatch):
    """Neither the search nor the pictures take time; ASCII lacks characters of the text."""
    monkeypatch.setattr(_comparison, "png", lambda *args: b"picture")
    monkeypatch.setattr(_comparison, "page_html", lambda *args: "page")
    comparison = Comparison.load(RESULTS)
    comparison.results[0].name = "Größe"
    monkeypatch.setattr(command, "compare", lambda *args, **options: comparison)
    return ["compare", "--dataset", "wine", "--out"]


def names(folder):
    return {file.name for file in folder.iterdir()}


@posix
def test_a_reader_that_leaves_early_does_not_lose_the_search(tmp_path):
    quick = ["--folds", "2", "--repeats", "1", "--epochs", "2", "--dataset", "wine"]
    command = [sys.executable, "-m", "sklearn_ed", "compare", "--out", str(tmp_path), *quick]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline().startswith(b"wine")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141
    assert names(tmp_path) == REPORT_FILES


class Broken(io.StringIO):
    """Standard output that fails."""

    def __init__(self, error):
        self.error = error

    def write(self, text):
        raise self.error


BROKEN = [(BrokenPipeError(32, "Broken pipe"), 141), (OSError(28, "No space left"), 1)]


@pytest.mark.parametrize(("error", "code"), BROKEN)
def test_output_that_fails_from_the_start(error, code, measured, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Broken(error))
    assert main([*measured, str(tmp_path)]) == code
    assert names(tmp_path) == REPORT_FILES
    err = capsys.readouterr().err
    if code == 1:
        assert err.startswith("sklearn-ed: standard output cannot be written: No space left")
    else:
        assert err == ""


@pytest.mark.parametrize(("error", "code"), BROKEN)
def test_the_experiment_goes_on_without_output(error, code, tmp_path, monkeypatch):
    class Result(results.FileResult):
        complete = True
        _file_names = ("results.json",)

        def _contents(self):
            return {"results.json": [1]}

        def to_text(self, *, notes):
            return "a table"

    def measure(*args, callback, **options):
        callback("a part")
        return Result()

    monkeypatch.setattr(_cost, "reproduce_cost", measure)
    monkeypatch.setattr(sys, "stdout", Broken(error))
    assert main(["cost", "--out", str(tmp_path)]) == code
    assert names(tmp_path) == {"results.json"}


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_device_as_output(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(
        "import sys\n"
        "from sklearn_ed.__main__ import main\n"
        "from sklearn_ed._cli import _compare\n"
        "from sklearn_ed.comparison import Comparison\n"
        f"_compare.compare = lambda *args, **options: Comparison.load({str(RESULTS)!r})\n"
        f"sys.exit(main(['compare', '--dataset', 'wine', '--out', {str(tmp_path / 'd')!r}]))\n"
    )
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, script], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert names(tmp_path / "d") == REPORT_FILES


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_characters_that_the_encoding_lacks_are_escaped(
    encoding, measured, tmp_path, monkeypatch
):
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", out)
    folder = tmp_path / "folder\udcff"
    if sys.platform == "win32":
        folder = tmp_path / "folder"
    assert main([*measured, str(folder)]) == 0
    assert names(folder) == REPORT_FILES
    text = out.buffer.getvalue()
    shown = b"Gr\\xf6\\xdfe" if encoding == "ascii" else "Größe".encode(encoding)
    assert shown in text


@pytest.mark.parametrize("n_written", range(len(REPORT_FILES)))
def test_a_full_disk_keeps_the_files_before_and_the_table(
    n_written, measured, tmp_path, monkeypatch, capsys
):
    write, written = _comparison.write_whole, []

    def write_some(path, content):
        if len(written) == n_written:
            raise OSError(28, "No space left on device")
        written.append(path.name)
        write(path, content)

    monkeypatch.setattr(_comparison, "write_whole", write_some)
    assert main([*measured, str(tmp_path)]) == 2
    assert names(tmp_path) == set(written)
    assert "results.json" in written or not written
    assert "report.html" not in written
    out, err = capsys.readouterr()
    assert "CV accuracy" in out
    assert err.startswith("sklearn-ed: out: expected a file that can be written")


@posix
@pytest.mark.parametrize("place", range(len(REPORT_FILES)))
def test_ctrl_c_while_files_are_written(place, measured, tmp_path, monkeypatch, capsys):
    write, calls = _comparison.write_whole, []

    def interrupt(path, content):
        if len(calls) == place:
            signal.raise_signal(signal.SIGINT)
        calls.append(path)
        write(path, content)

    monkeypatch.setattr(_comparison, "write_whole", interrupt)
    before = signal.getsignal(signal.SIGINT)
    assert main([*measured, str(tmp_path)]) == 130
    assert signal.getsignal(signal.SIGINT) is before
    out, err = capsys.readouterr()
    assert names(tmp_path) == REPORT_FILES
    assert "CV accuracy" in out
    assert err == f"sklearn-ed: interrupted; the finished part is above and in {tmp_path}.\n"


@posix
def test_a_second_ctrl_c_ends_it(measured, tmp_path, monkeypatch, capsys):
    def interrupt_twice(path, content):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("not reached")

    monkeypatch.setattr(_comparison, "write_whole", interrupt_twice)
    assert main([*measured, str(tmp_path)]) == 130
    out, err = capsys.readouterr()
    assert names(tmp_path) == set()
    assert "CV accuracy" in out
    assert err.startswith("sklearn-ed: interrupted;")


def test_a_result_without_curves_removes_the_older_picture(measured, tmp_path):
    comparison = Comparison.load(RESULTS)
    comparison.write_report(tmp_path)
    assert names(tmp_path) == REPORT_FILES
    for result in comparison.results:
        result.curve = None
    comparison.write_report(tmp_path)
    assert names(tmp_path) == REPORT_FILES - {"curves.png"}
