"""HistoryDisplay: which lines there are, and against what."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.inspection import HistoryDisplay

pytestmark = pytest.mark.usefixtures("pyplot")

rng = np.random.RandomState(0)
X = rng.normal(size=(80, 3))
Y = (X[:, 0] > 0).astype(int)


def fitted(**params):
    return EDClassifier(4, max_iter=3, random_state=0, **params).fit(X, Y)


def labels(display):
    return [line.get_label() for line in display.lines_]


def test_losses_and_scores_have_axes_of_their_own():
    model = fitted(early_stopping=True)
    display = HistoryDisplay.from_estimator(model)
    assert labels(display) == ["training loss", "validation loss", "validation score"]
    for line, name in zip(display.lines_, ["loss", "val_loss", "val_score"], strict=True):
        np.testing.assert_array_equal(line.get_ydata(), model.history_[name])
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
    assert [line.axes for line in display.lines_] == [display.ax_] * 2 + [display.score_ax_]
    assert display.ax_.get_xlabel() == "epoch"
    assert all(tick == round(tick) for tick in display.ax_.get_xticks())
    assert len({line.get_color() for line in display.lines_}) == 3
    assert len(display.score_ax_.get_legend().get_texts()) == 3


@pytest.mark.parametrize(
    ("stopping", "expected"),
    [(False, ["training loss"]), ("out_of_fold", ["training loss", "validation loss"])],
)
def test_a_score_that_says_nothing_more_is_left_out(stopping, expected):
    model = fitted(early_stopping=stopping, n_members=2)
    display = HistoryDisplay.from_estimator(model)
    assert labels(display) == expected
    assert display.score_ax_ is None


def test_seconds_names_styles_and_axes(pyplot):
    model = fitted(early_stopping=False)
    _, ax = pyplot.subplots()
    pipeline = make_pipeline(StandardScaler(), model)
    display = HistoryDisplay.from_estimator(
        pipeline, x="seconds", name="ED", ax=ax, line_kw={"linestyle": ":"}
    )
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert labels(display) == ["ED: training loss"]
    np.testing.assert_array_equal(display.lines_[0].get_xdata(), model.history_["seconds"])
    assert display.lines_[0].get_linestyle() == ":"
    again = HistoryDisplay(model.history_).plot()
    assert again.ax_ is not ax


def test_errors():
    with pytest.raises(TypeError, match=r"^estimator: expected an EDClassifier .* Logistic"):
        HistoryDisplay.from_estimator(make_pipeline(LogisticRegression()).fit(X, Y))
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(EDRegressor())
    with pytest.raises(NotFittedError, match="EDRegressor has no history_"):
        HistoryDisplay.from_estimator(EDRegressor(3).partial_fit(X, X[:, 0]))
    with pytest.raises(ValueError, match=r"^x: expected one of 'epoch', 'seconds', got 't'"):
        HistoryDisplay.from_estimator(fitted(), x="t")


def test_matplotlib_is_imported_only_when_something_is_drawn():
    code = "import sys, sklearn_ed.inspection; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False"
