"""Names and values that are HTML stay text in the report, wherever they come from."""

import base64
import json
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sklearn_ed.comparison import Comparison

pytest.importorskip("matplotlib")

GOOD = json.loads((Path(__file__).parent / "results-0.1.0.json").read_text())
HOSTILE = "\"' onload=a()><script>alert(1)</script>&amp;$n"
# The names take more room than the pictures have.
pytestmark = pytest.mark.filterwarnings("ignore:constrained_layout not applied:UserWarning")
KEPT = {"format", "task", "scoring"}


def hostile(value):
    """All texts and all names of settings and parameters replaced."""
    if isinstance(value, dict):
        return {key: hostile(item) for key, item in value.items()}
    if isinstance(value, list):
        return [hostile(item) for item in value]
    return HOSTILE + value if isinstance(value, str) else value


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The page of the file as it is, and with hostile texts."""
    content = {key: item if key in KEPT else hostile(item) for key, item in GOOD.items()}
    content["scoring"] = HOSTILE
    for place in ("data", "terms", "machine"):
        content[place][HOSTILE] = HOSTILE
    content["machine"]["versions"][HOSTILE] = HOSTILE
    content["terms"]["remarks"] = [HOSTILE]
    for result in content["outcomes"]:
        for candidate in result["candidates"]:
            candidate["params"][HOSTILE] = repr(HOSTILE)
    folder = tmp_path_factory.mktemp("pages")
    found = []
    for name, each in (("good", GOOD), ("hostile", content)):
        (folder / f"{name}.json").write_text(json.dumps(each))
        Comparison.load(folder / f"{name}.json").to_html(folder / f"{name}.html")
        found.append(Tags((folder / f"{name}.html").read_text(encoding="utf-8")))
    return found


def test_there_are_the_elements_and_attributes_of_any_page(pages):
    good, bad = pages
    allowed = {tag: set() for tag, _ in good.tags}
    for tag, attrs in good.tags:
        allowed[tag] |= set(attrs)
    for tag, attrs in bad.tags:
        assert tag in allowed
        assert set(attrs) <= allowed[tag]
    for tag in ("script", "img"):
        assert [t for t, _ in bad.tags].count(tag) == [t for t, _ in good.tags].count(tag)
    assert all(a["src"].startswith("data:") for t, a in bad.tags if t == "img")


def test_the_texts_are_there_as_they_are(pages):
    _, bad = pages
    assert bad.text.count(HOSTILE) > 20
    assert any(HOSTILE in (attrs.get("data-estimator") or "") for _, attrs in bad.tags)
    assert any(HOSTILE in (attrs.get("data-fact") or "") for _, attrs in bad.tags)
    assert any(HOSTILE in (attrs.get("alt") or "") for _, attrs in bad.tags)


def test_pictures_hold_no_script(pages):
    for _, attrs in (pair for page in pages for pair in page.tags if pair[0] == "img"):
        svg = ElementTree.fromstring(base64.b64decode(attrs["src"].partition(",")[2]))
        names = {element.tag.rpartition("}")[2] for element in svg.iter()}
        assert not names & {"script", "image", "foreignObject", "a"}
        assert not any(name.startswith("on") for e in svg.iter() for name in e.attrib)
