"""The layers of the package: imports go down, rooms stay small, nothing heavy comes along."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_ed

PACKAGE = Path(sklearn_ed.__file__).parent
ROOT = PACKAGE.parent
# From the ground up; a module may import from lower floors only.
FLOORS = [
    {"_utils", "datasets"},
    {"_backend"},
    {"_networks"},
    {"rules"},
    {"_training"},
    {"_estimators"},
    {"__init__"},
    {"inspection"},
    {"comparison"},
    {"reproduction"},
    {"_cli"},
    {"__main__"},
]
FLOOR = {module: floor for floor, modules in enumerate(FLOORS) for module in modules}
FILES = sorted(PACKAGE.rglob("*.py"))


def room(parts):
    """Top-level module or subpackage of a path inside the package."""
    return parts[0] if parts else "__init__"


def imported_rooms(file):
    """Rooms of the package that a file imports from."""
    folder = file.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = folder[: len(folder) - node.level + 1]
            if node.module:
                yield room((*base, *node.module.split(".")))
            else:
                for alias in node.names:
                    target = (*base, alias.name)
                    is_room = (PACKAGE.joinpath(*target)).with_suffix(".py").exists()
                    yield room(target if is_room or base else base)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names]
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else names
            assert not any(name.split(".")[0] == "sklearn_ed" for name in names)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_down(file):
    mine = room(file.relative_to(PACKAGE).with_suffix("").parts)
    for other in imported_rooms(file):
        inside = other == mine
        assert inside or FLOOR[other] < FLOOR[mine], other


def test_no_file_is_above_400_lines():
    kernels = [*PACKAGE.rglob("*.pyx"), *PACKAGE.rglob("*.h")]
    files = [*FILES, *kernels, *ROOT.glob("tests/*.py"), *ROOT.glob("examples/**/*.py")]
    assert len(files) > len(FILES)
    long = {str(f): n for f in files if (n := len(f.read_text().splitlines())) > 400}
    assert not long


def test_the_import_brings_nothing_heavy_along():
    heavy = "{'tensorflow', 'keras', 'torch', 'matplotlib', 'dask'}"
    code = f"import sys, sklearn_ed; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
