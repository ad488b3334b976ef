"""The example that learns a Parquet file, one row group at a time."""

import re
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "out_of_core.py"


def test_the_groups_are_learned(capsys, monkeypatch):
    pytest.importorskip("pyarrow")
    monkeypatch.setattr(sys, "argv", [EXAMPLE.name, "--rows", "100000"])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    n_rows, accuracy = re.match(
        r"(\d+) rows learned, accuracy of the last group (\d\.\d+)", capsys.readouterr().out
    ).groups()
    assert int(n_rows) == 2 * 80_000
    assert float(accuracy) > 0.85


def test_one_sentence_says_that_pyarrow_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SystemExit, match=r"^This example needs pyarrow: pip install pyarrow$"):
        runpy.run_path(str(EXAMPLE), run_name="__main__")
