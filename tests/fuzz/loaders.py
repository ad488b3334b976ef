"""Fuzzes the loaders of files: data sets (.npz, idx), tables (CSV in archives), results (JSON).

    python tests/fuzz/loaders.py --executions 1000000 --seed 0

A valid file is damaged, before or after it is compressed. Properties: the loader raises
ValueError or OSError with the name of the file, within the memory of the process, or what it
returns can be used. `--seed S --case N` runs one case again, with a traceback.
"""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import json
import lzma
import os
import shutil
import sys
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import campaign
import numpy as np

from sklearn_ed import datasets
from sklearn_ed.comparison import Comparison, csv_problem
from sklearn_ed.comparison._report import page
from sklearn_ed.datasets import load_fashion_mnist, load_mnist

Rng = np.random.Generator
N_FILES = 20  # of a case
MEMORY_FOLDER = Path("/dev/shm")
FOLDER = (
    MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else Path(tempfile.gettempdir())
) / f"sklearn-ed-fuzz-{os.getpid()}"
RESULTS = Path(__file__).parents[1] / "comparison" / "results-0.1.0.json"
TEXT_OF_RESULTS = RESULTS.read_bytes()
NPZ_NAMES = ("x_train", "y_train", "x_test", "y_test")
# LZMA begins ten times as slowly.
METHODS = (*[zipfile.ZIP_STORED] * 9, *[zipfile.ZIP_DEFLATED] * 9, zipfile.ZIP_LZMA)
DTYPES = ("u1", "u1", "u1", "u1", "i8", "f4")
IDX_NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
TABLE = "a,b,y\n" + "".join(
    f"{k},{'x' * (k % 3)},{'no' if k % 2 else 'yes'}\n" for k in range(24)
)
SIZES = (0, 1, 255, 2**15, 2**31 - 1, 2**32 - 1, 2**63 - 1)


def _no_network(*args: Any, **kwargs: Any) -> Any:
    raise OSError("no network")


def prepare() -> None:
    """Let the loaders find the files of this process, and nothing else."""
    FOLDER.mkdir()
    os.environ["KERAS_HOME"] = str(FOLDER)
    os.environ.pop(datasets.DATA_FOLDER_VARIABLE, None)
    datasets.fetch_openml = _no_network
    # Pictures take most of the time, and what they show is no code.
    page._svg = lambda *args: b""


def pick(rng: Rng, values: Any) -> Any:
    return values[rng.integers(len(values))]


def damaged(rng: Rng, content: bytes, others: tuple[bytes, ...] = ()) -> bytes:
    """The content with bits flipped, parts lost, repeated or inserted, or sizes overwritten."""
    for _ in range(pick(rng, (0, 1, 1, 1, 2, 4))):
        kind, n = rng.integers(9), len(content)
        place, other = sorted(rng.integers(n + 1, size=2).tolist())
        if kind == 0 and n:
            changed = bytearray(content)
            for at in rng.integers(n, size=pick(rng, (1, 1, 2, 16))):
                changed[at] ^= 1 << rng.integers(8)
            content = bytes(changed)
        elif kind == 1:
            content = content[:place]
        elif kind == 2:
            content = content[:place] + content[other:]
        elif kind == 3:
            content = content[:other] + content[place:]
        elif kind == 4:
            content = content[:place] + rng.bytes(pick(rng, (1, 4, 64))) + content[place:]
        elif kind == 5:
            size = pick(rng, SIZES).to_bytes(8, pick(rng, ("little", "big")))
            size = size[:4] if rng.random() < 0.5 else size
            # Headers are at the ends.
            at = place if rng.random() < 0.5 else min(n, int(rng.integers(64)))
            content = content[:at] + size + content[at + len(size) :]
        elif kind == 6 and others:
            content = pick(rng, others)[:place] + content[place:]
        elif kind == 7:
            text = pick(
                rng, (b"[" * 5000, b"(" * 300, b'"', b",", b"\0", b"\n", b"9" * 5000, b"-")
            )
            content = content[:place] + text + content[place:]
    return content


# Data sets


def _saved(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _npy(rng: Rng, array: np.ndarray) -> bytes:
    content = _saved(array)
    if rng.random() < 0.2:
        shape = str(
            tuple(pick(rng, (0, 1, -1, 2**31, 2**62)) for _ in range(rng.integers(1, 5)))
        )
        descr = pick(rng, ("|u1", "<f8", "|O", "<U1000000000", "|V0", "<i8", "zz"))
        header = (
            f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        )
        content = content[:8] + len(header).to_bytes(2, "little") + header + bytes(99)
    return content


def _arrays(dtype: str) -> tuple[np.ndarray, ...]:
    return (
        np.zeros((2, 28, 28), "u1"),
        np.array([0, 9]).astype(dtype),
        np.zeros((1, 28, 28), "u1"),
        np.zeros(1, "u1"),
    )


@functools.cache
def _whole_npz(method: int) -> bytes:
    arrays = map(_saved, _arrays("u1"))
    return _archive(zip(NPZ_NAMES, arrays, strict=True), method)


def _archive(members: Iterable[tuple[str, bytes]], method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in members:
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def npz(rng: Rng) -> tuple[Path, Callable[[], object]]:
    file = FOLDER / "mnist.npz"
    method = pick(rng, METHODS)
    if rng.random() < 0.7:
        content = _whole_npz(method)
    else:
        names = [name if rng.random() < 0.99 else "x_test" for name in NPZ_NAMES]
        contents = [_npy(rng, array) for array in _arrays(pick(rng, DTYPES))]
        contents = [damaged(rng, each) if rng.random() < 0.1 else each for each in contents]
        content = _archive(zip(names, contents, strict=True), method)
    file.write_bytes(damaged(rng, content))
    return file, lambda: _check_images(load_mnist(file))


@functools.lru_cache(50)
def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 1)


def idx(rng: Rng) -> tuple[Path, Callable[[], object]]:
    folder = FOLDER / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(IDX_NAMES, _arrays(pick(rng, DTYPES)), strict=True):
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
        content = header + array.astype("u1").tobytes()
        if rng.random() < 0.2:
            content = damaged(rng, content)
        content = _gzip(content)
        (folder / name).write_bytes(damaged(rng, content) if rng.random() < 0.3 else content)
    return folder, lambda: _check_images(load_fashion_mnist())


def _check_images(bunch: Any) -> None:
    for split in ("train", "test"):
        X, y = bunch[f"X_{split}"], bunch[f"y_{split}"]
        if X.shape != (len(y), 784) or not ((X >= 0) & (X <= 1)).all() or y.max() > 9:
            raise campaign.Finding("images")


# Tables


def _zip(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", content)
    return stream.getvalue()


def _tar(content: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        info = tarfile.TarInfo("a.csv")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".csv": bytes,
    ".csv.gz": _gzip,
    ".csv.bz2": bz2.compress,
    ".csv.xz": lambda content: lzma.compress(content, preset=0),
    ".csv.zip": _zip,
    ".tar": _tar,
    ".tar.gz": lambda content: gzip.compress(_tar(content), 1),
    ".tar.xz": lambda content: lzma.compress(_tar(content), preset=0),
    ".csv.zst": lambda content: b"\x28\xb5\x2f\xfd" + content,
}


@functools.lru_cache(100)
def _packed(suffix: str, content: bytes) -> bytes:
    return PACKED[suffix](content)


EXAMPLES = tuple(pack(TABLE.encode()) for pack in PACKED.values())


def table(rng: Rng) -> tuple[Path, Callable[[], object]]:
    suffix = pick(rng, list(PACKED))
    file = FOLDER / f"a{suffix}"
    written = pick(rng, ("utf-8", "utf-8", "utf-16", "latin-1", "utf-8-sig", "utf-32"))
    encoding = (
        written if rng.random() < 0.8 else pick(rng, ("utf-8", "cp037", "rot13", "\0", ""))
    )
    content = TABLE.encode(written)
    if rng.random() < 0.5:
        content = damaged(rng, content, (b"",))
    content = _packed(suffix, content)
    if rng.random() < 0.6:
        content = damaged(rng, content, EXAMPLES)
    file.write_bytes(content)
    task = pick(rng, ("auto", "auto", "classification", "regression"))
    target = pick(rng, ("y", "y", "y", "a"))
    return file, lambda: csv_problem(file, target, task=task, encoding=encoding).description


# Results


def _values(rng: Rng) -> Any:
    deep: Any = "x"
    for _ in range(pick(rng, (2, 50))):
        deep = [deep]
    wide = (
        None,
        True,
        -1,
        0,
        1.5,
        1e308,
        10**400,
        2**70,
        "",
        "<b>$&",
        "\ud800",
        "(" * 200,
        [],
        {},
    )
    return pick(rng, (*wide, [None], [[]], {"": deep}, deep, "1+" * 500 + "1", "-" * 900 + "1"))


def _places(value: Any) -> list[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    places = []
    for key, item in list(items):
        places.append((value, key))
        if isinstance(item, (dict, list)):
            places += _places(item)
    return places


def results(rng: Rng) -> tuple[Path, Callable[[], object]]:
    file = FOLDER / "results.json"
    if rng.random() < 0.7:
        content = json.loads(TEXT_OF_RESULTS)
        places = _places(content)
        for _ in range(rng.integers(1, 4)):
            holder, key = pick(rng, places)
            kind = rng.integers(5)
            if kind == 0 and key in (
                holder if isinstance(holder, dict) else range(len(holder))
            ):
                del holder[key]
            elif kind == 1 and isinstance(holder, list):
                holder.append(_values(rng))
            elif kind == 2 and isinstance(holder, dict):
                holder[pick(rng, ("", "name", "x" * 99, "<i>", "\0"))] = _values(rng)
            elif isinstance(holder, dict) or key < len(holder):
                holder[key] = _values(rng)
        raw = json.dumps(content).encode()
    else:
        raw = damaged(rng, TEXT_OF_RESULTS)
    file.write_bytes(raw)
    show = pick(rng, SHOWS)
    return file, lambda: show(Comparison.load(file))


SHOWS: tuple[Callable[[Comparison], object], ...] = (
    Comparison.to_text,
    lambda comparison: comparison.to_frame(candidates=True),
    lambda comparison: comparison.save(FOLDER / "again.json"),
    page.page_html,
)


def case(rng: Rng) -> Iterator[str]:
    """Files of one kind after the other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(N_FILES):
            loader = pick(rng, (npz, idx, table, table, results, results))
            yield f"{loader.__name__}: {_outcome(loader, *loader(rng))}"


def _outcome(loader: Any, file: Path, load: Callable[[], object]) -> str:
    try:
        load()
    except (ValueError, OSError) as error:
        # What the file holds may be unusable too, see tests/comparison/test_csv.py.
        if str(file) not in str(error) and loader is not table:
            raise campaign.Finding(f"The message does not name the file: {error}") from error
        return type(error).__name__
    return "accepted"


if __name__ == "__main__":
    prepare()
    try:
        code = campaign.main(case, __doc__)
    finally:
        shutil.rmtree(FOLDER)
    sys.exit(code)
