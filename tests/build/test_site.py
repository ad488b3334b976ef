"""The check of the built documentation finds what is wrong in a page, and nothing else."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = ROOT / ".ci/site.py"
PAGE = '<html lang="en"><a href="b.html#place">b</a><img src="c.png" alt="a picture"></html>'


@pytest.fixture
def site(tmp_path):
    """A site of two pages, an image and llms.txt, without findings."""
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "b.html").write_text('<html lang="en"><p id="place"></p></html>')
    (tmp_path / "c.png").touch()
    (tmp_path / "llms.txt").write_text("[b](b.html)")
    return tmp_path


@pytest.fixture(scope="module")
def findings():
    return runpy.run_path(str(CHECK))["findings"]


def test_a_whole_site_has_no_findings(site):
    done = subprocess.run(
        [sys.executable, CHECK, site], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 findings in 2 pages"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("b.html#place", "d.html", "link to d.html, which does not exist"),
        ("#place", "#other", "link to b.html#other, which has no such place"),
        ("c.png", "d.png", "loads d.png, which does not exist"),
        ("c.png", "https://example.org/c.png", "loads https://example.org/c.png from another"),
        (
            "<a ",
            '<script src="//example.org/x.js"></script><a ',
            "loads //example.org/x.js from",
        ),
        ("a picture", " ", "image c.png has no alternative text"),
        ('lang="en"', "", "the language is '', not 'en'"),
    ],
)
def test_a_mistake_is_found(site, findings, old, new, expected):
    (site / "index.html").write_text(PAGE.replace(old, new))
    (found,) = findings(site.resolve())
    assert found.startswith(f"index.html: {expected}")


def test_links_of_llms_txt(site, findings):
    (site / "llms.txt").write_text("[d](d.html)")
    assert list(findings(site.resolve())) == ["llms.txt: link to d.html, which does not exist"]


def test_links_of_llms_txt_of_the_documentation():
    """They lead to the sources of pages, which Sphinx copies."""
    pattern = runpy.run_path(str(CHECK))["IN_MARKDOWN"]
    links = pattern.findall((ROOT / "docs/_extra/llms.txt").read_text(encoding="utf-8"))
    pages = [ROOT / "docs" / Path(link).name.removesuffix(".txt") for link in links]
    assert len(pages) > 10
    assert [page.name for page in pages if not page.exists()] == []
