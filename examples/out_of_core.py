"""
Learning a Parquet file that does not fit in memory
===================================================

A Parquet file consists of row groups. ``fit_stream`` learns one group while a thread reads the
next one, so that two groups are in memory at a time, however large the file is.

    pip install sklearn-ed pyarrow
    python examples/out_of_core.py [--rows 200000] [--epochs 2]
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from sklearn_ed import EDClassifier

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as error:
    raise SystemExit("This example needs pyarrow: pip install pyarrow") from error

FEATURES = [f"x{k}" for k in range(20)]
GROUP_ROWS = 20_000
Chunk = tuple[np.ndarray, np.ndarray]


def write_groups(path: Path, n_rows: int) -> None:
    """Write random rows; the class says whether a row lies outside of a sphere."""
    schema = pa.schema([*((name, pa.float32()) for name in FEATURES), ("label", pa.string())])
    rng = np.random.default_rng(0)
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, n_rows, GROUP_ROWS):
            X = rng.standard_normal((min(GROUP_ROWS, n_rows - start), 20), dtype=np.float32)
            label = np.where((X[:, :5] ** 2).sum(axis=1) > 4.35, "outside", "inside")
            writer.write_table(pa.table([*X.T, label], schema=schema))


def row_groups(path: Path, groups: range) -> Callable[[], Iterator[Chunk]]:
    """A function that reads these groups of the file one after the other, in every epoch."""

    def read() -> Iterator[Chunk]:
        with pq.ParquetFile(path) as file:
            for group in groups:
                table = file.read_row_group(group)
                X = np.column_stack([table[name].to_numpy() for name in FEATURES])
                yield X, table["label"].to_numpy().astype(str)

    return read


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--epochs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        write_groups(path, options.rows)
        n_groups = pq.read_metadata(path).num_row_groups
        # With this max_iter, the learning rate falls to zero over the whole stream.
        clf = EDClassifier(max_iter=max(1, n_groups - 1) * options.epochs, random_state=0)
        clf.fit_stream(
            row_groups(path, range(max(1, n_groups - 1))),
            classes=["inside", "outside"],
            epochs=options.epochs,
        )
        ((X, label),) = row_groups(path, range(n_groups - 1, n_groups))()
        print(f"{clf.t_} rows learned, accuracy of the last group {clf.score(X, label):.3f}")


if __name__ == "__main__":
    main()
