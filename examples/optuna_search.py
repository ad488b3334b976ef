"""
Search with Optuna
==================

Optuna proposes parameters and stops trials that fall behind. A trial trains with
``partial_fit``, one epoch per call, and reports its score on validation rows after every epoch.
With an integer ``max_iter``, the learning rate falls as it does in ``fit``. The study stays in
memory; nothing is downloaded. Install Optuna with ``pip install optuna`` and run
``python examples/optuna_search.py``.
"""

# %%
# The space: learning rate, hidden layers and weight decay.
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_ed import EDClassifier

try:
    import optuna
except ImportError:
    raise SystemExit("This example needs Optuna: pip install optuna") from None

N_EPOCHS, N_TRIALS = 15, 12

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
X_fit, X_valid, y_fit, y_valid = train_test_split(
    X_train, y_train, stratify=y_train, random_state=0
)


def proposed(trial):
    sizes = trial.suggest_categorical("hidden_layer_sizes", ["12", "24", "12 6"])
    return EDClassifier(
        hidden_layer_sizes=tuple(map(int, sizes.split())),
        alpha=trial.suggest_float("alpha", 1e-4, 0.1, log=True),
        weight_decay=trial.suggest_float("weight_decay", 0.0, 0.3),
        max_iter=N_EPOCHS,
        early_stopping=False,
        random_state=0,
    )


# %%
# After each epoch, Optuna decides whether the trial goes on.
def validation_score(trial):
    model, classes = proposed(trial), np.unique(y)
    for epoch in range(N_EPOCHS):
        model.partial_fit(X_fit, y_fit, classes=classes)
        score = model.score(X_valid, y_valid)
        trial.report(score, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return score


optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(
    direction="maximize",
    sampler=optuna.samplers.TPESampler(seed=0),
    pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=3),
)
study.optimize(validation_score, n_trials=N_TRIALS)
n_stopped = sum(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials)
print(f"{n_stopped} of {N_TRIALS} trials were stopped early")

# %%
# The best parameters, fitted to all training rows.
best = proposed(study.best_trial).fit(X_train, y_train)
print(study.best_params, f"test accuracy {best.score(X_test, y_test):.3f}")
