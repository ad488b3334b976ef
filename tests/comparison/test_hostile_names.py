"""Names and values that are HTML stay text in the report, wherever they come from."""

import base64
import json
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sklearn.dummy import DummyClassifier

from sklearn_ed.comparison import Comparison, compare, csv_problem

pytest.importorskip("matplotlib")

GOOD = json.loads((Path(__file__).parent / "results-0.1.0.json").read_text())
HOSTILE = "\"' onload=a()><script>alert(1)</script>&amp;$n"
# The names take more room than the pictures have.
pytestmark = pytest.mark.filterwarnings("ignore:constrained_layout not applied:UserWarning")
KEPT = {"format", "task", "scoring"}


def hostile(value, text=HOSTILE):
    """All texts and all names of settings and parameters replaced."""
    if isinstance(value, dict):
        return {key: hostile(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [hostile(item, text) for item in value]
    return text + value if isinstance(value, str) else value


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


def hostile_results(text):
    """The content of the file, with this text in every place."""
    content = {key: it if key in KEPT else hostile(it, text) for key, it in GOOD.items()}
    content["scoring"] = text
    for place in ("data", "terms", "machine"):
        content[place][text] = text
    content["machine"]["versions"][text] = text
    content["terms"]["remarks"] = [text]
    for result in content["outcomes"]:
        for candidate in result["candidates"]:
            candidate["params"][text] = repr(text)
    return content


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The page of the file as it is, and with hostile texts."""
    folder = tmp_path_factory.mktemp("pages")
    found = []
    for name, each in (("good", GOOD), ("hostile", hostile_results(HOSTILE))):
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


# In a browser

MARK = "document.documentElement.dataset.run=1"
# Scripts, handlers and ends of the places where a text may stand; and a name of a file.
PAYLOAD = (
    f"'\"</code></title></style></script><script>{MARK}</script>"
    f"<img src=x onerror={MARK}><svg onload={MARK}><input autofocus onfocus={MARK}>"
)
FILE_NAME = f"<img src=x onerror={MARK}>"


def has_run(dom):
    """Whether a script of the data has run: it sets an attribute of the document."""
    return "data-run" in dom[: dom.index("<head")]


def test_the_browser_would_run_what_is_not_escaped(browse):
    page = "<!doctype html><title>a</title><h1>NAME</h1>"
    for payload in (PAYLOAD, FILE_NAME):
        assert has_run(browse(page.replace("NAME", payload), "--virtual-time-budget=1000")[0])


def test_no_text_of_the_results_runs(browse, tmp_path):
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(hostile_results(PAYLOAD)))
    Comparison.load(path).to_html(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    dom, console = browse(text, "--virtual-time-budget=1000")
    assert not has_run(dom)
    assert console == []
    # The same page, with one text as it came.
    broken = text.replace("</h1>", f"{PAYLOAD}</h1>", 1)
    assert has_run(browse(broken, "--virtual-time-budget=1000")[0])


def test_no_text_of_a_table_runs(browse, tmp_path):
    """The names of the file and of its columns, labels, and the values of parameters."""
    pd = pytest.importorskip("pandas")
    columns = {PAYLOAD: range(40), f"b{PAYLOAD}": range(40, 0, -1)}
    frame = pd.DataFrame(columns).astype(float)
    frame[f"target{PAYLOAD}"] = [f"yes{PAYLOAD}", f"no{PAYLOAD}"] * 20
    path = tmp_path / f"{FILE_NAME}.csv"
    try:
        frame.to_csv(path, index=False)
    except OSError as error:
        pytest.skip(str(error))
    problem = csv_problem(path, f"target{PAYLOAD}")
    dummy = DummyClassifier(strategy="constant")
    grid = {"constant": [f"yes{PAYLOAD}", f"no{PAYLOAD}"]}
    result = compare(problem, estimators={PAYLOAD: (dummy, grid)}, cv=2, n_repeats=1)
    result.to_html(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert escape(FILE_NAME) in text
    assert escape(repr(PAYLOAD)[1:-1]) in text or escape(PAYLOAD) in text
    dom, console = browse(text, "--virtual-time-budget=1000")
    assert not has_run(dom)
    assert console == []
