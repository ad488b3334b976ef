"""New axes and colours of the package's pictures."""

import re
import sys

import pytest

from sklearn_ed._utils.extras import MissingExtra
from sklearn_ed._utils.plotting import COLORS, new_axes


def test_one_panel_is_one_axes_and_several_are_an_array():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("Agg")
    try:
        ax = new_axes("A test", figsize=(4, 3))
        assert ax.figure.get_size_inches().tolist() == [4, 3]
        panels = new_axes("A test", n_panels=3, figsize=(9, 3))
        assert panels.shape == (3,)
        assert {panel.figure for panel in panels} == {panels[0].figure}
        assert panels[0].figure is not ax.figure
    finally:
        pyplot.close("all")


def test_without_matplotlib_the_error_names_the_purpose(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingExtra, match=r"^The picture needs matplotlib.*\[plots\]"):
        new_axes("The picture", figsize=(4, 3))


def luminance(color):
    """Relative luminance of the Web Content Accessibility Guidelines, from 0 to 1."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_colors_differ_and_stand_out():
    assert all(re.fullmatch("#[0-9A-F]{6}", color) for color in COLORS.values())
    assert len(set(COLORS.values())) == len(COLORS)
    for color in COLORS.values():
        assert 1.05 / (luminance(color) + 0.05) > 2  # on white
        assert (luminance(color) + 0.05) / 0.05 > 2  # on black
