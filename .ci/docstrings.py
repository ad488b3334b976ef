"""numpydoc's validation of the public API: each finding is printed, any makes the script fail.

The checks stand in pyproject.toml, under [tool.numpydoc_validation].
"""

import inspect
import pkgutil
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from numpydoc.validate import validate

import sklearn_ed

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def public_names() -> Iterator[str]:
    """Dotted names of the public functions and classes, and of the methods defined here."""
    for module_info in pkgutil.iter_modules(sklearn_ed.__path__):
        if module_info.name.startswith("_"):
            continue
        yield from names_in(f"sklearn_ed.{module_info.name}")
    yield from names_in("sklearn_ed")


def names_in(module: str) -> Iterator[str]:
    for name in import_module(module).__all__:
        thing = getattr(import_module(module), name)
        if not callable(thing):
            continue
        yield f"{module}.{name}"
        if inspect.isclass(thing):
            for method, value in inspect.getmembers(thing, callable):
                here = (getattr(value, "__module__", None) or "").startswith("sklearn_ed")
                if here and not method.startswith("_") and value.__doc__:
                    yield f"{module}.{name}.{method}"


def main() -> int:
    checks = set(tomllib.loads(PYPROJECT.read_text())["tool"]["numpydoc_validation"]["checks"])
    names = list(public_names())
    findings = [
        f"{name}: {code} {message}"
        for name in names
        for code, message in validate(name)["errors"]
        if code in checks
    ]
    print(*findings, f"{len(findings)} findings in {len(names)} docstrings", sep="\n")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
