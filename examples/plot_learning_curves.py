"""
Error diffusion and backprop on the digits
==========================================

The same data, the same number of hidden units, epoch by epoch: error diffusion, which sends one
number per network to every unit, beside backprop, which computes the gradient. Both learn from
batches of 64 and keep their other defaults, of which error diffusion's include a larger
learning rate (0.004, not 0.001) and dropout of inputs. So the speed of the first epochs says
little; where they end says more.
"""

# %%
# Both learn by ``partial_fit``, so that the test rows can be scored after every epoch. Five
# seeds each; nothing is chosen on these test rows.
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
contestants = {
    "error diffusion, 45 networks of 8": lambda seed: EDClassifier(
        8, batch_size=64, random_state=seed
    ),
    "backprop, 360 units": lambda seed: MLPClassifier(360, batch_size=64, random_state=seed),
}

# %%
n_epochs, n_seeds = 30, 5
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for (name, make), color in zip(contestants.items(), ("C3", "C0"), strict=True):
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
