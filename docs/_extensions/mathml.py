"""Formulas as MathML, which browsers show by themselves: no script, no network, no LaTeX."""

import re
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

logger = logging.getLogger(__name__)


def to_mathml(latex, display, node):
    """MathML of a formula; warns of what the converter left as LaTeX."""
    mathml = convert(latex, display=display)
    try:
        text = "".join(ElementTree.fromstring(mathml).itertext())
    except ElementTree.ParseError as error:
        logger.warning("math: %s in %r", error, latex, location=node)
    else:
        if left := re.findall(r"\\[A-Za-z]+|&", text):
            logger.warning("math: %s not converted in %r", left, latex, location=node)
    return mathml


def visit_inline(translator, node):
    style = "display: inline"  # the theme's boxes are made for a script's
    tag = translator.starttag(node, "span", "", CLASS="math notranslate", STYLE=style)
    translator.body.append(tag)
    translator.body.append(to_mathml(node.astext(), "inline", node) + "</span>")
    raise nodes.SkipNode


def visit_block(translator, node):
    """Write a block; parts between empty lines are lines, aligned at their ``&``."""
    lines = [line for line in re.split(r"\n\s*\n", node.astext()) if line.strip()]
    latex = r"\\ ".join(lines)
    if "&" in latex or len(lines) > 1:
        latex = rf"\begin{{align*}}{latex}\end{{align*}}"
    style = "display: block; overflow-x: auto"
    tag = translator.starttag(node, "div", CLASS="math notranslate", STYLE=style)
    translator.body.append(tag)
    translator.body.append(to_mathml(latex, "block", node) + "</div>\n")
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
