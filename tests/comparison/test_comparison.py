"""The result of a comparison: figures, text, pictures, JSON; bad input."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sklearn_ed._utils.errors import UnusableInput
from sklearn_ed.comparison import (
    Candidate,
    Comparison,
    EstimatorResult,
    Fit,
    LearningCurve,
    compare,
)

NAN = float("nan")


def make_result(name="EDClassifier", scores=(0.95, 0.75), **fields):
    sizes = [(2,), (8,)]
    candidates = [
        Candidate(
            {"alpha": alpha, "hidden_layer_sizes": size},
            [score * (1 - alpha) for score in scores],
            fit_times=[1.0 + alpha, 3.0],
            score_times=[0.1, 0.3],
            n_iters=[5.0, 10.0],
        )
        for alpha in (0.03, 0.01, 0.1)
        for size in sizes
    ]
    fits = [Fit(3, 2.0, 7.0, 0.75, 0.01), Fit(4, 4.0, 9.0, 0.85, 0.03)]
    curve = LearningCurve(
        [[0.1, 0.2, 0.4], [0.1, 0.3, 0.5]], [[0.5, 0.6, 0.9], [0.4, 0.7, 0.8]]
    )
    defaults = {
        "estimator": "EDClassifier()",
        "candidates": candidates,
        "fits": fits,
        "n_parameters": 1234,
        "curve": curve,
        "max_iter": 10,
    }
    return EstimatorResult(name, **(defaults | fields))


def make_comparison(*results, **fields):
    defaults = {
        "name": "digits",
        "task": "classification",
        "scoring": "accuracy",
        "data": {
            "n_train": 90,
            "n_test": 30,
            "n_features": 4,
            "inputs": "standardized",
            "n_classes": 3,
            "majority": 0.4,
        },
        "settings": {
            "n_folds": 2,
            "n_search_rows": 90,
            "n_repeats": 2,
            "seeds": [3, 4],
            "random_state": 3,
            "n_jobs": None,
            "remarks": ["A remark."],
        },
        "machine": {"cpu": "a processor", "versions": {"python": "3.11"}},
        "results": list(results) or [make_result(), make_result("MLPClassifier")],
        "seconds": 12.5,
        "complete": True,
    }
    return Comparison(**(defaults | fields))


# Bad input


X, Y = np.random.RandomState(0).normal(size=(40, 3)), np.arange(40) % 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y": None}, "y: expected one value for each row of X, got None"),
        ({"y": Y[:-1]}, "y: expected 40 values, one for each row of X, got 39"),
        ({"y": np.c_[Y, Y]}, "y should be a 1d array"),
        ({"X": X[:0], "y": Y[:0]}, r"X: expected rows and columns, got the shape \(0, 3\)"),
        ({"X": X[:, 0]}, r"X: expected rows and columns, got the shape \(40,\)"),
        ({"y": np.zeros(40)}, "y: expected at least 2 classes, got only 0"),
        ({"y": [*Y[:-1], 7]}, r"y: expected at least 4 rows of each class, got 1 of 7"),
        (
            {"y": np.where(Y, np.nan, 1.0)},
            "y: expected finite numbers, got 20 infinite or missing",
        ),
        ({"task": "ranking"}, "task: expected one of"),
        ({"task": "regression", "y": Y.astype(str)}, "y: expected numbers for regression"),
        ({"X_test": X}, "X_test and y_test: expected both or none"),
        ({"X_test": X[:, :2], "y_test": Y}, "X_test: expected 3 columns, as X has, got 2"),
        ({"X_test": X, "y_test": Y[:3]}, "y_test: expected 40 values"),
        ({"test_size": 7.5}, "test_size"),
        (
            {"preprocessing": "scale"},
            "preprocessing: expected a transformer, or None",
        ),
        ({"cv": 1}, r"cv: expected a number of folds.* for 30 rows, got 1"),
        (
            {"cv": "many"},
            r"cv: expected a number of folds.* for 30 rows, got 'many'",
        ),
        ({"scoring": "beauty"}, "scoring: expected a callable or one of"),
        ({"scoring": ["accuracy", "f1"]}, "scoring: expected a callable or one of"),
        ({"n_repeats": 0}, "n_repeats: expected an integer >= 1, got 0"),
        (
            {"random_state": None},
            r"random_state: expected an integer from 0 to 2\*\*32 - 1, got None",
        ),
        ({"estimators": []}, "estimators: expected a sequence of estimators"),
        ({"estimators": "mlp"}, "estimators: expected an estimator, or a tuple"),
    ],
)
def test_bad_input(changed, message):
    with pytest.raises(ValueError, match=message):
        compare(**({"X": X, "y": Y} | changed))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda sk: [sk.Ridge(), sk.LogisticRegression()], "only regressors, got both"),
        (lambda sk: [(sk.Ridge(), {"beta": [1]})], r"which are \['alpha'.* got 'beta'"),
        (lambda sk: [(sk.Ridge(), {"alpha": 1})], "expected a parameter grid for Ridge"),
        (lambda sk: [(sk.Ridge(), {}, 3)], "a tuple of an estimator and its parameter grid"),
        (lambda sk: [sk.Ridge], "expected an estimator"),
    ],
)
def test_bad_estimators(make, message):
    from sklearn import linear_model

    with pytest.raises(UnusableInput, match=message):
        compare(X, Y, estimators=make(linear_model))


# Figures


def test_figures_of_an_outcome():
    result = make_result()
    assert result.best is result.candidates[2]
    assert result.best.score == pytest.approx(0.85 * 0.99)
    assert result.best.spread == pytest.approx(0.1 * 0.99)
    assert result.best.fit_time == pytest.approx(2.005)
    assert result.search_time == pytest.approx(sum(4.4 + a for a in (0.03, 0.01, 0.1)) * 2)
    assert (result.fit_time, result.predict_time) == (3.0, 0.02)
    assert result.test_score == pytest.approx(0.8)
    assert result.test_spread == pytest.approx(0.05)
    assert (result.n_fits, result.n_out_of_epochs, result.n_failed) == (12, 6, 0)


def test_frames():
    pytest.importorskip("pandas")
    result = make_comparison()
    frame = result.to_frame()
    assert list(frame["estimator"]) == ["EDClassifier", "MLPClassifier"]
    assert frame["params"][0] == "alpha=0.01, hidden_layer_sizes=(2,)"
    assert frame["test_score"][1] == result.results[1].test_score
    candidates = result.to_frame(candidates=True)
    assert len(candidates) == 12
    assert candidates["best"].sum() == 2


def test_text_has_a_row_for_each_and_fits_a_terminal():
    results = [make_result(name) for name in ("EDClassifier", "MLPClassifier", "Keras")]
    text = make_comparison(*results).to_text()
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    for name in ("EDClassifier", "MLPClassifier", "Keras"):
        row = next(k for k, line in enumerate(lines) if line.startswith(name))
        for figure in ("84.1% +/- 9.9%", "80.0% +/- 5.0%", "1234", "3.00 s", "20.0 ms"):
            assert f" {figure}" in lines[row], figure
        assert lines[row + 1] == "  best: alpha=0.01, hidden_layer_sizes=(2,)"
    words = " ".join(lines)
    assert "90 training and 30 test rows, 4 columns (standardized), 3 classes" in words
    assert "40.0% of the test rows" in words
    assert "A remark." in words
    reached = "6 of 12 fits of the search reached the maximum number of epochs (10)"
    assert reached in " ".join(text.split())
    table = make_comparison().to_text(heading=False, notes=False)
    assert table.splitlines()[2].startswith("EDClassifier")
    assert len(table.splitlines()) == 6


def test_scores_that_are_no_shares():
    text = make_comparison(task="regression", scoring="r2").to_text()
    assert "0.841 +/- 0.099" in text
    assert "%" not in text


def test_text_of_what_an_interruption_left():
    result = make_result(fits=[], n_parameters=None, curve=None)
    text = make_comparison(result, complete=False).to_text()
    assert "Interrupted" in text
    assert "Test accuracy" not in text
    row = next(line for line in text.splitlines() if line.startswith("EDClassifier"))
    assert row.split()[-4:] == ["-", "-", "-", "-"]


def test_a_file_of_an_older_version_loads(tmp_path):
    """results-0.1.0.json was written by version 0.1.0: a curve, NaN epochs, no curve."""
    old = Path(__file__).with_name("results-0.1.0.json")
    comparison = Comparison.load(old)
    assert [result.name for result in comparison.results] == ["ED", "MLP", "linear"]
    ed, _, linear = comparison.results
    assert ed.best.params == {"alpha": 0.01, "hidden_layer_sizes": (8,)}
    assert (ed.n_parameters, ed.max_iter, linear.max_iter) == (363, 4, None)
    assert [fit.seed for fit in ed.fits] == comparison.settings["seeds"] == [0, 1]
    assert len(ed.curve.scores) == comparison.settings["n_folds"] == 2
    assert linear.curve is None
    comparison.save(tmp_path / "new.json")
    assert json.loads((tmp_path / "new.json").read_text()) == json.loads(old.read_text())


def test_older_names_of_attributes():
    comparison = make_comparison()
    assert comparison.outcomes is comparison.results
    assert comparison.terms is comparison.settings


def test_a_report_without_learning_curves(tmp_path):
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")
    comparison = make_comparison(make_result(curve=None))
    files = comparison.write_report(str(tmp_path))
    assert [file.name for file in files] == [
        "report.html",
        "results.json",
        "results.csv",
        "candidates.csv",
        "candidates.png",
    ]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert Comparison.load(tmp_path / "results.json") == comparison


def test_notes_on_jobs_and_threads():
    one = make_comparison()
    assert "All times: one thread per fit.\n" in one.to_text()
    settings = one.settings | {"n_jobs": 4}
    many = make_comparison(settings=settings, machine={"tensorflow_threads": 8})
    text = " ".join(many.to_text().split())
    assert "one thread per fit; 4 parallel jobs in the search." in text
    assert "TensorFlow had been used before" in text


def test_saved_and_loaded(tmp_path):
    failed = Candidate({"alpha": 9.0}, [NAN, 0.5], [0.1, NAN], [0.0, 0.1], [NAN, NAN])
    result = make_result(candidates=[failed, *make_result().candidates], curve=None)
    result = make_comparison(result, make_result())
    file = tmp_path / "results.json"
    result.save(file)
    json.loads(file.read_text(), parse_constant=lambda name: pytest.fail(name))
    loaded = Comparison.load(file)
    assert loaded.to_text() == result.to_text()
    assert repr(loaded) == repr(result)
    assert loaded.results[1] == result.results[1]
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_a_curve_with_scores_that_are_not_finite_comes_back(tmp_path):
    result = make_comparison(make_result(curve=LearningCurve([[0.1, 0.2]], [[NAN, 0.5]])))
    result.save(tmp_path / "a.json")
    assert repr(Comparison.load(tmp_path / "a.json")) == repr(result)


def test_parameters_that_are_objects_come_back_as_strings(tmp_path):
    from sklearn.linear_model import Ridge

    candidate = Candidate({"estimator": Ridge()}, [0.5], [0.1], [0.1], [NAN])
    result = make_comparison(make_result(candidates=[candidate]))
    result.save(tmp_path / "a.json")
    loaded = Comparison.load(tmp_path / "a.json")
    assert loaded.results[0].candidates[0].params == {"estimator": "Ridge()"}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "sklearn_ed comparison 1"}'])
def test_other_files_are_refused(content, tmp_path):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match=r"path: expected a file that Comparison.save wrote"):
        Comparison.load(tmp_path / "a.json")


# Pictures


def test_picture_has_a_point_per_candidate():
    pytest.importorskip("matplotlib")
    failed = Candidate({"alpha": 9.0, "hidden_layer_sizes": (2,)}, [NAN], [0.1], [0.1], [NAN])
    result = make_result(candidates=[failed, *make_result().candidates])
    display = make_comparison(result, make_result("B")).plot(ax=new_axes())
    points = [line.get_xdata().size for line in display.ax_.lines if line.get_marker() != ""]
    # Three learning rates for two sizes, and the ring of the best; twice.
    assert points == [3, 3, 1, 3, 3, 1]
    texts = [text.get_text() for text in display.ax_.texts]
    assert texts == ["0.03", "0.03", "0.01", "0.01", "0.1", "0.1"] * 2
    hollow = [line.get_markerfacecolor() == "none" for line in display.ax_.lines]
    assert [h for h, n in zip(hollow, points, strict=True) if n == 3] == [True, False] * 2


def test_picture_of_estimators_without_candidates():
    pytest.importorskip("matplotlib")
    lone = Candidate({}, [0.5, 0.7], [0.1, 0.1], [0.1, 0.1], [NAN, NAN])
    display = make_comparison(make_result(candidates=[lone])).plot(ax=new_axes())
    assert [line.get_xdata().size for line in display.ax_.lines] == [1, 1]
    assert display.figure_ is display.ax_.figure


@pytest.mark.parametrize(("kind", "x"), [("epochs", [1, 2, 3]), ("seconds", [0.1, 0.25, 0.45])])
def test_learning_curves(kind, x):
    pytest.importorskip("matplotlib")
    display = make_comparison(make_result(), make_result(curve=None)).plot(kind, ax=new_axes())
    (line,) = display.ax_.lines
    np.testing.assert_allclose(line.get_xdata(), x)
    np.testing.assert_allclose(line.get_ydata(), [0.45, 0.65, 0.85])


def test_unknown_kind():
    with pytest.raises(ValueError, match=r"kind: expected one of .*, got 'pie'"):
        make_comparison().plot("pie")


def new_axes():
    from matplotlib.figure import Figure

    return Figure().subplots()


def test_heavy_packages_are_not_imported():
    heavy = "{'tensorflow', 'keras', 'matplotlib'}"
    code = f"import sys, sklearn_ed.comparison; print({heavy} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
