"""The table pipeline and plain ED against trees, MLP and linear models on real tables.

    python examples/benchmarks/tables.py [--data FOLDER] [--tables NAME ...]
        [--estimators NAME ...] [--repeats 1] [--max-rows 8000]
        [--train-rows 200 1000 ...] [--csv PATH] [--rst PATH]

Prints, for every table, the score (accuracy or R2, in percent), the loss (log-loss, or root
mean squared error relative to the standard deviation) and the seconds of one fit; mean ranks.

Every repeat is a cross-validation with five folds, and all estimators use the same folds. Of
tables with more than 15,000 rows, three quarters are learned once in every repeat.
``--max-rows`` takes so many random rows of larger tables. With ``--train-rows`` estimators
learn so many random rows of the training part: a learning curve.

``skrub.tabular_pipeline`` prepares the columns for all estimators but the pipeline of ED.
Regression targets are standardized for MLP.
"""

import argparse
import csv
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skrub
from _tables import OWN, Table, load_table, table_names, tables_folder
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import (
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor, make_table_pipeline

# By name: a classifier and a regressor.
ESTIMATORS = {
    "ED": (EDClassifier, EDRegressor),
    "MLP": (MLPClassifier, MLPRegressor),
    "HistGradientBoosting": (HistGradientBoostingClassifier, HistGradientBoostingRegressor),
    "RandomForest": (RandomForestClassifier, RandomForestRegressor),
    "linear": (LogisticRegression, Ridge),
}
NAMES = ["ED pipeline", *ESTIMATORS]
# The least probability that counts, so that a log-loss is finite.
LEAST = 1e-7
# A table with more rows than this is not cross-validated.
MANY_ROWS = 15_000
Row = dict[str, Any]


def make_estimator(name: str, task: str, seed: int) -> Any:
    """A pipeline for a table."""
    if name == "ED pipeline":
        pipeline = make_table_pipeline(task=task)
        pipeline[-1].set_params(random_state=seed)
        return pipeline
    estimator = ESTIMATORS[name][task == "regression"]()
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    if name == "linear" and task == "classification":
        estimator.set_params(max_iter=1000)
    pipeline = skrub.tabular_pipeline(estimator)
    if isinstance(estimator, MLPRegressor):
        return TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    return pipeline


def splits(table: Table, repeat: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and to score on."""
    is_class = table.task == "classification"
    splitter: Any
    if len(table.y) > MANY_ROWS:
        kind = StratifiedShuffleSplit if is_class else ShuffleSplit
        splitter = kind(1, test_size=0.25, random_state=repeat)
    else:
        kind = StratifiedKFold if is_class else KFold
        splitter = kind(5, shuffle=True, random_state=repeat)
    yield from splitter.split(table.X, table.y)


def measure(name: str, table: Table, train: np.ndarray, test: np.ndarray, seed: int) -> Row:
    """Score, loss and seconds of one fit."""
    estimator = make_estimator(name, table.task, seed)
    X, y = table.X.iloc[train], table.y[train]
    start = time.perf_counter()
    estimator.fit(X, y)
    seconds = time.perf_counter() - start
    X, y = table.X.iloc[test], table.y[test]
    if table.task == "regression":
        predicted = estimator.predict(X)
        score, loss = r2_score(y, predicted), np.sqrt(np.mean((predicted - y) ** 2)) / y.std()
    else:
        probabilities = np.full((len(test), table.y.max() + 1), LEAST)
        probabilities[:, estimator.classes_] = np.maximum(estimator.predict_proba(X), LEAST)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        score = accuracy_score(y, probabilities.argmax(axis=1))
        loss = log_loss(y, probabilities, labels=np.arange(probabilities.shape[1]))
    return {"score": 100 * score, "loss": loss, "seconds": seconds}


def fits(options: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """All fits, table by table."""
    for table_name in options.tables:
        table = load_table(table_name, folder, options.max_rows)
        for repeat in range(options.repeats):
            for fold, (train, test) in enumerate(splits(table, repeat)):
                order = np.random.RandomState(repeat).permutation(train)
                for n_rows in options.train_rows or [len(train)]:
                    if n_rows > len(train):
                        continue
                    for name in options.estimators:
                        figures = measure(name, table, order[:n_rows], test, repeat)
                        yield {
                            "table": table_name,
                            "rows": n_rows if options.train_rows else len(table.y),
                            "estimator": name,
                            "repeat": repeat,
                            "fold": fold,
                            **figures,
                        }


def mean_ranks(means: pd.DataFrame, figure: str) -> pd.Series:
    """Mean rank of every estimator over the tables, 1 is the best."""
    groups = means[figure].groupby(level=["table", "rows"])
    return groups.rank(ascending=figure != "score").groupby(level="estimator").mean()


def print_results(results: pd.DataFrame, names: list[str]) -> list[list[str]]:
    """Print and return a line per table with all estimators, then mean ranks and seconds."""
    means = results.groupby(["table", "rows", "estimator"], sort=False)[
        ["score", "loss", "seconds"]
    ].mean()
    spread = results.groupby(["table", "rows", "estimator"], sort=False)["score"].std(ddof=0)
    lines = [["table, rows", *names]]
    for key, _ in means.groupby(level=["table", "rows"], sort=False):
        cells = []
        for name in names:
            score, loss, seconds = means.loc[(*key, name)]
            deviation = spread.loc[(*key, name)]
            cells.append(f"{score:.1f} ± {deviation:.1f}, {loss:.3f}, {seconds:.2f} s")
        lines.append([f"{key[0]}, {key[1]}", *cells])
    for figure in ("score", "loss"):
        ranks = mean_ranks(means, figure)
        lines.append([f"mean rank by {figure}", *(f"{ranks[name]:.2f}" for name in names)])
    total = results.groupby("estimator")["seconds"].sum()
    lines.append(["seconds of all fits", *(f"{total[name]:.1f}" for name in names)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    return lines


def write_rst(path: Path, lines: list[list[str]]) -> None:
    """The printed table as reStructuredText."""
    header, *rows = [", ".join(f'"{cell}"' for cell in line) for line in lines]
    content = [".. csv-table::", f"   :header: {header}", "", *(f"   {row}" for row in rows)]
    path.write_text("\n".join(content) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", metavar="FOLDER", help="folder with tables")
    parser.add_argument("--tables", nargs="+", help="default: those in CSV files")
    parser.add_argument("--estimators", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--repeats", type=int, default=1, help="repeats of all folds")
    parser.add_argument("--max-rows", type=int, default=8000, help="rows of a table")
    parser.add_argument("--train-rows", type=int, nargs="+", help="rows to learn from")
    parser.add_argument("--csv", type=Path, metavar="PATH", help="write all fits")
    parser.add_argument("--rst", type=Path, metavar="PATH", help="write the table")
    options = parser.parse_args()
    folder = tables_folder(options.data)
    if options.tables is None:
        options.tables = [
            name for name in table_names(folder) if (folder / f"{name}.csv").exists()
        ]
    unknown = set(options.tables) - {*table_names(folder), *OWN}
    if unknown:
        parser.error(f"--tables: expected names among {table_names(folder)}, got {unknown}.")
    warnings.simplefilter("ignore")
    rows = []
    for row in fits(options, folder):
        rows.append(row)
        if options.csv is not None:
            with options.csv.open("a" if len(rows) > 1 else "w", newline="") as file:
                writer = csv.DictWriter(file, row)
                if len(rows) == 1:
                    writer.writeheader()
                writer.writerow(row)
    lines = print_results(pd.DataFrame(rows), options.estimators)
    if options.rst is not None:
        write_rst(options.rst, lines)


if __name__ == "__main__":
    main()
