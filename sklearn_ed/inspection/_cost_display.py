"""A plot of what credit assignment costs."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from .._utils.extras import import_extra
from .._utils.plotting import COLORS, new_axes
from ._methods import describe_method

_STYLES: dict[str, dict[str, Any]] = {
    "numerical": {"color": COLORS["green"], "marker": "^"},
    "backprop": {"color": COLORS["blue"], "marker": "s", "markersize": 9},
    "error_diffusion": {"color": COLORS["vermillion"], "marker": "o"},
}
_OTHER_COLORS, _OTHER_MARKERS = [COLORS[name] for name in ("purple", "orange", "sky")], "DvP<>X"


class CreditAssignmentDisplay:
    """Seconds of one weight update against the size of the networks.

    The parameters are results of :func:`credit_assignment_growth`. They are stored as
    attributes.

    Parameters
    ----------
    widths : Bunch
        Results for networks of several widths. They are drawn against the number of parameters,
        with the exponents in the legend.
    depths : Bunch, default=None
        Results for networks of several depths. They are drawn against the number of hidden
        layers.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes, or ndarray of two, and Figure
        Set by `plot`.

    See Also
    --------
    credit_assignment_growth : Measures what the display draws.

    Examples
    --------
    >>> from sklearn_ed.inspection import CreditAssignmentDisplay, credit_assignment_growth
    >>> options = {"n_features": 8, "n_classes": 3, "n_repeats": 1, "random_state": 0}
    >>> widths = credit_assignment_growth([2, 4], **options)
    >>> depths = credit_assignment_growth([(2,), (2, 2)], **options)
    >>> display = CreditAssignmentDisplay(widths, depths).plot()  # doctest: +SKIP
    """

    def __init__(self, widths: Bunch, depths: Bunch | None = None) -> None:
        self.widths = widths
        self.depths = depths

    def plot(self, ax: Any = None) -> CreditAssignmentDisplay:
        """Draw a line for each method, on logarithmic axes of matplotlib.

        Parameters
        ----------
        ax : matplotlib Axes, or a pair of them, default=None
            Where to draw the widths, and the depths on the second of a pair; None: a new
            figure.

        Returns
        -------
        CreditAssignmentDisplay
            The display itself.

        Raises
        ------
        ValueError
            If two Axes are given but no depths.
        """
        if ax is None:
            n_panels = 1 if self.depths is None else 2
            size = (6.0 * n_panels, 5.0)
            ax = new_axes("CreditAssignmentDisplay", n_panels=n_panels, figsize=size)
        panels = np.ravel(ax)
        if panels.size > 1 and self.depths is None:
            raise ValueError("ax: expected one Axes, since there are no depths, got several.")
        self._plot_widths(panels[0])
        if self.depths is not None and panels.size > 1:
            n_layers = [len(sizes) for sizes in self.depths.hidden_layer_sizes]
            labels = {method: describe_method(method) for method in self.depths.exponents}
            _plot(panels[1], "deeper networks", n_layers, self.depths, labels)
            panels[1].set_xticks(n_layers, [str(n) for n in n_layers], minor=False)
            panels[1].minorticks_off()
            panels[1].set_xlabel("hidden layers")
        self.ax_, self.figure_ = ax, panels[0].figure
        return self

    def _plot_widths(self, axes: Any) -> None:
        ticker = import_extra("matplotlib.ticker", "CreditAssignmentDisplay")
        labels = {
            method: f"{describe_method(method)}: exponent {exponent:.2f}"
            for method, exponent in self.widths.exponents.items()
        }
        _plot(axes, "wider networks", self.widths.n_parameters, self.widths, labels)
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(ticker.NullLocator())
        axes.xaxis.set_major_formatter(ticker.EngFormatter())
        axes.set_xlabel("parameters (weights and biases)")


def _plot(axes: Any, title: str, x: Any, growth: Bunch, labels: dict[str, str]) -> None:
    """A line of seconds against x for each method."""
    others = zip(cycle(_OTHER_COLORS), cycle(_OTHER_MARKERS), strict=False)
    for method, label in labels.items():
        style = _STYLES.get(method)
        if style is None:
            color, marker = next(others)
            style = {"color": color, "marker": marker}
        axes.plot(x, growth[method], label=label, **style)
    axes.set(title=title, xscale="log", yscale="log", ylabel="seconds of one weight update")
    axes.grid(alpha=0.3)
    axes.legend()
