"""A picture of what it costs to assign credit."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import Bunch

from .._utils.extras import import_extra
from ._ways import WAYS

# Colours of Okabe and Ito's palette, told apart by colour-blind readers too.
_STYLES: dict[str, dict[str, Any]] = {
    "numerical": {"color": "#009E73", "marker": "^"},
    "backprop": {"color": "#0072B2", "marker": "s", "markersize": 9},
    "error_diffusion": {"color": "#D55E00", "marker": "o"},
}


class CreditAssignmentDisplay:
    """Seconds of one weight update, against the size of the networks.

    Create it from what `credit_assignment_growth` returns; the parameters are stored as
    attributes.

    Parameters
    ----------
    widths : Bunch
        Of networks of several widths: drawn against the number of parameters, with the
        exponents in the legend.
    depths : Bunch, default=None
        Of networks of several depths: drawn against the number of hidden layers.

    Attributes
    ----------
    ax_ : matplotlib Axes, or ndarray of two
    figure_ : matplotlib Figure
        Set by `plot`.

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
        """Draw a line for each way to assign credit, on logarithmic axes.

        Parameters
        ----------
        ax : matplotlib Axes, or a pair of them, default=None
            Where to draw the widths, and, on the second of a pair, the depths; None: a new
            figure.

        Returns
        -------
        CreditAssignmentDisplay
            Itself.

        Raises
        ------
        ValueError
            If two Axes are given but no depths.
        MissingExtra
            If matplotlib is missing.
        """
        if ax is None:
            pyplot = import_extra("matplotlib.pyplot", "CreditAssignmentDisplay")
            n_panels = 1 if self.depths is None else 2
            size = (6.0 * n_panels, 5.0)
            _, ax = pyplot.subplots(1, n_panels, figsize=size, layout="constrained")
        panels = np.ravel(ax)
        if panels.size > 1 and self.depths is None:
            raise ValueError("ax: expected one Axes, since there are no depths, got several.")
        widths = panels[0]
        labels = {
            way: f"{name}: exponent {self.widths.exponents[way]:.2f}"
            for way, name in WAYS.items()
        }
        self._draw(widths, self.widths.n_parameters, self.widths, labels)
        ticker = import_extra("matplotlib.ticker", "CreditAssignmentDisplay")
        widths.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        widths.xaxis.set_minor_locator(ticker.NullLocator())
        widths.xaxis.set_major_formatter(ticker.EngFormatter())
        widths.set_xlabel("parameters (weights and biases)")
        widths.set_title("wider networks")
        if panels.size > 1:
            assert self.depths is not None
            n_layers = [len(sizes) for sizes in self.depths.hidden_layer_sizes]
            self._draw(panels[1], n_layers, self.depths, WAYS)
            panels[1].set_xticks(n_layers, [str(n) for n in n_layers], minor=False)
            panels[1].minorticks_off()
            panels[1].set_xlabel("hidden layers")
            panels[1].set_title("deeper networks")
        self.ax_, self.figure_ = ax, widths.figure
        return self

    @staticmethod
    def _draw(axes: Any, x: Any, growth: Bunch, labels: dict[str, str]) -> None:
        for way, label in labels.items():
            axes.plot(x, growth[way], label=label, **_STYLES[way])
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylabel("seconds of one weight update")
        axes.grid(alpha=0.3)
        axes.legend()
