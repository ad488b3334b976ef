"""Grid search of MLPClassifier on the validation rows that also chose the settings of ED.

    python examples/benchmarks/search_backprop.py [--sets mnist ...] [--epochs 20] [--data PATH]

Prints, for every candidate, the validation accuracy in percent and the median seconds of one
fit. records.py uses the best candidates.

Images: the first 50,000 training rows to learn from, the last 10,000 for validation, one seed;
MNIST also with shifted images. Digits: three splits of four fifths of the rows, also with
jittered copies.
"""

import warnings

import numpy as np
from _augment import JitteredCopies, ShiftedImages
from _datasets import IMAGES, image_split, table_split
from _harness import ALL_EPOCHS, argument_parser, fit_and_score
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ParameterGrid
from sklearn.neural_network import MLPClassifier

IMAGE_GRID = {"hidden_layer_sizes": [(100,), (300,)], "alpha": [1e-4, 1e-2]}
DIGIT_GRID = {
    "hidden_layer_sizes": [(100,), (300,), (300, 100)],
    "alpha": [1e-4, 1e-2, 1.0],
}
N_DIGIT_SPLITS = 3


def main() -> None:
    parser = argument_parser(__doc__)
    names = [*IMAGES, "digits"]
    parser.add_argument("--sets", nargs="+", choices=names, default=names)
    parser.add_argument("--epochs", type=int, default=20, help="for images")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in options.sets:
        if name in IMAGES:
            splits = [image_split(name, options.data)]
            grid, augmented = IMAGE_GRID, ShiftedImages
            fixed = {"max_iter": options.epochs, **ALL_EPOCHS}
        else:
            splits = [table_split("digits", seed) for seed in range(N_DIGIT_SPLITS)]
            splits = [(X / 16, y, X_valid / 16, y_v) for X, y, X_valid, y_v in splits]
            grid, augmented, fixed = DIGIT_GRID, JitteredCopies, {"max_iter": 500}
        for values in ParameterGrid(grid):
            mlp = MLPClassifier(**values, **fixed)
            kinds = {"unchanged": mlp}
            if name != "fashion_mnist":
                kinds[augmented.__name__] = augmented(mlp)
            for kind, estimator in kinds.items():
                results = [
                    fit_and_score(clone(estimator).set_params(random_state=seed), *split)
                    for seed, split in enumerate(splits)
                ]
                scores, seconds = zip(*results, strict=True)
                print(
                    f"{name:<14}{kind:<15}{values!s:<56}{100 * np.mean(scores):6.2f}"
                    f"{np.median(seconds):8.1f} s",
                    flush=True,
                )


if __name__ == "__main__":
    main()
