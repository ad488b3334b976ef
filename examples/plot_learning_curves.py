"""
Error diffusion and backprop on the digits
==========================================

Error diffusion sends one number per network to every unit; backprop computes the gradient. This
example trains both on the same data with the same number of hidden units and scores them after
every epoch. Both use batches of 64 rows and their other default parameters. The learning rate
of error diffusion begins at 0.005 and falls to zero over the 30 epochs; that of backprop stays
at 0.001. Error diffusion also uses dropout of inputs. Therefore compare the final accuracy
rather than the first epochs.
"""

# %%
# Both are trained with ``partial_fit``, so that the test rows can be scored after every epoch.
# Each is trained with five seeds. The test rows are not used for any choice.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import MinMaxScaler

from sklearn_ed import EDClassifier

X, y = load_digits(return_X_y=True)
X = MinMaxScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
classes = np.unique(y)
n_epochs, n_seeds = 30, 5
estimators = {
    "error diffusion, 45 networks of 8": lambda seed: EDClassifier(
        8, batch_size=64, max_iter=n_epochs, random_state=seed
    ),
    "backprop, 360 units": lambda seed: MLPClassifier(360, batch_size=64, random_state=seed),
}

# %%
# The line is the mean over the seeds, the band goes from the lowest to the highest accuracy.
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for (name, make), color in zip(estimators.items(), ("#D55E00", "#0072B2"), strict=True):
    scores = np.empty((n_seeds, n_epochs))
    for seed in range(n_seeds):
        estimator = make(seed)
        for epoch in range(n_epochs):
            estimator.partial_fit(X_train, y_train, classes=classes)
            scores[seed, epoch] = estimator.score(X_test, y_test)
    epochs = np.arange(1, n_epochs + 1)
    ax.plot(epochs, scores.mean(axis=0), color=color, label=name)
    ax.fill_between(epochs, scores.min(axis=0), scores.max(axis=0), color=color, alpha=0.2)
ax.set(xlabel="epoch", ylabel="test accuracy", ylim=(0.85, 1), title="Digits, five seeds each")
ax.grid(alpha=0.3)
ax.legend()
plt.show()
