"""What each choice of the rule is worth: one change at a time, on validation data only.

    python examples/benchmarks/study_rule.py [--csv docs/study_rule.csv] [--seeds 5]
        [--sets NAME ...] [--changes SUBSTRING ...] [--n-jobs N] [--data FOLDER]

Of every set a fixed fifth is put aside and never looked at (of the images their test part); the
study splits the rest anew for each seed, three quarters to learn from, one to validate on
(the images: 20,000 rows and the last 10,000 training rows). All changes see the same splits.
Small sets stop by themselves; the images run 20 epochs. Finished fits are appended to the file,
and what is there already is not run again. Prints, for each set, the mean validation score of
the base and what each change adds to it, paired by seed, with the standard error.
"""

import argparse
import csv
import time
import warnings
from pathlib import Path

import numpy as np
from accuracy import CLASSIFICATION, IMAGES, REGRESSION, pipeline
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits

from sklearn_ed import EDClassifier, EDRegressor

BASES = {
    "gate": {},
    "two-way": {"weight_decrement": True},
}
CHANGES = {
    "base": {},
    "other mode": None,
    "alpha=0.001": {"alpha": 0.001},
    "alpha=0.01": {"alpha": 0.01},
    "invscaling": {"learning_rate": "invscaling"},
    "invscaling, alpha=0.005": {"learning_rate": "invscaling", "alpha": 0.005},
    "invscaling, alpha=0.01": {"learning_rate": "invscaling", "alpha": 0.01},
    "linear": {"learning_rate": "linear"},
    "u0=0.2": {"u0": 0.2},
    "u0=1.0": {"u0": 1.0},
    "init=uniform": {"init": "uniform"},
    "8 units": {"hidden_layer_sizes": (8,)},
    "128 units": {"hidden_layer_sizes": (128,)},
    "two layers of 32": {"hidden_layer_sizes": (32, 32)},
    "code_size=2, 16 units": {"code_size": 2, "hidden_layer_sizes": (16,)},
    "code_size=8, 4 units": {"code_size": 8, "hidden_layer_sizes": (4,)},
    "code_size=16, 2 units": {"code_size": 16, "hidden_layer_sizes": (2,)},
    "code_size=8, 4 units, invscaling": {
        "code_size": 8,
        "hidden_layer_sizes": (4,),
        "learning_rate": "invscaling",
    },
    "code_size=8, 4 units, invscaling, alpha=0.005": {
        "code_size": 8,
        "hidden_layer_sizes": (4,),
        "learning_rate": "invscaling",
        "alpha": 0.005,
    },
    "loss=squared_error": {"loss": "squared_error"},
    "batch of 50": {"batch_size": 50},
    "batch of 1000": {"batch_size": 1000},
    "batch of 50, invscaling": {"batch_size": 50, "learning_rate": "invscaling"},
    "batch of 50, invscaling, 64 units": {
        "batch_size": 50,
        "learning_rate": "invscaling",
        "hidden_layer_sizes": (64,),
    },
    "batch of 50, invscaling, 128 units": {
        "batch_size": 50,
        "learning_rate": "invscaling",
        "hidden_layer_sizes": (128,),
    },
    "batch of 20, invscaling, 64 units": {
        "batch_size": 20,
        "learning_rate": "invscaling",
        "hidden_layer_sizes": (64,),
    },
    "sgd, alpha=0.3": {"solver": "sgd", "alpha": 0.3},
    "early stopping": {"early_stopping": True},
}
FIELDS = ("set", "base", "change", "parameters", "seed", "score", "seconds", "epochs")
IMAGE_ROWS, IMAGE_EPOCHS = 20_000, 20


def split(name, seed, path):
    """X and y to learn from, X and y to validate on."""
    if name in IMAGES:
        data = IMAGES[name](path)
        rows = np.random.default_rng(seed).permutation(50_000)[:IMAGE_ROWS]
        X, y = data.X_train, data.y_train
        return X[rows], y[rows], X[50_000:], y[50_000:]
    X, y = (CLASSIFICATION | REGRESSION)[name]
    stratify = y if name in CLASSIFICATION else None
    X, _, y, _ = train_test_split(X, y, test_size=0.2, stratify=stratify, random_state=1234)
    stratify = y if name in CLASSIFICATION else None
    X, X_valid, y, y_valid = train_test_split(
        X, y, test_size=0.25, stratify=stratify, random_state=seed
    )
    return X, y, X_valid, y_valid


def is_binary(name):
    return np.unique(CLASSIFICATION[name][1]).shape[0] == 2


def parameters(name, base, change):
    """Constructor parameters, or None where the change means nothing for the set."""
    values = dict(BASES[base])
    if CHANGES[change] is None:
        values["weight_decrement"] = not values.get("weight_decrement", False)
    else:
        values |= CHANGES[change]
    if name in REGRESSION:
        if "loss" in values or "code_size" in values:
            return None
        values.setdefault("weight_decrement", False)
    elif "code_size" in values and name in CLASSIFICATION and is_binary(name):
        return None
    if name in IMAGES:
        values |= {"max_iter": IMAGE_EPOCHS, "tol": 0.0, "n_iter_no_change": np.inf}
    return values


def run(name, base, change, seed, path):
    """One fit: a row of the file."""
    values = parameters(name, base, change)
    X, y, X_valid, y_valid = split(name, seed, path)
    Estimator = EDRegressor if name in REGRESSION else EDClassifier
    model = Estimator(random_state=seed, **values)
    estimator = model if name in IMAGES else pipeline(model)
    with warnings.catch_warnings(), threadpool_limits(1, "blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        start = time.perf_counter()
        try:
            estimator.fit(X, y)
        except ValueError:  # diverged
            return name, base, change, repr(values), seed, float("nan"), float("nan"), 0
        seconds = time.perf_counter() - start
    fitted = estimator
    if name not in IMAGES:
        fitted = estimator[-1] if name in CLASSIFICATION else estimator.regressor_[-1]
    score = estimator.score(X_valid, y_valid)
    return name, base, change, repr(values), seed, score, seconds, fitted.n_iter_


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


def report(rows, names):
    """Mean and standard error of the paired difference to the base, in percent (points)."""
    for base in BASES:
        print(f"\n{base}: base, and what each change adds to it")
        chosen = [n for n in names if any(r["set"] == n and r["base"] == base for r in rows)]
        print(" " * 46 + "".join(f"{name[:14]:>16}" for name in chosen))
        for change in CHANGES:
            cells = []
            for name in chosen:
                here = [r for r in rows if r["set"] == name and r["base"] == base]
                reference = {r["seed"]: r["score"] for r in here if r["change"] == "base"}
                scores = {r["seed"]: r["score"] for r in here if r["change"] == change}
                if change == "base":
                    values = 100 * np.array(list(scores.values()))
                else:
                    shared = [s for s in scores if s in reference]
                    values = 100 * np.array([scores[s] - reference[s] for s in shared])
                if values.size == 0:
                    cells.append(" " * 16)
                    continue
                error = values.std(ddof=1) / np.sqrt(values.size) if values.size > 1 else np.nan
                sign = "" if change == "base" else "+"
                cells.append(f"{values.mean():{sign}.2f} ({error:.2f})".rjust(16))
            print(f"{change:<46}" + "".join(cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path, default=Path("docs/study_rule.csv"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="+", help="default: all")
    parser.add_argument("--changes", nargs="+", default=[""], help="those with one of these")
    parser.add_argument("--n-jobs", type=int, default=-1)
    parser.add_argument("--data", help="folder with mnist.npz and fashion_mnist.npz")
    options = parser.parse_args()
    names = options.sets or [*CLASSIFICATION, *REGRESSION, *IMAGES]
    done = {
        (r["set"], r["base"], r["change"], r["seed"], r["parameters"])
        for r in read(options.csv)
    }
    jobs = [
        (name, base, change, seed)
        for name in names
        for change in CHANGES
        if any(part in change for part in ["base", *options.changes])
        for base in BASES
        for seed in range(options.seeds)
        if (values := parameters(name, base, change)) is not None
        if (name, base, change, seed, repr(values)) not in done
    ]
    print(f"{len(jobs)} fits to do, {len(done)} done before", flush=True)
    for start in range(0, len(jobs), 40):
        part = jobs[start : start + 40]
        append(
            options.csv,
            Parallel(n_jobs=options.n_jobs)(delayed(run)(*job, options.data) for job in part),
        )
    report(read(options.csv), names)


if __name__ == "__main__":
    main()
