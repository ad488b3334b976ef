"""numpydoc's validation of the public API: each finding is printed, any makes the script fail.

The checks stand in pyproject.toml, under [tool.numpydoc_validation]. Functions and classes,
unlike their methods, need examples and the section See Also too.
"""

import dataclasses
import inspect
import pkgutil
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from numpydoc.docscrape import get_doc_object
from numpydoc.validate import Validator, validate

import sklearn_ed

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
CHECKS_OF_NAMES = {"EX01", "SA01"}


def is_method(name: str) -> bool:
    return inspect.isclass(Validator._load_obj(name.rpartition(".")[0]))


def public_names() -> Iterator[str]:
    """Dotted names of the public functions and classes, and of the methods defined here."""
    for module_info in pkgutil.iter_modules(sklearn_ed.__path__):
        if module_info.name.startswith("_"):
            continue
        yield from names_in(f"sklearn_ed.{module_info.name}")
    yield from names_in("sklearn_ed")


def names_in(module: str) -> Iterator[str]:
    contents = vars(import_module(module))
    for name in contents.get("__all__", []):
        thing = contents[name]
        if not callable(thing):
            continue
        yield f"{module}.{name}"
        if inspect.isclass(thing):
            for method, value in inspect.getmembers(thing, callable):
                here = (getattr(value, "__module__", None) or "").startswith("sklearn_ed")
                if here and not method.startswith("_") and value.__doc__:
                    yield f"{module}.{name}.{method}"


def needs_no_parameters(name: str) -> bool:
    """Whether `name` is a protocol, or a dataclass that lists its fields as attributes."""
    documented = Validator(get_doc_object(Validator._load_obj(name)))
    if getattr(documented.obj, "_is_protocol", False):
        return True
    if not dataclasses.is_dataclass(documented.obj):
        return False
    attributes = {attribute.name for attribute in documented.doc["Attributes"]}
    return {field.name for field in dataclasses.fields(documented.obj)} <= attributes


def main() -> int:
    checks = set(tomllib.loads(PYPROJECT.read_text())["tool"]["numpydoc_validation"]["checks"])
    names = list(public_names())
    findings = [
        f"{name}: {code} {message}"
        for name in names
        for code, message in validate(name)["errors"]
        if (code in checks and not (code == "PR01" and needs_no_parameters(name)))
        or (code in CHECKS_OF_NAMES and not is_method(name))
    ]
    print(*findings, f"{len(findings)} findings in {len(names)} docstrings", sep="\n")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
