"""What each choice of the rule is worth: one change at a time, on validation data only.

    python examples/benchmarks/study_rule.py [--csv docs/study.csv] [--rst FILE] [--seeds 5]
        [--sets NAME ...] [--changes SUBSTRING ...] [--n-jobs N] [--data FOLDER]

The base are the defaults of EDClassifier and EDRegressor. Of every set a fixed fifth is put
aside and never looked at (of the images their test part); the study splits the rest anew for
each seed, three quarters to learn from, one to validate on (the images: 5,000 of the first
50,000 training rows, and the last 10,000). All changes see the same splits and stop by
themselves. Finished fits are appended to the file, and what is there already is not run again.
Prints, for each set, the mean validation score of the base and what each change adds to it,
paired by seed, with the standard error; --rst writes the same as a table for the documentation,
bold where it is more than two standard errors.
"""

import argparse
import csv
import io
import time
import warnings
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from _variants import VARIANTS, variant
from accuracy import CLASSIFICATION, IMAGES, REGRESSION, pipeline
from joblib import Parallel, delayed
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from threadpoolctl import threadpool_limits

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed._estimators import defaults as auto
from sklearn_ed._networks.outputs import count_networks

MADE = {
    "10 classes, 20 features": make_classification(
        3000,
        20,
        n_informative=10,
        n_classes=10,
        n_clusters_per_class=2,
        class_sep=1.5,
        random_state=0,
    ),
    "2 classes, 200 features": make_classification(
        2000,
        200,
        n_informative=20,
        n_redundant=30,
        n_classes=2,
        n_clusters_per_class=4,
        class_sep=1.5,
        random_state=0,
    ),
}
SMALL = CLASSIFICATION | MADE | REGRESSION
SETS = [*SMALL, *IMAGES]
IMAGE_ROWS, IMAGE_SHAPE, IMAGE_CLASSES = 5_000, (60_000, 784), 10
# Epochs in which the rate of images goes down to zero.
IMAGE_EPOCHS = 30
FIELDS = ("set", "change", "seed", "score", "seconds", "epochs")
# R2 below which a fit counts as diverged, though its weights are finite.
WORST_SCORE = -10.0
REFERENCE = "MLPClassifier() / MLPRegressor()"


@dataclass(frozen=True)
class Task:
    """What a change needs to know of a set; 0 classes is regression."""

    n_rows: int
    n_features: int
    n_classes: int
    is_images: bool

    @property
    def estimator(self):
        return EDClassifier if self.n_classes else EDRegressor

    @property
    def reference(self):
        return MLPClassifier if self.n_classes else MLPRegressor

    def n_networks(self, code_size="auto"):
        if not self.n_classes:
            return 1
        code_size = auto.code_size(code_size, self.n_classes, "log_loss")
        return count_networks(self.n_classes, code_size)


def describe(name):
    if name in IMAGES:
        return Task(IMAGE_ROWS, IMAGE_SHAPE[1], IMAGE_CLASSES, True)
    X, y = SMALL[name]
    n_classes = 0 if name in REGRESSION else np.unique(y).shape[0]
    # As many as `split` leaves, up to one row.
    return Task(round(0.6 * X.shape[0]), X.shape[1], n_classes, False)


def units(of_all, of_regressor):
    """One hidden layer of so many units, shared out among the networks of a classifier."""

    def change(task):
        size = ceil(of_all / task.n_networks()) if task.n_classes else of_regressor
        return {"hidden_layer_sizes": (size,)}

    return change


def second_layer(task):
    sizes = EDRegressor().hidden_layer_sizes
    if task.n_classes:
        sizes = auto.hidden_sizes(None, task.n_networks())
    return {"hidden_layer_sizes": (*sizes, 16)}


def code(size):
    """Another code book, with as many hidden units in all as the default has."""

    def change(task):
        if task.n_classes <= 2:
            return None
        if size is None:
            return {"code_size": None}
        n_units = max(4, ceil(auto.ALL_UNITS / task.n_networks(size)))
        return {"code_size": size, "hidden_layer_sizes": (n_units,)}

    return change


def rate_to_zero(task):
    values = {"learning_rate": "linear"}
    return values | {"max_iter": IMAGE_EPOCHS} if task.is_images else values


def squared_error(task):
    return {"loss": "squared_error"} if task.n_classes else None


# Parameters, or a function of the task that returns them, or None where there are none.
CHANGES = {
    "base": {},
    REFERENCE: {},
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
    **{name: {} for name in VARIANTS},
}


def resolved(task, values):
    """All constructor parameters, with what their "auto" stands for."""
    found = task.estimator(**values).get_params()
    batch_size = found["batch_size"]
    found["dropout"] = auto.dropout_rate(found["dropout"], task.n_features, batch_size)
    found["weight_decay"] = auto.weight_decay(found["weight_decay"], batch_size)
    loss = found.get("loss")
    found["tol"] = auto.tolerance(found["tol"], found["early_stopping"], loss)
    found["batch_size"] = min(task.n_rows, auto.batch_rows(batch_size, task.n_rows))
    return found


def parameters(task, change):
    """Constructor parameters, or None where the change is none for the set."""
    values = CHANGES[change]
    values = values(task) if callable(values) else values
    if change == "label smoothing 0.1" and not task.n_classes:
        return None
    if change in ("base", REFERENCE) or change in VARIANTS or values is None:
        return values
    return None if resolved(task, values) == resolved(task, {}) else values


def split(name, seed, path):
    """X and y to learn from, X and y to validate on."""
    if name in IMAGES:
        data = IMAGES[name](path)
        rows = np.random.default_rng(seed).permutation(50_000)[:IMAGE_ROWS]
        X, y = data.X_train, data.y_train
        return X[rows], y[rows], X[50_000:], y[50_000:]
    X, y = SMALL[name]
    stratify = None if name in REGRESSION else y
    X, _, y, _ = train_test_split(X, y, test_size=0.2, stratify=stratify, random_state=1234)
    stratify = None if name in REGRESSION else y
    X, X_valid, y, y_valid = train_test_split(
        X, y, test_size=0.25, stratify=stratify, random_state=seed
    )
    return X, y, X_valid, y_valid


def run(name, change, seed, path):
    """One fit: a row of the file."""
    task = describe(name)
    Estimator = task.reference if change == REFERENCE else task.estimator
    if change in VARIANTS:
        Estimator = variant(Estimator, change)
    model = Estimator(random_state=seed, **parameters(task, change))
    estimator = model if task.is_images else pipeline(model)
    X, y, X_valid, y_valid = split(name, seed, path)
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        start = time.perf_counter()
        try:
            estimator.fit(X, y)
        except ValueError as error:
            if "non-finite" not in str(error):
                raise
            return name, change, seed, float("nan"), float("nan"), 0
        seconds = time.perf_counter() - start
        score = estimator.score(X_valid, y_valid)
    fitted = estimator
    if not task.is_images:
        fitted = estimator[-1] if task.n_classes else estimator.regressor_[-1]
    return name, change, seed, score, seconds, fitted.n_iter_


def read(path):
    """Rows of the file, numbers as numbers."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [
            {**row, "seed": int(row["seed"]), "score": float(row["score"])}
            for row in csv.DictReader(file)
        ]


def append(path, rows):
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow(FIELDS)
        for *head, score, seconds, epochs in rows:
            writer.writerow([*head, f"{score:.5f}", f"{seconds:.3f}", epochs])


def summarize(rows, names):
    """Mean and standard error, in percent (points), of each change and set.

    Of the base the score, of the others the difference to it, paired by seed; the mean is NaN
    where a fit diverged.
    """
    scores = {}
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


def table(summary, names, render):
    """Rows of cells: a head, then the changes that ran; cells are empty where one did not."""
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


def plain_cell(change, mean, error):
    if np.isnan(mean):
        return "diverges"
    return f"{mean:{'' if change == 'base' else '+'}.2f} ({error:.2f})"


def rst_cell(change, mean, error):
    if np.isnan(mean):
        return "diverges"
    if change == "base":
        return f"{mean:.1f}"
    return f"**{mean:+.1f}**" if abs(mean) > 2 * error else f"{mean:+.1f}"


def report(summary, names):
    print()
    for change, *cells in table(summary, names, plain_cell):
        print(f"{change:<34}" + "".join(f"{cell[:15]:>17}" for cell in cells))


def write_rst(path, summary, names):
    rows = io.StringIO()
    csv.writer(rows, lineterminator="\n").writerows(table(summary, names, rst_cell))
    head = [".. csv-table::", "   :header-rows: 1", "   :stub-columns: 1", ""]
    lines = [f"   {line}" for line in rows.getvalue().splitlines()]
    path.write_text("\n".join([*head, *lines, ""]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path, default=Path("docs/study.csv"))
    parser.add_argument("--rst", type=Path, help="file for the table")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS, metavar="NAME")
    parser.add_argument("--changes", nargs="+", default=[""], help="those with one of these")
    parser.add_argument("--n-jobs", type=int, default=-1)
    parser.add_argument("--data", help="folder with mnist.npz and fashion_mnist.npz")
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
    report(summary, names)
    if options.rst:
        write_rst(options.rst, summary, names)


if __name__ == "__main__":
    main()
