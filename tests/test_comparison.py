"""The comparison: same terms for both, honest numbers, files as people have them."""

import io
import struct
import sys
import time
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, comparison, datasets
from sklearn_ed.comparison import _picture, _progress, _search
from sklearn_ed.comparison._budget import MAX_SEARCH_ROWS, Budget, plan_budget
from sklearn_ed.comparison._contestants import Contestant, make_contestants

pd = pytest.importorskip("pandas")
pytest.importorskip("matplotlib")


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Picky(SGDClassifier):
    """Fails where alpha is above 1."""

    def fit(self, X, y):
        if self.alpha > 1:
            raise ValueError("alpha is above 1")
        return super().fit(X, y)


@pytest.fixture(scope="module")
def wine():
    return comparison.named_problem("wine", random_state=0)


@pytest.fixture(scope="module")
def compared(wine):
    return comparison.compare(wine, random_state=0, stream=io.StringIO())


@pytest.fixture
def picky(monkeypatch):
    """Make contestants of Picky with these values of alpha, on a budget of three folds."""

    def use(*alphas):
        contestant = Contestant("Picky", Picky(random_state=0), {"alpha": list(alphas)})
        monkeypatch.setattr(_search, "make_contestants", lambda *a, **k: [contestant] * 2)
        monkeypatch.setattr(
            _search, "plan_budget", lambda y, seed: Budget(np.arange(y.size), 3, max_iter=1000)
        )

    return use


# The data


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "wine"])
def test_a_stratified_quarter_is_held_out(name):
    problem = comparison.named_problem(name, random_state=1)
    n_train, n_test = problem.X_train.shape[0], problem.X_test.shape[0]
    assert n_test == np.ceil((n_train + n_test) / 4)
    shares = [np.bincount(y) / y.size for y in (problem.y_train, problem.y_test)]
    np.testing.assert_allclose(*shares, atol=0.02)
    other = comparison.named_problem(name, random_state=2)
    assert not np.array_equal(problem.X_test, other.X_test)


def test_mnist_keeps_its_own_split(tmp_path, monkeypatch):
    rng = np.random.RandomState(0)
    arrays = {
        "x_train": rng.randint(0, 256, (30, 28, 28)).astype(np.uint8),
        "y_train": np.arange(30) % 10,
        "x_test": rng.randint(0, 256, (7, 28, 28)).astype(np.uint8),
        "y_test": np.arange(7),
    }
    np.savez(tmp_path / "mnist.npz", **arrays)
    monkeypatch.setenv(datasets.DATA_FOLDER_VARIABLE, str(tmp_path))
    problem = comparison.named_problem("mnist")
    np.testing.assert_array_equal(problem.y_train, arrays["y_train"])
    np.testing.assert_array_equal(problem.y_test, arrays["y_test"])
    assert problem.X_test.shape == (7, 784)


def test_missing_fashion_mnist_is_unusable_input(tmp_path, monkeypatch):
    monkeypatch.setenv(datasets.DATA_FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def refuse(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr(datasets, "fetch_openml", refuse)
    with pytest.raises(comparison.UnusableInput, match="OpenML: Fashion-MNIST: no network"):
        comparison.named_problem("fashion_mnist")


def test_unknown_name_is_unusable_input():
    with pytest.raises(comparison.UnusableInput, match=r"expected one of .*'iris'"):
        comparison.named_problem("iris")


# The terms


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_both_get_the_same_terms(n_classes):
    ed, mlp = make_contestants(n_classes, max_iter=3, tol=0.5, random_state=4)
    assert ed.grid["alpha"] == mlp.grid["learning_rate_init"]
    for name in ("max_iter", "tol", "random_state", "n_iter_no_change", "batch_size"):
        assert getattr(ed.estimator, name) == getattr(mlp.estimator, name), name
    assert len(ed.grid["hidden_layer_sizes"]) > 1
    X = np.random.RandomState(0).normal(size=(50, 4))
    y = np.arange(50) % n_classes
    for ed_sizes, mlp_sizes in zip(
        ed.grid["hidden_layer_sizes"], mlp.grid["hidden_layer_sizes"], strict=True
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = clone(ed.estimator).set_params(hidden_layer_sizes=ed_sizes).fit(X, y)
        assert fitted.n_networks_ * sum(ed_sizes) == sum(mlp_sizes)


def test_few_rows_are_all_searched():
    budget = plan_budget(np.arange(500) % 4, random_state=0)
    np.testing.assert_array_equal(budget.rows, np.arange(500))
    assert budget.n_folds == 5


def test_many_rows_are_sampled_by_class():
    y = np.repeat([0, 1, 2], [3 * MAX_SEARCH_ROWS // 2, MAX_SEARCH_ROWS, MAX_SEARCH_ROWS // 2])
    budget = plan_budget(y, random_state=0)
    assert np.unique(budget.rows).size == MAX_SEARCH_ROWS
    shares = np.bincount(y[budget.rows]) / MAX_SEARCH_ROWS
    np.testing.assert_allclose(shares, [1 / 2, 1 / 3, 1 / 6], atol=1e-3)
    assert budget.max_iter < plan_budget(y[::100], random_state=0).max_iter


def test_no_more_folds_than_rows_of_a_class():
    assert plan_budget(np.array([0] * 50 + [1] * 3), random_state=0).n_folds == 3


# The numbers


def test_the_best_is_the_best_of_the_search(compared):
    for outcome in compared[1]:
        assert len(outcome.candidates) == 8
        assert outcome.n_fits == 8 * compared[0].n_folds
        assert outcome.best.accuracy == max(c.accuracy for c in outcome.candidates)
        assert outcome.n_failed == 0


def test_numbers_are_those_of_an_independent_run(wine, compared):
    budget, (outcome, _) = compared
    assert outcome.name == "EDClassifier"
    model = make_pipeline(
        StandardScaler(),
        EDClassifier(
            **outcome.best.params, max_iter=budget.max_iter, tol=budget.tol, random_state=0
        ),
    )
    folds = StratifiedKFold(budget.n_folds, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = cross_val_score(model, wine.X_train, wine.y_train, cv=folds)
        model.fit(wine.X_train, wine.y_train)
    assert outcome.best.accuracy == pytest.approx(scores.mean())
    assert outcome.best.spread == pytest.approx(scores.std())
    assert outcome.test_accuracy == model.score(wine.X_test, wine.y_test)


def test_both_beat_the_most_frequent_class_by_far(compared):
    for outcome in compared[1]:
        assert outcome.test_accuracy > 0.9


def test_times_add_up(compared):
    budget, outcomes = compared
    for outcome in outcomes:
        spent = budget.n_folds * sum(c.fit_time for c in outcome.candidates)
        assert spent <= outcome.grid_time
        assert 0 < outcome.predict_time < outcome.fit_time


def test_searched_sample_is_not_all_that_the_best_learns(wine, monkeypatch):
    """With a search on few rows the final fit still sees all of them."""
    few = Budget(np.arange(0, wine.y_train.size, 3), 2, max_iter=20)
    monkeypatch.setattr(_search, "plan_budget", lambda y, seed: few)
    seen = []
    fit = EDClassifier.fit

    def spy(self, X, y):
        seen.append(X.shape[0])
        return fit(self, X, y)

    monkeypatch.setattr(EDClassifier, "fit", spy)
    _, (outcome, _) = comparison.compare(wine, stream=io.StringIO())
    assert max(seen[:-1]) <= few.rows.size // 2 + 1
    assert seen[-1] == wine.y_train.size
    assert 0 < outcome.n_out_of_epochs <= outcome.n_fits == 16


def test_worker_processes_warn_no_more(wine, monkeypatch, capfd):
    monkeypatch.setattr(
        _search, "plan_budget", lambda y, seed: Budget(np.arange(y.size), 2, max_iter=1)
    )
    _, outcomes = comparison.compare(wine, n_jobs=2, stream=io.StringIO())
    assert [outcome.n_out_of_epochs for outcome in outcomes] == [16, 16]
    assert "Warning" not in capfd.readouterr().err


def test_failed_fits_are_counted_and_out(wine, picky):
    picky(10.0, 0.001)
    budget, outcomes = comparison.compare(wine, stream=io.StringIO())
    assert outcomes[0].best.params == {"alpha": 0.001}
    assert outcomes[0].n_failed == 3
    assert np.isnan(outcomes[0].candidates[0].accuracy)
    text = comparison.report(wine, budget, outcomes, None)
    assert "Picky: 3 of 6 fits of the search failed" in text


def test_no_candidate_left_is_unusable_input(wine, picky):
    picky(10.0, 100.0)
    with pytest.raises(comparison.UnusableInput, match="every candidate of Picky failed"):
        comparison.compare(wine, stream=io.StringIO())


# The report


def test_report_has_a_row_for_each_and_fits_a_terminal(wine, compared):
    budget, outcomes = compared
    text = comparison.report(wine, budget, outcomes, 2)
    assert max(map(len, text.splitlines())) <= 80
    lines = text.splitlines()
    for outcome in outcomes:
        row = next(k for k, line in enumerate(lines) if line.startswith(outcome.name))
        assert f" {outcome.best.accuracy:.1%} +/- {outcome.best.spread:.1%} " in lines[row]
        assert f" {outcome.test_accuracy:.1%} " in lines[row]
        for name, value in outcome.best.params.items():
            assert f"{name}={value}" in lines[row + 1]
    assert "n_jobs=2" in text
    assert "about 0.0%" not in text


def test_heading_names_the_share_of_the_most_frequent_class(wine):
    text = " ".join(comparison.describe(wine).split())
    assert "133 training and 45 test rows, 13 columns (standardized), 3 classes" in text
    assert "40.0% of the test rows" in text


def test_picture_is_a_png_with_a_point_per_candidate(compared, tmp_path, monkeypatch):
    outcomes = compared[1]
    points = []
    draw = _picture._draw

    def spy(axes, *args):
        draw(axes, *args)
        points.append(sum(line.get_xdata().size for line in axes.lines))

    monkeypatch.setattr(_picture, "_draw", spy)
    file = tmp_path / "wine.png"
    comparison.save_picture(outcomes, "a title", file)
    content = file.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert min(struct.unpack(">2I", content[16:24])) > 500
    # 8 candidates and the ring of the best, for each.
    assert points == [9, 18]


def test_picture_leaves_failed_candidates_out(compared, tmp_path):
    nan = float("nan")
    candidates = [
        comparison.Candidate(c.params, nan, nan, c.fit_time) if k == 0 else c
        for k, c in enumerate(compared[1][0].candidates)
    ]
    outcome = comparison.Outcome(
        **{**vars(compared[1][0]), "candidates": candidates, "best": candidates[1]}
    )
    comparison.save_picture([outcome, compared[1][1]], "a title", tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 1000


# The progress line


def test_progress_line_is_for_terminals_only():
    stream = io.StringIO()
    with _progress.progress_line(stream, lambda: "at work"):
        pass
    assert stream.getvalue() == ""


def test_progress_line_is_rewritten_and_erased(monkeypatch):
    monkeypatch.setattr(_progress, "REFRESH_SECONDS", 0.001)
    stream, texts = Terminal(), iter(["candidate 10", "candidate 2", "candidate 3"])
    with _progress.progress_line(stream, lambda: next(texts, "candidate 3")):
        deadline = time.monotonic() + 10
        while "candidate 3" not in stream.getvalue() and time.monotonic() < deadline:
            time.sleep(0.001)
    written = stream.getvalue()
    assert "\n" not in written
    assert written.startswith("\rcandidate 10, 0 s\rcandidate 2, 0 s ")
    assert set(written.split("\r")[-2]) == {" "}
    assert len(written.split("\r")[-2]) == len("candidate 10, 0 s")


def test_search_shows_its_candidates(wine, monkeypatch):
    monkeypatch.setattr(_progress, "REFRESH_SECONDS", 0.001)
    monkeypatch.setattr(
        _search, "plan_budget", lambda y, seed: Budget(np.arange(y.size), 2, max_iter=20)
    )
    stream = Terminal()
    comparison.compare(wine, stream=stream)
    shown = [line.rpartition(",")[0] for line in stream.getvalue().split("\r")]
    for name in ("EDClassifier", "MLPClassifier"):
        seen = [int(line.split()[2]) for line in shown if line.startswith(f"{name}: cand")]
        assert seen == sorted(seen)
        assert 1 == seen[0] < seen[-1] <= 8
        assert f"{name}: fitting the best candidate" in shown
    assert "Warning" not in stream.getvalue()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_counter_counts_the_fits_of_a_search(n_jobs, tmp_path):
    (tmp_path / "fits").touch()
    counter = _progress.FitCounter(tmp_path / "fits")
    X, y = load_wine(return_X_y=True)
    search = GridSearchCV(
        SGDClassifier(), {"alpha": [0.1, 1, 10]}, cv=4, n_jobs=n_jobs, refit=False
    )
    search.set_callbacks(counter).fit(X, y)
    assert counter.n_fits == 12


# Missing packages


def test_csv_without_pandas_is_unusable_input(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"needs pandas, .*pip install"):
        comparison.csv_problem(tmp_path / "a.csv", "y")


def test_picture_without_matplotlib_is_unusable_input(compared, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"needs matplotlib, .*pip install"):
        comparison.save_picture(compared[1], "a title", tmp_path / "a.png")
