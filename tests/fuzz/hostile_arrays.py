"""Arrays as no user should have them: X, targets, weights and sparse arrays made by hand."""

from __future__ import annotations

import tempfile
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

Rng = np.random.Generator
N_ROWS, N_FEATURES = 8, 3
EXTREMES = (0.0, -0.0, 5e-324, -1e-310, 1e308, -1e308, 1e154, 3e38, 1e-45, 2.0**53, np.inf)
NUMBERS = ("f8", "f4", "f2", "g", "i1", "i8", "u8", "u1", "?", ">f8", ">i2")
OTHERS = ("O", "U", "S3", "c16", "M8[s]", "m8[s]", "V8", "f8,f8")


class HostileInput(Exception):
    """What the methods of hostile arrays raise; it may pass through the package."""


class Lying(np.ndarray):
    """Another shape and dtype than the data have."""

    shape = property(lambda self: (2, 10**6))
    dtype = property(lambda self: np.dtype("i1"))
    __len__ = lambda self: 10**9  # noqa: E731
    __repr__ = __str__ = lambda self: "lying"


class Raising(np.ndarray):
    def __array_finalize__(self, obj: Any) -> None:
        pass

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        raise HostileInput

    def __array_function__(self, *args: Any, **kwargs: Any) -> Any:
        raise HostileInput


class Wrong(np.ndarray):
    """Arithmetic that returns something else."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return np.full((3, 7), np.nan)


class Unstable:
    """Another array at every conversion."""

    n = 0

    def __init__(self, array: Any) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array) + self.n % 2

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        self.n += 1
        return np.asarray(self.array[self.n % 2 :], dtype=dtype)


def pick(rng: Rng, values: Any) -> Any:
    return values[rng.integers(len(values))]


def usual_X(rng: Rng) -> np.ndarray:
    return rng.normal(size=(rng.integers(2, N_ROWS + 1), N_FEATURES))


def _values(rng: Rng, shape: tuple[int, ...]) -> np.ndarray:
    kind = rng.integers(7)
    if kind == 0:
        return np.full(shape, pick(rng, EXTREMES))
    values = rng.normal(size=shape)
    if kind < 3:
        chosen = rng.random(shape) < rng.choice([0.1, 1.0])
        values = np.where(chosen, rng.choice(EXTREMES[: 10 + kind], size=shape), values)
    elif kind == 3 and values.size:
        values.flat[rng.integers(values.size)] = pick(rng, (np.nan, np.inf, -np.inf))
    elif kind == 4:
        values = values.round()
    return values


def _shape(rng: Rng) -> tuple[int, ...]:
    if rng.random() < 0.85:
        return int(rng.integers(1, N_ROWS + 1)), N_FEATURES
    return tuple(rng.integers(0, 5, size=rng.integers(0, 5)).tolist())


def as_dtype(rng: Rng, values: np.ndarray) -> np.ndarray:
    if rng.random() < 0.4:
        return values
    dtype = pick(rng, NUMBERS if rng.random() < 0.7 else OTHERS)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        if dtype == "O":
            things = (1, 1.5, "a", None, 2**70, Decimal(1), Fraction(1, 3), [1], np.nan, True)
            chosen = np.frompyfunc(lambda v: pick(rng, things) if v > 1 else v, 1, 1)
            return np.asarray(chosen(np.nan_to_num(values)), object)
        if dtype in ("V8", "f8,f8"):
            return np.zeros(values.shape, dtype)
        return values.astype(dtype)


def _layout(rng: Rng, array: np.ndarray) -> np.ndarray:
    kind = rng.integers(12)
    if kind == 0:
        return np.asfortranarray(array)
    if kind == 1 and array.ndim:
        return np.flip(np.flip(array).copy())
    if kind == 2 and array.ndim:
        return np.repeat(array, 2, axis=-1)[..., ::2]
    if kind == 3 and array.ndim and len(array):
        return np.broadcast_to(array[0], array.shape)
    if kind == 4:
        array = array.copy()
        array.setflags(write=False)
        return array
    if kind == 5 and array.dtype.kind in "biuf" and array.size:
        with tempfile.TemporaryFile() as file:
            mapped = np.memmap(file, array.dtype, "w+", shape=array.shape)
        mapped[...] = array
        return mapped
    if kind == 6 and not array.dtype.hasobject:
        # Not aligned.
        room = np.zeros(array.nbytes + 1, "u1")[1:]
        moved = np.ndarray(array.shape, array.dtype, room)
        moved[...] = array
        return moved
    if kind == 7 and array.ndim == 2 and array.size > 8 and array.dtype.itemsize == 8:
        # Rows that overlap.
        return np.lib.stride_tricks.as_strided(array, (4, 3), (8, 8), writeable=False)
    return array


def _container(rng: Rng, array: np.ndarray) -> Any:
    kind = rng.integers(14)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == 0:
            return array.tolist()
        if kind == 1 and array.ndim == 2 and array.dtype.kind in "biufOU":
            native = array.astype(array.dtype.newbyteorder("="))
            return pd.DataFrame(native, columns=[*"abcdefgh"][: array.shape[1]])
        if kind == 2 and array.ndim == 2:
            return np.matrix(array)
        if kind == 3:
            return np.ma.masked_array(array, mask=rng.random(array.shape) < 0.3)
        if kind == 4:
            return array.view(pick(rng, (Lying, Raising, Wrong)))
        if kind == 5 and array.ndim:
            return Unstable(array)
        if kind == 6:
            return pick(
                rng, (None, 1.0, "X", {}, [[1, 2], [3]], iter(()), object(), np.bool_(1))
            )
    return array


def sparse_X(rng: Rng) -> Any:
    """A sparse array of any format, often with index arrays that do not fit it."""
    shape = (int(rng.integers(1, N_ROWS + 1)), N_FEATURES)
    values = np.where(rng.random(shape) < 0.6, _values(rng, shape), 0)
    values = values.astype(pick(rng, ("f8", "f4", "i8", "?", "f8", "f8")))
    container = pick(rng, (sp.csr_array, sp.csr_matrix, sp.csc_array, sp.csc_matrix))
    X = container(values)
    if rng.random() < 0.3:
        X = X.asformat(pick(rng, ("coo", "lil", "dok", "dia", "bsr")))
    for _ in range(rng.integers(3)):
        _spoil(rng, X)
    return X


def _spoil(rng: Rng, X: Any) -> None:
    kind = rng.integers(10)
    if X.format == "lil" and len(X.rows):
        row = X.rows[0]
        if kind < 5 and row:
            row[0] = pick(rng, (-1, N_FEATURES, 10**9, "a", 0.5))
        elif kind < 7:
            row.append(0)
        elif kind == 7 and len(X.data):
            X.data[0].append("b")
        return
    if X.format == "coo" and X.nnz:
        name = pick(rng, ("row", "col"))
        getattr(X, name)[rng.integers(X.nnz)] = pick(rng, (-1, 10**6, 0))
        return
    if X.format == "dia" and kind < 4:
        X.offsets = X.offsets[: kind - 2]
        return
    if X.format == "dok":
        X.setdefault((pick(rng, (-1, 0, 10**6)), 0), 1.0)
        return
    if X.format not in ("csr", "csc", "bsr"):
        return
    name = pick(rng, ("indices", "indptr", "data"))
    array = np.array(getattr(X, name))
    if kind == 0 and name != "data" and array.size:
        value = np.array(pick(rng, (-1, 3, 10**6, 2**31 - 1, 0, 1, 2)))
        array.flat[rng.integers(array.size)] = value.astype(array.dtype)
    elif kind == 1:
        array = array[: rng.integers(array.size + 1)]
    elif kind == 2:
        array = np.append(array, array[:1])
    elif kind == 3:
        array = array[::-1]
    elif kind == 4 and name != "data":
        array = array.astype(pick(rng, ("i8", "i2", "u4", "u8", "f8", "O")))
    elif kind == 5:
        array = np.repeat(array, 2)[::2]
    elif kind == 6:
        array.setflags(write=False)
    elif kind == 7:
        array = array.reshape(1, *array.shape)
    elif kind == 8 and name != "data":
        rng.shuffle(array)
    elif kind == 9 and name == "data" and array.dtype.kind in "biuf":
        array = as_dtype(rng, array)
    setattr(X, name, array)
    if rng.random() < 0.3:
        X.has_sorted_indices = X.has_canonical_format = True


def hostile_X(rng: Rng) -> Any:
    if rng.random() < 0.3:
        return sparse_X(rng)
    array = as_dtype(rng, _values(rng, _shape(rng)))
    return _container(rng, _layout(rng, array))


LABELS = (
    (0, 1, 2),
    ("a", "bb", "é"),
    (b"a", b"b"),
    (True, False),
    (1.0, 2.0),
    (0.5, 1.5),
    (2**63, 2**63 + 1),
    (2**70, 2**70 + 1),
    (-(2**63), 2**63 - 1),
    (1, "a"),
    (None, "a"),
    (np.nan, 1.0),
    (np.inf, 1.0),
    (1e308, -1e308),
    (1e-310, 0.0),
    ("", "\0"),
    (Fraction(1, 3), Fraction(2, 3)),
    (Decimal(1), Decimal("NaN")),
    ((1, 2), (3,)),
    (np.datetime64("2020"), np.datetime64("NaT")),
    (1, True),
    (1j, 2.0),
    (pd.NA, 1),
    ("\ud800", "a"),
)


def usual_y(rng: Rng, n: int, classifies: bool) -> np.ndarray:
    return np.arange(n) % 2 if classifies else rng.normal(size=n)


def hostile_y(rng: Rng, n: int, classifies: bool) -> Any:
    kind = rng.integers(10)
    if kind < 3:
        return usual_y(rng, n, classifies)
    if rng.random() < 0.1:
        n += 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind < 6:
            labels = pick(rng, LABELS)
            chosen = [pick(rng, labels) for _ in range(n)]
            if rng.random() < 0.5:
                array = np.empty(n, object)
                array[:] = chosen
                return array
            try:
                return np.array(chosen) if rng.random() < 0.7 else chosen
            except (ValueError, OverflowError):
                return chosen
        shape = pick(rng, ((n,), (n, 1), (n, 2), (n, 2), (n, 0), (n, 2, 1), ()))
        if kind == 6:
            indicators = rng.integers(0, 2, size=shape)
            if len(shape) == 2 and rng.random() < 0.4:
                return pick(rng, (sp.csr_array, sp.csc_matrix, sp.coo_array))(indicators)
            return as_dtype(rng, indicators)
        return _container(rng, _layout(rng, as_dtype(rng, _values(rng, shape))))


def hostile_weight(rng: Rng, n: int) -> Any:
    kind = rng.integers(8)
    if kind < 3:
        return None
    if kind == 3:
        return rng.random(n)
    if kind == 4:
        return pick(rng, (0, 1, -1, np.nan, 1e308, "a", [], np.ones((n, 1)), 5e-324, True))
    values = np.abs(_values(rng, (n,))) if rng.random() < 0.8 else _values(rng, (n + 1,))
    return _container(rng, _layout(rng, as_dtype(rng, values)))
