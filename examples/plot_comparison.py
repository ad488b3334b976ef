"""
Comparing error diffusion with other estimators
===============================================

This example compares error diffusion, backprop and a linear model on the digits: scores, times
and the learning curves of each estimator's best candidate, all on the same folds.
"""

# %%
# Each estimator is given alone or with a parameter grid. Each gets the inputs in the form that
# suits it, see :func:`~sklearn_ed.comparison.compare`. The estimators take turns, so that a
# busy machine favours none of them.

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from sklearn_ed import EDClassifier
from sklearn_ed.comparison import compare

X, y = load_digits(return_X_y=True)
comparison = compare(
    X,
    y,
    estimators={
        "error diffusion": (EDClassifier(max_iter=30), {"alpha": [0.004, 0.01]}),
        "backprop": (MLPClassifier(max_iter=30), {"learning_rate_init": [0.001, 0.01]}),
        "linear": (LogisticRegression(max_iter=200), {"C": [0.1, 1.0]}),
    },
    cv=3,
    name="digits",
)
print(comparison.to_text())

# %%
# The score of every candidate against its fit time:

display = comparison.plot("candidates")
display.ax_.set_title("digits: score and fit time of each candidate")

# %%
# The learning curves of the two networks, scored on the test rows of each fold. An epoch of
# error diffusion is not the same amount of work as an epoch of backprop, so the curves against
# seconds are the fairer comparison.

display = comparison.plot("epochs")
display.ax_.set_title("digits: score against epochs")

# %%

display = comparison.plot("seconds")
display.ax_.set_title("digits: score against seconds of training")
