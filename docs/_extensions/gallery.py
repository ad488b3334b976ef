"""The galleries: animations that load nothing from another host, and the order of pages."""

import html
import re
import textwrap

import matplotlib.pyplot as plt
from matplotlib.animation import Animation
from sphinx_gallery.scrapers import matplotlib_scraper

# The theme has the icons of the buttons.
STYLE_SHEET = re.compile(r'<link rel="stylesheet"\s+href="https?://[^"]*">')


def scraper(block, block_vars, gallery_conf, **kwargs):
    """Scrape figures as sphinx-gallery does; the title of a figure describes its animation."""
    figure = plt.gcf() if plt.get_fignums() else None
    for animation in block_vars["example_globals"].values():
        if isinstance(animation, Animation) and animation._fig is figure:
            break
    else:
        return matplotlib_scraper(block, block_vars, gallery_conf, **kwargs)
    figure.savefig(next(block_vars["image_path_iterator"]))  # a thumbnail
    described = f'<img alt="{html.escape(figure.get_suptitle())}" id="_anim_img'
    page = STYLE_SHEET.sub("", animation.to_jshtml())
    plt.close("all")
    return "\n.. raw:: html\n\n" + textwrap.indent(
        page.replace('<img id="_anim_img', described), "    "
    )


class Order:
    """Sort the scripts of a folder by name, those with pictures first."""

    def __init__(self, src_dir):
        pass

    def __call__(self, filename):
        return not filename.startswith("plot_"), filename
