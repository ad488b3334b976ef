"""The public names: docs/api.rst lists what the modules export, and all of it is documented."""

import inspect
import re
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import pytest

import sklearn_ed

API = Path(__file__).parent.parent / "docs" / "api.rst"
MODULES = [
    "",
    ".callbacks",
    ".comparison",
    ".dask",
    ".datasets",
    ".inspection",
    ".onnx",
    ".preprocessing",
    ".reproduction",
    ".rules",
]


def listed_names():
    """Names of the autosummary blocks of docs/api.rst by module."""
    names, module, in_block = defaultdict(list), None, False
    for line in API.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\.\. (?:currentmodule|module|automodule):: (\S+)", line):
            module = found[1]
        elif line.strip() and not line.startswith(" "):
            in_block = line.startswith(".. autosummary::")
        elif in_block and (found := re.fullmatch(r"\s+(~?[\w.]+)", line)):
            names[module].append(found[1])
    return names


LISTED = listed_names()
PUBLIC = [(module, name) for module, names in LISTED.items() for name in names]


@pytest.mark.parametrize("module", [sklearn_ed.__name__ + name for name in MODULES])
def test_what_a_module_exports_is_what_is_listed(module):
    exported = {name for name in import_module(module).__all__ if name != "__version__"}
    assert sorted(exported) == sorted(LISTED[module])


def test_nothing_is_listed_twice_or_of_other_modules():
    assert set(LISTED) <= {sklearn_ed.__name__ + name for name in MODULES}
    assert all(len(set(names)) == len(names) for names in LISTED.values())


def documented(value):
    """A function, or a class with its public methods, and their qualified names."""
    yield value
    if inspect.isclass(value):
        for name, method in inspect.getmembers(value, inspect.isroutine):
            if name[0] != "_" and method.__module__.startswith(sklearn_ed.__name__):
                yield method


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_parameters_and_results_are_documented(module, name):
    """Every parameter of a function, in order, and what it returns; no list with gaps."""
    docscrape = pytest.importorskip("numpydoc.docscrape")
    value = getattr(import_module(module), name)
    for item in documented(value) if callable(value) else []:
        where, text = getattr(item, "__qualname__", name), inspect.getdoc(item)
        assert text, f"{where} has no docstring"
        doc = docscrape.NumpyDocString(text)
        names = [n.strip("*") for field in doc["Parameters"] for n in field.name.split(", ")]
        signature = inspect.signature(item)
        wanted = [n for n in signature.parameters if n not in ("self", "cls")]
        if item is value and not inspect.isclass(item):
            assert names == wanted, where
            assert doc["Returns"] or signature.return_annotation in (None, "None"), where
        else:
            # One line may say all of a method; a class that users do not construct has
            # attributes.
            assert names in ([], wanted), where
