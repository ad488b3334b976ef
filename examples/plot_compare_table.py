"""
Comparing on a table of your own
================================

``sklearn-ed compare --data`` answers whether error diffusion is worth using on a CSV file:
with a search for each estimator, the same folds for all, and a report that you can send to
somebody.
"""

# %%
# Any CSV file with a header will do, also with strings, dates and missing values. Here it is
# scikit-learn's diabetes data: ten measurements of 442 patients, and how far their disease
# had progressed a year later.
import tempfile
from pathlib import Path

from sklearn.datasets import load_diabetes

folder = Path(tempfile.mkdtemp())
patients = load_diabetes(as_frame=True, scaled=False).frame
patients.to_csv(folder / "patients.csv", index=False)
patients.head()

# %%
# The command, from Python. In a terminal it reads
#
# .. code-block:: console
#
#    sklearn-ed compare --data patients.csv --target target --baselines mlp linear
#
# The target has many values, so the task is regression. Fewer folds, epochs and seeds than by
# default keep this page quick.
import subprocess
import sys

arguments = "--target target --baselines mlp linear --folds 2 --epochs 15 --repeats 1 --quiet"
files = ["--data", folder / "patients.csv", "--out", folder / "comparison"]
subprocess.run(
    [sys.executable, "-m", "sklearn_ed", "compare", *arguments.split(), *files],
    check=True,
    capture_output=True,
)
print(*sorted(path.name for path in (folder / "comparison").iterdir()))

# %%
# ``report.html`` is a page without links to other hosts. ``results.json`` contains all
# figures, and :class:`~sklearn_ed.comparison.Comparison` reads them. The scores are R2 on
# held-out rows.
from sklearn_ed.comparison import Comparison

comparison = Comparison.load(folder / "comparison" / "results.json")
print(comparison.to_text())

# %%
# On this table no estimator is clearly better than the others: they differ by less than the
# standard deviation over the folds. Then the simplest one, a linear model, is the choice.
#
# The score of every candidate of the searches, against its fit time:
display = comparison.plot("candidates")
display.ax_.set_title("patients: score and fit time of each candidate")

# %%
# :doc:`/compare` describes what makes the comparison fair, and
# :ref:`sphx_glr_tutorials_plot_1_table.py` continues with one model: search, calibration and
# export.
