"""Checks of the built documentation in FOLDER: `python .ci/site.py FOLDER`.

Links between pages lead somewhere, images exist and have alternative texts, nothing is loaded
from another host, so that the site works offline, and each page names its language. Findings
are printed, and any makes the script fail.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LANGUAGES = {"ja.html": "ja"}
# Pictures whose caption stands beside them.
IS_THUMBNAIL = re.compile(r"_thumb\.\w+$")
IN_MARKDOWN = re.compile(r"\]\((.*?)\)")
OF_OTHERS = re.compile(r"(@import|url\()\s*(url\()?['\"]?(https?:)?//")


class Page(HTMLParser):
    """What a page refers to: links, images, files that are loaded; and the names in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language = ""
        self.links: list[str] = []
        self.images: list[tuple[str, str | None]] = []
        self.loaded: list[str] = []
        self.names: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.names |= {values[key] or "" for key in ("id", "name") if key in values}
        source = values.get("src") or ""
        if tag == "html":
            self.language = values.get("lang") or ""
        elif tag == "a":
            self.links.append(values.get("href") or "")
        elif tag == "img":
            self.images.append((source, values.get("alt")))
        elif tag == "link" and values.get("rel") not in ("canonical", "alternate"):
            self.loaded.append(values.get("href") or "")
        elif source:
            self.loaded.append(source)


@cache
def read(file: Path) -> Page:
    return Page(file.read_text(encoding="utf-8"))


def pages(folder: Path) -> list[Path]:
    """All pages; the theme has templates beside its static files."""
    return sorted(set(folder.rglob("*.html")) - set((folder / "_static").rglob("*.html")))


def is_elsewhere(address: str) -> bool:
    return bool(urlsplit(address).scheme or urlsplit(address).netloc)


def target(file: Path, address: str) -> tuple[Path, str]:
    """The file and the place in it that an address of this site means."""
    parts = urlsplit(address)
    path = unquote(parts.path)
    return (file.parent / path).resolve() if path else file, unquote(parts.fragment)


def findings_in(file: Path, name: str) -> Iterator[str]:
    page = read(file)
    expected = LANGUAGES.get(name, "en")
    if page.language != expected:
        yield f"the language is {page.language!r}, not {expected!r}"
    for address in page.links:
        if is_elsewhere(address):
            continue
        found, place = target(file, address)
        if not found.exists():
            yield f"link to {address}, which does not exist"
        elif found.suffix == ".html" and place not in read(found).names:
            yield f"link to {address}, which has no such place"
    for address in page.loaded + [source for source, _ in page.images]:
        if address.startswith("data:") or not address:
            continue
        if is_elsewhere(address):
            yield f"loads {address} from another host"
        elif not target(file, address)[0].exists():
            yield f"loads {address}, which does not exist"
    for source, text in page.images:
        if text is None or not (text.strip() or IS_THUMBNAIL.search(source)):
            yield f"image {source[:80]} has no alternative text"


def findings(folder: Path) -> Iterator[str]:
    for file in pages(folder):
        name = file.relative_to(folder).as_posix()
        yield from (f"{name}: {finding}" for finding in findings_in(file, name))
    for file in sorted(folder.rglob("*.css")):
        if OF_OTHERS.search(file.read_text(encoding="utf-8")):
            yield f"{file.relative_to(folder).as_posix()}: loads a file from another host"
    guide = folder / "llms.txt"
    for address in IN_MARKDOWN.findall(guide.read_text(encoding="utf-8")):
        if not (folder / address).exists():
            yield f"llms.txt: link to {address}, which does not exist"


def main(folder: str) -> int:
    found = list(findings(Path(folder).resolve()))
    n_pages = len(pages(Path(folder)))
    print(*found, f"{len(found)} findings in {n_pages} pages", sep="\n")
    return bool(found) or not n_pages


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
