"""Links of the HTML representation, which notebooks show, to the documentation."""

import inspect
import re
import runpy
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.preprocessing import PiecewiseLinearEncoder

API = Path(__file__).parents[2] / "docs" / "api.rst"
ESTIMATORS = [EDClassifier(alpha=0.02), EDRegressor(), PiecewiseLinearEncoder()]


def links(estimator):
    return [unescape(link) for link in re.findall('href="([^"]+)"', estimator._repr_html_())]


def pages():
    """The pages that autosummary writes for the entries of docs/api.rst."""
    module, found = "", set()
    for line in API.read_text("utf-8").splitlines():
        if match := re.match(r"\.\. (?:current)?module:: (\S+)", line):
            module = match[1]
        elif match := re.match(r"   (\w+)$", line):
            found.add(f"generated/{module}.{match[1]}.html")
    return found


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda model: type(model).__name__)
def test_every_parameter_is_linked_to_its_text(estimator):
    page, *found = links(estimator)
    assert page.removeprefix("../") in pages()
    parameters = [link for link in found if link.startswith(f"{page}#:~:text=")]
    fragments = {unquote(link.partition("text=")[2]) for link in parameters}
    entries = re.findall(r"^(\w+) : (.+)$", inspect.getdoc(type(estimator)), re.MULTILINE)
    texts = {f"{name},-{kind.replace('`', '')}" for name, kind in entries}
    assert len(parameters) == len(estimator.get_params())
    assert fragments <= texts
    assert {text.partition(",")[0] for text in fragments} == set(estimator.get_params())


def test_fitted_attributes_and_steps_of_a_pipeline_are_linked():
    model = make_pipeline(StandardScaler(), EDClassifier(max_iter=1)).fit([[0], [1]], [0, 1])
    page = "../generated/sklearn_ed.EDClassifier.html"
    found = links(model)
    assert page in found
    assert f"{page}#:~:text=n_iter_,-int" in found
    assert any("StandardScaler" in link and page not in link for link in found)


def test_the_address_of_the_documentation(monkeypatch):
    monkeypatch.setenv("SKLEARN_ED_DOCS", "https://docs.example.org/{latest}/")
    expected = "https://docs.example.org/{latest}/generated/sklearn_ed.EDRegressor.html"
    assert links(EDRegressor())[0] == expected


def test_a_class_of_someone_else_has_no_link():
    class Mine(EDRegressor):
        """Not in our documentation."""

    assert not any("generated" in link for link in links(Mine()))


def test_pages_have_the_quotation_marks_of_docstrings():
    """A browser looks for the text of a link, such as {"adam", "sgd"}, in the page."""
    settings = runpy.run_path(str(API.parent / "conf.py"))
    assert settings["smartquotes"] is False
