#!/usr/bin/env -S uv run --script

# /// script
# dependencies = ["nox>=2024.4.15"]
# ///
"""Usual tasks, each in an environment of its own: `nox -l` lists them."""

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "uv|virtualenv"


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; arguments after -- go to pytest."""
    session.install("-e.[test]")
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def numpy(session: nox.Session) -> None:
    """Run the quick tests without the compiled kernels."""
    session.install("-e.[test]")
    session.run("pytest", "-m", "not slow", *session.posargs, env={"SKLEARN_ED_COMPILED": "0"})


@nox.session(default=False)
def lowest(session: nox.Session) -> None:
    """Run the quick tests with the lowest versions that the package allows."""
    session.install("-e.[test]", "-c", ".ci/lowest.txt")
    session.run("pytest", "-m", "not slow", *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run all tests and report coverage."""
    session.install("-e.[test,keras]")
    session.run("pytest", "--cov", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types, spelling and the public docstrings."""
    session.install("-e.[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("codespell")
    session.run("python", ".ci/docstrings.py")


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the documentation into docs/_build."""
    session.install("-e.[docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html")
    session.run("python", ".ci/site.py", "docs/_build/html")


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build the source distribution and a wheel with compiled kernels."""
    session.install("build")
    session.run("python", "-m", "build", env={"SKLEARN_ED_REQUIRE_KERNELS": "1"})


if __name__ == "__main__":
    nox.main()
