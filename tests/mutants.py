"""Changes the learning code in one place after the other, and counts what tests notice.

    python tests/mutants.py [--only optimizers] [--every 1]

Each mutant runs in a process of its own: the quick tests of its module, then the golden tests.
What is not listed as a survivor was killed. Texts for people and annotations are left alone.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.machinery
import importlib.util
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
import scipy.special
import sklearn.utils.estimator_checks

ROOT = Path(__file__).parents[1]
TESTS = {
    "sklearn_ed.rules._error_diffusion": ["rules/test_error_diffusion.py", "test_golden.py"],
    "sklearn_ed._networks.outputs": ["networks/test_outputs.py", "test_golden.py"],
    "sklearn_ed._training.optimizers": ["training/test_optimizers.py", "test_golden.py"],
}
HANGS_AFTER = 300  # seconds
SWAPS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Add,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Gt: ast.GtE,
    ast.Lt: ast.LtE,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
IMPORTED = (hypothesis, np, scipy.special, sklearn.utils.estimator_checks)  # once, for all


def mutations(node: ast.AST) -> Iterator[ast.AST]:
    """Other nodes for the place of a node."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, (int, float)):
            yield ast.Constant(node.value + 1)
        elif isinstance(node.value, str):
            yield ast.Constant(node.value + "?")
        elif node.value is None:
            yield ast.Constant(0)
    elif isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in SWAPS:
        changed = copy.deepcopy(node)
        changed.op = SWAPS[type(node.op)]()
        yield changed
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        changed = copy.deepcopy(node)
        changed.ops[0] = SWAPS[type(node.ops[0])]()
        yield changed
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.If):
        yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    elif isinstance(node, ast.Slice) and node.lower and node.upper is None:
        yield ast.Slice(None, node.lower, None)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield ast.Pass()


def _places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Every place of a node that may be changed: its parent, the field, the index in a list."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for index, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
            is_text = isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)
            if isinstance(item, ast.AST) and not is_text:
                yield tree, field, index
                if not isinstance(item, (ast.Import, ast.ImportFrom)):
                    yield from _places(item)


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Sources with one change each, and the lines before and after it."""
    tree = ast.parse(source)
    for parent, field, index in list(_places(tree)):
        holder = getattr(parent, field)
        node = holder if index is None else holder[index]
        for other in mutations(node):
            _put(parent, field, index, ast.copy_location(other, node))
            text = ast.unparse(ast.fix_missing_locations(tree))
            _put(parent, field, index, node)
            what = f"line {node.lineno}: {ast.unparse(node)} -> {ast.unparse(other)}"
            yield text, " ".join(what.split())[:150]


def _put(parent: Any, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


class Finder:
    """Imports the mutant in the place of a module."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.name:
            return None
        file = str(ROOT.joinpath(*name.split(".")).with_suffix(".py"))
        loader = importlib.machinery.SourceFileLoader(name, file)
        loader.get_code = lambda _: compile(self.text, file, "exec")  # type: ignore[method-assign]
        return importlib.util.spec_from_file_location(name, file, loader=loader)


def is_killed(name: str, text: str) -> bool:
    """Whether a test fails with the mutant, in a process that is thrown away."""
    child = os.fork()
    if child == 0:
        signal.alarm(HANGS_AFTER)
        sys.meta_path.insert(0, Finder(name, text))
        quiet = ["-q", "-x", "-p", "no:cacheprovider", "-o", "addopts="]
        quiet += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        files = [str(ROOT / "tests" / file) for file in TESTS[name]]
        code = 1
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                code = int(pytest.main([*quiet, "-m", "not slow", *files]))
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] != 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of the name of a module")
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_args()
    os.chdir(ROOT)
    for name in TESTS:
        if options.only not in name:
            continue
        source = ROOT.joinpath(*name.split(".")).with_suffix(".py").read_text("utf-8")
        if is_killed(name, source):
            raise SystemExit(f"{name}: its tests fail without a change")
        survivors, n = [], 0
        for text, what in list(mutants(source))[:: options.every]:
            n += 1
            if not is_killed(name, text):
                survivors.append(what)
                print(f"  survived: {what}", flush=True)
        killed = n - len(survivors)
        print(f"{name}: {killed} of {n} mutants killed, {killed / n:.0%}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
