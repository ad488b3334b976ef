"""A plot of the alignment with the gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._utils.plotting import COLORS, axes_or_new
from ._alignment import gradient_alignment


class GradientAlignmentDisplay:
    """Agreement of a rule with the gradient, layer by layer.

    Use `from_estimator` to create a display. The parameters are the results of
    :func:`gradient_alignment`, and are stored as attributes.

    Parameters
    ----------
    cosine, sign_agreement : ndarray of shape (n_layers,)
        Agreement of the increment of a batch with its negative gradient.
    sample_cosine, sample_sign_agreement : ndarray of shape (n_samples, n_layers)
        Agreement of each sample.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Set by `plot`.

    See Also
    --------
    gradient_alignment : Measures what the display draws.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.inspection import GradientAlignmentDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier((8, 8), max_iter=3, random_state=0).fit(X, y)
    >>> GradientAlignmentDisplay.from_estimator(clf, X, y)  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        cosine: np.ndarray,
        sign_agreement: np.ndarray,
        sample_cosine: np.ndarray,
        sample_sign_agreement: np.ndarray,
    ) -> None:
        self.cosine, self.sign_agreement = cosine, sign_agreement
        self.sample_cosine = sample_cosine
        self.sample_sign_agreement = sample_sign_agreement

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, rule: Any = None, ax: Any = None
    ) -> GradientAlignmentDisplay:
        """Compute the alignment and draw it.

        Parameters
        ----------
        estimator : EDClassifier or EDRegressor
            A fitted estimator.
        X, y : array-like
            A batch, as in :func:`gradient_alignment`.
        rule : str or rule object, default=None
            The rule; None: that of the estimator.
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        GradientAlignmentDisplay
            The display.
        """
        return cls(**gradient_alignment(estimator, X, y, rule=rule)).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> GradientAlignmentDisplay:
        """Draw cosine and sign agreement against the layer, with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        GradientAlignmentDisplay
            The display itself.
        """
        ax = axes_or_new(ax, "GradientAlignmentDisplay", figsize=(6.4, 4.8))
        layers = np.arange(1, len(self.cosine) + 1)
        low, median, high = np.nanquantile(self.sample_cosine, [0.05, 0.5, 0.95], axis=0)
        errors = [median - low, high - median]
        samples = f"cosine, each of {len(self.sample_cosine)} samples, 5 to 95 %"
        blue, red, green = COLORS["blue"], COLORS["vermillion"], COLORS["green"]
        ax.plot(layers, self.sign_agreement, "s--", color=blue, label="signs, batch")
        ax.plot(layers, self.cosine, "o-", color=red, label="cosine, batch")
        ax.errorbar(layers, median, errors, fmt="x", capsize=3, color=green, label=samples)
        ax.axhline(0, color="0.7", linewidth=1)
        ax.set_xticks(layers, [*map(str, layers[:-1]), "output"])
        ax.set_ylim(min(0.0, np.nanmin(low)) - 0.05, 1.05)
        ax.set(xlabel="layer", ylabel="agreement with the negative gradient")
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self
