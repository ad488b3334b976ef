"""What setup.py builds, on small stand-ins for the kernels."""

import os
import runpy
import subprocess
import sys
import sysconfig
import tomllib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
import setuptools

SETUP = Path(__file__).parents[2] / "setup.py"
KERNELS = ("_batch", "_online")


@pytest.fixture
def tree(tmp_path):
    """A source tree in which building a kernel takes no time."""
    backend = tmp_path / "sklearn_ed" / "_backend"
    native = backend / "native"
    native.mkdir(parents=True)
    for folder in (backend.parent, backend):
        (folder / "__init__.py").touch()
    for name in KERNELS:
        (backend / f"{name}.pyx").write_text(
            "# cython: language_level=3\n"
            f'cdef extern from "native/{name[1:]}.h":\n    int answer_of_c() nogil\n'
            "answer = answer_of_c()\n"
        )
        (native / f"{name[1:]}.h").write_text("int answer_of_c(void);\n")
        (native / f"{name[1:]}.c").write_text("int answer_of_c(void) { return 42; }\n")
    (tmp_path / "setup.py").write_text(SETUP.read_text())
    return tmp_path


def build(tree, **environment):
    """Build in place, as an editable installation does."""
    return subprocess.run(
        [sys.executable, "setup.py", "build_ext", "--inplace"],
        cwd=tree,
        env={**os.environ, "SKLEARN_ED_REQUIRE_KERNELS": "0", **environment},
        capture_output=True,
        text=True,
    )


def importable(tree):
    """Names of the kernels that Python can import from the tree."""
    code = (
        "from importlib.util import find_spec\n"
        f"print([n for n in {KERNELS} if find_spec('sklearn_ed._backend.' + n)])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="CC does not choose the compiler there")
def test_a_failed_rebuild_leaves_no_old_kernel_behind(tree):
    done = build(tree)
    assert done.returncode == 0, done.stderr
    assert importable(tree) == "['_batch', '_online']"
    for name in KERNELS:  # newer than what the first build made of it
        (tree / "sklearn_ed" / "_backend" / f"{name}.pyx").write_text("answer = 43\n")
    done = build(tree, CC="false")
    assert done.returncode == 0, done.stderr
    assert importable(tree) == "[]"


@pytest.mark.skipif(sys.platform == "win32", reason="CC does not choose the compiler there")
def test_where_the_kernels_are_required_a_failed_build_is_an_error(tree):
    stale = tree / "sklearn_ed" / "_backend" / f"_batch{EXTENSION_SUFFIXES[0]}"
    stale.touch()
    done = build(tree, CC="false", SKLEARN_ED_REQUIRE_KERNELS="1")
    assert done.returncode != 0
    assert importable(tree) == "[]"


@pytest.mark.parametrize("free_threaded", [False, True])
def test_only_free_threaded_python_gets_extensions_of_its_own(monkeypatch, free_threaded):
    asked = sysconfig.get_config_var
    answers = {"Py_GIL_DISABLED": int(free_threaded)}
    monkeypatch.setattr(sysconfig, "get_config_var", lambda n: answers.get(n, asked(n)))
    called = {}
    monkeypatch.setattr(setuptools, "setup", called.update)
    monkeypatch.chdir(SETUP.parent)
    runpy.run_path(str(SETUP))
    tag = called["options"].get("bdist_wheel", {}).get("py_limited_api")
    assert tag == (None if free_threaded else "cp311")
    assert [e.name.rpartition(".")[2] for e in called["ext_modules"]] == list(KERNELS)
    for extension in called["ext_modules"]:
        limited = ("Py_LIMITED_API", "0x030B0000") in extension.define_macros
        assert limited == extension.py_limited_api == (not free_threaded)


def test_old_versions_of_pip_find_every_extra():
    """pip before 23.3 looks for the name as it is written, metadata have hyphens."""
    project = tomllib.loads(SETUP.with_name("pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    assert [name for name in extras if "_" in name] == []
