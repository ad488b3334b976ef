"""The table pipeline and plain ED against trees, MLP and linear models on real tables.

    python examples/benchmarks/tables.py [--data FOLDER] [--tables NAME ...]
        [--estimators NAME ...] [--repeats 1] [--max-rows 8000]
        [--train-rows 200 1000 ...] [--csv PATH] [--rst PATH]

Prints, for every table, the score (accuracy or R2, in percent), the loss (log-loss, or root
mean squared error relative to the standard deviation) and the seconds of one fit. Below them
are mean ranks, the number of tables on which the first estimator is better than another, and
the geometric mean of the losses relative to those of the first.

Every repeat is a cross-validation with five folds, and all estimators use the same folds. Of
tables with more than 15,000 rows, three quarters are learned once in every repeat.
``--max-rows`` takes so many random rows of larger tables. With ``--train-rows`` estimators
learn so many random rows of the training part: a learning curve.

``skrub.tabular_pipeline`` prepares the columns for all estimators but the pipeline of ED.
Regression targets are standardized for MLP.

``--estimators RealMLP TabM`` needs the package pytabkit. A name may be followed by parameters:
``--estimators "ED pipeline" "ED pipeline, n_members=1"`` tells what a default is worth.
"""

import argparse
import ast
import csv
import time
import warnings
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skrub
from _harness import print_table
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
# Networks of the package pytabkit, which needs torch: a classifier and a regressor.
PYTABKIT = {
    "RealMLP": ("RealMLP_TD_Classifier", "RealMLP_TD_Regressor"),
    "TabM": ("TabM_D_Classifier", "TabM_D_Regressor"),
}
# Headings of columns.
SHORT = {"HistGradientBoosting": "boosting", "RandomForest": "forest"}
TITLES = {
    "score": "Accuracy or R2, in percent",
    "loss": "Log-loss, or root mean squared error divided by the standard deviation",
    "seconds": "Seconds of one fit",
}
FORMATS = {"score": ".1f", "loss": ".3f", "seconds": ".2f"}
# The least probability that counts, so that a log-loss is finite.
LEAST = 1e-7
# A table with more rows than this is not cross-validated.
MANY_ROWS = 15_000
Row = dict[str, Any]


def with_parameters(name: str) -> tuple[str, dict[str, Any]]:
    """The name of an estimator, and parameters that follow it."""
    name, *changes = name.split(", ")
    pairs = (change.split("=") for change in changes)
    return name, {key: ast.literal_eval(value) for key, value in pairs}


def make_estimator(name: str, task: str, seed: int) -> Any:
    """A pipeline for a table."""
    name, parameters = with_parameters(name)
    if name == "ED pipeline":
        pipeline = make_table_pipeline(task=task)
        pipeline[-1].set_params(random_state=seed)
        for key, value in parameters.items():
            (pipeline if "__" in key else pipeline[-1]).set_params(**{key: value})
        return pipeline
    is_regression = task == "regression"
    if name in PYTABKIT:
        estimator = getattr(import_module("pytabkit"), PYTABKIT[name][is_regression])()
    else:
        estimator = ESTIMATORS[name][is_regression]()
    estimator.set_params(**parameters)
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
        folds = (
            (repeat, fold, *rows)
            for repeat in range(options.repeats)
            for fold, rows in enumerate(splits(table, repeat))
        )
        for repeat, fold, train, test in folds:
            order = np.random.RandomState(repeat).permutation(train)
            numbers = [n for n in options.train_rows or [len(train)] if n <= len(train)]
            for n_rows, name in product(numbers, options.estimators):
                yield {
                    "table": table_name,
                    "rows": n_rows if options.train_rows else len(table.y),
                    "estimator": name,
                    "repeat": repeat,
                    "fold": fold,
                    **measure(name, table, order[:n_rows], test, repeat),
                }


def table_of(results: pd.DataFrame, names: list[str], figure: str) -> list[list[str]]:
    """Means of a figure, scores with their deviation: a line per table, and one for all."""
    groups = results.groupby(["table", "rows", "estimator"], sort=False)[figure]
    means, deviations = groups.mean(), groups.std(ddof=0)
    lines = [["table, rows", *(SHORT.get(name, name) for name in names)]]
    for table, rows in dict.fromkeys(key[:2] for key in means.index):
        cells = []
        for name in names:
            mean = means[table, rows, name]
            cells.append(f"{mean:{FORMATS[figure]}}")
            # A single fit has no deviation.
            if figure == "score" and groups.size()[table, rows, name] > 1:
                cells[-1] += f" ± {deviations[table, rows, name]:.1f}"
        lines.append([f"{table}, {rows}", *cells])
    if figure == "seconds":
        total = results.groupby("estimator")[figure].sum()
        return [*lines, ["all fits", *(f"{total[name]:.1f}" for name in names)]]
    by_name = results.pivot_table(figure, ["table", "rows"], "estimator")[names]
    ranks = by_name.rank(axis=1, ascending=figure != "score").mean()
    lines.append(["mean rank", *(f"{ranks[name]:.2f}" for name in names)])
    first = by_name[names[0]]
    lead = by_name.rsub(first, axis=0) if figure == "score" else by_name.sub(first, axis=0)
    lines.append(["first is better", *(str((lead[name] > 0).sum()) for name in names)])
    if figure == "loss":
        ratios = np.exp(np.log(by_name).sub(np.log(first), axis=0).mean())
        lines.append(["relative", *(f"{ratios[name]:.3f}" for name in names)])
    return lines


def write_rst(path: Path, tables: dict[str, list[list[str]]]) -> None:
    """The printed tables as reStructuredText."""
    parts = []
    for title, lines in tables.items():
        header, *rows = [", ".join(f'"{cell}"' for cell in line) for line in lines]
        parts += [f".. csv-table:: {title}", f"   :header: {header}", ""]
        parts += [*(f"   {row}" for row in rows), ""]
    path.write_text("\n".join(parts), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", metavar="FOLDER", help="folder with tables")
    parser.add_argument("--tables", nargs="+", help="default: those in CSV files")
    parser.add_argument("--estimators", nargs="+", metavar="NAME", default=NAMES)
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
    known = {*NAMES, *PYTABKIT}
    unknown = {with_parameters(name)[0] for name in options.estimators} - known
    if unknown:
        parser.error(f"--estimators: expected names among {sorted(known)}, got {unknown}.")
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
    results = pd.DataFrame(rows)
    tables = {
        title: table_of(results, options.estimators, figure) for figure, title in TITLES.items()
    }
    for title, lines in tables.items():
        print_table(title, lines)
    if options.rst is not None:
        write_rst(options.rst, tables)


if __name__ == "__main__":
    main()
