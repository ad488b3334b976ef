"""Pictures of what this package looks into."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._utils.extras import import_extra
from ._alignment import gradient_alignment


class GradientAlignmentDisplay:
    """Agreement of error diffusion with the gradient, layer by layer.

    Create it with `from_estimator`; the parameters are stored as attributes.

    Parameters
    ----------
    cosine : ndarray of shape (n_layers,)
        Cosine between the increment of a batch and its negative gradient.
    sign_agreement : ndarray of shape (n_layers,)
        Share of weights with agreeing sign, of a batch.
    sample_cosine : ndarray of shape (n_samples, n_layers)
        The cosine of every row alone.
    sample_sign_agreement : ndarray of shape (n_samples, n_layers)
        The share of every row alone.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
        Set by `plot`.
    """

    def __init__(self, *, cosine, sign_agreement, sample_cosine, sample_sign_agreement):
        self.cosine = cosine
        self.sign_agreement = sign_agreement
        self.sample_cosine = sample_cosine
        self.sample_sign_agreement = sample_sign_agreement

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any, *, ax: Any = None):
        """Compute the alignment and draw it.

        Parameters
        ----------
        estimator : EDClassifier or EDRegressor
            A fitted one.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        GradientAlignmentDisplay

        Raises
        ------
        TypeError, NotFittedError, ValueError
            As :func:`gradient_alignment`.
        ImportError
            If matplotlib is missing.
        """
        return cls(**gradient_alignment(estimator, X, y)).plot(ax=ax)

    def plot(self, *, ax: Any = None):
        """Draw cosine and sign agreement against the layer.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        GradientAlignmentDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        """
        if ax is None:
            pyplot = import_extra("matplotlib.pyplot", "GradientAlignmentDisplay")
            _, ax = pyplot.subplots(layout="constrained")
        layers = np.arange(1, len(self.cosine) + 1)
        low, median, high = np.nanquantile(self.sample_cosine, [0.05, 0.5, 0.95], axis=0)
        errors = [median - low, high - median]
        rows = f"cosine, {len(self.sample_cosine)} rows one by one, 5 to 95 %"
        ax.plot(layers, self.sign_agreement, "s--", color="#0072B2", label="signs, batch")
        ax.plot(layers, self.cosine, "o-", color="#D55E00", label="cosine, batch")
        ax.errorbar(layers, median, errors, fmt="x", capsize=3, color="#009E73", label=rows)
        ax.axhline(0, color="0.7", linewidth=1)
        ax.set_xticks(layers, [*map(str, layers[:-1]), "output"])
        ax.set_ylim(min(0.0, np.nanmin(low)) - 0.05, 1.05)
        ax.set_xlabel("layer")
        ax.set_ylabel("agreement with the negative gradient")
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self
