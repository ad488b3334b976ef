"""The command line, and the CSV files that it reads."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import sklearn_ed
from sklearn_ed.__main__ import main
from sklearn_ed.commands import _compare as command
from sklearn_ed.comparison import Candidate, Outcome, UnusableInput, csv_problem

pd = pytest.importorskip("pandas")
pytest.importorskip("matplotlib")

COMMAND = [sys.executable, "-m", "sklearn_ed"]


def make_frame(n=200):
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(
        {
            "age": rng.randint(18, 80, n).astype(float),
            "city": rng.choice(["Oslo", "Rome", "Lima"], n),
            "member": rng.rand(n) < 0.5,
            "nothing": np.nan,
            "constant": 1,
        }
    )
    frame["buys"] = np.where((frame.city == "Rome") | (frame.age > 60), "yes", "no")
    for column in ("age", "city"):
        frame.loc[rng.rand(n) < 0.1, column] = np.nan
    return frame


@pytest.fixture
def write(tmp_path):
    def write(frame):
        file = tmp_path / "shop.csv"
        frame.to_csv(file, index=False)
        return str(file)

    return write


# CSV files


def test_csv_columns_are_scaled_encoded_and_imputed(write):
    problem = csv_problem(write(make_frame()), "buys")
    assert problem.name == "shop"
    assert set(problem.y_train) == {"yes", "no"}
    assert list(problem.X_train.columns) == ["age", "city", "member"]
    assert problem.X_train.isna().to_numpy().any()
    Z = problem.preprocessing.fit_transform(problem.X_train)
    # age, three cities and "missing", two values of member
    assert Z.shape == (150, 1 + 4 + 2)
    assert Z[:, 0].mean() == pytest.approx(0, abs=1e-12)
    assert Z[:, 0].std() == pytest.approx(1)
    np.testing.assert_array_equal(Z[:, 1:5].sum(axis=1), 1)
    np.testing.assert_array_equal(Z[:, 5:].sum(axis=1), 1)
    age_missing = problem.X_train["age"].isna().to_numpy()
    assert np.unique(Z[age_missing, 0]).size == 1


def test_csv_category_that_training_lacks_is_no_error(write):
    problem = csv_problem(write(make_frame()), "buys")
    problem.preprocessing.fit(problem.X_train)
    stranger = problem.X_test.head(1).assign(city="Quito")
    np.testing.assert_array_equal(problem.preprocessing.transform(stranger)[0, 1:5], 0)


def test_csv_of_many_rare_strings_makes_few_columns(write):
    frame = make_frame().assign(name=[f"customer {k}" for k in range(200)])
    problem = csv_problem(write(frame), "buys")
    assert problem.preprocessing.fit_transform(problem.X_train).shape[1] <= 7 + 30


def test_csv_labels_may_be_numbers(write):
    frame = make_frame()
    frame["buys"] = (frame["buys"] == "yes") + 1.0
    assert set(csv_problem(write(frame), "buys").y_test) == {1, 2}


def one_label_missing(frame):
    frame.loc[3, "buys"] = None


def one_class(frame):
    frame["buys"] = "yes"


def rare_class(frame):
    frame.loc[:2, "buys"] = "perhaps"


def real_labels(frame):
    frame["buys"] = np.linspace(0, 1, len(frame))


def infinite_label(frame):
    frame["buys"] = np.where(np.arange(len(frame)) % 2, np.inf, 1)


def no_usable_column(frame):
    for column in ("age", "city", "member"):
        frame[column] = "the same"


def infinite_number(frame):
    frame.loc[5, "age"] = np.inf


def huge_number(frame):
    frame.loc[5, "age"] = 1e300


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (one_label_missing, "a label in every row of column 'buys', got 1 of 200 rows without"),
        (one_class, "at least 2 classes in column 'buys', got only yes"),
        (rare_class, r"at least 4 rows of each class .* got 3 of perhaps \(1 of 3 classes"),
        (real_labels, "class labels in column 'buys', got real numbers such as 0.005"),
        (infinite_label, "finite labels in column 'buys', got inf"),
        (no_usable_column, "a column besides the target that has two different values"),
        (infinite_number, "finite variance, got inf in column 'age'"),
        (huge_number, r"finite variance, got 1e\+300 in column 'age'"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_csv_that_is_no_problem(spoil, message, write):
    frame = make_frame()
    spoil(frame)
    with pytest.raises(UnusableInput, match=message):
        csv_problem(write(frame), "buys")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read: No columns"),
        (b"a,b\n", "which has none"),
        (b"a,b\n1,2\n1,2,3,4\n", "cannot be read"),
        (b"a,b\n\xff\xfe,1\n", "cannot be read"),
    ],
)
def test_damaged_csv(content, message, tmp_path):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(UnusableInput, match=f"expected a CSV file.*{message}"):
        csv_problem(tmp_path / "a.csv", "b")


# The command


def assert_refused(capsys, arguments, message):
    """One sentence on stderr, nothing on stdout, exit code 2."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("sklearn-ed: ")
    assert err.count("\n") == 1
    assert message in err


def test_missing_file(capsys, tmp_path):
    arguments = ["compare", "--data", "nowhere.csv", "--target", "y", "--out", str(tmp_path)]
    assert_refused(capsys, arguments, "nowhere.csv, which is no file")


def test_missing_column(capsys, write, tmp_path):
    file = write(make_frame())
    arguments = ["compare", "--data", file, "--target", "sells", "--out", str(tmp_path)]
    assert_refused(capsys, arguments, "'constant', 'buys', got 'sells'")


def test_out_is_a_file(capsys, write):
    assert_refused(capsys, ["compare", "--out", write(make_frame())], "out: expected a folder")


def test_picture_cannot_be_written(capsys, tmp_path, monkeypatch):
    point = Candidate({"alpha": 0.1, "hidden_layer_sizes": (2,)}, 0.9, 0.1, fit_time=1.0)
    outcome = Outcome("EDClassifier", [point], point, 0.9, 1.0, 1.0, 1.0, 1, 0, 0)
    monkeypatch.setattr(command, "compare", lambda *a, **k: (None, [outcome] * 2))
    monkeypatch.setattr(command, "report", lambda *a: "the report")
    (tmp_path / "wine.png").mkdir()
    assert main(["compare", "--dataset", "wine", "--out", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert "the report" in out
    assert err.startswith("sklearn-ed: out: expected a file that can be written")


def test_missing_matplotlib_is_said_before_the_search(capsys, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    arguments = ["compare", "--dataset", "wine", "--out", str(tmp_path)]
    assert_refused(capsys, arguments, "needs matplotlib")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "COMMAND"),
        (["compare", "--dataset", "iris"], "invalid choice: 'iris'"),
        (["compare", "--data", "a.csv"], "--data FILE.csv and --target COLUMN go together"),
        (["compare", "--target", "y"], "--data FILE.csv and --target COLUMN go together"),
        (["compare", "--dataset", "wine", "--data", "a.csv"], "not allowed with"),
        (["compare", "--n-jobs", "0"], "invalid number of jobs"),
        (["compare", "--random-state", "-1"], "invalid seed"),
        (["compare", "--random-state", "now"], "invalid seed"),
    ],
)
def test_wrong_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as info:
        main(arguments)
    assert info.value.code == 2
    assert message in capsys.readouterr().err


def test_version(capsys):
    with pytest.raises(SystemExit) as info:
        main(["--version"])
    assert info.value.code == 0
    assert capsys.readouterr().out == f"sklearn-ed {sklearn_ed.__version__}\n"


def test_a_csv_file_is_compared(write, tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    arguments = ["compare", "--data", write(make_frame(80)), "--target", "buys"]
    assert main([*arguments, "--out", str(out), "--random-state", "3"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "1 of numbers, standardized, 2 of strings" in " ".join(captured.out.split())
    assert (out / "shop.png").read_bytes()[:4] == b"\x89PNG"


def test_module_runs_in_a_process_of_its_own(tmp_path):
    done = subprocess.run(
        [*COMMAND, "compare", "--dataset", "wine", "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    for name in ("EDClassifier", "MLPClassifier"):
        assert "+/-" in rows[name]
    assert done.stdout.endswith(f"Picture: {tmp_path / 'out' / 'wine.png'}\n")
    assert (tmp_path / "out" / "wine.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_one_ctrl_c_ends_it(tmp_path):
    """Estimators catch KeyboardInterrupt: without care the search would just go on."""
    process = subprocess.Popen(
        [*COMMAND, "compare", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().startswith("digits")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "sklearn-ed: interrupted, nothing was finished.\n"
    assert not list(tmp_path.iterdir())


def test_ctrl_c_handler_is_given_back(monkeypatch, tmp_path, capsys):
    def interrupt(*args, **kwargs):
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(command, "compare", interrupt)
    assert main(["compare", "--dataset", "wine", "--out", str(tmp_path)]) == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().err.count("\n") == 1
