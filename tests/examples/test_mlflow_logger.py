"""The example for MLflow runs offline, and says so where MLflow is missing."""

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "mlflow_logger.py"


def test_without_mlflow(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(EXAMPLE))
    assert not stop.value.code
    assert capsys.readouterr().out.startswith("Skipped: this example needs MLflow")


@pytest.mark.filterwarnings("default")
def test_every_fit_is_a_run_with_its_epochs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path(str(EXAMPLE))
    assert "7 runs in mlruns" in capsys.readouterr().out
    client, runs = names["client"], names["runs"]
    for task, alpha in (
        ((0, 0, 5), "0.02"),
        ((0, 1), str(names["search"].best_params_["alpha"])),
    ):
        run = client.get_run(runs[task])
        assert run.data.params == {"alpha": alpha}
        assert [m.step for m in client.get_metric_history(runs[task], "loss")] == [
            1,
            2,
            3,
            4,
            5,
        ]
        assert run.info.status == "FINISHED"
