"""MNIST and Fashion-MNIST: from a local file, a cache or OpenML."""

from __future__ import annotations

import gzip
import os
import warnings
import zlib
from collections.abc import Callable
from http.client import HTTPException
from math import prod
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from sklearn.datasets import fetch_openml, load_digits
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

__all__ = ["load_fashion_mnist", "load_mnist"]

DATA_FOLDER_VARIABLE = "SKLEARN_ED_DATA"

_MAX_UNPACKED = 256 << 20
"""Most bytes of a file when it is unpacked, five times those of MNIST: a small file may hold
gigabytes."""
_IMAGE_SIDE = 28
_N_CLASSES = 10
_N_TRAIN = 60_000
_Arrays = dict[str, np.ndarray]
_NPZ_NAMES = ("x_train", "y_train", "x_test", "y_test")
_IDX_NAMES = {
    "x_train": "train-images-idx3-ubyte.gz",
    "y_train": "train-labels-idx1-ubyte.gz",
    "x_test": "t10k-images-idx3-ubyte.gz",
    "y_test": "t10k-labels-idx1-ubyte.gz",
}


def load_mnist(path: str | os.PathLike[str] | None = None) -> Bunch:
    """Load MNIST, handwritten digits of 28 x 28 pixels.

    Without `path`, these places are tried in turn: ``mnist.npz`` in the folder that the
    environment variable ``SKLEARN_ED_DATA`` names; Keras' cache, ``datasets/mnist.npz`` in
    ``KERAS_HOME`` (default ``~/.keras``); OpenML's ``mnist_784``, which needs a network (or
    scikit-learn's own cache) and pandas.

    Parameters
    ----------
    path : str or path-like, default=None
        A file in Keras' layout (``x_train`` of shape (n, 28, 28), uint8, ``y_train``,
        ``x_test``, ``y_test``), or a folder with ``mnist.npz``. Nothing else is tried then.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        - X_train : ndarray of shape (60000, 784), float32, pixels in [0, 1]
        - y_train : ndarray of shape (60000,), int64, digits
        - X_test : ndarray of shape (10000, 784), float32, pixels in [0, 1]
        - y_test : ndarray of shape (10000,), int64, digits
        - source : str, the file, the folder or the OpenML name they came from

    Raises
    ------
    FileNotFoundError
        If no place has the data; the message lists each of them and why it failed.
    ValueError
        If a file was found but is damaged, has another layout or more than 256 MiB unpacked.

    See Also
    --------
    load_fashion_mnist : Pictures of clothes in the same format.

    Examples
    --------
    >>> from sklearn_ed.datasets import load_mnist
    >>> mnist = load_mnist("data/mnist.npz")  # doctest: +SKIP
    >>> mnist.X_train.shape  # doctest: +SKIP
    (60000, 784)
    """
    return _load("mnist.npz", path, _keras_home() / "mnist.npz", "mnist_784")


def load_fashion_mnist(path: str | os.PathLike[str] | None = None) -> Bunch:
    """Load Fashion-MNIST, pictures of clothes of 28 x 28 pixels, in ten classes.

    Without `path`, these places are tried in turn: ``fashion_mnist.npz`` in the folder that the
    environment variable ``SKLEARN_ED_DATA`` names; Keras' cache, the four ``.gz`` files in
    ``datasets/fashion-mnist`` in ``KERAS_HOME`` (default ``~/.keras``); OpenML's
    ``Fashion-MNIST``, which needs a network (or scikit-learn's own cache) and pandas.

    Parameters
    ----------
    path : str or path-like, default=None
        A file in Keras' layout (``x_train`` of shape (n, 28, 28), uint8, ``y_train``,
        ``x_test``, ``y_test``), or a folder with ``fashion_mnist.npz``. Nothing else is tried
        then.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        - X_train : ndarray of shape (60000, 784), float32, pixels in [0, 1]
        - y_train : ndarray of shape (60000,), int64, classes 0 to 9
        - X_test : ndarray of shape (10000, 784), float32, pixels in [0, 1]
        - y_test : ndarray of shape (10000,), int64, classes 0 to 9
        - source : str, the file, the folder or the OpenML name they came from

    Raises
    ------
    FileNotFoundError
        If no place has the data; the message lists each of them and why it failed.
    ValueError
        If a file was found but is damaged, has another layout or more than 256 MiB unpacked.

    See Also
    --------
    load_mnist : Handwritten digits in the same format.

    Examples
    --------
    >>> from sklearn_ed.datasets import load_fashion_mnist
    >>> fashion = load_fashion_mnist("data")  # doctest: +SKIP
    """
    return _load("fashion_mnist.npz", path, _keras_home() / "fashion-mnist", "Fashion-MNIST")


def digits_or_mnist(
    name: str, path: str | os.PathLike[str] | None, random_state: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """X_train, y_train, X_test and y_test of "digits", a quarter of them, or of "mnist"."""
    if name == "mnist":
        data = load_mnist(path)
        return data.X_train, data.y_train, data.X_test, data.y_test
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X / 16, y, test_size=0.25, stratify=y, random_state=random_state
    )
    return X_train, y_train, X_test, y_test


def _keras_home() -> Path:
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home) / "datasets"


class _NotHere(Exception):
    """A place does not have the data; the message says why."""


def _load(
    file_name: str, path: str | os.PathLike[str] | None, keras_cache: Path, openml_name: str
) -> Bunch:
    if path is not None:
        places = [_place_of_path("path", Path(path), file_name)]
    else:
        places = [
            _place_of_variable(file_name),
            ("Keras' cache", lambda: _read_local(keras_cache)),
            ("OpenML", lambda: _fetch(openml_name)),
        ]
    failures = []
    for place, read in places:
        try:
            arrays, source = read()
        except _NotHere as reason:
            failures.append(f"  {place}: {reason}")
        else:
            return _as_bunch(arrays, source)
    raise FileNotFoundError("\n".join([f"{file_name} was not found. Tried:", *failures]))


_Read = Callable[[], tuple[_Arrays, str]]


def _place_of_path(place: str, path: Path, file_name: str) -> tuple[str, _Read]:
    file = path / file_name if path.is_dir() else path
    return place, lambda: _read_local(file)


def _place_of_variable(file_name: str) -> tuple[str, _Read]:
    place = f"environment variable {DATA_FOLDER_VARIABLE}"
    folder = os.environ.get(DATA_FOLDER_VARIABLE)
    if folder:
        return place, lambda: _read_local(Path(folder) / file_name)

    def is_not_set() -> tuple[_Arrays, str]:
        raise _NotHere("not set")

    return place, is_not_set


def _read_local(path: Path) -> tuple[_Arrays, str]:
    if not path.exists():
        raise _NotHere(f"no {path}")
    arrays = _read_idx_folder(path) if path.is_dir() else _read_npz(path)
    _check_layout(arrays, path)
    return arrays, str(path)


def _read_npz(file: Path) -> _Arrays:
    # NumPy leaves a file open that it opened itself and could not read.
    with file.open("rb") as stream:
        try:
            with ZipFile(stream) as archive:
                held = archive.namelist()
                missing = [name for name in _NPZ_NAMES if f"{name}.npy" not in held]
                if missing:
                    raise ValueError(f"it lacks {', '.join(missing)}")
                _check_size(
                    sum(archive.getinfo(f"{name}.npy").file_size for name in _NPZ_NAMES)
                )
                return {name: _read_npy(archive, f"{name}.npy") for name in _NPZ_NAMES}
        except Exception as error:
            # A damaged file meets errors of zipfile, zlib and NumPy of many kinds.
            raise ValueError(
                f"{file}: expected an .npz file with the arrays {', '.join(_NPZ_NAMES)}, "
                f"got one that cannot be read so: {str(error) or repr(error)}"
            ) from error


def _check_size(n_bytes: int) -> None:
    if n_bytes > _MAX_UNPACKED:
        raise ValueError(f"it has more than {_MAX_UNPACKED:,} bytes unpacked, the limit")


def _read_npy(archive: ZipFile, name: str) -> np.ndarray:
    """An array of an .npz file, if its header does not claim more than the file holds."""
    with archive.open(name) as member:
        version = np.lib.format.read_magic(member)
        read_header = getattr(np.lib.format, f"read_array_header_{version[0]}_{version[1]}")
        shape, _, dtype = read_header(member)
        # A header may claim more than any memory holds.
        claimed, held = prod(shape) * dtype.itemsize, archive.getinfo(name).file_size
        if claimed > held and not dtype.hasobject:
            raise ValueError(f"{name} claims {claimed} bytes, and holds {held}")
    with archive.open(name) as member:
        array: np.ndarray = np.lib.format.read_array(member, allow_pickle=False)
        return array


def _read_idx_folder(folder: Path) -> _Arrays:
    missing = [name for name in _IDX_NAMES.values() if not (folder / name).is_file()]
    if missing:
        raise _NotHere(f"{folder} lacks {', '.join(missing)}")
    return {key: _read_idx(folder / name) for key, name in _IDX_NAMES.items()}


def _read_idx(file: Path) -> np.ndarray:
    """An array of an idx file: two zero bytes, 8 for uint8, the number of axes, the shape."""
    try:
        with gzip.open(file) as stream:
            content = stream.read(_MAX_UNPACKED + 1)
        _check_size(len(content))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(
            f"{file}: expected a gzip file, got one that cannot be read: {error}"
        ) from error
    n_axes = content[3] if len(content) >= 4 and content[:3] == b"\x00\x00\x08" else 0
    start = 4 + 4 * n_axes
    shape = np.frombuffer(content[4:start], ">i4") if len(content) >= start else np.array([-1])
    if n_axes == 0 or shape.min() < 0 or len(content) - start != prod(shape.tolist()):
        raise ValueError(
            f"{file}: expected an idx file of unsigned bytes, got {len(content)} bytes that "
            "do not fit its header."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _fetch(name: str) -> tuple[_Arrays, str]:
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "A network error occurred", UserWarning)
            X, y = fetch_openml(name, version=1, as_frame=False, return_X_y=True)
    except (OSError, ValueError, ImportError, HTTPException) as error:
        raise _NotHere(f"{name}: {error}") from error
    images = np.asarray(X).reshape(-1, _IMAGE_SIDE, _IMAGE_SIDE).astype(np.uint8)
    labels = np.asarray(y).astype(np.int64)
    arrays: _Arrays = {
        "x_train": images[:_N_TRAIN],
        "y_train": labels[:_N_TRAIN],
        "x_test": images[_N_TRAIN:],
        "y_test": labels[_N_TRAIN:],
    }
    return arrays, f"OpenML {name}"


def _check_layout(arrays: _Arrays, path: Path) -> None:
    for split in ("train", "test"):
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        if x.dtype != np.uint8 or x.ndim != 3 or x.shape[1:] != (_IMAGE_SIDE, _IMAGE_SIDE):
            raise ValueError(
                f"{path}: expected x_{split} of shape (n, {_IMAGE_SIDE}, {_IMAGE_SIDE}) and "
                f"dtype uint8, got shape {x.shape} and dtype {x.dtype}."
            )
        if y.dtype.kind not in "iu" or y.shape != (x.shape[0],):
            raise ValueError(
                f"{path}: expected y_{split} of shape ({x.shape[0]},), one integer per image, "
                f"got shape {y.shape} and dtype {y.dtype}."
            )
        if y.size == 0 or y.min() < 0 or y.max() >= _N_CLASSES:
            raise ValueError(
                f"{path}: expected y_{split} to hold labels 0 to {_N_CLASSES - 1}, got "
                + (f"{y.min()} to {y.max()}." if y.size else "none.")
            )


def _as_bunch(arrays: _Arrays, source: str) -> Bunch:
    parts: dict[str, np.ndarray] = {}
    for split in ("train", "test"):
        x = arrays[f"x_{split}"]
        pixels = x.reshape(x.shape[0], -1).astype(np.float32)
        pixels /= 255
        parts[f"X_{split}"] = pixels
        parts[f"y_{split}"] = arrays[f"y_{split}"].astype(np.int64)
    return Bunch(**parts, source=source)
