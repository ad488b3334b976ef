"""EDClassifier and MLPClassifier, EDRegressor and MLPRegressor, with default parameters.

    python examples/benchmarks/accuracy.py [--seeds 3] [--set NAME=VALUE ...]
        [--only SET ...] [--images mnist ...] [--data PATH]

Prints mean and standard deviation of the scores, and the median seconds of one fit.

Each data set is cross-validated with five folds for every seed. Both estimators use the same
folds, in turns; inputs are standardized, and targets of MLPRegressor. The larger sets, hastie
and those of 64 and 200 classes, are measured if ``--only`` names them. With ``--images`` the
estimators are instead fitted once for every seed on the training rows of these sets and scored
on their test rows. ``--set`` changes parameters of EDClassifier and EDRegressor.
"""

import ast
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from _datasets import CLASSIFICATION, IMAGES, LARGER, REGRESSION, Split, scaled
from _harness import argument_parser, fit_and_score, mean_and_deviation
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sklearn_ed import EDClassifier, EDRegressor


def five_folds(X: np.ndarray, y: np.ndarray, seed: int, kind: type) -> Iterator[Split]:
    """The rows to learn from and to score on of each fold."""
    for train, test in kind(5, shuffle=True, random_state=seed).split(X, y):
        yield X[train], y[train], X[test], y[test]


def print_scores(
    name: str, splits: list[tuple[int, Split]], models: tuple[Any, ...], factor: int
) -> None:
    """Fit every model on every split and print one line of the table."""
    results: list[list[tuple[float, float]]] = [[] for _ in models]
    for seed, split in splits:
        for found, model in zip(results, models, strict=True):
            fresh = clone(model)
            is_seed = [key for key in fresh.get_params() if key.endswith("random_state")]
            fresh.set_params(**dict.fromkeys(is_seed, seed))
            found.append(fit_and_score(fresh, *split))
    cells = []
    for found in results:
        scores, seconds = zip(*found, strict=True)
        cells.append(f"{mean_and_deviation(scores, factor)} {np.median(seconds):7.2f} s")
    print(f"{name:<20}" + "   ".join(cells), flush=True)


def main() -> None:
    parser = argument_parser(__doc__, seeds=3)
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="parameters of ED"
    )
    parser.add_argument("--only", nargs="+", choices=[*CLASSIFICATION, *LARGER, *REGRESSION])
    parser.add_argument("--images", nargs="+", choices=IMAGES, default=[])
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    pairs = [change.partition("=") for change in options.set]
    changes = {name: ast.literal_eval(value) for name, _, value in pairs}
    seeds = range(options.seeds)
    written = ", ".join(options.set)

    def print_heading(score: str, ed: str, mlp: str) -> None:
        print(f"{score:<20}{f'{ed}({written})':<26} {mlp}()")

    if options.images:
        print_heading("accuracy, %", "EDClassifier", "MLPClassifier")
        for name in options.images:
            data = IMAGES[name](options.data)
            split = data.X_train, data.y_train, data.X_test, data.y_test
            models = EDClassifier(**changes), MLPClassifier()
            print_scores(name, [(seed, split) for seed in seeds], models, 100)
        return
    chosen = options.only or [*CLASSIFICATION, *REGRESSION]
    classification = CLASSIFICATION | LARGER
    for sets, kind, Estimators, score, factor in (
        (classification, StratifiedKFold, (EDClassifier, MLPClassifier), "accuracy, %", 100),
        (REGRESSION, KFold, (EDRegressor, MLPRegressor), "R2", 1),
    ):
        names = [name for name in sets if name in chosen]
        if names:
            print_heading(score, *(Estimator.__name__ for Estimator in Estimators))
        for name in names:
            splits = [(s, fold) for s in seeds for fold in five_folds(*sets[name], s, kind)]
            ED, MLP = Estimators
            models = scaled(ED(**changes), scale_target=False), scaled(MLP())
            print_scores(name, splits, models, factor)


if __name__ == "__main__":
    main()
