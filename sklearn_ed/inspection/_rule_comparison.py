"""The result of a comparison of rules: text, files and a plot."""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import fill
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import Bunch

from .._utils.formatting import format_seconds
from .._utils.results import FileResult, new_figure
from ._methods import describe_method
from ._rules_display import RuleComparisonDisplay

WIDTH = 96
_NOTES = (
    "alpha: the learning rate from {alphas} with the highest accuracy on validation rows, a "
    "part of the training rows, with one seed; the same choice for every rule.",
    "accuracy: of the test rows{spread}.",
    "cosine, signs: agreement of the increments with the negative gradient at the end of "
    "training, for a batch of {n_alignment_rows} training rows; first layer, and mean of all "
    "layers.",
    "update: one update with a batch of {batch_size} rows, the median of {n_repeats} timings.",
)


@dataclass
class RuleComparison(FileResult):
    """The result of :func:`compare_rules`.

    Attributes
    ----------
    settings : dict
        The parameters of the comparison, and the numbers of rows.
    rules : dict of str to Bunch
        For each rule a Bunch with the attributes

        alpha : float
            The learning rate.
        validation_accuracy : dict of float to float
            Accuracy on the validation rows by learning rate; 0 if training diverged.
        test_accuracy : ndarray of shape (n_seeds,), float64
            Accuracy on the test rows; 0 if training diverged.
        cosine, sign_agreement : ndarray of shape (n_seeds, n_layers), float64
            Agreement with the gradient at the end of training, as
            :func:`gradient_alignment` returns it for a batch. NaN if training diverged.
        seconds : float
            Seconds of one update.
    machine : dict
        Versions, processor, threads.
    complete : bool
        False if the comparison was interrupted.

    See Also
    --------
    compare_rules : Makes a comparison.
    RuleComparisonDisplay : Its picture.

    Examples
    --------
    >>> from sklearn_ed.inspection import compare_rules
    >>> comparison = compare_rules(X_train, y_train, X_test, y_test)  # doctest: +SKIP
    >>> print(comparison.to_text())  # doctest: +SKIP
    >>> comparison.rules["error_diffusion"].test_accuracy.mean()  # doctest: +SKIP
    """

    settings: dict[str, Any]
    rules: dict[str, Bunch] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    complete: bool = False

    def to_text(self, *, notes: bool = True) -> str:
        """The table as text.

        Parameters
        ----------
        notes : bool, default=True
            Whether the meaning of the columns follows.

        Returns
        -------
        str
            Lines of at most 96 characters, but for long names.
        """
        sizes, alphas = self.settings["hidden_layer_sizes"], self.settings["alphas"]
        heading = (
            f"{self.settings['n_train']:,} training and {self.settings['n_test']:,} test rows, "
            f"{self.settings['n_classes']} classes, hidden layers of {list(sizes)} units per "
            f"network, {self.settings['max_iter']} epochs of plain steps."
        )
        header = (
            f"{'':<28}{'alpha':>7}{'accuracy':>19}{'cosine':>14}{'signs':>14}{'update':>12}"
        )
        lines = [header]
        for name, rule in self.rules.items():
            scores = f"{rule.test_accuracy.mean():.2%}"
            if len(rule.test_accuracy) > 1:
                scores += f" ± {rule.test_accuracy.std():.2%}"
            agreements = "".join(
                f"{values[:, 0].mean():>8.2f}{values.mean():>6.2f}"
                for values in (rule.cosine, rule.sign_agreement)
            )
            seconds = format_seconds(rule.seconds)
            lines.append(
                f"{describe_method(name):<28}{rule.alpha:>7g}{scores:>19}{agreements}"
                f"{seconds:>12}"
            )
        parts = [fill(heading, WIDTH), "\n".join(lines)]
        if notes:
            alphas = ", ".join(f"{alpha:g}" for alpha in self.settings["alphas"])
            n_seeds = self.settings["n_seeds"]
            spread = f", mean and standard deviation over {n_seeds} seeds"
            described = {**self.settings, "alphas": alphas, "spread": spread * (n_seeds > 1)}
            parts.append("\n".join(fill(note.format(**described), WIDTH) for note in _NOTES))
        return "\n\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Everything as dictionaries, lists, strings, numbers and None.

        Returns
        -------
        dict
            Ready for JSON; None stands for NaN.
        """
        return {
            "format": "sklearn_ed rules 1",
            "complete": self.complete,
            "settings": self.settings,
            "machine": self.machine,
            "rules": {
                name: {
                    "alpha": rule.alpha,
                    "validation_accuracy": [
                        {"alpha": alpha, "accuracy": accuracy}
                        for alpha, accuracy in rule.validation_accuracy.items()
                    ],
                    "test_accuracy": rule.test_accuracy.tolist(),
                    "cosine": _without_nan(rule.cosine),
                    "sign_agreement": _without_nan(rule.sign_agreement),
                    "seconds": rule.seconds,
                }
                for name, rule in self.rules.items()
            },
        }

    def plot(self, ax: Any = None) -> RuleComparisonDisplay:
        """Draw accuracy, alignment and time of each rule, with matplotlib.

        Parameters
        ----------
        ax : sequence of three matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        RuleComparisonDisplay
            The display.
        """
        return RuleComparisonDisplay(self.rules).plot(ax)

    _file_names: ClassVar[tuple[str, ...]] = ("results.json", "rules.csv", "rules.png")

    def _contents(self) -> dict[str, Any]:
        rows = [
            {
                "rule": name,
                "alpha": rule.alpha,
                "seed": seed,
                "test_accuracy": accuracy,
                **{
                    f"{measure}_{layer}": value
                    for measure in ("cosine", "sign_agreement")
                    for layer, value in enumerate(rule[measure][seed], 1)
                },
                "seconds": rule.seconds,
            }
            for name, rule in self.rules.items()
            for seed, accuracy in enumerate(rule.test_accuracy)
        ]
        figure = new_figure(12.0, 1.5 + 0.4 * len(self.rules))
        self.plot(figure.subplots(1, 3))
        return {"results.json": self.to_dict(), "rules.csv": rows, "rules.png": figure}


def _without_nan(values: np.ndarray) -> list[Any]:
    """Nested lists with None for NaN."""
    return [[None if np.isnan(value) else float(value) for value in row] for row in values]
