"""
Is it worth it? A comparison
============================

Error diffusion, backprop and a linear model on the same folds of the digits: scores, times and
learning curves of each one's best candidate.
"""

# %%
# Each contestant is an estimator, alone or with a grid. They get standardized inputs, and take
# turns, so that a busy machine favours none.

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
# Score of every candidate against its fit time.

display = comparison.plot("candidates")

# %%
# The best of those that learn epoch by epoch, on the rows that a fold leaves out. An epoch of
# error diffusion is another amount of work than one of backprop: what counts is the second
# picture.

display = comparison.plot("epochs")

# %%

display = comparison.plot("seconds")
