"""Tables in damaged or wrong archives: one clear error."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from shop import make_shop
from sklearn_ed.comparison import _csv_file, csv_problem

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


@pytest.mark.parametrize("suffix", PACKED)
def test_a_small_file_that_unpacks_to_gigabytes_is_refused(suffix, tmp_path, monkeypatch):
    monkeypatch.setattr(_csv_file, "MAX_UNPACKED", len(TABLE) - 1)
    file = tmp_path / f"shop.csv{suffix}"
    file.write_bytes(PACKED[suffix])
    limit = (
        rf"{file.name}, which .* more than {len(TABLE) - 1:,} bytes, the limit of compressed"
    )
    with pytest.raises(ValueError, match=limit):
        csv_problem(file, "buys")
    plain = tmp_path / "shop.csv"
    plain.write_bytes(TABLE)
    assert csv_problem(plain, "buys").X_train.shape == (30, 5)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_line_of_too_many_columns_is_refused(end, tmp_path, monkeypatch):
    """A column takes many times the memory of a comma."""
    monkeypatch.setattr(_csv_file, "MAX_COLUMNS", 200)
    file = tmp_path / "wide.csv.gz"
    file.write_bytes(gzip.compress(b"a,b" + end + b"," * 200 + end))
    with pytest.raises(ValueError, match=r"wide.csv.gz, .* more than 200 columns"):
        csv_problem(file, "b")
    # Many commas in all are no obstacle.
    file.write_bytes(gzip.compress(TABLE))
    assert csv_problem(file, "buys").X_train.shape == (30, 5)


@pytest.mark.parametrize("n_files", [0, 2])
def test_an_archive_needs_one_file(n_files, tmp_path):
    file = tmp_path / "shop.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(n_files):
            archive.writestr(f"{number}.csv", TABLE)
    with pytest.raises(ValueError, match=f"shop.zip, .*holds {n_files} files, and not one"):
        csv_problem(file, "buys")
