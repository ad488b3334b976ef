"""The report page: its numbers are those of the JSON file, and a browser is content with it."""

import base64
import json
import re
from html import escape, unescape
from html.parser import HTMLParser
from importlib.resources import files
from math import nan

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

from sklearn_ed import EDClassifier
from sklearn_ed.comparison import (
    Candidate,
    Comparison,
    EstimatorResult,
    Fit,
    LearningCurve,
    compare,
)

pytest.importorskip("matplotlib")

NASTY = 'A<b>&"c" $x_1$ </script><script>nosuch()</script>'
MISSING = "\N{EN DASH}"


DATA = {"n_train": 133, "n_test": 45, "n_features": 13, "inputs": "standardized"}
CLASSES = {"n_classes": 3, "majority": 0.4}
SETTINGS = {"n_folds": 2, "n_search_rows": 133, "n_repeats": 3, "seeds": [0, 1, 2]}
SETTINGS |= {"random_state": 0, "n_jobs": None, "remarks": ["A remark."]}
MACHINE = {"cpu": "X & Y", "compiled_kernels": True, "versions": {"a": "1"}}


def make_result(name, scores, *, curve=True, fits=True, n_parameters=1234):
    candidates = [
        Candidate({"alpha": 0.1 * (k + 1), "text": "<i>"}, s, [0.1 / 3, 0.2], [0.01, 0.02])
        for k, s in enumerate(scores)
    ]
    return EstimatorResult(
        name,
        f"{name}(max_iter=7)",
        candidates,
        [Fit(k, 0.1 + k / 7, 5.0, 0.9 - k / 30, 0.001) for k in range(3)] if fits else [],
        n_parameters,
        LearningCurve([[0.1, 0.2, 0.3]] * 2, [[0.5, 0.6, 0.7], [0.4, 0.6, 0.8]])
        if curve
        else None,
        7,
    )


def nasty():
    """Four estimators, names that are no HTML, failed folds, no counts, no curves of some."""
    results = [
        make_result(NASTY, [[0.9, 1 / 3], [nan, 0.9]]),
        make_result("plain", [[0.8, 0.7]], curve=False, n_parameters=None),
        make_result("third", [[2 / 3, 0.7], [0.1, 0.2]]),
        make_result("fourth", [[0.95, 0.9]], n_parameters=99),
    ]
    given = DATA | CLASSES, SETTINGS, MACHINE, results, 83.25, True
    return Comparison(NASTY, "classification", "accuracy", *given)


def interrupted():
    """One estimator, of a regression that was stopped before its fits."""
    result = make_result("one", [[0.5, -0.25]], curve=False, fits=False)
    given = DATA | {"n_test": 0}, SETTINGS, MACHINE, [result], 83.25, False
    return Comparison("wine", "regression", "r2", *given)


def real():
    X, y = load_wine(return_X_y=True)
    estimators = [(EDClassifier(max_iter=3), {"alpha": [0.003, 0.01]}), LogisticRegression()]
    return compare(X, y, estimators=estimators, cv=2, n_repeats=2, name="wine")


COMPARISONS = {"nasty": nasty, "interrupted": interrupted, "real": real}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Each comparison as a page, and as JSON."""
    folder = tmp_path_factory.mktemp("pages")
    for name, make in COMPARISONS.items():
        comparison = make()
        comparison.to_html(folder / f"{name}.html")
        comparison.save(folder / f"{name}.json")
    return folder


class Page(HTMLParser):
    """What stands in the cells, and whether all that is opened is closed."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.facts, self.open, self.tags = {}, {}, [], []
        self.cell = None
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag not in {"meta", "img"}:
            self.open.append(tag)
        if tag == "table":
            self.table = self.tables[attrs["aria-labelledby"]] = []
        elif tag == "tr" and "data-estimator" in attrs:
            self.table.append({"name": attrs["data-estimator"]})
        elif "data-column" in attrs and self.table:
            self.table[-1][attrs["data-column"]] = self.cell = [attrs.get("data-value"), ""]
        elif "data-fact" in attrs:
            self.facts[attrs["data-fact"]] = self.cell = [None, ""]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in {"td", "th"}:
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell[1] += data


def read(folder, name):
    text = (folder / f"{name}.html").read_text(encoding="utf-8")
    return text, Page(text), json.loads((folder / f"{name}.json").read_text())


# What stands in it


@pytest.mark.parametrize("name", COMPARISONS)
def test_numbers_are_those_of_the_file(folder, name):
    _, page, results = read(folder, name)
    numbers = ["cv_score", "cv_spread", "test_score", "test_spread", "n_parameters"]
    numbers += ["fit_time", "predict_time", "search_time"]
    rows = page.tables["result"]
    assert len(rows) == len(results["summary"])
    for row, expected in zip(rows, results["summary"], strict=True):
        assert row["name"] == row["estimator"][1] == expected["estimator"]
        assert row["params"][1] == (expected["params"] or MISSING)
        for number in numbers:
            value, text = row.get(number, (None, MISSING))
            assert value == (None if expected[number] is None else repr(expected[number]))
            assert (text == MISSING) == (value is None)
    rows = page.tables["candidates"]
    candidates = [c for result in results["outcomes"] for c in result["candidates"]]
    for row, candidate in zip(rows, candidates, strict=True):
        params = ", ".join(f"{k}={v}" for k, v in candidate["params"].items())
        assert row["params"][1].removesuffix(" best") == (params or MISSING)
        for key in ("score", "fit_time", "score_time"):
            values = candidate[f"{key}s"]
            mean = None if None in values else repr(float(np.mean(values)))
            assert row[f"cv_{key}"][0] == mean
    assert sum(row["params"][1].endswith("best") for row in rows) == len(results["outcomes"])


def test_numbers_are_rounded_for_the_eye(folder):
    _, page, _ = read(folder, "nasty")
    first, second, *_ = page.tables["result"]
    assert first["cv_score"] == ["0.6166666666666667", "61.7% "]
    assert first["cv_spread"] == ["0.2833333333333333", "± 28.3%"]
    assert first["n_parameters"] == ["1234", "1,234"]
    assert second["n_parameters"] == [None, MISSING]
    failed = page.tables["candidates"][1]
    assert failed["cv_score"] == [None, MISSING]
    assert "cv_spread" not in failed
    _, page, _ = read(folder, "interrupted")
    (only,) = page.tables["result"]
    assert [only[k][1] for k in ("cv_score", "cv_spread")] == ["0.125 ", "± 0.375"]
    assert [only[k][1] for k in ("test_score", "fit_time")] == [MISSING, MISSING]


def test_facts(folder):
    text, page, results = read(folder, "real")
    facts = {key: text for key, (_, text) in page.facts.items()}
    for key in ("n_folds", "n_search_rows", "n_repeats", "random_state"):
        assert facts[f"terms.{key}"] == str(results["terms"][key])
    assert facts["terms.seeds"] == "0, 1"
    assert facts["terms.n_jobs"] == "1"
    assert facts["machine.cpu"] == results["machine"]["cpu"]
    for package, version in results["machine"]["versions"].items():
        assert facts[f"machine.versions.{package}"] == version
        assert f'<th scope="row">{package}</th>' in text
    assert facts["outcomes.0.estimator"] == "EDClassifier(max_iter=3)"


def test_notes_and_notice(folder):
    whole, _, _ = read(folder, "nasty")
    assert "<li>A remark.</li>" in whole
    assert 'class="notice"' not in whole
    part, _, _ = read(folder, "interrupted")
    assert 'class="notice"' in part


def test_names_are_escaped(folder):
    text, page, _ = read(folder, "nasty")
    assert escape(NASTY) in text
    assert "nosuch()<" not in text
    assert [tag for tag, _ in page.tags].count("script") == 1


# Pictures


@pytest.mark.parametrize(
    ("name", "n_pictures"), [("nasty", 3), ("interrupted", 1), ("real", 3)]
)
def test_each_picture_is_there_in_both_schemes(folder, name, n_pictures):
    _, page, _ = read(folder, name)
    images = [attrs for tag, attrs in page.tags if tag == "img"]
    assert [image["class"] for image in images] == ["light", "dark"] * n_pictures
    assert len({image["src"] for image in images}) == 2 * n_pictures
    for image in images:
        assert image["alt"].endswith(".")
        head, _, code = image["src"].partition(",")
        assert head == "data:image/svg+xml;base64"
        svg = base64.b64decode(code).decode("utf-8")
        assert re.findall(r'href="(?!#)', svg) == []


def test_the_same_comparison_makes_the_same_page(tmp_path):
    for name in "ab":
        interrupted().to_html(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# Colours


def luminance(color):
    """Relative luminance of #rrggbb, by WCAG 2."""
    shares = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_text_has_the_contrast_of_wcag_aa():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    css = files("sklearn_ed.comparison").joinpath("_report", "page.css").read_text("utf-8")
    schemes = [dict(re.findall(r"--([\w-]+): (#\w{6});", s)) for s in css.split("@media")[:2]]
    pairs = [
        (text, paper) for text in ("ink", "muted", "accent") for paper in ("paper", "panel")
    ]
    for scheme in schemes:
        for text, paper in [*pairs, ("notice-ink", "notice-paper")]:
            assert contrast(scheme[text], scheme[paper]) >= 4.5, (text, paper)


# In a browser


def with_script(text, script):
    """The page with one more script at its end, whose result comes back in the DOM."""
    result = f"document.documentElement.dataset.result = JSON.stringify((() => {{{script}}})())"
    return text.replace("</body>", f"<script>{result}</script></body>")


def result_of(dom):
    (result,) = re.findall(r'<html[^>]* data-result="([^"]*)"', dom)
    return json.loads(unescape(result))


@pytest.mark.parametrize("name", COMPARISONS)
def test_nothing_on_the_console_and_nothing_from_the_network(folder, browse, name):
    text, _, _ = read(folder, name)
    assert not re.search(
        r"(?i)https?:|//\w|url\(|@import", re.sub(r"base64,[^\"]*|\n//.*", "", text)
    )
    dom, console = browse(text)
    assert "data-first" in dom
    assert console == []


def test_the_console_would_have_shown_an_error(folder, browse):
    text, _, _ = read(folder, "interrupted")
    broken = with_script(text, "console.warn('a warning'); nosuch()")
    blocked = text.replace("</h1>", '</h1><img src="https://sklearn-ed.invalid/a.png">')
    assert len(browse(broken)[1]) == 2
    (line,) = browse(blocked)[1]
    assert "Content Security Policy" in line


CLICKS = """
const table = document.querySelector("table[aria-labelledby=" + SECTION + "]");
const seen = [];
for (const name of COLUMNS) {
  table.querySelector("th[data-column=" + name + "] button").click();
  const sorted = [...table.querySelectorAll("[aria-sort]")];
  seen.push([
    sorted.map((th) => [th.dataset.column, th.getAttribute("aria-sort")]),
    [...table.tBodies[0].rows].map((row) => row.dataset.estimator),
  ]);
}
return seen;
"""


def test_a_click_sorts(folder, browse):
    text, _, _ = read(folder, "nasty")
    columns = ["cv_score", "cv_score", "n_parameters", "n_parameters", "fit_time", "estimator"]
    script = f"const SECTION = 'result', COLUMNS = {json.dumps(columns)};{CLICKS}"
    dom, console = browse(with_script(text, script))
    assert console == []
    # Scores of 61.7 %, 75 %, 68.3 % and 92.5 %, equal fit times, one count missing.
    assert result_of(dom) == [
        [[["cv_score", "descending"]], ["fourth", "plain", "third", NASTY]],
        [[["cv_score", "ascending"]], [NASTY, "third", "plain", "fourth"]],
        [[["n_parameters", "ascending"]], ["fourth", NASTY, "third", "plain"]],
        [[["n_parameters", "descending"]], [NASTY, "third", "fourth", "plain"]],
        [[["fit_time", "ascending"]], [NASTY, "plain", "third", "fourth"]],
        [[["estimator", "ascending"]], [NASTY, "fourth", "plain", "third"]],
    ]


@pytest.mark.parametrize("name", ["nasty", "real"])
def test_only_tables_scroll_sideways_on_a_phone(folder, browse, name):
    # In a frame, since a window has a least width.
    text, _, _ = read(folder, name)
    frame = (
        f'<iframe style="width:360px;height:700px;border:0" srcdoc="{escape(text)}"></iframe>'
    )
    script = """
      addEventListener("load", () => {
        const inside = frames[0].document;
        const boxes = [...inside.querySelectorAll(".scroll")];
        document.documentElement.dataset.result = JSON.stringify([
          frames[0].innerWidth,
          inside.documentElement.scrollWidth,
          boxes.some((box) => box.scrollWidth > box.clientWidth),
          boxes.some((box) => box.closest("figure") && box.scrollWidth > box.clientWidth),
        ]);
      });
    """
    dom, console = browse(f"<!doctype html><script>{script}</script>{frame}")
    assert console == []
    assert result_of(dom) == [360, 360, True, False]


@pytest.mark.parametrize(("number", "scheme"), [(1, "light"), (0, "dark")])
def test_pictures_follow_the_colour_scheme(folder, browse, number, scheme):
    text, _, _ = read(folder, "interrupted")
    script = """
      const images = [...document.images].filter((image) => image.offsetWidth > 0);
      return [images.map((i) => i.className), getComputedStyle(document.body).backgroundColor];
    """
    dom, _ = browse(
        with_script(text, script), f"--blink-settings=preferredColorScheme={number}"
    )
    shown, paper = result_of(dom)
    assert shown == [scheme]
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}[scheme]


def test_the_page_is_complete_without_its_script(folder, browse):
    text, page, _ = read(folder, "real")
    without, n_scripts = re.subn(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert n_scripts == 1
    still = Page(without)
    assert (still.tables, still.facts) == (page.tables, page.facts)
    assert "<button" not in without
    assert (folder / "real.html").stat().st_size < 2_000_000
