"""The file of a checkpoint: damage, errors while it is written, processes that are killed."""

import hashlib
import io
import json
import os
import pickle
import stat
import subprocess
import sys
import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from faults import Fault, Tracer, fault_points

from sklearn_ed import EDClassifier, resume
from sklearn_ed._estimators.continuing import SavedFit
from sklearn_ed._utils import files
from sklearn_ed.callbacks import Checkpoint
from sklearn_ed.callbacks._checkpoint_file import read_checkpoint, write_checkpoint

KILLS = Path(__file__).parents[2] / "examples" / "benchmarks" / "kills.py"

rng = np.random.RandomState(0)
X = rng.normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)


def made(path, **params):
    params = {"max_iter": 3, "random_state": 0, **params}
    return EDClassifier((4,), **params).set_callbacks(Checkpoint(path))


@pytest.fixture
def path(tmp_path):
    """A checkpoint."""
    made(tmp_path / "fit.npz").fit(X, y)
    return tmp_path / "fit.npz"


def assert_damaged(path):
    with pytest.raises(ValueError, match=r"fit\.npz: expected a whole checkpoint"):
        resume(path, X, y)


def test_numpy_reads_the_arrays(path):
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["bank"].dtype == np.float64
        assert set(arrays) > {"bank", "document", "first_moments", "second_moments"}
        assert json.loads(arrays["document"].tobytes())["estimator"] == "EDClassifier"


def test_every_truncated_and_every_altered_file_is_refused(path):
    content = path.read_bytes()
    for size in [0, 1, 63, 64, 65, *range(100, len(content), len(content) // 20), -1]:
        path.write_bytes(content[:size])
        assert_damaged(path)
    for place in [*range(0, len(content), len(content) // 200), -1, -64, -65]:
        altered = bytearray(content)
        altered[place] ^= 1 << place % 8
        path.write_bytes(altered)
        assert_damaged(path)
    path.write_bytes(content + b" ")
    assert_damaged(path)
    path.write_bytes(content)
    resume(path, X, y)


def seal(path, stream):
    """Write what is in the stream, with the right checksum."""
    with zipfile.ZipFile(stream, "a") as archive:
        archive.comment = bytes(64)
    content = stream.getvalue()[:-64]
    path.write_bytes(content + hashlib.sha256(content).hexdigest().encode())


def forge(path, change=None, save=np.savez, **arrays):
    """Replace the file by one with another content and the right checksum."""
    with np.load(path) as kept:
        arrays = {**kept, **arrays}
    if change is not None:
        document = json.loads(arrays["document"].tobytes())
        change(document)
        arrays["document"] = np.frombuffer(json.dumps(document).encode(), np.uint8)
    stream = BytesIO()
    save(stream, **{name: array for name, array in arrays.items() if array is not None})
    seal(path, stream)


def nested(*keys, value):
    """A change of a document."""

    def change(document):
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return change


def test_a_sealed_file_is_read(path):
    forge(path, nested("every", value=2))
    resume(path, X, y)


@pytest.mark.parametrize(
    "change",
    [
        nested("format", value=2),
        nested("every", value=0),
        nested("seed", value="a"),
        nested("estimator", value="object"),
        nested("estimator", value=["EDClassifier"]),
        nested("parameters", value=[]),
        nested("parameters", "unknown", value=1),
        nested("parameters", "rule", value={"rule": "Rule"}),
        nested("parameters", "rule", value={"rule": "__name__"}),
        nested("parameters", "rule", value={"rule": "Backprop", "bad": 1}),
        nested("parameters", "rule", value={"module": "os"}),
        nested("parameters", "random_state", value={"random_state": {"key": [1]}}),
        nested("beginning", value={}),
        nested("progress", value=None),
        nested("progress", "schedule", value={}),
        nested("history", "loss_curve", value=["a"]),
        nested("history", "t", value=float("inf")),
        nested("optimizer", "solver", value=3),
        nested("optimizer", value={}),
        nested("random_state", "pos", value=1000),
        nested("random_state", "key", value=[0] * 3),
        lambda document: document.clear(),
    ],
)
def test_a_wrong_document_is_refused(path, change):
    forge(path, change)
    assert_damaged(path)


@pytest.mark.parametrize(
    "arrays",
    [
        {"bank": None},
        {"bank": np.zeros(3)},
        {"bank": np.zeros(3, np.float32)},
        {"other": np.zeros(3)},
        {"document": None},
        {"document": np.frombuffer(b"{", np.uint8)},
        {"document": np.frombuffer(b"[" * 100_000, np.uint8)},
        {"document": np.frombuffer(b"\xff", np.uint8)},
        {"document": np.frombuffer(b"3", np.uint8)},
    ],
)
def test_wrong_arrays_are_refused(path, arrays):
    forge(path, **arrays)
    assert_damaged(path)


class Touch:
    """A pickle of this makes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_loading_runs_nothing(path, tmp_path):
    forge(path, other=np.array([Touch(tmp_path / "touched")], dtype=object))
    assert_damaged(path)
    path.write_bytes(pickle.dumps(Touch(tmp_path / "touched")))
    assert_damaged(path)
    assert not (tmp_path / "touched").exists()


def test_memory_is_bounded_by_the_size_of_the_file(path):
    def peak():
        tracemalloc.start()
        assert_damaged(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    content = path.read_bytes()
    # Few compressed bytes, many zeros.
    forge(path, save=np.savez_compressed, other=np.zeros(10_000_000))
    assert path.stat().st_size < 200_000
    assert peak() < 5_000_000
    # A header that promises more than there is.
    header = BytesIO()
    description = {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    np.lib.format.write_array_header_1_0(header, description)
    stream = BytesIO(content)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("other.npy", header.getvalue() + bytes(80))
    seal(path, stream)
    assert peak() < 5_000_000


def same(path):
    """Whether the fit is continued as if nothing had happened."""
    full = EDClassifier((4,), max_iter=3, random_state=0).fit(X, y)
    np.testing.assert_equal(resume(path, X, y).get_weights(), full.get_weights())
    return True


class FullDisk(io.FileIO):
    """Writes a half, then raises an error."""

    error: BaseException

    def write(self, data):
        super().write(data[: len(data) // 2])
        raise self.error


STEPS = {
    "open": (files.Path, "open"),
    "write": (files.Path, "open"),
    "fsync": (files.os, "fsync"),
    "copymode": (files.shutil, "copymode"),
    "rename": (files.Path, "replace"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_an_error_in_a_step_of_writing(step, error, tmp_path, monkeypatch):
    """The second checkpoint fails: the first one remains, and nothing else."""
    path = tmp_path / "fit.npz"
    model = made(path).fit(X, 1 - y)
    before = model.get_weights()
    path.unlink()
    place, name = STEPS[step]
    call, contents = getattr(place, name), []

    def fail(*args, **kwargs):
        is_folder = step == "fsync" and stat.S_ISDIR(os.fstat(args[0]).st_mode)
        if is_folder or not path.exists():
            return call(*args, **kwargs)
        with open(path, "rb") as stream:
            contents.append(stream.read())
        if step != "write":
            raise error
        stream = FullDisk(args[0], "x")
        stream.error = error
        return stream

    monkeypatch.setattr(place, name, fail)
    if isinstance(error, OSError):
        with pytest.raises(OSError, match="No space left"):
            model.fit(X, y)
        np.testing.assert_equal(model.get_weights(), before)
    else:
        with pytest.warns(UserWarning, match="interrupted; what was learned is kept"):
            model.fit(X, y)
        assert model.n_iter_ == 2
    monkeypatch.undo()
    assert [file.name for file in tmp_path.iterdir()] == ["fit.npz"]
    assert path.read_bytes() == contents[0]
    assert read_checkpoint(path).document["history"]["n_iter"] == 1
    assert same(path)


# An error between the last line of a block and the end of the block does not close the file.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_error_at_any_line_of_writing(tmp_path):
    path = tmp_path / "fit.npz"
    old, new = (SavedFit("", {"epoch": n}, {"bank": np.full(9, n)}) for n in (1.0, 2.0))
    write_checkpoint(path, old)
    points = fault_points(write_checkpoint, path, new)
    assert len(points) > 20
    found = set()
    for at in points:
        write_checkpoint(path, old)
        with pytest.raises(Fault), Tracer(at):
            write_checkpoint(path, new)
        assert [file.name for file in tmp_path.iterdir()] == ["fit.npz"]
        found.add(read_checkpoint(path).document["epoch"])
    # The folder is synchronized after the new file has appeared.
    assert found == {1.0, 2.0}


def test_resume_removes_what_a_killed_process_has_left(path):
    folder = path.parent
    left = folder / f".{path.name}.{'0a' * 16}.part"
    others = [f".{path.name}.part", f".other.npz.{'0a' * 16}.part", f".fit.npz{'0a' * 16}.part"]
    for name in (left.name, *others):
        (folder / name).touch()
    assert same(path)
    assert sorted(file.name for file in folder.iterdir()) == sorted([path.name, *others])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="renames while a file is open")
def test_fits_that_are_killed():
    done = subprocess.run(
        [sys.executable, str(KILLS), "--kills", "5"],
        capture_output=True,
        text=True,
        env=os.environ,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "5 of 5"
