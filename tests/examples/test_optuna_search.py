"""The example that searches with Optuna."""

import re
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "optuna_search.py"


def test_the_search_stops_trials_and_finds_good_parameters(capsys):
    pytest.importorskip("optuna")
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    printed = capsys.readouterr().out
    n_stopped, n_trials = map(int, re.match(r"(\d+) of (\d+) trials", printed).groups())
    assert 0 < n_stopped < n_trials
    assert float(re.search(r"test accuracy ([\d.]+)", printed)[1]) > 0.95


def test_one_sentence_says_that_optuna_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SystemExit, match=r"^This example needs Optuna: pip install optuna$"):
        runpy.run_path(str(EXAMPLE), run_name="__main__")
