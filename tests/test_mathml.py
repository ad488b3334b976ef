"""Formulas of the documentation become MathML."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip("latex2mathml")
application = pytest.importorskip("sphinx.application")

EXTENSIONS = Path(__file__).parent.parent / "docs/_extensions"
MATH = "{http://www.w3.org/1998/Math/MathML}"
PAGE = r"""
Title
=====

Inline :math:`z^2 < 1`, and lines:

.. math::

   a &= \frac{1}{2}

   b &= \operatorname{sign}(c)
"""


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Write and build a page; return its formulas and the warnings."""
    monkeypatch.setattr(sys, "path", [str(EXTENSIONS), *sys.path])

    def builder(text):
        source, warnings = tmp_path / "source", tmp_path / "warnings"
        source.mkdir()
        (source / "index.rst").write_text(text, encoding="utf-8")
        with warnings.open("w", encoding="utf-8") as file:
            application.Sphinx(
                source,
                None,
                tmp_path / "html",
                tmp_path / "doctrees",
                "html",
                {"extensions": "mathml", "html_math_renderer": "mathml"},
                status=None,
                warning=file,
            ).build()
        html = (tmp_path / "html/index.html").read_text(encoding="utf-8")
        starts = html.split("<math ")[1:]
        formulas = ["<math " + part.split("</math>")[0] + "</math>" for part in starts]
        return html, formulas, warnings.read_text(encoding="utf-8")

    return builder


@pytest.mark.filterwarnings("default")
def test_formulas_need_no_script(build):
    html, (inline, block), warnings = build(PAGE)
    assert not warnings
    assert "mathjax" not in html.lower()
    assert ElementTree.fromstring(inline).find(f".//{MATH}msup") is not None
    assert len(ElementTree.fromstring(block).findall(f".//{MATH}mtr")) == 2


@pytest.mark.filterwarnings("default")
def test_a_formula_that_cannot_be_converted_is_named(build):
    _, _, warnings = build("Title\n=====\n\n:math:`\\nosuchcommand x`\n")
    assert "index.rst:4" in warnings
    assert "nosuchcommand" in warnings
