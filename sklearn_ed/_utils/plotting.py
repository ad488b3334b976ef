"""What the package's pictures share."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from .extras import import_extra

COLORS = {
    "vermillion": "#D55E00",
    "blue": "#0072B2",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
}
"""Okabe and Ito's palette: colour-blind readers tell these apart, on white and on black."""


def new_axes(purpose: str, *, n_panels: int = 1, figsize: tuple[float, float]) -> Any:
    """Axes of a new figure of pyplot; an array of them for several panels.

    Raises
    ------
    MissingExtra
        If matplotlib is missing; `purpose` begins its message.
    """
    pyplot = import_extra("matplotlib.pyplot", purpose)
    return pyplot.subplots(1, n_panels, figsize=figsize, layout="constrained")[1]


def axes_or_new(ax: Any, purpose: str, *, figsize: tuple[float, float]) -> Any:
    """`ax`, or axes of a new figure for None."""
    return new_axes(purpose, figsize=figsize) if ax is None else ax


def as_png(figure: Any) -> bytes:
    """The figure as a PNG file."""
    image = BytesIO()
    figure.savefig(image, dpi=150, format="png")
    return image.getvalue()
