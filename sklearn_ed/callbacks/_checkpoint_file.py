"""The file of a checkpoint: an uncompressed npz file of plain arrays, and its checksum.

One of its arrays is a JSON document. The comment of the zip file is the SHA-256 of all bytes
before it.
"""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from pathlib import Path
from struct import error as StructError
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np

from .._estimators.continuing import SavedFit, damage_named
from .._utils.files import write_whole

FORMAT = 1
_DOCUMENT = "document"
_CHECKSUM_SIZE = 64


def write_checkpoint(path: Path, saved: SavedFit) -> None:
    """Write the file, whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written. An earlier file is then as it was.
    """
    text = json.dumps({"format": FORMAT, **saved.document}, default=_as_number)
    arrays: dict[str, Any] = {_DOCUMENT: np.frombuffer(text.encode(), np.uint8), **saved.arrays}
    stream = BytesIO()
    np.savez(stream, **arrays)
    with ZipFile(stream, "a") as archive:
        archive.comment = bytes(_CHECKSUM_SIZE)
    with stream.getbuffer() as content:
        content[-_CHECKSUM_SIZE:] = _checksum(content[:-_CHECKSUM_SIZE])
    write_whole(path, stream.getvalue())


def _as_number(value: Any) -> Any:
    """The Python number of a NumPy one, for JSON."""
    return value.item()


def _checksum(content: Any) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def read_checkpoint(path: Path) -> SavedFit:
    """Read the file; nothing in it is run, and no array is larger than it.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is not a whole checkpoint of this version.
    """
    content = path.read_bytes()
    with damage_named(str(path)):
        if _checksum(memoryview(content)[:-_CHECKSUM_SIZE]) != content[-_CHECKSUM_SIZE:]:
            raise ValueError("the checksum differs")
        try:
            arrays = _arrays(content)
            document = json.loads(arrays.pop(_DOCUMENT).tobytes())
        except (BadZipFile, EOFError, RuntimeError, StructError) as error:
            raise ValueError(str(error)) from error
        if document["format"] != FORMAT:
            raise ValueError(f"format {document['format']!r}, not {FORMAT}")
        return SavedFit(str(path), document, arrays)


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    with ZipFile(BytesIO(content)) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > len(content):
            raise ValueError("arrays larger than the file")
        if any(member.compress_type != ZIP_STORED for member in members):
            raise ValueError("compressed arrays")
        return {
            member.filename.removesuffix(".npy"): _array(archive.read(member))
            for member in members
        }


def _array(content: bytes) -> np.ndarray:
    """A view of the content, so that nothing is allocated; there are no arrays of objects."""
    stream = BytesIO(content)
    np.lib.format.read_magic(stream)
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    return np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape)
