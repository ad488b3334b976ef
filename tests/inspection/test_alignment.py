"""Alignment with the gradient, and its plot."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_digits, make_classification, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier, EDRegressor
from sklearn_ed.inspection import GradientAlignmentDisplay, gradient_alignment
from sklearn_ed.rules import FeedbackAlignment

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = make_classification(60, 6, n_informative=5, n_redundant=1, n_classes=3, random_state=0)
GATES = pytest.mark.parametrize("weight_decrement", [False, True])


def fitted(sizes=(5, 4), n_epochs=5, **params):
    return EDClassifier(sizes, max_iter=n_epochs, random_state=0, **params).fit(X, Y)


@GATES
@pytest.mark.parametrize("sizes", [(), (1,), (5,), (4, 6, 3), (4,) * 10])
@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_no_sample_disagrees_in_sign_at_any_depth(sizes, loss, weight_decrement):
    clf = fitted(sizes, loss=loss, weight_decrement=weight_decrement)
    alignment = gradient_alignment(clf, X, Y)
    n_layers = len(sizes) + 1
    assert alignment.cosine.shape == alignment.sign_agreement.shape == (n_layers,)
    assert alignment.sample_cosine.shape == (60, n_layers)
    assert (alignment.sample_sign_agreement == 1).all()
    assert (alignment.sample_cosine > 0).all()
    if n_layers <= 4:
        assert (alignment.cosine > 0).all()


@GATES
def test_of_a_regressor(weight_decrement):
    inputs, targets = make_regression(40, 5, n_targets=2, random_state=0)
    reg = EDRegressor((4, 3), max_iter=3, weight_decrement=weight_decrement, random_state=0)
    alignment = gradient_alignment(reg.fit(inputs, targets / 100), inputs, targets / 100)
    assert (alignment.sample_sign_agreement == 1).all()
    assert (alignment.sample_cosine > 0).all()


def test_of_several_labels():
    labels = np.stack([Y == 0, X[:, 0] > 0, X[:, 1] > 0], axis=1).astype(int)
    clf = EDClassifier((4,), max_iter=3, random_state=0).fit(X, labels)
    assert (gradient_alignment(clf, X, labels).sample_sign_agreement == 1).all()


def test_increments_of_bidirectional_weights_of_the_last_layer_are_the_gradient():
    """In the last layer, error diffusion is backprop up to a factor."""
    alignment = gradient_alignment(fitted(), X, Y)
    assert alignment.cosine[-1] == pytest.approx(1, abs=1e-12)
    assert alignment.sample_cosine[:, -1] == pytest.approx(1, abs=1e-12)
    assert alignment.sign_agreement[-1] == 1
    assert alignment.sample_cosine[:, 0].max() < 0.9999


def test_backprop_is_the_gradient():
    alignment = gradient_alignment(fitted(rule="backprop"), X, Y)
    for values in alignment.values():
        np.testing.assert_allclose(values, 1, rtol=1e-12)


@pytest.mark.parametrize("rule", ["feedback_alignment", FeedbackAlignment(seed=5)])
def test_of_another_rule_at_the_same_weights(rule):
    clf = fitted()
    found = gradient_alignment(clf, X, Y, rule=rule)
    clf.set_params(rule=rule)
    for name, values in gradient_alignment(clf, X, Y).items():
        np.testing.assert_array_equal(found[name], values)
    assert found.cosine[-1] == pytest.approx(1)
    assert abs(found.cosine[0]) < 0.99
    shown = GradientAlignmentDisplay.from_estimator(fitted(), X, Y, rule=rule)
    np.testing.assert_array_equal(shown.cosine, found.cosine)


def test_feedback_alignment_aligns_the_weights():
    """Random feedback points anywhere at first; the weights learn to agree with it."""
    images, digits = load_digits(return_X_y=True)
    params = {"rule": "feedback_alignment", "code_size": None, "n_members": 1, "alpha": 0.01}
    clf = EDClassifier((8,), max_iter=1, random_state=0, **params)
    cosines = []
    for _ in range(8):
        clf.partial_fit(images / 16, digits, classes=range(10))
        cosines.append(gradient_alignment(clf, images[:100] / 16, digits[:100]).cosine[0])
    assert cosines[-1] > cosines[0] + 0.2


def test_a_batch_is_worse_than_its_samples():
    """The magnitudes are not those of the gradient, so that signs of sums may differ."""
    alignment = gradient_alignment(fitted((6, 6), n_epochs=20), X, Y)
    assert 0.5 < alignment.sign_agreement[0] < 1


def test_one_row_alone_is_that_row_of_many():
    clf = fitted()
    alone, many = gradient_alignment(clf, X[7:8], Y[7:8]), gradient_alignment(clf, X, Y)
    np.testing.assert_allclose(alone.cosine, many.sample_cosine[7], rtol=1e-12)
    np.testing.assert_array_equal(alone.cosine, alone.sample_cosine[0])


@pytest.mark.parametrize("make", [sp.csr_array, sp.csc_matrix, np.asfortranarray])
def test_any_layout_of_the_same_data(make):
    clf = fitted()
    expected, actual = gradient_alignment(clf, X, Y), gradient_alignment(clf, make(X), Y)
    for name, values in expected.items():
        np.testing.assert_allclose(actual[name], values, rtol=1e-9, err_msg=name)


def test_float32_of_images_agrees():
    images, digits = load_digits(return_X_y=True)
    images = (images[:200] / 16).astype(np.float32)
    clf = EDClassifier(max_iter=5, random_state=0).fit(images, digits[:200])
    alignment = gradient_alignment(clf, images, digits[:200])
    assert alignment.cosine.dtype == np.float64
    assert np.nanmin(alignment.sample_sign_agreement) == 1
    assert (alignment.cosine > 0).all()


def test_an_error_of_zero_has_no_direction():
    reg = EDRegressor((3,), max_iter=1, random_state=0).fit(X, X[:, 0])
    reg.coefs_ = [np.zeros_like(coef) for coef in reg.coefs_]
    reg.intercepts_ = [np.zeros_like(intercept) for intercept in reg.intercepts_]
    alignment = gradient_alignment(reg, X[:2], np.array([0.0, 1.0]))
    assert np.isnan(alignment.sample_cosine[0]).all()
    assert np.isnan(alignment.sample_sign_agreement[0]).all()
    # With weights of zero, only the output layer has a gradient.
    assert np.isnan(alignment.sample_cosine[1, 0])
    assert alignment.sample_cosine[1, 1] == pytest.approx(1)


def test_the_estimator_stays_as_it_is():
    clf = fitted()
    before = pickle.dumps(clf)
    gradient_alignment(clf, X, Y)
    assert pickle.dumps(clf) == before


def test_what_is_refused():
    with pytest.raises(TypeError, match=r"^estimator: expected .*, got MLPClassifier"):
        gradient_alignment(MLPClassifier(), X, Y)
    with pytest.raises(NotFittedError):
        gradient_alignment(EDClassifier(), X, Y)
    with pytest.raises(ValueError, match=r"^rule: expected None, or one of .*, got 'guess'"):
        gradient_alignment(fitted(), X, Y, rule="guess")
    with pytest.raises(ValueError, match="features"):
        gradient_alignment(fitted(), X[:, :4], Y)
    with pytest.raises(ValueError, match=r"^y: expected classes among"):
        gradient_alignment(fitted(), X, Y + 1)


def test_display():
    pytest.importorskip("matplotlib").use("Agg")
    clf = fitted((4, 4))
    display = GradientAlignmentDisplay.from_estimator(clf, X, Y)
    np.testing.assert_array_equal(display.cosine, gradient_alignment(clf, X, Y).cosine)
    lines = {line.get_label(): line for line in display.ax_.get_lines()}
    np.testing.assert_array_equal(lines["cosine, batch"].get_ydata(), display.cosine)
    np.testing.assert_array_equal(lines["signs, batch"].get_ydata(), display.sign_agreement)
    assert [tick.get_text() for tick in display.ax_.get_xticklabels()] == ["1", "2", "output"]
    assert display.figure_ is display.ax_.figure
    again = GradientAlignmentDisplay(**gradient_alignment(clf, X, Y)).plot(ax=display.ax_)
    assert again.ax_ is display.ax_
