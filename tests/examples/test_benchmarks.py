"""The scripts of examples/benchmarks: options, documented commands, runs with tiny settings."""

import argparse
import json
import os
import re
import runpy
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

from sklearn_ed import EDClassifier, EDRegressor

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "examples" / "benchmarks"
SCRIPTS = sorted(path.name for path in BENCHMARKS.glob("[!_]*.py"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.rst"))]
COMMAND = re.compile(r"python examples/benchmarks/(\w+\.py)([^`\n]*)")
COMMANDS = [found for page in PAGES for found in COMMAND.findall(page.read_text("utf-8"))]


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs a script with options; returns what it printed."""
    monkeypatch.syspath_prepend(BENCHMARKS)

    def run(script, *options):
        monkeypatch.setattr(sys, "argv", [script, *map(str, options)])
        code = None
        try:
            runpy.run_path(str(BENCHMARKS / script), run_name="__main__")
        except SystemExit as stop:
            code = stop.code
        printed = capsys.readouterr()
        assert not code, printed.err
        return printed.out

    return run


@pytest.fixture
def definitions(monkeypatch):
    """Returns what a script defines, by name."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return lambda script: runpy.run_path(str(BENCHMARKS / script))


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A folder with MNIST and Fashion-MNIST in miniature: bright columns tell the class."""
    folder = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n_rows in (("train", 120), ("test", 40)):
        y = (np.arange(n_rows) % 10).astype(np.uint8)
        X = rng.integers(0, 30, (n_rows, 28, 28), dtype=np.uint8)
        for image, label in zip(X, y, strict=True):
            image[4:24, 2 * label : 2 * label + 4] += 180
        arrays |= {f"x_{part}": X, f"y_{part}": y}
    for name in ("mnist.npz", "fashion_mnist.npz"):
        np.savez(folder / name, **arrays)
    return folder


@pytest.mark.parametrize("script", SCRIPTS)
def test_help(script, run):
    assert "usage:" in run(script, "--help")


@pytest.mark.parametrize("command", sorted({*COMMANDS}), ids=" ".join)
def test_documented_command_is_valid(command, run, monkeypatch):
    script, options = command
    parse = argparse.ArgumentParser.parse_args

    def only_parse(parser, *args, **kwargs):
        parse(parser, *args, **kwargs)
        raise SystemExit

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", only_parse)
    run(script, *shlex.split(options.rstrip(" );,.")))


def test_documented_commands_are_found():
    assert len(COMMANDS) > 10
    assert {script for script, _ in COMMANDS} <= {*SCRIPTS}


@pytest.mark.slow
def test_accuracy(run):
    table = run("accuracy.py", "--only", "iris", "diabetes", "--seeds", "1")
    (iris,) = re.findall(r"^iris +([\d.]+) \+- .* ([\d.]+) \+- ", table, re.MULTILINE)
    assert all(float(score) > 90 for score in iris)
    (diabetes,) = re.findall(r"^diabetes +([\d.]+) \+- .* ([\d.]+) \+- ", table, re.MULTILINE)
    assert all(0.3 < float(score) < 0.6 for score in diabetes)


def test_one_row_calls_use_public_names_only():
    source = (BENCHMARKS / "_one_row_calls.py").read_text("utf-8")
    assert re.findall(r"^(?:from|import) (sklearn_ed\S*)", source, re.MULTILINE) == [
        "sklearn_ed"
    ]


@pytest.mark.slow
def test_one_row_compares_two_checkouts(run, tmp_path):
    file = tmp_path / "figures.json"
    options = ("--repetitions", 2, "--calls", 1, "--only", "dense", "--other", ROOT)
    table = run("one_row.py", *options, "--json", file)
    assert "speed / other" in table
    (case,) = json.loads(file.read_text())["cases"].values()
    assert {f"EDClassifier, {how}, other" for how in ("sgd online", "adam")} < {
        *case["seconds"]
    }
    assert all(len(timing["samples"]) == 2 for timing in case["seconds"].values())


TINY_RUNS = {
    "busy.py": [
        "--rows",
        60,
        "--epochs",
        1,
        "--busy",
        1,
        "--repetitions",
        1,
        "--only",
        "mnist",
    ],
    "depth.py": ["--seeds", 1, "--epochs", 1, "--depths", 1, 2],
    "epoch.py": ["--rows", 20, "--epochs", 1, "--calls", 1, "--repetitions", 1, "--only"],
    "gpu.py": ["--rows", 60, "--epochs", 1, "--repetitions", 1, "--target", 0, "--only"],
    "online.py": ["--rows", 20, "--repetitions", 1, "--no-keras", "--only", "EDCl", "one op"],
    "records.py": ["--seeds", 1, "--only", "mnist, shifted", "ten layers, best"],
    "roofline.py": ["--rows", 60, "--repetitions", 1, "--only", "online, 10 networks"],
    "scaling.py": ["--sizes", 2, "--repetitions", 1, "--epochs", 1, "--only", "depth"],
    "search_backprop.py": ["--sets", "mnist", "--epochs", 1],
    "step_profile.py": ["--rows", 60, "--repetitions", 1],
    "streams.py": ["--streams", "phishing", "--rows", 30, "--only", "ED", "class", "river"],
    "text.py": ["--documents", 60, "--columns", 200, "--only", "no hidden", "Logistic"],
    "time_to_accuracy.py": ["--seeds", 1, "--max-epochs", 1],
}
TINY_RUNS["gpu.py"] += ["digits", "MNIST", "time to"]
TINY_RUNS["epoch.py"] += ["one-row", "predict", "batch of 1, sgd", "batch of 20"]


@pytest.mark.slow
@pytest.mark.parametrize("script", TINY_RUNS)
@pytest.mark.filterwarnings("ignore:invalid value encountered in:RuntimeWarning")
def test_tiny_run(script, run, images):
    if script == "streams.py":
        pytest.importorskip("river")
    if script == "gpu.py":
        pytest.importorskip("torch")
        pytest.importorskip("array_api_compat")
        if os.environ.get("SCIPY_ARRAY_API") != "1":
            pytest.skip("SCIPY_ARRAY_API=1 is not set")
    table = run(script, "--data", images, *TINY_RUNS[script])
    # Every benchmark ends with a table, whose lines have figures.
    assert re.search(r"\d", table.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--grow-only", "--set", "replay=0")], ids=str)
def test_soak(options, run, tmp_path):
    file = tmp_path / "figures.json"
    printed = run("soak.py", "--rows", 3000, "--drifts", 2, "--json", file, *options)
    assert printed.splitlines()[-1] == "60 losses are kept of 60 calls."
    figures = json.loads(file.read_text())
    assert [phase["rows"] for phase in figures["phases"]] == [1000] * 3
    assert all(phase["last"] > 0.6 for phase in figures["phases"])
    assert all(0 < f["p50"] <= f["p99.9"] <= f["max"] for f in figures["latencies"].values())


def test_quantiles_of_counted_latencies(definitions):
    counts = definitions("_load.py")["LatencyCounts"]()
    assert counts.quantiles() == {"p50": None, "p99": None, "p99.9": None, "max": None}
    latencies = np.random.default_rng(0).exponential(0.01, 5000)
    for latency in latencies:
        counts.add(latency)
    found = counts.quantiles()
    assert found.pop("max") == latencies.max()
    exact = np.quantile(latencies, [0.5, 0.99, 0.999], method="inverted_cdf")
    assert (found := np.array([*found.values()])) == pytest.approx(exact, rel=0.011)
    assert (found >= exact).all()


def test_recovery_after_a_drift(definitions):
    recovery = definitions("soak.py")["recovery"]
    assert recovery(np.array([0.5, 0.7, 0.87, 0.9]), 0.88) == 2
    assert recovery(np.array([0.5, 0.7]), 0.9) is None


@pytest.mark.slow
def test_server_load(run):
    printed = run("server_load.py", "--requests", 60, "--clients", 3, "--seconds", 60)
    assert "60 requests of 3 clients" in printed
    assert printed.splitlines()[-1] == "0 errors"


def test_streams_without_river(run, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "river.datasets", None)
    with pytest.raises(AssertionError, match=r"needs river.*sklearn-ed\[streams\]"):
        run("streams.py", "--streams", "phishing")


def test_a_stream_is_tested_before_it_is_learned(definitions):
    """An estimator that repeats the labels of the last call is always one behind."""
    streams = definitions("streams.py")
    X, y = np.zeros((12, 2)), np.array([0, 1] * 6)
    alternating = streams["test_then_train"](streams["ClassBefore"](), X, y, 1)
    assert alternating.accuracy == 0
    assert len(alternating.latencies) == 11
    pairs = streams["test_then_train"](streams["ClassBefore"](), X, y, 2)
    assert pairs.accuracy == 0.5


@pytest.mark.slow
def test_elec2_is_learned_from_what_comes(definitions):
    """Well above the class before, 84.8 % of the first 6000 rows."""
    streams = definitions("streams.py")
    try:
        X, y = streams["STREAMS"]["elec2"](None)
    except (ImportError, OSError) as error:
        pytest.skip(str(error))
    model = EDClassifier.for_streams(random_state=0)
    found = streams["test_then_train"](model, X[:6000], y[:6000], 1)
    assert found.accuracy > 0.9


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_out_of_core_learns_every_row_in_each_part(definitions, tmp_path):
    out_of_core = definitions("large_data.py")
    out_of_core["write_rows"](tmp_path, 5000, 10)
    for part in ("memory", *out_of_core["PARTS"]):
        figures = out_of_core["measure"](part, tmp_path, 5000, 10, 1500)
        assert 0 < figures["anonymous"] < figures["resident"]
        assert figures["accuracy"] > 0.7


def test_scaling_exponent_of_a_power(definitions):
    exponent = definitions("scaling.py")["exponent"]
    assert exponent([1, 2, 4, 8, 16], [7, 14, 80, 640, 5120]) == pytest.approx(3)


def test_step_profile_counts_no_time_twice(definitions, images):
    step_profile = definitions("step_profile.py")
    X, y = load_iris(return_X_y=True)
    classifier = EDClassifier((4, 4), max_iter=3, random_state=0, tol=0.0)
    with step_profile["profiled"]() as profile:
        classifier.partial_fit(X, y, classes=[0, 1, 2])
    assert {"Adam", "sigmoid", "products, deeper increments"} < {*profile.seconds}
    profile.seconds.clear()
    classifier.partial_fit(X, y)
    assert not profile.seconds


def test_study_continues_where_it_ended(run, tmp_path):
    file = tmp_path / "study.csv"
    options = ("--csv", file, "--sets", "iris", "--seeds", 1, "--n-jobs", 1)
    first = run("study_rule.py", *options, "--changes", "u0=0.2")
    assert first.startswith("2 fits to do, 0 done before")
    second = run("study_rule.py", *options, "--changes", "u0=", "--rst", tmp_path / "table.inc")
    assert second.startswith("1 fits to do, 2 done before")
    assert "u0=1.0" in (tmp_path / "table.inc").read_text()


def test_variants_change_what_is_learned(definitions):
    variants, harness = definitions("_variants.py"), definitions("_harness.py")
    for name, changes in variants["VARIANTS"].items():
        is_classification = "label_smoothing" in changes
        Estimator = EDClassifier if is_classification else EDRegressor
        X, y = (load_iris if is_classification else load_diabetes)(return_X_y=True)
        former = harness["FORMER_DEFAULTS" if is_classification else "FORMER_REGRESSOR"]
        options = former | harness["ALL_EPOCHS"] | {"random_state": 0, "max_iter": 8}
        plain, changed = (
            E(**options) for E in (Estimator, variants["variant"](Estimator, name))
        )
        for estimator in (plain, changed):
            with pytest.warns(match="has not converged"):
                estimator.fit(X, y)
        assert not np.array_equal(plain.coefs_[0], changed.coefs_[0]), name


def test_centred_errors_ignore_a_common_error(definitions):
    from sklearn_ed._networks.bank import NetworkBank

    rng = np.random.RandomState(0)
    bank = NetworkBank.initialize(
        3, (4,), 2, init="scaled", u0=0.4, beta=0.8, dtype=float, rng=rng
    )
    X, E = rng.uniform(size=(5, 3)), rng.normal(size=(5, 2))
    rule = definitions("_variants.py")["CentredErrors"]()
    hidden, _ = bank.forward(X)
    found = [rule.increments(bank, X, hidden, errors, None) for errors in (E, E + 1)]
    for increment, same in zip(*found, strict=True):
        np.testing.assert_allclose(increment, same, atol=1e-12)


@pytest.mark.parametrize("name", ["breast_cancer", "digits", "diabetes"])
def test_former_defaults_leave_nothing_to_the_present_ones(name, definitions):
    """The study needs a single member that learns from all rows, in one layer."""
    study = definitions("study_rule.py")
    task = study["describe"](name)
    estimator = task.estimator(**task.defaults, random_state=0).set_params(max_iter=2)
    X, y, *_ = study["split"](name, 0, None)
    with pytest.warns(match="has not converged"):
        estimator.fit(X, y)
    assert (estimator.n_members_, estimator.validation_scores_) == (1, None)
    units = 500 if name == "breast_cancer" else 12 if name == "digits" else 32
    assert [coef.shape[2] for coef in estimator.coefs_] == [units, 1]


@pytest.fixture
def tables(tmp_path):
    """A table in a CSV file, and a larger one of numbers in an NPZ file."""
    pd = pytest.importorskip("pandas")
    pytest.importorskip("skrub")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2)).round(2)
    frame = pd.DataFrame(X, columns=["a", "b"])
    frame["c"] = np.where(X[:, 0] > 0, "yes", "no")
    frame["target"] = np.where(X.sum(axis=1) > 0, "up", "down")
    frame.to_csv(tmp_path / "signs.csv", index=False)
    np.savez(tmp_path / "sums.npz", X=rng.normal(size=(80, 3)), y=rng.normal(size=80))
    return tmp_path


@pytest.mark.slow
def test_tables(run, tables):
    options = ("--tables", "signs", "sums", "--max-rows", 60, "--csv", tables / "fits")
    chosen = ("--estimators", "ED pipeline", "linear")
    printed = run("tables.py", "--data", tables, *options, *chosen)
    scores, losses, seconds = (part.splitlines() for part in printed.strip().split("\n\n"))
    ranks = ["mean rank", "first is better"]
    ends = ranks, [*ranks, "relative"], ["all fits"]
    for lines, end in zip((scores, losses, seconds), ends, strict=True):
        names = [line.split("  ")[0] for line in lines]
        assert names[1:] == ["table, rows", "signs, 60", "sums, 60", *end]
    assert losses[-1].split()[1] == "1.000"
    ranks = [float(cell) for cell in scores[-2].split()[-2:]]
    assert sum(ranks) == 3
    rank_of_second = float(losses[-3].split()[-1])
    better = [int(cell) for cell in losses[-2].split()[-2:]]
    assert better == [0, 2 * (rank_of_second - 1)]
    # Five folds of two tables for two estimators, and a heading.
    assert len((tables / "fits").read_text().splitlines()) == 21


def test_tables_of_numbers_and_classes(definitions, tables):
    load = definitions("tables.py")["load_table"]
    signs, sums = load("signs", tables), load("sums", tables, 50)
    assert (signs.task, sorted(set(signs.y))) == ("classification", [0, 1])
    assert (sums.task, sums.X.shape, sums.y.shape) == ("regression", (50, 3), (50,))
