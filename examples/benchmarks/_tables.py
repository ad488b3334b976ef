"""Real tables: CSV files, NPZ files and scikit-learn's own sets, as data frames."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)
from sklearn.preprocessing import LabelEncoder

OWN = {
    "iris": load_iris,
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
    "diabetes": load_diabetes,
}
# A target with more distinct numbers than this is a number, not a class; so are grades of wine.
MAX_CLASSES, GRADES = 20, ("winequality-white",)


class Table(NamedTuple):
    """A table with its target."""

    name: str
    X: pd.DataFrame
    y: np.ndarray
    task: str


def tables_folder(path: str | None) -> Path:
    """The folder with the tables: `path`, or "tables" in the folder SKLEARN_ED_DATA."""
    if path is None and os.environ.get("SKLEARN_ED_DATA"):
        path = os.path.join(os.environ["SKLEARN_ED_DATA"], "tables")
    if path is None or not Path(path).is_dir():
        raise SystemExit(
            "--data: expected a folder with tables NAME.csv, whose target is the column "
            "'target', and NAME.npz with arrays X and y; its parent may stand in "
            f"SKLEARN_ED_DATA. Got {path!r}."
        )
    return Path(path)


def table_names(folder: Path) -> list[str]:
    """Names of the tables of a folder, those in CSV files first."""
    return [file.stem for kind in ("csv", "npz") for file in sorted(folder.glob(f"*.{kind}"))]


def load_table(name: str, folder: Path, max_rows: int | None = None) -> Table:
    """A table, or random rows of it."""
    if name in OWN:
        X, y = OWN[name](return_X_y=True)
        X = pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])
    elif (folder / f"{name}.csv").exists():
        X = pd.read_csv(folder / f"{name}.csv")
        y = X.pop("target").to_numpy()
    else:
        arrays = np.load(folder / f"{name}.npz")
        X, y = pd.DataFrame(arrays["X"]).add_prefix("x"), arrays["y"]
    has_few = np.unique(y).size <= MAX_CLASSES and name not in GRADES
    is_class = y.dtype.kind not in "iuf" or has_few
    y = LabelEncoder().fit_transform(y) if is_class else y.astype(float)
    if max_rows is not None and max_rows < len(y):
        rows = np.random.RandomState(0).permutation(len(y))[:max_rows]
        X, y = X.iloc[rows].reset_index(drop=True), y[rows]
    return Table(name, X, y, "classification" if is_class else "regression")
