"""What each choice of the rule contributes: one change at a time, on validation rows only.

    python examples/benchmarks/study_rule.py [--csv docs/study.csv] [--rst FILE] [--seeds 5]
        [--sets NAME ...] [--changes SUBSTRING ...] [--n-jobs N] [--data PATH]

Prints, for each data set, the mean validation score with the former default parameters ("base",
`FORMER_DEFAULTS` in _harness.py) and how much each change adds to it, paired by seed, with the
standard error. ``--rst`` writes the same
table for the documentation; differences of more than two standard errors are bold.

A fifth of each data set, and the test rows of the images, are put aside and never used. The
other rows are split by each seed: three quarters to learn from, a quarter for validation.
Of the images, 5,000 of the first 50,000 training rows are learned from and the last 10,000 are
for validation. All changes see the same splits, and every fit decides itself when to stop.
Finished fits are appended to the CSV file. Fits that the file has already are not repeated.
"""

import csv
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from _datasets import IMAGES, REGRESSION, TABLES, Split, image_split, scaled, table_split
from _harness import (
    FORMER_DEFAULTS,
    FORMER_REGRESSOR,
    argument_parser,
    fit_and_score,
    former_batch_size,
    former_hidden_layer_sizes,
    print_table,
)
from _variants import VARIANTS, CentredErrors, variant
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._estimators import defaults
from sklearn_ed._networks.code_book import count_networks

SETS = [*TABLES, *IMAGES]
IMAGE_ROWS, IMAGE_SHAPE, IMAGE_CLASSES = 5_000, (60_000, 784), 10
# Epochs after which the learning rate reaches zero, for images.
IMAGE_EPOCHS = 30
FIELDS = ("set", "change", "seed", "score", "seconds", "epochs")
# A lower R2 counts as diverged, although the weights are finite.
WORST_SCORE = -10.0
BASELINE = "MLPClassifier() / MLPRegressor()"

# Name, change, seed, score, seconds, epochs: a row of the file.
Row = tuple[str, str, int, float, float, int]
# Constructor parameters, or None where a change has no effect.
Parameters = dict[str, Any] | None
Change = Callable[["Task"], Parameters]
# Mean and standard error by change and data set.
Summary = dict[tuple[str, str], tuple[float, float]]


@dataclass(frozen=True)
class Task:
    """What a change needs to know about a data set; regression has 0 classes."""

    n_rows: int
    n_features: int
    n_classes: int
    is_images: bool

    @property
    def estimator(self) -> type:
        return EDClassifier if self.n_classes else EDRegressor

    @property
    def baseline(self) -> type:
        return MLPClassifier if self.n_classes else MLPRegressor

    @property
    def defaults(self) -> dict[str, Any]:
        """The parameters of "base"."""
        batches = {"batch_size": former_batch_size(self.n_rows)}
        if not self.n_classes:
            return FORMER_REGRESSOR | batches
        sizes = former_hidden_layer_sizes(self.n_networks())
        return FORMER_DEFAULTS | batches | {"hidden_layer_sizes": sizes}

    def n_networks(self, code_size: float | str | None = "auto") -> int:
        if not self.n_classes:
            return 1
        code_size = defaults.code_size(code_size, self.n_classes, "log_loss")
        return count_networks(self.n_classes, code_size)


def describe(name: str) -> Task:
    """What is known of a data set by its name."""
    if name in IMAGES:
        return Task(IMAGE_ROWS, IMAGE_SHAPE[1], IMAGE_CLASSES, True)
    X, y = TABLES[name]
    n_classes = 0 if name in REGRESSION else np.unique(y).shape[0]
    # As many rows as `split` leaves, give or take one.
    return Task(round(0.6 * X.shape[0]), X.shape[1], n_classes, False)


def units(of_classifier: int, of_regressor: int) -> Change:
    """One hidden layer with so many units in total; a classifier's networks share them."""

    def change(task: Task) -> Parameters:
        size = ceil(of_classifier / task.n_networks()) if task.n_classes else of_regressor
        return {"hidden_layer_sizes": (size,)}

    return change


def second_layer(task: Task) -> Parameters:
    return {"hidden_layer_sizes": (*task.defaults["hidden_layer_sizes"], 16)}


def code(size: float | None) -> Change:
    """Another code book, with as many hidden units in total as by default."""

    def change(task: Task) -> Parameters:
        if task.n_classes <= 2:
            return None
        if size is None:
            sizes = former_hidden_layer_sizes(task.n_networks(None))
            return {"code_size": None, "hidden_layer_sizes": sizes}
        n_units = max(4, ceil(defaults.ALL_UNITS / task.n_networks(size)))
        return {"code_size": size, "hidden_layer_sizes": (n_units,)}

    return change


def rate_to_zero(task: Task) -> Parameters:
    tol = defaults.LOG_LOSS_TOL if task.n_classes else task.defaults["tol"]
    values: dict[str, Any] = {"learning_rate": "linear", "tol": tol}
    return values | {"max_iter": IMAGE_EPOCHS} if task.is_images else values


def squared_error(task: Task) -> Parameters:
    return {"loss": "squared_error"} if task.n_classes else None


CHANGES: dict[str, Change | Parameters] = {
    "base": {},
    BASELINE: {},
    "rule='backprop'": {"rule": "backprop"},
    "weights that only grow": {"weight_decrement": False},
    **{f"alpha={value}": {"alpha": value} for value in (0.001, 0.002, 0.008, 0.02)},
    "constant rate": {"learning_rate": "constant"},
    "rate to zero": rate_to_zero,
    "u0=0.2": {"u0": 0.2},
    "u0=1.0": {"u0": 1.0},
    'init="uniform"': {"init": "uniform"},
    "80 units in all": units(80, 8),
    "320 units in all": units(320, 32),
    "2000 units in all": units(2000, 128),
    "a second layer of 16": second_layer,
    "one network per class": code(None),
    "code_size=2": code(2),
    "code_size=8": code(8),
    "squared_error": squared_error,
    "sgd, alpha=0.3": {"solver": "sgd", "alpha": 0.3},
    "sgd, momentum": {"solver": "sgd", "alpha": 0.03, "momentum": 0.9},
    **{f"batches of {rows}": {"batch_size": rows} for rows in (32, 200, 1000)},
    **{f"dropout={value}": {"dropout": value} for value in (0, 0.1, 0.2, 0.4)},
    **{f"weight_decay={value}": {"weight_decay": value} for value in (0, 0.1, 0.3, 0.5, 1.0)},
    "tol=0.0001": {"tol": 1e-4},
    "early stopping": {"early_stopping": True},
    "error centred over the batch": {"rule": CentredErrors()},
    **{name: {} for name in VARIANTS},
}


def resolved(task: Task, values: dict[str, Any]) -> dict[str, Any]:
    """All constructor parameters, with "auto" replaced by its value."""
    found = task.estimator(**(task.defaults | values)).get_params()
    loss, rate = found.get("loss"), found["learning_rate"]
    shape = (task.n_rows, task.n_features)
    found["dropout"] = defaults.dropout_rate(found["dropout"], shape, loss, None)
    found["tol"] = defaults.tolerance(found["tol"], found["early_stopping"], loss, rate)
    found["batch_size"] = min(task.n_rows, found["batch_size"])
    return found


def parameters(task: Task, change: str) -> Parameters:
    """Constructor parameters, or None where the change has no effect on the data set."""
    values = CHANGES[change]
    values = values(task) if callable(values) else values
    if change == "label smoothing 0.1" and not task.n_classes:
        return None
    if change in ("base", BASELINE) or change in VARIANTS or values is None:
        return values
    return None if resolved(task, values) == resolved(task, {}) else values


def split(name: str, seed: int, path: str | None) -> Split:
    """X and y to learn from, X and y for validation."""
    if name not in IMAGES:
        return table_split(name, seed)
    X, y, X_valid, y_valid = image_split(name, path)
    rows = np.random.default_rng(seed).permutation(len(X))[:IMAGE_ROWS]
    return X[rows], y[rows], X_valid, y_valid


def run(name: str, change: str, seed: int, path: str | None) -> Row:
    """One fit: a row of the file."""
    task = describe(name)
    Estimator = task.baseline if change == BASELINE else task.estimator
    if change in VARIANTS:
        Estimator = variant(Estimator, change)
    values = parameters(task, change)
    if change != BASELINE:
        values = task.defaults | values
    model = Estimator(random_state=seed, **values)
    estimator = model if task.is_images else scaled(model)
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            score, seconds = fit_and_score(estimator, *split(name, seed, path))
        except ValueError as error:
            if "non-finite" not in str(error):
                raise
            return name, change, seed, float("nan"), float("nan"), 0
    fitted = estimator
    if not task.is_images:
        fitted = estimator[-1] if task.n_classes else estimator.regressor_[-1]
    return name, change, seed, score, seconds, fitted.n_iter_


def read(path: Path) -> list[dict[str, Any]]:
    """Rows of the file, with numbers converted."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [
            {**row, "seed": int(row["seed"]), "score": float(row["score"])}
            for row in csv.DictReader(file)
        ]


def append(path: Path, rows: list[Row]) -> None:
    """Add rows to the file, which is created if it does not exist."""
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(FIELDS)
        for *head, score, seconds, epochs in rows:
            writer.writerow([*head, f"{score:.5f}", f"{seconds:.3f}", epochs])


def summarize(rows: list[dict[str, Any]], names: list[str]) -> Summary:
    """Mean and standard error, in percentage points, of each change on each data set.

    For "base" this is the score, for a change the difference to "base", paired by seed. The
    mean is NaN where a fit diverged.
    """
    scores: dict[tuple[str, str], dict[int, float]] = {}
    for row in rows:
        score = row["score"] if row["score"] > WORST_SCORE else np.nan
        scores.setdefault((row["set"], row["change"]), {})[row["seed"]] = score
    found = {}
    for change in CHANGES:
        for name in names:
            base, here = scores.get((name, "base"), {}), scores.get((name, change), {})
            values = 100 * np.array(
                [here[s] - (base[s] if change != "base" else 0) for s in here if s in base]
            )
            if values.size:
                error = values.std(ddof=1) / np.sqrt(values.size) if values.size > 1 else np.nan
                found[change, name] = values.mean(), error
    return found


def table(summary: Summary, names: list[str], render: Callable[..., str]) -> list[list[str]]:
    """Rows of cells: a heading, then the changes that ran; empty where a change did not run."""
    names = [name for name in names if ("base", name) in summary]
    rows = [["change", *names]]
    for change in CHANGES:
        cells = [
            render(change, *summary[change, name]) if (change, name) in summary else ""
            for name in names
        ]
        if any(cells):
            rows.append([change, *cells])
    return rows


def plain_cell(change: str, mean: float, error: float) -> str:
    if np.isnan(mean):
        return "diverges"
    return f"{mean:{'' if change == 'base' else '+'}.2f} ({error:.2f})"


def rst_cell(change: str, mean: float, error: float) -> str:
    if np.isnan(mean):
        return "diverges"
    if change == "base":
        return f"{mean:.1f}"
    return f"**{mean:+.1f}**" if abs(mean) > 2 * error else f"{mean:+.1f}"


def write_rst(path: Path, summary: Summary, names: list[str]) -> None:
    """Write the table for the documentation."""
    rows = io.StringIO()
    csv.writer(rows, lineterminator="\n").writerows(table(summary, names, rst_cell))
    head = [".. csv-table::", "   :header-rows: 1", "   :stub-columns: 1", ""]
    lines = [f"   {line}" for line in rows.getvalue().splitlines()]
    path.write_text("\n".join([*head, *lines, ""]))


def main() -> None:
    parser = argument_parser(__doc__, seeds=5)
    parser.add_argument("--csv", type=Path, default=Path("docs/study.csv"))
    parser.add_argument("--rst", type=Path, help="file for the table")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS, metavar="NAME")
    parser.add_argument("--changes", nargs="+", default=[""], help="those with one of these")
    parser.add_argument("--n-jobs", type=int, default=-1)
    options = parser.parse_args()
    names = [name for name in SETS if name in options.sets]
    done = {(r["set"], r["change"], r["seed"]) for r in read(options.csv)}
    jobs = [
        (name, change, seed)
        for name in names
        for change in CHANGES
        if any(part in change for part in options.changes) or change == "base"
        if parameters(describe(name), change) is not None
        for seed in range(options.seeds)
        if (name, change, seed) not in done
    ]
    print(f"{len(jobs)} fits to do, {len(done)} done before", flush=True)
    for start in range(0, len(jobs), 40):
        part = jobs[start : start + 40]
        append(
            options.csv,
            Parallel(n_jobs=options.n_jobs)(delayed(run)(*job, options.data) for job in part),
        )
    summary = summarize(read(options.csv), names)
    print_table(
        "score of the base; difference (standard error)", table(summary, names, plain_cell)
    )
    if options.rst:
        write_rst(options.rst, summary, names)


if __name__ == "__main__":
    main()
