"""A page in Japanese says which text it translates, and changes with it."""

import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Each translation and its original.
PAGES = {"README.ja.md": "README.md", "docs/ja.rst": "docs/index.rst"}
STATEMENT = re.compile(r"Translation of (\S+), sha256 ([0-9a-f]{64})")
CODE = re.compile(
    r"^```\w+\n[\s\S]*?^```|^\.\. code-block:: \w+\n(?:\n|   .*\n)+", re.MULTILINE
)
PICTURE = ROOT / "docs/_static/ed_and_backprop.svg"


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize(("translation", "original"), PAGES.items())
def test_translation_is_of_the_present_text(translation, original):
    digest = hashlib.sha256(read(original).encode()).hexdigest()
    stated = STATEMENT.search(read(translation))
    assert stated, f"{translation}: no comment 'Translation of {original}, sha256 ...'"
    assert stated[1] == Path(original).name
    assert stated[2] == digest, (
        f"{original} has changed since it was translated. Translate the change in "
        f"{translation}, then write sha256 {digest} into the comment at its top."
    )


@pytest.mark.parametrize(("translation", "original"), PAGES.items())
def test_code_is_that_of_the_original(translation, original):
    """So that it need not run twice."""
    codes = [code.strip() for code in CODE.findall(read(translation))]
    assert codes == [code.strip() for code in CODE.findall(read(original))]


def test_picture_differs_in_its_words_only():
    words = re.compile(
        r'<text.*?</text>|<title.*?</title>|font-family: [^;]*;|xml:lang="\w+"', re.DOTALL
    )
    english, japanese = (
        words.sub("", path.read_text(encoding="utf-8"))
        for path in (PICTURE, PICTURE.with_suffix(".ja.svg"))
    )
    assert english == japanese
