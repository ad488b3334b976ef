"""
Epochs of a grid search in MLflow
=================================

Every fit of a grid search becomes a run of MLflow with its parameters and the values of each
epoch. The runs are kept in the folder ``mlruns``; no server and no connection is needed.
``mlflow ui --backend-store-uri ./mlruns`` shows them.
"""

# %%
# MLflow is no dependency of sklearn_ed.
import os
import sys
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, ParameterGrid

from sklearn_ed import EDClassifier
from sklearn_ed.callbacks import Logger

# Local files are enough here; MLflow prefers a database.
os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
try:
    from mlflow import MlflowClient
except ImportError:
    sys.exit(print("Skipped: this example needs MLflow, install it with pip install mlflow."))

client = MlflowClient(Path("mlruns").absolute().as_uri())
experiment = client.create_experiment("error diffusion on the digits")

# %%
# The numbers of a record's task tell which fit it belongs to: the third one counts candidates
# and splits. The fit with the best parameters, which comes last, has a shorter task.
grid, n_splits = {"alpha": [0.002, 0.005, 0.02]}, 2
candidates = list(ParameterGrid(grid))
runs: dict[tuple[int, ...], str] = {}


def begin_run(task):
    """A run for a fit."""
    if len(task) == 3:
        candidate, split = divmod(task[2], n_splits)
        name, params = f"split {split}", candidates[candidate]
    else:
        name, params = "best parameters", {}
    run = client.create_run(experiment, run_name=name).info.run_id
    for key, value in params.items():
        client.log_param(run, key, value)
    return run


def log(record):
    """The numbers of an epoch; lists have a value for each layer."""
    task = tuple(record["task"])
    if task not in runs:
        runs[task] = begin_run(task)
    for name, value in record.items():
        if isinstance(value, float):
            client.log_metric(runs[task], name, value, step=record["epoch"])


# %%
X, y = load_digits(return_X_y=True)
model = EDClassifier(max_iter=5, random_state=0).set_callbacks(Logger(log))
search = GridSearchCV(model, grid, cv=n_splits).fit(X / 16, y)

best = client.get_run(runs[0, 1])
client.log_param(best.info.run_id, "alpha", search.best_params_["alpha"])
for run in runs.values():
    client.set_terminated(run)
print(f"{len(runs)} runs in mlruns; loss of the last one: {best.data.metrics['loss']:.3f}")
