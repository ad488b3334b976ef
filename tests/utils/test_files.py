"""Files are whole or absent."""

import io
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from sklearn_ed._utils import files
from sklearn_ed._utils.files import (
    append_whole,
    remove_others,
    remove_unfinished,
    write_whole,
)


def test_text_is_utf_8_and_bytes_are_bytes(tmp_path):
    write_whole(tmp_path / "text", "naïve ±\n")
    assert (tmp_path / "text").read_bytes() == "naïve ±\n".encode()
    write_whole(str(tmp_path / "bytes"), b"\xff\r\n")
    assert (tmp_path / "bytes").read_bytes() == b"\xff\r\n"


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_an_error_keeps_the_old_file_and_leaves_no_other(step, error, tmp_path, monkeypatch):
    write_whole(tmp_path / "file", "old")

    def fail(*args):
        raise error

    monkeypatch.setattr(files.Path if step == "replace" else files.os, step, fail)
    with pytest.raises(type(error)):
        write_whole(tmp_path / "file", "new")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be opened")
def test_a_file_is_on_the_disk_before_its_name_and_the_name_before_the_end(
    tmp_path, monkeypatch
):
    steps, fsync, replace = [], os.fsync, files.Path.replace

    def synchronize(number):
        steps.append("folder" if stat.S_ISDIR(os.fstat(number).st_mode) else "file")
        fsync(number)

    def rename(*args):
        steps.append("rename")
        return replace(*args)

    monkeypatch.setattr(files.os, "fsync", synchronize)
    monkeypatch.setattr(files.Path, "replace", rename)
    write_whole(tmp_path / "file", "text")
    assert steps == ["file", "rename", "folder"]


def test_a_folder_that_cannot_be_synchronized(tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(files.os, "open", fail)
    write_whole(tmp_path / "file", "text")
    assert (tmp_path / "file").read_text() == "text"


def test_what_killed_processes_leave_is_removed(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*args, **kwargs):
        raise Killed

    # Names with characters of patterns, and a long one.
    names = ["[a]*?.npz", 200 * "a"]
    with monkeypatch.context() as patched:
        patched.setattr(files.Path, "replace", kill)
        patched.setattr(files.Path, "unlink", kill)
        for name in names:
            with pytest.raises(Killed):
                write_whole(tmp_path / name, "text")
    assert len(list(tmp_path.iterdir())) == 2
    remove_unfinished(tmp_path / "aa.npz")
    assert len(list(tmp_path.iterdir())) == 2
    for name in names:
        remove_unfinished(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_threads_write_to_one_path(tmp_path):
    texts = [str(number) * 1000 for number in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: write_whole(tmp_path / "file", texts[n % 3]), range(60)))
    assert (tmp_path / "file").read_text() in texts
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes of POSIX")
def test_links_modes_and_devices(tmp_path):
    write_whole(tmp_path / "file", "old")
    (tmp_path / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("file")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640
    write_whole(os.devnull, "nowhere")
    assert not os.path.isfile(os.devnull)


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "folder", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_files_of_an_earlier_result_are_removed(tmp_path):
    for name in ("a", "b", "other"):
        (tmp_path / name).touch()
    remove_others(tmp_path, ("a", "b", "c"), {"a": 1})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "other"]


def test_threads_append_whole_lines(tmp_path):
    lines = [str(number) * 5000 + "\n" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: append_whole(tmp_path / "log", lines[n % 4]), range(80)))
    assert sorted((tmp_path / "log").read_text().splitlines(True)) == sorted(lines * 20)


def test_a_part_of_a_line_is_an_error(tmp_path, monkeypatch):
    class FullDisk(io.BytesIO):
        def write(self, data):
            return super().write(data[:3])

    monkeypatch.setattr(files, "open", lambda *args, **options: FullDisk(), raising=False)
    with pytest.raises(OSError, match="No space left") as info:
        append_whole(tmp_path / "log", "line\n")
    assert info.value.filename == str(tmp_path / "log")
