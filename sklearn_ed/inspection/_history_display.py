"""A plot of losses and scores of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._utils.extras import import_extra
from .._utils.plotting import COLORS, axes_or_new
from .._utils.validation import check_parameters, one_of
from ._fitted import fitted_networks, last_step

_CHECKS = {"x": one_of("epoch", "seconds")}
_LOSSES = {
    "loss": {"label": "training loss", "color": COLORS["blue"]},
    "val_loss": {"label": "validation loss", "color": COLORS["vermillion"]},
}
_SCORE = {"label": "validation score", "color": COLORS["green"], "linestyle": "--"}


class HistoryDisplay:
    """Losses and scores of a fit against epochs or seconds.

    Use `from_estimator` to create a display. The parameters are stored as attributes.

    Parameters
    ----------
    history : dict of list
        `history_` of a fitted estimator: "loss", and if there were validation rows "val_loss"
        and "val_score"; for ``x="seconds"`` also "seconds".
    name : str, default=None
        Name of the estimator, which begins the labels of its lines.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Axes of the losses, and their figure. Set by `plot`.
    score_ax_ : matplotlib Axes or None
        Axes of the scores, with a scale of their own on the right. None without scores, or if
        the score is minus the validation loss, as with ``early_stopping="out_of_fold"``.
    lines_ : list of matplotlib Line2D
        The lines of training loss, validation loss and validation score, as far as they exist.

    See Also
    --------
    WeightsDisplay : The weights of a fitted estimator.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.inspection import HistoryDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = EDClassifier(early_stopping=True, random_state=0).fit(X, y)
    >>> HistoryDisplay.from_estimator(clf, x="seconds")  # doctest: +SKIP
    """

    def __init__(self, history: Mapping[str, Any], *, name: str | None = None) -> None:
        self.history = history
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        x: str = "epoch",
        name: str | None = None,
        ax: Any = None,
        line_kw: Mapping[str, Any] | None = None,
    ) -> HistoryDisplay:
        """Draw the history of a fitted estimator.

        Parameters
        ----------
        estimator : EDClassifier, EDRegressor or Pipeline
            An estimator after `fit`, or a pipeline whose last step is one.
        x : {"epoch", "seconds"}, default="epoch"
            The horizontal axis.
        name : str, default=None
            Name of the estimator, which begins the labels of its lines.
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.
        line_kw : dict, default=None
            Keywords of :meth:`matplotlib.axes.Axes.plot` for all lines.

        Returns
        -------
        HistoryDisplay
            The display.

        Raises
        ------
        TypeError
            If `estimator` is neither EDClassifier nor EDRegressor, and no pipeline of one.
        NotFittedError
            If it is not fitted, or only by `partial_fit`, which records no history.
        ValueError
            If `x` is invalid.
        """
        model = fitted_networks(last_step(estimator))
        missing = "%(name)s has no history_, which `fit` records and `partial_fit` does not."
        check_is_fitted(model, "history_", msg=missing)
        return cls(model.history_, name=name).plot(ax, x=x, line_kw=line_kw)

    def plot(
        self, ax: Any = None, *, x: str = "epoch", line_kw: Mapping[str, Any] | None = None
    ) -> HistoryDisplay:
        """Draw the lines, with matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None: a new figure.
        x : {"epoch", "seconds"}, default="epoch"
            The horizontal axis.
        line_kw : dict, default=None
            Keywords of :meth:`matplotlib.axes.Axes.plot` for all lines.

        Returns
        -------
        HistoryDisplay
            The display itself.
        """
        check_parameters({"x": x}, _CHECKS)
        ax = axes_or_new(ax, "HistoryDisplay", figsize=(6.4, 4.8))
        history, line_kw = self.history, line_kw or {}
        n_epochs = len(history["loss"])
        positions = np.arange(1, n_epochs + 1) if x == "epoch" else history["seconds"]

        def draw(axes: Any, values: Any, style: Mapping[str, Any]) -> Any:
            label = style["label"] if self.name is None else f"{self.name}: {style['label']}"
            # A line of one epoch would not be seen.
            marker = "o" if n_epochs == 1 else None
            style = {**style, "label": label, "marker": marker, **line_kw}
            return axes.plot(positions, values, **style)[0]

        self.lines_ = [
            draw(ax, history[key], style) for key, style in _LOSSES.items() if key in history
        ]
        self.score_ax_ = None
        ax.set(xlabel=x, ylabel="loss")
        if _has_other_score(history):
            self.score_ax_ = ax.twinx()
            self.lines_.append(draw(self.score_ax_, history["val_score"], _SCORE))
            self.score_ax_.set_ylabel("validation score")
        if x == "epoch":
            ticker = import_extra("matplotlib.ticker", "HistoryDisplay")
            ax.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
        # On the upper axes, so that no line crosses the legend; losses fall and scores rise.
        (self.score_ax_ or ax).legend(handles=self.lines_, loc="center right")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _has_other_score(history: Mapping[str, Any]) -> bool:
    """Whether there is a score that is not minus the validation loss."""
    if "val_score" not in history:
        return False
    score, loss = np.array(history["val_score"]), np.array(history["val_loss"])
    return not np.array_equal(score, -loss, equal_nan=True)
