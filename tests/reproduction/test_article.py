"""The article's experiment: networks of neurons, their table, and `sklearn-ed reproduce`."""

import csv
import json
import os
import random
import signal
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_ed import EDClassifier
from sklearn_ed.__main__ import main
from sklearn_ed._utils.extras import MissingExtra
from sklearn_ed.reproduction import ARTICLE_SETTINGS, ArticleResult, reproduce_article
from sklearn_ed.reproduction import _article as experiment
from sklearn_ed.reproduction._article_problem import ed_classifier_from, zeros_and_ones
from sklearn_ed.reproduction._article_result import MethodResult
from sklearn_ed.reproduction._neuron_by_neuron import NeuronByNeuronNetwork, alternating

ALPHA = ARTICLE_SETTINGS["alpha"]

NAMES = [
    "per neuron, Python lists",
    "per neuron, NumPy, as printed",
    "per neuron, NumPy, inputs paired",
    "EDClassifier, NumPy",
    "EDClassifier, compiled, float64",
    "EDClassifier, compiled, float32",
    "MLPClassifier, sgd",
    "MLPClassifier, adam",
    "Keras, adam",
]
MNIST = Path(os.environ.get("SKLEARN_ED_DATA", "")) / "mnist.npz"
needs_mnist = pytest.mark.skipif(
    not MNIST.is_file(), reason="needs mnist.npz in the folder SKLEARN_ED_DATA"
)


def draw_digits(y, seed):
    """Images of 28 x 28 pixels: a ring for 0, a bar for 1, noise for others."""
    rng = np.random.RandomState(seed)
    rows, columns = np.mgrid[:28, :28]
    images = rng.uniform(0, 0.2, (y.size, 28, 28))
    for image, label, shift in zip(images, y, rng.uniform(-2, 2, (y.size, 2)), strict=True):
        down, right = rows - 13.5 - shift[0], columns - 13.5 - shift[1]
        if label == 0:
            image[np.abs(np.hypot(down, right) - rng.uniform(6, 9)) < 1.5] = 1
        elif label == 1:
            image[(np.abs(right + rng.uniform(-0.4, 0.4) * down) < 1.5) & (abs(down) < 9)] = 1
    return (255 * images).astype(np.uint8)


def save_digits(folder, y_train, y_test):
    """Write drawn digits as an mnist.npz; return the folder."""
    x_train, x_test = draw_digits(y_train, 0), draw_digits(y_test, 1)
    np.savez(
        folder / "mnist.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test
    )
    return folder


@pytest.fixture(scope="module")
def few_images(tmp_path_factory):
    """A folder with an mnist.npz of 40 drawn images, 10 of each class from 0 to 3."""
    y = np.arange(40) % 4
    return save_digits(tmp_path_factory.mktemp("data"), y, y[::-1])


@pytest.fixture
def without_keras(monkeypatch):
    def refuse(**settings):
        raise MissingExtra("keras_mlp needs tensorflow; install it.")

    monkeypatch.setattr(experiment, "keras_mlp", refuse)


# The network of EDClassifier


def test_folded_weights_make_the_same_network():
    rng = np.random.RandomState(0)
    X, y = rng.uniform(size=(30, 4)), rng.randint(2, size=30)
    kinds = [alternating(16)] * 10
    network = NeuronByNeuronNetwork(4, kinds, random.Random(1).random)
    classifier = ed_classifier_from(X, y, *network.folded())
    errors = network.fit(X, y, ALPHA)
    classifier.partial_fit(X, y)
    expected = [network.output(x) for x in X]
    found = classifier.predict_proba(X)[:, 1]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)
    assert len(errors) == 30


# The experiment


@needs_mnist
@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
def test_the_articles_figures(capsys, tmp_path):
    """1927 as printed; 2071 with paired inputs, as matrices and compiled, from its weights."""
    try:
        import tensorflow  # noqa: F401
    except ImportError:
        expected_keras = [None]
    else:
        expected_keras = [1135, 980]
    code = main(["reproduce", "--repeats", "1", "--out", str(tmp_path)])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    right = {row["name"]: row["n_right"] for row in rows}
    assert list(right) == NAMES
    assert right[NAMES[1]] == 1927
    for name in (NAMES[0], NAMES[2], NAMES[3], NAMES[4]):
        assert right[name] == 2071
    assert abs(right[NAMES[5]] - 2071) <= 1
    assert right["MLPClassifier, sgd"] in (1135, 980)
    assert right["Keras, adam"] in expected_keras
    assert "1927/2115  91.11%" in out
    assert "2071/2115  97.92%" in out
    assert (tmp_path / "errors.png").read_bytes()[:4] == b"\x89PNG"


def test_experiment(few_images, without_keras):
    result = reproduce_article(few_images, n_repeats=1)
    assert result.complete
    assert [row.name for row in result.rows] == NAMES
    for row in result.rows[:-1]:
        assert (row.n_rows, row.n_test) == (20, 20)
        assert row.seconds > 0
    # The same weights, the same steps.
    assert len({row.n_correct for row in (result.rows[k] for k in (0, 2, 3, 4))}) == 1
    assert np.isnan(result.ratio(result.rows[-1]))
    assert result.rows[-1].remark == "keras_mlp needs tensorflow; install it."
    assert result.ratio(result.rows[1]) == 1
    assert list(result.errors) == NAMES[1:3]
    assert [len(errors) for errors in result.errors.values()] == [20, 20]
    assert result.settings["n_test_ones"] == 10


def test_missing_kernels_are_a_remark(few_images, without_keras, monkeypatch):
    monkeypatch.setattr(experiment, "BACKENDS", ("numpy",))
    rows = reproduce_article(few_images, n_train=4, n_repeats=1).rows
    assert [row.n_correct is None for row in rows] == [False] * 4 + [True] * 2 + [False] * 2 + [
        True
    ]
    assert rows[4].remark == "this installation has no compiled kernels."


def test_pixels_are_those_of_the_file(few_images):
    with np.load(few_images / "mnist.npz") as data:
        chosen = data["y_train"] < 2
        expected = data["x_train"][chosen].reshape(20, -1)[:7] / 255.0
    X, y, X_test, _ = zeros_and_ones(few_images, 7)
    np.testing.assert_array_equal(X, expected)
    assert X.dtype == X_test.dtype == np.float64
    assert y.tolist() == [0, 1] * 3 + [0]


@pytest.mark.parametrize("name", ["n_train", "n_repeats"])
def test_bad_numbers(name, few_images):
    with pytest.raises(ValueError, match=f"{name}: expected an integer >= 1, got 0"):
        reproduce_article(few_images, **{name: 0})


def mean_score(path, n_seeds):
    """Mean accuracy of the article's network over seeds of the initial weights."""
    X_train, y_train, X_test, y_test = zeros_and_ones(path, 1000)
    scores = []
    for seed in range(n_seeds):
        classifier = EDClassifier(**ARTICLE_SETTINGS, random_state=seed)
        with pytest.warns(ConvergenceWarning, match="max_iter=1"):
            classifier.fit(X_train, y_train)
        scores.append(classifier.score(X_test, y_test))
    return np.mean(scores)


@needs_mnist
def test_article_network_learns_mnist_from_any_seed():
    assert mean_score(MNIST, 20) >= 0.975


def test_article_network_learns_drawn_digits_from_any_seed(tmp_path):
    rng = np.random.RandomState(0)
    folder = save_digits(tmp_path, rng.randint(2, size=1000), rng.randint(2, size=300))
    assert mean_score(folder, 5) >= 0.975


# The result


def make_result(**fields):
    rows = [
        MethodResult("per neuron", 50, 10.0, None, 2115, "because."),
        MethodResult("the article", 1000, 5.0, 1927, 2115),
        MethodResult("compiled", 1000, 0.0025, 2071, 2115),
        MethodResult("Keras", 0, 0.0, None, 2115, "not installed."),
    ]
    settings = {
        "n_train": 1000,
        "n_test": 2115,
        "n_test_ones": 1135,
        "n_repeats": 5,
        "random_state": 0,
    }
    errors = {"the article": [0.5, -0.25] * 15, "paired": [0.1] * 30}
    return ArticleResult("the article", settings, rows, errors, **fields)


def test_table():
    lines = make_result().to_text().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[2].split() == ["per", "neuron", "5.00", "0.0250", "-"]
    assert lines[3].split() == ["the", "article", "200", "1.00", "1927/2115", "91.11%"]
    assert lines[4].split() == ["compiled", "400,000", "2,000", "2071/2115", "97.92%"]
    assert lines[5].split() == ["Keras", "-", "-", "-"]
    text = " ".join(" ".join(lines).split())
    assert "Keras: not installed." in text
    assert "1135 or 980 of 2115" in text
    assert len(make_result().to_text(notes=False).splitlines()) == 6


def test_result_as_json_and_frame():
    pytest.importorskip("pandas")
    result = make_result()
    content = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert content["rows"][1]["rate"] == 200
    assert content["rows"][3]["rate"] is None
    assert result.to_frame()["ratio"][2] == 2000


def test_picture_has_errors_and_their_rolling_mean():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    ax = make_result().plot(ax=Figure().subplots())
    faint, mean, *_ = ax.lines
    np.testing.assert_array_equal(faint.get_ydata(), [0.5, 0.25] * 15)
    np.testing.assert_allclose(mean.get_ydata(), 0.375)
    np.testing.assert_array_equal(mean.get_xdata(), np.arange(20, 31))
    assert len(ax.lines) == 4


# The command


def test_command_writes_its_files(few_images, without_keras, tmp_path, capsys):
    out = tmp_path / "new"
    arguments = ["reproduce", "--data", str(few_images), "--out", str(out)]
    assert main([*arguments, "--repeats", "1", "--quiet"]) == 0
    text, err = capsys.readouterr()
    assert err == ""
    assert len(text.splitlines()) == 2 + len(NAMES)
    results = json.loads((out / "results.json").read_text())
    with (out / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == [row["name"] for row in results["rows"]] == NAMES
    assert float(rows[1]["seconds"]) == results["rows"][1]["seconds"]
    assert (out / "errors.png").is_file()


def test_missing_mnist(tmp_path, capsys):
    assert main(["reproduce", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sklearn-ed: mnist.npz was not found")


def test_ctrl_c_keeps_what_was_finished(few_images, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        experiment, "use_backend", lambda name: signal.raise_signal(signal.SIGINT)
    )
    arguments = ["reproduce", "--data", str(few_images), "--out", str(tmp_path)]
    assert main(arguments) == 130
    out, err = capsys.readouterr()
    assert err == f"sklearn-ed: interrupted; the finished part is above and in {tmp_path}.\n"
    assert "inputs paired" in out
    results = json.loads((tmp_path / "results.json").read_text())
    assert not results["complete"]
    assert [row["name"] for row in results["rows"]] == NAMES[:3]


def test_ctrl_c_before_anything_was_finished(few_images, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(
        experiment.NeuronByNeuronNetwork,
        "fit",
        lambda *args: signal.raise_signal(signal.SIGINT),
    )
    assert main(["reproduce", "--data", str(few_images), "--out", str(tmp_path)]) == 130
    assert "before there was a result" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
