"""Sphinx configuration."""

import os
import sys
from pathlib import Path

import sklearn_ed

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "sklearn_ed"
author = "the sklearn_ed developers"
copyright = "2026, the sklearn_ed developers"
version = release = sklearn_ed.__version__

extensions = [
    "mathml",
    "myst_parser",
    "numpydoc",
    "pages",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "auto_examples/*.ipynb", "tutorials/*.ipynb"]
autosummary_generate = True
autodoc_typehints = "none"  # docstrings state the types
numpydoc_show_class_members = False

# References to other packages become links where the build may fetch their inventories: with
# DOCS_ONLINE=1. Otherwise they stay text, so that a build without network passes.
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", None),
    "numpy": ("https://numpy.org/doc/stable", None),
    "scipy": ("https://docs.scipy.org/doc/scipy", None),
    "sklearn": ("https://scikit-learn.org/stable", None),
    "pandas": ("https://pandas.pydata.org/docs", None),
    "matplotlib": ("https://matplotlib.org/stable", None),
    "skrub": ("https://skrub-data.org/stable", None),
}
if os.environ.get("DOCS_ONLINE", "0") == "0":
    intersphinx_mapping = {}

# Every reference to a name of this package has to be found; others may stay text.
nitpicky = True
external = [
    "collections",
    "joblib",
    "keras",
    "logging",
    "matplotlib",
    "numpy",
    "os",
    "pandas",
    "scipy",
    "skrub",
    "sklearn",
]
nitpick_ignore_regex = [("py:.*", rf"({'|'.join(external)})\..*")]

sphinx_gallery_conf = {
    "examples_dirs": ["../tutorials", "../examples"],
    "gallery_dirs": ["tutorials", "auto_examples"],
    "ignore_pattern": "benchmarks",
    "within_subsection_order": "gallery.Order",
    "image_scrapers": ("gallery.scraper",),
    "thumbnail_size": (480, 320),
    "download_all_examples": False,
    "show_signature": False,
    # Their page loads scripts from other hosts.
    "write_computation_times": False,
}

# Text fragments of links to a parameter, such as {"adam", "sgd"}, must be found in the page.
smartquotes = False

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "sklearn_ed"
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False}
html_sidebars = {"**": []}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["_extra"]
