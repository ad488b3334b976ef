"""A short run of each script: its cases still run, and find nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pandas")
pytest.importorskip("resource", reason="the fuzzers need fork and limits of memory")

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("name", ["estimators", "loaders"])
def test_a_short_run_finds_nothing(name, tmp_path):
    command = [sys.executable, FOLDER / f"{name}.py", "--executions", "320", "--seed", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("executions: 320 in ")
    assert "accepted" in done.stdout
    assert "crashes: 0\n" in done.stdout


def test_a_sample_of_interruptions_leaves_nothing_inconsistent():
    options = ["--every", "150", "--calls", "fit,partial_fit; later,checkpoint"]
    command = [sys.executable, FOLDER / "interruptions.py", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fit: Ctrl-C: at a finished step" in done.stdout
    assert "checkpoint: full disk: as before the call, a whole file" in done.stdout
    assert done.stdout.endswith("inconsistent: 0\n")
