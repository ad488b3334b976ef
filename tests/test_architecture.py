"""The house: its floors, the size of its files, and what an import brings along."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_ed

PACKAGE = Path(sklearn_ed.__file__).parent
ROOT = Path(__file__).parents[1]
FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("contract", ["floors", "circles"])
def test_imports_go_down_and_never_in_a_circle(contract):
    # The contracts stand in pyproject.toml, under [tool.importlinter].
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--contract", contract, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Contracts: 1 kept, 0 broken." in done.stdout


def test_the_top_level_fits_on_one_screen():
    entries = {path.name for path in PACKAGE.iterdir()} - {"__pycache__", "py.typed"}
    assert len(entries) <= 17, sorted(entries)


def test_no_file_is_above_400_lines():
    kernels = [*PACKAGE.rglob("*.pyx"), *PACKAGE.rglob("*.h")]
    scripts = [*ROOT.glob("examples/**/*.py"), *ROOT.glob("tutorials/*.py")]
    files = [*FILES, *kernels, *scripts, *ROOT.glob("tests/**/*.py")]
    assert len(files) > len(FILES)
    long = {str(f): n for f in files if (n := len(f.read_text().splitlines())) > 400}
    assert not long


def test_the_import_brings_nothing_heavy_along():
    heavy = {"tensorflow", "keras", "torch", "matplotlib", "dask", "skrub", "onnx", "skl2onnx"}
    heavy.add("array_api_compat")
    code = f"import sys, sklearn_ed; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_one_module_knows_the_callbacks_of_scikit_learn():
    """They are experimental."""
    found = [path.name for path in FILES if "from sklearn.callback" in path.read_text()]
    assert found == ["fit_callbacks.py"]
