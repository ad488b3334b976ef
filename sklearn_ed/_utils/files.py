"""Files and lines that are whole or absent, whatever happens while they are written."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from glob import escape
from os import PathLike
from pathlib import Path
from threading import Lock
from uuid import uuid4


def write_whole(path: str | PathLike[str], content: bytes | str) -> None:
    """Write a file by way of a temporary one beside it; text as UTF-8.

    After an error, an interrupt or a power failure, the file is the old one or the new one.
    Only a process that is killed leaves its temporary file, see `remove_unfinished`. Several
    threads or processes may write to the same path. A device or a pipe is written to directly.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    data = content.encode() if isinstance(content, str) else content
    # What a symbolic link points to is replaced, not the link.
    target = Path(os.path.realpath(path))
    exists = target.exists()
    if exists and not (target.is_file() or target.is_dir()):
        target.write_bytes(data)
        return
    unfinished = target.with_name(f"{_unfinished(target)}{uuid4().hex}.part")
    try:
        with unfinished.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if exists:
            shutil.copymode(target, unfinished)
        unfinished.replace(target)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _unfinished(target: Path) -> str:
    """How the name of a temporary file of `target` begins; names have a maximum length."""
    return f".{target.name[:50]}."


def _sync_folder(folder: Path) -> None:
    """Let a new name in the folder outlast a power failure, where the system can do that."""
    with suppress(OSError):
        folder_id = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(folder_id)
        finally:
            os.close(folder_id)


def remove_unfinished(path: str | PathLike[str]) -> None:
    """Remove what processes that were killed have left while they wrote this file."""
    target = Path(os.path.realpath(path))
    for file in target.parent.glob(f"{escape(_unfinished(target))}{'[0-9a-f]' * 32}.part"):
        file.unlink(missing_ok=True)


_appending = Lock()


def append_whole(path: str | PathLike[str], text: str) -> None:
    """Append a text as UTF-8 in one call, between those of other threads and processes.

    On Windows, where the system does not go to the end of the file in the same call, only
    threads keep out of each other's way.

    Raises
    ------
    OSError
        If the file cannot be written, or not all of the text.
    """
    data = text.encode()
    with _appending, open(path, "ab", buffering=0) as stream:
        if stream.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(path))


def remove_others(folder: Path, names: Iterable[str], kept: Mapping[str, object]) -> None:
    """Remove the files of earlier results that have no part in the present ones."""
    for name in set(names) - set(kept):
        (folder / name).unlink(missing_ok=True)
