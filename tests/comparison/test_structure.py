"""The inside of `comparison`: imports go down, and what is public is documented."""

import ast
import re
from pathlib import Path

import pytest

from sklearn_ed import comparison

FOLDER = Path(comparison.__file__).parent
API = FOLDER.parents[1] / "docs" / "api.rst"
# Highest first; a module may import only from lower ones.
LAYERS = [
    ["__init__"],
    ["_compare"],
    ["_runner"],
    ["_learning_curve"],
    ["_comparison"],
    ["_store", "_report"],
    ["_results"],
    ["_default_estimators"],
    ["_estimators", "_keras"],
    ["_folds", "_data"],
]
HEIGHT = {name: -place for place, names in enumerate(LAYERS) for name in names}


def imported_modules(file):
    """Modules and folders of `comparison` that a file imports from, other than its own."""
    parts = file.relative_to(FOLDER).with_suffix("").parts
    for node in ast.walk(ast.parse(file.read_text())):
        # In a folder of `comparison` one more dot leads to it.
        if isinstance(node, ast.ImportFrom) and node.level == len(parts):
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (name.split(".")[0] for name in names)


@pytest.mark.parametrize(
    "file", sorted(FOLDER.rglob("*.py")), ids=lambda file: str(file.relative_to(FOLDER))
)
def test_imports_go_down(file):
    mine = file.relative_to(FOLDER).with_suffix("").parts[0]
    for other in imported_modules(file):
        assert HEIGHT[other] < HEIGHT[mine], other


def test_the_top_level_fits_on_one_screen():
    entries = {path.name for path in FOLDER.iterdir()} - {"__pycache__"}
    assert {name.removesuffix(".py") for name in entries} == HEIGHT.keys()
    assert len(entries) <= 14


def test_what_is_public_is_in_the_api_reference():
    text = API.read_text()
    section = text.split("module:: sklearn_ed.comparison\n")[1].split("module::")[0]
    assert sorted(re.findall(r"^   (\w+)$", section, re.MULTILINE)) == sorted(
        comparison.__all__
    )
