"""
When to use error diffusion, and when not
=========================================

No estimator is best everywhere. This tutorial says where error diffusion does well, where
other estimators do better, and shows one example of each.
"""

# %%
# In short
# --------
#
# .. list-table::
#    :header-rows: 1
#    :widths: 34 22 44
#
#    * - Your task
#      - Try first
#      - Measured
#    * - A table of up to a few thousand rows, with noise
#      - error diffusion
#      - Best mean rank of six estimators on thirty tables, 2.03; random forests have 4.53
#    * - Probabilities matter more than labels
#      - error diffusion
#      - Best mean rank by log-loss or squared error on the same tables, 1.73; boosting has 4.37
#    * - A stream, row by row, with drift
#      - error diffusion
#      - Ahead on four of six streams; an adaptive random forest is ahead on two
#    * - Many hidden layers of logistic units
#      - error diffusion
#      - Ten layers on MNIST: 96.9 %, backprop 11.1 %
#    * - Research on learning without backprop
#      - error diffusion
#      - Seven rules on the same networks (:doc:`/rule`)
#    * - Steps, thresholds, repeated rows
#      - trees
#      - One to three points ahead on phoneme
#    * - 4000 rows and more, and time matters
#      - gradient boosting
#      - At least twice as fast; nineteen times on diamonds
#    * - Text with many classes
#      - linear models, ``MLPClassifier``
#      - 20 classes of TF-IDF: 76.7 %, ``MLPClassifier`` 92.2 %, ``SGDClassifier`` 80.3 %
#    * - Fifty classes and more
#      - error diffusion
#      - 64 classes: 85.2 % in 17 s, ``MLPClassifier`` 78.8 % in 105 s; an epoch takes longer
#    * - Images in colour, sequences
#      - convolutional networks, transformers
#      - There are no convolutions here; the best published result on CIFAR-10 is 61.7 %
#
# The figures are those of :doc:`/accuracy`, :doc:`/benchmarks` and :doc:`/interoperability`,
# where the commands stand that print them.
#
# Forty tables
# ------------
#
# Each dot is a table: the loss of gradient boosting, a random forest or ``MLPClassifier``,
# relative to that of :func:`~sklearn_ed.make_table_pipeline`. To the right of the line error
# diffusion is better. The thirty tables in blue were measured after the defaults had been
# chosen, and one of them then changed a default. Most defaults were chosen on the ten tables
# in orange, which are harder for error diffusion.
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

docs = next(folder for folder in (Path("docs"), Path("../docs")) if folder.is_dir())
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
names = ["HistGradientBoosting", "RandomForest", "MLP"]
for file, color, shift, label in (
    ("tables_r.csv", "#0072B2", 0.12, "thirty tables of R packages"),
    ("tables.csv", "#D55E00", -0.12, "ten tables on which defaults were chosen"),
):
    losses = pd.read_csv(docs / file).pivot_table("loss", "table", "estimator")
    relative = losses[names].div(losses["ED pipeline"], axis=0)
    for height, name in enumerate(names):
        heights = height + shift + np.linspace(-0.08, 0.08, len(relative))
        ax.scatter(relative[name], heights, color=color, s=18, label=None if height else label)
    print(f"{label}: ED is better than")
    print((relative > 1).sum().to_string(), "\n")
ax.axvline(1, color="black", linewidth=1)
ax.set(
    xscale="log",
    xlabel="loss relative to error diffusion",
    title="Log-loss or squared error of other estimators on forty tables",
)
ax.set_xticks([0.7, 1, 1.5, 2, 3], [0.7, 1, 1.5, 2, 3])
ax.minorticks_off()
ax.set_yticks(range(3), names)
fig.legend(loc="outside lower center", ncols=2)
plt.show()

# %%
# An example of each
# ------------------
#
# In the first data set the target is a smooth function of five columns, with noise, and 300
# rows are all there is. Networks whose members stop on rows that they have not learned do not
# learn the noise. In the second one, the target is a staircase of two columns, which the
# splits of a tree describe exactly.
from sklearn.datasets import make_friedman1
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_ed import EDRegressor
from sklearn_ed.preprocessing import PiecewiseLinearEncoder

rng = np.random.default_rng(0)
smooth = make_friedman1(300, noise=1.0, random_state=0)
X = rng.random((300, 5))
steps = X, np.floor(6 * X[:, 0]) * (X[:, 1] > 0.5) + rng.normal(0, 0.3, 300)

estimators = {
    "error diffusion": make_pipeline(PiecewiseLinearEncoder(), EDRegressor(random_state=0)),
    "gradient boosting": HistGradientBoostingRegressor(random_state=0),
    "random forest": RandomForestRegressor(random_state=0),
}
scores = {
    name: [cross_val_score(estimator, *data, cv=3).mean() for data in (smooth, steps)]
    for name, estimator in estimators.items()
}
pd.DataFrame(scores, index=["smooth, R2", "steps, R2"]).round(3)

# %%
# Your own data
# -------------
#
# The best answer is a measurement. One command compares error diffusion with backprop, a
# linear model and trees on a CSV file, on the same folds, each with a search:
#
# .. code-block:: console
#
#    sklearn-ed compare --data shop.csv --target buys --baselines mlp linear trees
#
# :ref:`sphx_glr_auto_examples_plot_compare_table.py` shows what it prints, and
# :ref:`sphx_glr_auto_examples_plot_text.py` does the same for text. Estimators that err
# differently may also be combined: see stacking in :doc:`/interoperability`.
