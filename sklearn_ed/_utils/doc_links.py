"""Links from the HTML representation of an estimator to its page of the documentation."""

from __future__ import annotations

import os


class DocumentationLinks:
    """For scikit-learn's HTML representation, which reads these two attributes.

    The environment variable SKLEARN_ED_DOCS is the address of the built documentation. Without
    it, links are relative to a page of the gallery.
    """

    _doc_link_module = "sklearn_ed"

    @property
    def _doc_link_template(self) -> str:
        base = os.environ.get("SKLEARN_ED_DOCS", "..").rstrip("/")
        # Braces of an address are no fields of the template.
        base = base.replace("{", "{{").replace("}", "}}")
        return base + "/generated/{estimator_module}.{estimator_name}.html"
