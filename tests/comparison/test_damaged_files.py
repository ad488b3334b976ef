"""Tables in damaged or wrong archives: one clear error."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from shop import make_shop
from sklearn_ed.comparison import csv_problem

pytest.importorskip("pandas")
TABLE = make_shop(40).to_csv(index=False).encode()


def zipped():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("shop.csv", TABLE)
    return stream.getvalue()


def in_tar():
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("shop.csv")
        info.size = len(TABLE)
        archive.addfile(info, io.BytesIO(TABLE))
    return stream.getvalue()


PACKED = {
    ".gz": gzip.compress(TABLE),
    ".bz2": bz2.compress(TABLE),
    ".xz": lzma.compress(TABLE),
    ".zip": zipped(),
    ".tar": in_tar(),
}


def changed(content):
    """Parts of the file, other bytes, and one byte changed in the middle."""
    yield content[: len(content) // 2]
    yield content[:5]
    yield b""
    yield TABLE
    yield content[:30] + bytes(255 - byte for byte in content[30:40]) + content[40:]


@pytest.mark.parametrize("suffix", [*PACKED, ".zst"])
def test_damaged_archives(suffix, tmp_path):
    file = tmp_path / f"shop.csv{suffix}"
    for content in changed(PACKED.get(suffix, b"\x28\xb5\x2f\xfd" + TABLE)):
        file.write_bytes(content)
        try:
            problem = csv_problem(file, "buys")
        except ValueError as error:
            assert str(error).startswith("data: expected a CSV file")  # noqa: PT017
        else:
            # Nothing in a tar file tells that a name in it has changed.
            assert suffix == ".tar"
            assert problem.X_train.shape == (30, 5)


@pytest.mark.parametrize("suffix", PACKED)
def test_whole_archives_are_read(suffix, tmp_path):
    file = tmp_path / f"shop.csv{suffix}"
    file.write_bytes(PACKED[suffix])
    assert csv_problem(file, "buys").X_train.shape == (30, 5)
