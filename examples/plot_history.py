"""
Following a fit
===============

After ``fit``, ``history_`` holds losses, scores, seconds, learning rates, magnitudes of weights
and shares of saturated units of every epoch.
:class:`~sklearn_ed.inspection.HistoryDisplay` draws the losses and the scores, here on the
digits.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from sklearn_ed import EDClassifier
from sklearn_ed.inspection import HistoryDisplay

X, y = load_digits(return_X_y=True)
clf = EDClassifier(early_stopping=True, max_iter=30, random_state=0).fit(X / 16, y)
display = HistoryDisplay.from_estimator(clf)
display.ax_.set_title("digits, a tenth of the rows held out")
plt.show()

# %%
# As the weights grow, more units are saturated.
for name in ("weight_magnitude", "saturated"):
    first, last = clf.history_[name][0], clf.history_[name][-1]
    print(
        f"{name}: {[f'{value:.3f}' for value in first]} in the first epoch, "
        f"{[f'{value:.3f}' for value in last]} in the last"
    )
