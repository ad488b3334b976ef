"""
From a raw table to a saved model
=================================

You know scikit-learn and have a table with strings, dates and missing values. This tutorial
trains :class:`~sklearn_ed.EDClassifier` on it, chooses its parameters, looks at when training
stopped, checks whether its probabilities can be trusted, and saves the model. It needs the
extras ``tables`` and ``plots``.
"""

# %%
# The table
# ---------
#
# Which subscribers of a magazine will cancel? Young subscribers, those with the monthly plan
# and those who read little cancel more often. Some values are missing, as they always are.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

rng = np.random.default_rng(0)
n_rows = 1000
subscribers = pd.DataFrame(
    {
        "age": rng.integers(18, 85, n_rows).astype(float),
        "hours": rng.lognormal(1, 0.8, n_rows),
        "plan": rng.choice(["monthly", "yearly", "student"], n_rows, p=[0.5, 0.35, 0.15]),
        "city": rng.choice(["Bergen", "Lima", "Osaka", "Porto"], n_rows),
        "joined": rng.choice(pd.date_range("2020-01-01", "2025-06-30"), n_rows),
    }
)
log_odds = (
    1.5 * (subscribers["plan"] == "monthly")
    - 1.2 * np.log(subscribers["hours"])
    + 1.5 * (subscribers["age"] < 30)
    - 0.5
)
cancels = np.where(rng.random(n_rows) < 1 / (1 + np.exp(-log_odds)), "cancels", "stays")
subscribers.loc[rng.random(n_rows) < 0.1, "age"] = np.nan
subscribers.loc[rng.random(n_rows) < 0.05, "plan"] = None
subscribers.head()

# %%
# A first model
# -------------
#
# :func:`~sklearn_ed.make_table_pipeline` takes the table as it is. Its first step encodes the
# columns, its second step is the network.
from sklearn.model_selection import train_test_split

from sklearn_ed import make_table_pipeline

X_train, X_test, y_train, y_test = train_test_split(
    subscribers, cancels, stratify=cancels, random_state=0
)
model = make_table_pipeline().set_params(edclassifier__random_state=0)
model.fit(X_train, y_train)
print(f"accuracy {model.score(X_test, y_test):.3f}")
print(*model[0].get_feature_names_out()[:12], sep=", ")

# %%
# The encoder adds columns for intervals of each number, so that the network can follow a
# threshold such as the one at an age of 30. A missing number gets a column of its own.
#
# Search
# ------
#
# The parameters are set as in any pipeline. ``alpha`` is the *learning rate* here; in
# :class:`~sklearn.neural_network.MLPClassifier` the same name means the L2 penalty. The
# defaults are meant to be good, so a small search is enough. It maximizes the log-likelihood,
# because we are going to use probabilities.
from sklearn.model_selection import GridSearchCV

search = GridSearchCV(
    model,
    {
        "edclassifier__alpha": [0.005, 0.01],
        "columntransformer__numbers__n_bins": ["auto", 0],
    },
    scoring="neg_log_loss",
    cv=2,
)
search.fit(X_train, y_train)
columns = ["param_edclassifier__alpha", "param_columntransformer__numbers__n_bins"]
pd.DataFrame(search.cv_results_)[[*columns, "mean_test_score", "std_test_score"]]

# %%
# The piecewise-linear codes (``n_bins="auto"``) help a little; the learning rate hardly
# matters.
#
# When training stopped
# ---------------------
#
# The classifier has four members, each with networks of its own, and their probabilities are
# averaged. Each member leaves out another quarter of the rows, so that every row has a score
# from a member that has not learned it. When this score no longer improves, training returns
# to the best weights and lets the learning rate fall to zero.
# :class:`~sklearn_ed.inspection.HistoryDisplay` shows the course of both losses.
from sklearn_ed.inspection import HistoryDisplay

best = search.best_estimator_
display = HistoryDisplay.from_estimator(best)
display.ax_.set_title("Loss of rows that were learned, and of rows that were left out")
print(best[-1].n_members_, "members,", best[-1].n_iter_, "epochs")
plt.show()

# %%
# Can the probabilities be trusted?
# ---------------------------------
#
# Of the subscribers with a predicted probability of 70 %, about 70 % should cancel. The
# left-out rows also serve to calibrate the outputs, so that no separate step is needed. A
# random forest, given the same columns, is shown for comparison.
from sklearn.calibration import CalibrationDisplay
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

forest = make_pipeline(best[0], RandomForestClassifier(random_state=0)).fit(X_train, y_train)
fig, ax = plt.subplots(figsize=(6, 5), layout="constrained")
for name, classifier, color, marker in (
    ("error diffusion", best, "#D55E00", "o"),
    ("random forest", forest, "#0072B2", "s"),
):
    loss = log_loss(y_test, classifier.predict_proba(X_test))
    CalibrationDisplay.from_estimator(
        classifier,
        X_test,
        y_test,
        n_bins=6,
        pos_label="cancels",
        name=f"{name}, log-loss {loss:.3f}",
        color=color,
        marker=marker,
        ax=ax,
    )
ax.set_title("Predicted probability and share of those who cancel")
plt.show()

# %%
# A network that is not calibrated in this way, for example one with ``n_members=1``, can be
# wrapped in :class:`~sklearn.calibration.CalibratedClassifierCV`: see
# :doc:`/interoperability`, which also shows which columns matter.
#
# Save and export
# ---------------
#
# A pipeline is saved with joblib, and predicts as before.
import tempfile
from pathlib import Path

import joblib

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "cancels.joblib"
    joblib.dump(best, file)
    restored = joblib.load(file)
    print(f"{file.stat().st_size / 1024:.0f} KiB")
print((restored.predict_proba(X_test) == best.predict_proba(X_test)).all())

# %%
# A joblib file can run any code when it is loaded. skops files contain no code, and ONNX
# files run without Python: the network alone, or a pipeline whose columns are all numbers, is
# exported by :func:`sklearn_ed.onnx.to_onnx`.
#
# .. code-block:: python
#
#    from sklearn_ed.onnx import to_onnx
#
#    encoded = best[0].transform(X_test)
#    model = to_onnx(best[-1], encoded[:1])
#
# :doc:`/persistence` describes these formats, and how to continue a fit after a crash. To
# compare error diffusion with backprop, trees and linear models on a table of your own, use
# ``sklearn-ed compare``: :ref:`sphx_glr_auto_examples_plot_compare_table.py`.
