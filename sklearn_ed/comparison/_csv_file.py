"""Reads a CSV file into a data frame: one clear error for whatever a file may be."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tarfile
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from .._utils.errors import UnusableInput
from .._utils.extras import import_extra

MAX_UNPACKED = 128 << 20
"""Most bytes that a compressed table may have when it is unpacked: a file of 1 MB may hold
gigabytes, and a table takes many times the space of its text."""

MAX_COLUMNS = 100_000
"""Most columns of such a table."""


def read_csv(path: Path, encoding: str) -> Any:
    """The table of a file, compressed or not, with at least one row."""
    pandas = import_extra("pandas", "Reading a CSV file")
    try:
        # The name goes into reports, which are Unicode.
        str(path).encode()
    except UnicodeEncodeError as error:
        raise UnusableInput(
            f"data: expected a file name in Unicode, got {str(path)!a}."
        ) from error
    if not path.is_file():
        raise UnusableInput(f"data: expected a CSV file, got {path}, which is not a file.")
    try:
        frame = pandas.read_csv(_unpacked(path), low_memory=False, encoding=encoding)
    except Exception as error:
        # Damaged archives meet errors of many kinds: of gzip, lzma, zipfile, of memory.
        reason = str(error).strip().rstrip(".") or type(error).__name__
        if isinstance(error, UnicodeDecodeError):
            reason += "; is its encoding another one, such as latin-1?"
        raise UnusableInput(
            f"data: expected a CSV file, got {path}, which cannot be read: {reason}."
        ) from error
    if frame.empty:
        raise UnusableInput(f"data: expected a CSV file with rows, got {path}, which has none.")
    return frame


def _unpacked(path: Path) -> Path | io.BytesIO:
    """What a compressed file holds; the path itself of any other one."""
    kind = next((kind for kind in _KINDS if path.name.lower().endswith(kind)), None)
    if kind is None:
        return path
    if kind == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(_only(archive.namelist())) as file:
            content = _read_limited(file)
    else:
        with _KINDS[kind](path, "rb") as stream:
            content = _read_limited(stream)
        if ".tar" in kind:
            with tarfile.open(fileobj=io.BytesIO(content)) as tar:
                member = tar.extractfile(_only(tar.getnames()))
                if member is None:
                    raise ValueError("it holds no file")
                content = _read_limited(member)
    _check_width(content)
    return io.BytesIO(content)


def _open_zst(path: Path, mode: str) -> Any:
    name = "compression.zstd" if sys.version_info >= (3, 14) else "zstandard"
    return import_module(name).open(path, mode)


_KINDS: dict[str, Callable[..., Any]] = {
    ".zip": zipfile.ZipFile,
    ".tar": open,
    ".tar.gz": gzip.open,
    ".tar.bz2": bz2.open,
    ".tar.xz": lzma.open,
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": _open_zst,
}


def _only(names: list[str]) -> str:
    if len(names) != 1:
        raise ValueError(f"it holds {len(names)} files, and not one")
    return names[0]


def _read_limited(stream: IO[bytes]) -> bytes:
    content = stream.read(MAX_UNPACKED + 1)
    if len(content) > MAX_UNPACKED:
        raise ValueError(
            f"unpacked it has more than {MAX_UNPACKED:,} bytes, the limit of compressed files; "
            "unpack it yourself if you trust it"
        )
    return content


def _check_width(content: bytes) -> None:
    """Refuse lines that would become so many columns that memory does not hold them."""
    if content.count(b",") < MAX_COLUMNS:
        return
    for line in io.BytesIO(content.replace(b"\r", b"\n")):
        if line.count(b",") >= MAX_COLUMNS:
            raise ValueError(
                f"a line has more than {MAX_COLUMNS:,} columns, the limit of compressed files"
            )
