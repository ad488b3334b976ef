"""Rules side by side: learning rates, accuracies, alignment, times, files, picture."""

import csv
import json
import signal

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from sklearn_ed import EDClassifier
from sklearn_ed.inspection import (
    RuleComparisonDisplay,
    _compare_rules,
    compare_rules,
    gradient_alignment,
)
from sklearn_ed.rules import ErrorDiffusion, FeedbackAlignment
from sklearn_ed.rules._names import RULES

OPTIONS = {"alphas": [1.0, 0.1], "max_iter": 4, "n_seeds": 2, "n_repeats": 1}
RULES_HERE = {"gated": ErrorDiffusion(weight_decrement=False), "backprop": "backprop"}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(n_class=3, return_X_y=True)
    return train_test_split(X / 16, y, random_state=0)


def compare(digits, rules=RULES_HERE, **options):
    X_train, X_test, y_train, y_test = digits
    return compare_rules(
        X_train, y_train, X_test, y_test, (3, 2), rules=rules, **{**OPTIONS, **options}
    )


@pytest.fixture(scope="module")
def comparison(digits):
    return compare(digits)


def test_a_rule_is_what_the_estimator_learns(comparison, digits):
    X_train, X_test, y_train, y_test = digits
    assert comparison.complete
    assert list(comparison.rules) == list(RULES_HERE)
    for name, found in comparison.rules.items():
        assert list(found.validation_accuracy) == [0.1, 1.0]
        best = max(found.validation_accuracy.values())
        assert found.validation_accuracy[found.alpha] == best > 0.5
        for number in range(2):
            clf = EDClassifier(
                (3, 2),
                rule=RULES_HERE[name],
                alpha=found.alpha,
                batch_size=20,
                max_iter=4,
                random_state=number,
                **_compare_rules._SETTINGS,
            )
            with pytest.warns(ConvergenceWarning):
                clf.fit(X_train, y_train)
            assert found.test_accuracy[number] == clf.score(X_test, y_test)
            alignment = gradient_alignment(clf, X_train[:200], y_train[:200])
            np.testing.assert_array_equal(found.cosine[number], alignment.cosine)
            np.testing.assert_array_equal(
                found.sign_agreement[number], alignment.sign_agreement
            )
        assert found.seconds > 0
    np.testing.assert_allclose(comparison.rules["backprop"].cosine, 1)
    assert (comparison.rules["gated"].cosine < 0.999).all()


def test_the_rate_is_chosen_without_test_rows(digits, comparison):
    X_train, X_test, y_train, y_test = digits
    other = compare((X_train, X_test, y_train, y_test[::-1]))
    for name, found in other.rules.items():
        expected = comparison.rules[name]
        assert found.validation_accuracy == expected.validation_accuracy
        assert (found.test_accuracy != expected.test_accuracy).any()


def test_equally_good_rates_and_rates_that_diverge(digits):
    """The smaller one is taken, and a rate without a result counts as 0."""
    found = compare(digits, ["backprop"], alphas=[1e-9, 1e-8, 1e300], n_seeds=1)
    validation = found.rules["backprop"].validation_accuracy
    assert validation[1e-9] == validation[1e-8] > 0 == validation[1e300]
    assert found.rules["backprop"].alpha == 1e-9


def test_a_rule_that_diverges_is_said_so(digits, tmp_path):
    pytest.importorskip("matplotlib")
    found = compare(digits, ["backprop"], alphas=[1e300], n_seeds=1)
    rule = found.rules["backprop"]
    assert rule.test_accuracy.tolist() == [0]
    assert np.isnan(rule.cosine).all()
    assert "nan" in found.to_text()
    found.save(tmp_path)
    written = json.loads((tmp_path / "results.json").read_text())
    assert written["rules"]["backprop"]["cosine"] == [[None, None, None]]


def test_all_rules_by_default(digits):
    X_train, X_test, y_train, y_test = digits
    found = compare_rules(X_train, y_train, X_test, y_test, (), **{**OPTIONS, "max_iter": 1})
    assert list(found.rules) == list(RULES)
    # Without hidden units all but weight perturbation are the gradient.
    for name, rule in found.rules.items():
        assert np.allclose(rule.cosine, 1) == (name != "weight_perturbation")


def test_text_and_files(comparison, tmp_path):
    pytest.importorskip("matplotlib")
    text = comparison.to_text()
    assert "highest accuracy" not in comparison.to_text(notes=False)
    assert "from 0.1, 1 with the highest accuracy" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 96
    (row,) = [line.split() for line in text.splitlines() if line.startswith("gated")]
    gated = comparison.rules["gated"]
    assert row[1] == f"{gated.alpha:g}"
    assert row[2] == f"{gated.test_accuracy.mean():.2%}"
    assert row[5:9] == [
        f"{value:.2f}"
        for values in (gated.cosine, gated.sign_agreement)
        for value in (values[:, 0].mean(), values.mean())
    ]
    files = comparison.save(tmp_path)
    assert [file.name for file in files] == ["results.json", "rules.csv", "rules.png"]
    written = json.loads(files[0].read_text())
    assert written["complete"]
    assert written["rules"]["gated"]["test_accuracy"] == gated.test_accuracy.tolist()
    with files[1].open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["rule"], row["seed"]) for row in rows] == [
        (name, seed) for name in RULES_HERE for seed in "01"
    ]
    assert float(rows[1]["cosine_2"]) == gated.cosine[1, 1]


def test_display(comparison):
    pytest.importorskip("matplotlib").use("Agg")
    display = comparison.plot()
    labels = [label.get_text() for label in display.ax_[0].get_yticklabels()]
    assert labels == ["gated", "backprop"]
    cosines = display.ax_[1].get_lines()[0].get_xdata()
    assert cosines == pytest.approx([r.cosine.mean() for r in comparison.rules.values()])
    widths = [bar.get_width() for bar in display.ax_[2].patches]
    assert widths == pytest.approx([1000 * r.seconds for r in comparison.rules.values()])
    again = RuleComparisonDisplay(comparison.rules).plot(display.ax_)
    assert again.figure_ is display.figure_
    with pytest.raises(ValueError, match=r"^ax: expected three Axes, got 1"):
        comparison.plot(display.ax_[0])


def test_ctrl_c_keeps_the_rules_that_are_finished(digits, monkeypatch):
    measure, calls = _compare_rules._Experiment.measure, []

    def interrupted(self, rule, announce):
        calls.append(rule)
        if len(calls) == n_before:
            signal.raise_signal(signal.SIGINT)
        return measure(self, rule, announce)

    monkeypatch.setattr(_compare_rules._Experiment, "measure", interrupted)
    n_before = 2
    found = compare(digits)
    assert list(found.rules) == ["gated"]
    assert not found.complete
    calls.clear()
    n_before = 1
    with pytest.raises(KeyboardInterrupt):
        compare(digits)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rules": ["numerical"]}, "^rules: expected some of error_diffusion, .* 'numerical'"),
        ({"rules": {"a": FeedbackAlignment}}, "^rules: expected some of"),
        ({"rules": [FeedbackAlignment()]}, "^rules: expected a dict of names to rule objects"),
        ({"rules": []}, "^rules: expected at least one, got none"),
        ({"alphas": []}, "^alphas: expected at least one learning rate, got none"),
        ({"alphas": [0.1, -1]}, "^alphas: expected a real number > 0, finite, got -1"),
        ({"n_seeds": 0}, "^n_seeds: expected an integer >= 1, got 0"),
        ({"random_state": None}, "^random_state: expected an integer from 0"),
    ],
)
def test_what_is_refused(digits, change, message):
    with pytest.raises(ValueError, match=message):
        compare(digits, **change)
