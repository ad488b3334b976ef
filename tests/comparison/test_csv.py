"""CSV files as people have them: strings, missing values, useless columns."""

import sys

import numpy as np
import pytest

from shop import make_shop
from sklearn_ed._utils.errors import UnusableInput
from sklearn_ed.comparison import csv_problem

pd = pytest.importorskip("pandas")


def test_a_file_is_read_and_split(write):
    problem = csv_problem(write(make_shop()), "buys")
    assert problem.name == "shop"
    assert set(problem.y_train) == {"yes", "no"}
    assert list(problem.X_train.columns) == ["age", "city", "member", "nothing", "constant"]
    assert (len(problem.X_train), len(problem.X_test)) == (150, 50)
    assert problem.X_train.isna().to_numpy().any()
    assert "5 columns (4 of them numeric), 2 classes" in problem.description


def test_csv_labels_may_be_numbers(write):
    frame = make_shop()
    frame["buys"] = (frame["buys"] == "yes") + 1.0
    assert set(csv_problem(write(frame), "buys").y_test) == {1, 2}


def one_label_missing(frame):
    frame.loc[3, "buys"] = None


def one_class(frame):
    frame["buys"] = "yes"


def rare_class(frame):
    frame.loc[:2, "buys"] = "perhaps"


def infinite_label(frame):
    frame["buys"] = np.where(np.arange(len(frame)) % 2, np.inf, 1)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (one_label_missing, "a value in every row of column 'buys', got 1 of 200 rows without"),
        (one_class, "at least 2 classes in column 'buys', got only yes"),
        (rare_class, r"at least 4 rows of each class .* got 3 of perhaps \(1 of 3 classes"),
        (
            infinite_label,
            "finite numbers in column 'buys', got 100 infinite or missing",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_csv_that_is_no_problem(spoil, message, write):
    frame = make_shop()
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


def test_a_file_in_another_encoding(tmp_path):
    frame = make_shop()
    frame["buys"] = np.where(frame["buys"] == "yes", "café", "thé")
    file = tmp_path / "latin.csv"
    frame.to_csv(file, index=False, encoding="latin-1")
    assert set(csv_problem(file, "buys", encoding="latin-1").y_test) == {"café", "thé"}
    with pytest.raises(UnusableInput, match=r"cannot be read: 'utf-8' .* such as latin-1\?"):
        csv_problem(file, "buys")
    with pytest.raises(UnusableInput, match="cannot be read: unknown encoding: klingon"):
        csv_problem(file, "buys", encoding="klingon")


def test_a_file_name_that_cannot_be_decoded():
    # Python's name of a file whose name is the byte 0xff.
    with pytest.raises(UnusableInput, match=r"a file name in Unicode, got .*\\udcff.csv"):
        csv_problem("\udcff.csv", "buys")


def test_a_target_alone(tmp_path):
    (tmp_path / "a.csv").write_text("y\n" + "1\n2\n" * 10)
    with pytest.raises(UnusableInput, match=r"X: expected rows and columns, got .*\(20, 0\)"):
        csv_problem(tmp_path / "a.csv", "y")


def test_numbers_with_fractions_are_for_regression(write):
    frame = make_shop()
    frame["buys"] = np.linspace(0, 1, len(frame))
    problem = csv_problem(write(frame), "buys")
    assert problem.task == "regression"
    assert problem.n_classes == 0
    with pytest.raises(UnusableInput, match=r"class labels .* got real numbers such as 0.005"):
        csv_problem(write(frame), "buys", task="classification")


def test_many_numbers_are_for_regression(write):
    frame = make_shop()
    frame["buys"] = np.arange(len(frame)) // 2
    assert csv_problem(write(frame), "buys").task == "regression"
    with pytest.raises(UnusableInput, match="if y is a quantity, use regression"):
        csv_problem(write(frame), "buys", task="classification")


def test_regression_on_request(write):
    frame = make_shop()
    frame["buys"] = (frame["buys"] == "yes").astype(int)
    assert csv_problem(write(frame), "buys").task == "classification"
    assert csv_problem(write(frame), "buys", task="regression").task == "regression"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["yes", "no"] * 50, "expected numbers in column 'buys' for regression, got 'yes'"),
        ([1.5] * 100, "two different numbers in column 'buys', got 100 rows from 1.5 to 1.5"),
        ([1.5, 2.5], "at least 20 rows and two"),
    ],
)
def test_no_regression(values, message, write):
    frame = make_shop().head(len(values)).assign(buys=values)
    with pytest.raises(UnusableInput, match=message):
        csv_problem(write(frame), "buys", task="regression")


def test_csv_without_pandas(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"needs pandas, .*pip install 'sklearn-ed\[plots\]'"):
        csv_problem(tmp_path / "a.csv", "y")


def test_csv_of_semicolons(tmp_path):
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    with pytest.raises(UnusableInput, match=r"one of 'a;b', got 'b'. Are the values separated"):
        csv_problem(tmp_path / "a.csv", "b")
