"""Set-up of the tests of comparisons: a browser that loads a page."""

import shutil
import subprocess

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), None)
# Nothing but the page: neither the network nor windows for a new user.
OPTIONS = (
    "--headless --no-sandbox --disable-gpu --hide-scrollbars --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--enable-logging=stderr --v=0"
)


@pytest.fixture(scope="module")
def browse(tmp_path_factory):
    """A function that loads HTML and returns the DOM after scripts, and console lines."""
    if BROWSER is None:
        pytest.skip("needs chromium or google-chrome")
    folder = tmp_path_factory.mktemp("browser")

    def browse(text, *options):
        file = folder / "page.html"
        file.write_text(text, encoding="utf-8")
        command = [BROWSER, *OPTIONS.split(), f"--user-data-dir={folder / 'profile'}"]
        command += [*options, "--dump-dom", file.as_uri()]
        done = subprocess.run(command, capture_output=True, timeout=60, check=True)
        errors = done.stderr.decode("utf-8", "replace")
        # Whatever its level, a message of a page is logged as INFO:CONSOLE.
        return done.stdout.decode("utf-8"), [e for e in errors.splitlines() if "CONSOLE" in e]

    return browse
