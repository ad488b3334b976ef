"""The language of each page, and figures that are not broken across lines."""

from docutils import nodes

LANGUAGES = {"ja": "ja"}
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def set_language(app, pagename, templatename, context, doctree):
    """Set the attribute ``lang`` of a page, which browsers and screen readers need."""
    context["language"] = LANGUAGES.get(pagename, context["language"])


def keep_figures_together(app, doctree):
    """In tables, keep ``98.2 ± 0.1 %`` on one line."""
    for entry in doctree.findall(nodes.entry):
        for text in list(entry.findall(nodes.Text)):
            whole = text.replace(" ± ", f"{NO_BREAK_SPACE}±{NO_BREAK_SPACE}")
            if whole != text:
                text.parent.replace(text, nodes.Text(whole.replace(" %", f"{NO_BREAK_SPACE}%")))


def setup(app):
    app.connect("html-page-context", set_language)
    app.connect("doctree-read", keep_figures_together)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
