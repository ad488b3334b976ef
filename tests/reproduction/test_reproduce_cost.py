"""`reproduce_cost` and its result; tests/cli has the command."""

import json
import signal

import numpy as np
import pytest
from sklearn.utils import Bunch

from sklearn_ed.inspection._learning_task import Epoch
from sklearn_ed.reproduction import CostResult, reproduce_cost
from sklearn_ed.reproduction import _cost as experiment

SETTINGS = {
    "dataset": "mnist",
    "epochs": 3,
    "all_parameters": False,
    "repeats": 1,
    "random_state": 0,
    "n_features": 784,
    "n_classes": 10,
    "batch_size": 100,
}


def cost(n_parameters, numerical, backprop, error_diffusion):
    return Bunch(
        numerical=numerical,
        backprop=backprop,
        error_diffusion=error_diffusion,
        n_parameters=n_parameters,
        n_probed=20,
    )


def make_result(**fields):
    costs = {
        "update": [((5,), cost(39_310, 20.0, 0.001, 0.0008))],
        "widths": [((20,), cost(100, 1.0, 0.01, 0.02)), ((40,), cost(1000, 100.0, 0.1, 0.2))],
        "depths": [((16, 16), cost(300, 5.0, 0.04, 0.03))],
    }
    data = {
        "name": "mnist",
        "units": "784-50-10",
        "n_train": 60_000,
        "n_test": 10_000,
        "batch_size": 100,
        "n_updates": 600,
        "n_epochs": 3,
        "numerical_left_out": True,
    }
    epochs = {"backprop": [Epoch(1, 0.001, 0.75, 0.5), Epoch(2, 0.002, 0.875, 0.625)]}
    return CostResult(SETTINGS, costs, data, {"backprop": 0.3}, epochs, **fields)


@pytest.fixture
def small(monkeypatch):
    """Few and small networks, few updates."""
    monkeypatch.setattr(experiment, "N_FEATURES", 6)
    monkeypatch.setattr(experiment, "BATCH_SIZE", 400)
    monkeypatch.setattr(experiment, "SIZES", (1,))
    monkeypatch.setattr(experiment, "WIDTHS", [(1,), (2,)])
    monkeypatch.setattr(experiment, "DEPTHS", [(1,), (1, 1)])
    monkeypatch.setattr(experiment, "N_PROBED", 2)


def test_reproduce_cost(small):
    texts = []
    result = reproduce_cost(max_iter=2, n_repeats=1, callback=texts.append)
    assert result.complete
    assert [text[:3] for text in texts] == ["(a)", "(b)", "(c)"]
    assert result.to_text() == "\n\n".join(texts)
    assert result.settings["epochs"] == 2
    assert result.settings["n_features"] == 6
    assert {method: len(epochs) for method, epochs in result.epochs.items()} == {
        "backprop": 2,
        "error_diffusion": 2,
        "numerical": 2,
    }
    assert result.machine["cores"] >= 1


def test_ctrl_c_between_two_parts_keeps_the_first(small):
    texts = []

    def interrupt(text):
        texts.append(text)
        signal.raise_signal(signal.SIGINT)

    result = reproduce_cost(max_iter=1, n_repeats=1, callback=interrupt)
    assert not result.complete
    assert len(texts) == 1
    assert list(result.part_texts()) == ["update"]


def test_accuracies_depend_on_the_seed_alone(small):
    options = {"max_iter": 2, "n_repeats": 1}
    first, again, other = (reproduce_cost(random_state=s, **options) for s in (1, 1, 2))

    def accuracies(result):
        return [(e.train_accuracy, e.test_accuracy) for e in result.epochs["error_diffusion"]]

    assert accuracies(first) == accuracies(again) != accuracies(other)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("dataset", "wine", "one of 'digits', 'mnist'"),
        ("max_iter", 0, "an integer >= 1"),
        ("all_parameters", 1, "True or False"),
        ("n_repeats", 0, "an integer >= 1"),
        ("random_state", None, "an integer from 0"),
    ],
)
def test_bad_parameters(name, value, expected):
    with pytest.raises(ValueError, match=rf"^{name}: expected {expected}"):
        reproduce_cost(**{name: value})


def test_text():
    lines = make_result().to_text().splitlines()
    assert max(map(len, lines)) <= 96
    text = " ".join(" ".join(lines).split())
    assert text.startswith("(a) One update of 784-50-10 units: 10 networks of 5 hidden units, ")
    assert "numerical differentiation / backprop 20,000" in text
    assert "error diffusion / backprop 0.80" in text
    assert "p = 2.00 for numerical differentiation, 1.00 for backprop" in text
    assert "2 x 16 300 5.00 s 40.0 ms 30.0 ms 125 0.75" in text
    assert "1 1.00 ms 75.00% 50.00% 2 2.00 ms 87.50% 62.50%" in text
    assert "600 updates of 20.0 s would take 3.33 h per epoch" in text


def test_what_is_missing_has_no_text():
    empty = CostResult(SETTINGS)
    assert empty.part_texts() == {}
    assert empty.growth("widths") is None
    one_width = CostResult(
        SETTINGS, {"update": [], "widths": make_result().costs["widths"][:1], "depths": []}
    )
    assert list(one_width.part_texts()) == ["growth"]
    assert "^p" not in one_width.to_text()
    assert json.loads(json.dumps(empty.to_dict(), allow_nan=False))["update"] is None


def test_json():
    content = json.loads(json.dumps(make_result(complete=True).to_dict(), allow_nan=False))
    assert content["format"] == "sklearn_ed cost 1"
    assert content["complete"] is True
    assert content["update"]["hidden_layer_sizes"] == [5]
    assert content["update"]["ratios"]["numerical/backprop"] == 20_000
    assert content["exponents"]["numerical"] == pytest.approx(2)
    assert content["numerical_epoch_seconds"] == 600 * 20.0
    assert content["epochs"]["backprop"]["epochs"][1] == {
        "epoch": 2,
        "seconds": 0.002,
        "train_accuracy": 0.875,
        "test_accuracy": 0.625,
    }


def test_plot():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    axes = Figure().subplots(1, 2)
    display = make_result().plot(axes)
    np.testing.assert_array_equal(axes[0].get_lines()[0].get_ydata(), [1.0, 100.0])
    assert display.depths.hidden_layer_sizes == [(16, 16)]


def test_files(tmp_path):
    pytest.importorskip("matplotlib")
    names = ["results.json", "updates.csv", "epochs.csv", "cost.png"]
    assert make_result().save(tmp_path) == [tmp_path / name for name in names]
    lines = (tmp_path / "updates.csv").read_text().splitlines()
    assert lines[0] == (
        "part,hidden_layer_sizes,n_parameters,n_probed,numerical,backprop,error_diffusion"
    )
    assert lines[4] == "depths,16 16,300,20,5.0,0.04,0.03"
    assert (tmp_path / "epochs.csv").read_text().splitlines()[:2] == [
        "way,alpha,epoch,seconds,train_accuracy,test_accuracy",
        "backprop,0.3,1,0.001,0.75,0.5",
    ]
    assert CostResult(SETTINGS).save(str(tmp_path)) == [tmp_path / "results.json"]
