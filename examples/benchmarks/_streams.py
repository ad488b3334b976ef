"""Streams of the benchmark: rows in their order, from files, from river, from generators."""

import os
from collections.abc import Callable, Iterable
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from sklearn_ed._utils.extras import import_extra
from sklearn_ed.datasets import DATA_FOLDER_VARIABLE

# X of shape (n_rows, n_features) and labels 0, 1, ...
Stream = tuple[np.ndarray, np.ndarray]

ELECTRICITY = "electricity.npz"


def river(module: str) -> Any:
    """A module of river, or an error that says how to install it."""
    return import_extra(f"river.{module}", "The benchmark of streams", "streams")


def as_arrays(rows: Iterable[tuple[dict[str, Any], Any]]) -> Stream:
    """Rows of river as arrays."""
    X, y = zip(*((list(x.values()), label) for x, label in rows), strict=True)
    return np.array(X, dtype=float), np.unique(np.array(y), return_inverse=True)[1]


def elec2(folder: str | None) -> Stream:
    """Electricity prices in New South Wales, up or down: a file, or else river's download."""
    for place in filter(None, (folder, os.environ.get(DATA_FOLDER_VARIABLE))):
        for file in (Path(place, "streams", ELECTRICITY), Path(place, ELECTRICITY)):
            if file.is_file():
                with np.load(file) as arrays:
                    X, y = arrays["X"], arrays["y"]
                return np.ascontiguousarray(X, dtype=float), y.astype(np.int64)
    return as_arrays(iter(river("datasets").Elec2()))


def from_river(name: str) -> Callable[[str | None], Stream]:
    """A data set inside river's wheel."""
    return lambda folder: as_arrays(iter(getattr(river("datasets"), name)()))


def sea(folder: str | None) -> Stream:
    """Four SEA concepts of 2500 rows: three abrupt changes, a tenth of the labels wrong."""
    SEA = river("datasets").synth.SEA
    concepts = (islice(SEA(variant=v, noise=0.1, seed=v), 2500) for v in range(4))
    return as_arrays(chain(*concepts))


def moving_centroids(folder: str | None) -> Stream:
    """Four classes around twenty centroids, half of which move."""
    RandomRBFDrift = river("datasets").synth.RandomRBFDrift
    generator = RandomRBFDrift(
        seed_model=1,
        seed_sample=2,
        n_classes=4,
        n_features=8,
        n_centroids=20,
        change_speed=0.0005,
        n_drift_centroids=10,
    )
    return as_arrays(islice(iter(generator), 10_000))


STREAMS: dict[str, Callable[[str | None], Stream]] = {
    "elec2": elec2,
    "phishing": from_river("Phishing"),
    "bananas": from_river("Bananas"),
    "segments": from_river("ImageSegments"),
    "sea": sea,
    "centroids": moving_centroids,
}
