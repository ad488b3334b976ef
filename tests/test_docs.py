"""Every Python block of README.md and of docs/*.rst runs.

The blocks of one page run in order, in one namespace and in a folder of their own. A comment
right above a block of a page ::

    .. skip: takes minutes

leaves the block out and says why; in README.md it reads ``<!-- skip: takes minutes -->``. Some
reasons are conditions: ``needs data`` (the block runs where SKLEARN_ED_DATA names the folder of
MNIST), and the modules of NEEDED.
"""

import contextlib
import importlib.util
import io
import os
import re
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.rst"))]

RST_BLOCK = re.compile(
    r"^(?P<indent> *)\.\. (?:code-block|code|sourcecode):: python *\n"
    r"(?: *:[\w-]+:.*\n)*"
    r"(?P<code>(?:[ \t]*\n|(?P=indent) +\S.*\n?)+)",
    re.MULTILINE,
)
MARKDOWN_BLOCK = re.compile(r"^```python *\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)
# The module that a reason stands for.
NEEDED = {
    "needs dask": "distributed",
    "needs keras": "tensorflow",
    "needs onnx": "skl2onnx",
    "needs optuna": "optuna",
    "needs river": "river",
    "needs shap": "shap",
    "needs skops": "skops",
    "needs torch": "torch",
}
DIRECTIVE = re.compile(r"(?:\.\. skip: (?P<rst>.+)|<!-- skip: (?P<markdown>.+?) -->)\s*\Z")


def blocks(text, is_markdown):
    """Line number, code and reason to skip, if any, of each block."""
    for found in (MARKDOWN_BLOCK if is_markdown else RST_BLOCK).finditer(text):
        directive = DIRECTIVE.search(text[: found.start()])
        reason = directive and (directive["rst"] or directive["markdown"])
        line = text.count("\n", 0, found.start("code")) + 1
        yield line, textwrap.dedent(found["code"]), reason


def blocks_of(page):
    return list(blocks(page.read_text(encoding="utf-8"), page.suffix == ".md"))


def must_be_skipped(reason):
    if reason == "needs torch" and os.environ.get("SCIPY_ARRAY_API") != "1":
        return True
    if reason == "needs data":
        return not os.environ.get("SKLEARN_ED_DATA")
    if reason in NEEDED:
        return importlib.util.find_spec(NEEDED[reason]) is None
    return reason is not None


def run(page, tmp_path, monkeypatch):
    """Run what is to be run of a page; return the reasons for the rest."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setattr(pyplot, "show", lambda *args, **kwargs: None)
    monkeypatch.chdir(tmp_path)
    namespace, left_out = {"__name__": "__main__"}, []
    try:
        for line, code, reason in blocks_of(page):
            if must_be_skipped(reason):
                left_out.append(f"line {line}: {reason}")
                continue
            # So that an error points into the page.
            padded = "\n" * (line - 1) + code
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(padded, str(page), "exec"), namespace)
    finally:
        pyplot.close("all")
    return left_out


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@pytest.mark.filterwarnings("default", "ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("page", [p for p in PAGES if blocks_of(p)], ids=lambda p: p.name)
def test_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    left_out = run(page, tmp_path, monkeypatch)
    if len(left_out) == len(blocks_of(page)):
        pytest.skip("; ".join(left_out))


def test_pages_have_blocks():
    """The README and the guide have at least one, or the patterns no longer find them."""
    assert {"README.md", "guide.rst"} <= {page.name for page in PAGES if blocks_of(page)}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        marks = r"^```python" if page.suffix == ".md" else r"^ *\.\. code-block:: python"
        assert len(blocks_of(page)) == len(re.findall(marks, text, re.MULTILINE)), page.name


def test_blocks_of_a_page_with_directives(tmp_path, monkeypatch):
    page = tmp_path / "page.rst"
    page.write_text(
        "Title\n\n.. code-block:: python\n   :caption: one\n\n   x = 1\n\n   if x:\n"
        "       x += 1\n\nText.\n\n.. skip: takes minutes\n\n.. code-block:: python\n\n"
        "   x = 'skipped'\n\n* item\n\n  .. code-block:: python\n\n     assert x == 2\n\n"
        ".. code-block:: console\n\n   $ no Python\n"
    )
    assert [(line, reason) for line, _, reason in blocks_of(page)] == [
        (5, None),
        (16, "takes minutes"),
        (22, None),
    ]
    assert run(page, tmp_path, monkeypatch) == ["line 16: takes minutes"]
    page.write_text("\n.. code-block:: python\n\n   1 / 0\n")
    with pytest.raises(ZeroDivisionError) as info:
        run(page, tmp_path, monkeypatch)
    assert (Path(info.traceback[-1].path), info.traceback[-1].lineno + 1) == (page, 4)


def test_directives_of_markdown():
    text = "a\n\n<!-- skip: needs data -->\n```python\nf(\n)\n```\n\n```python\ng()\n```\n"
    assert list(blocks(text, True)) == [(5, "f(\n)\n", "needs data"), (10, "g()\n", None)]
