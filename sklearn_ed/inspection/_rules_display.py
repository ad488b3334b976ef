"""A plot of rules side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._utils.plotting import COLORS, new_axes
from ._methods import describe_method


class RuleComparisonDisplay:
    """Accuracy, alignment with the gradient and time per update of several rules.

    The parameters are stored as attributes. :meth:`RuleComparison.plot` creates a display.

    Parameters
    ----------
    rules : dict of str to Bunch
        The attribute `rules` of a :class:`RuleComparison`.

    Attributes
    ----------
    ax_, figure_ : ndarray of three matplotlib Axes, and Figure
        Set by `plot`.

    See Also
    --------
    RuleComparison.plot : Makes a display and draws it.

    Examples
    --------
    >>> from sklearn_ed.inspection import RuleComparisonDisplay, compare_rules
    >>> comparison = compare_rules(X_train, y_train, X_test, y_test)  # doctest: +SKIP
    >>> RuleComparisonDisplay(comparison.rules).plot()  # doctest: +SKIP
    """

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self.rules = rules

    def plot(self, ax: Any = None) -> RuleComparisonDisplay:
        """Draw a row for each rule in three panels, with matplotlib.

        Parameters
        ----------
        ax : sequence of three matplotlib Axes, default=None
            Where to draw; None: a new figure.

        Returns
        -------
        RuleComparisonDisplay
            The display itself.

        Raises
        ------
        ValueError
            If `ax` has another length.
        """
        if ax is None:
            size = (12.0, 1.5 + 0.4 * len(self.rules))
            ax = new_axes("RuleComparisonDisplay", n_panels=3, figsize=size)
        panels = np.ravel(ax)
        if panels.size != 3:
            raise ValueError(f"ax: expected three Axes, got {panels.size}.")
        accuracy, alignment, time = panels
        rows = np.arange(len(self.rules))
        found = list(self.rules.values())
        scores = [rule.test_accuracy for rule in found]
        means, spreads = [s.mean() for s in scores], [s.std() for s in scores]
        red, blue, green = COLORS["vermillion"], COLORS["blue"], COLORS["green"]
        accuracy.errorbar(means, rows, xerr=spreads, fmt="o", color=red, capsize=3)
        accuracy.set_xlabel("test accuracy")
        for name, color, style in (
            ("cosine", red, {"marker": "o"}),
            # Hollow: where both agree, both are seen.
            ("sign_agreement", blue, {"marker": "s", "fillstyle": "none", "markersize": 9}),
        ):
            values, label = [rule[name].mean() for rule in found], name.replace("_", " ")
            alignment.plot(values, rows, linestyle="none", color=color, label=label, **style)
        alignment.axvline(0, color="0.7", linewidth=1)
        alignment.set_xlabel("agreement with the gradient, mean of layers")
        alignment.legend()
        time.barh(rows, [1000 * rule.seconds for rule in found], color=green)
        time.set_xlabel("milliseconds per update")
        for panel in panels:
            panel.set_yticks(rows, [""] * len(rows))
            panel.grid(axis="x", alpha=0.3)
            # The first rule is on top.
            panel.set_ylim(len(rows) - 0.5, -0.5)
        accuracy.set_yticks(rows, [describe_method(name) for name in self.rules])
        self.ax_, self.figure_ = panels, panels[0].figure
        return self
