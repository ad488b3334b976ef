"""
Kaneko's XOR: more units, fewer sweeps
======================================

With error diffusion, a network with more hidden units needs fewer sweeps over the data to
learn XOR: about 60 sweeps over the four patterns with 8 units, about 4 with 64. This example
runs the algorithm as Kaneko published it in 1999: online, with the squared error and initial
magnitudes from U(0, 1). :ref:`sphx_glr_tutorials_plot_2_algorithm.py` explains it.
"""

# %%
# ``KANEKO_SETTINGS`` contains the parameters of the published algorithm. One call of
# ``partial_fit`` is one sweep. A network has learned XOR when the absolute errors of the four
# patterns sum to less than 0.1 after a sweep. Kaneko's tables add the errors *during* the
# sweep, before each step, and therefore count a few sweeps more: see
# :ref:`sphx_glr_tutorials_plot_3_history.py`.
import matplotlib.pyplot as plt
import numpy as np

from sklearn_ed import EDClassifier
from sklearn_ed.reproduction import KANEKO_SETTINGS

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([0, 1, 1, 0])


def published(n_units, seed):
    return EDClassifier(n_units, alpha=0.8, random_state=seed, **KANEKO_SETTINGS)


def error_curve(clf):
    """Sum of the absolute errors after each sweep, until it is below 0.1."""
    errors = []
    while not errors or errors[-1] >= 0.1:
        clf.partial_fit(X, y, classes=[0, 1])
        errors.append(np.abs(y - clf.predict_proba(X)[:, 1]).sum())
    return errors


# %%
# Error curves of ten initialisations for each size.
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for n_units, color in ((8, "#0072B2"), (16, "#E69F00"), (64, "#D55E00")):
    lengths = []
    for seed in range(10):
        errors = error_curve(published(n_units, seed))
        lengths.append(len(errors))
        label = None
        if seed == 9:
            label = f"{n_units} units: {np.mean(lengths):.0f} sweeps on average"
        ax.plot(np.arange(1, len(errors) + 1), errors, color=color, alpha=0.6, label=label)
ax.axhline(0.1, color="gray", linestyle=":")
ax.set(xscale="log", xlabel="sweep", ylabel="sum of the four errors", title="Learning XOR")
ax.legend()
plt.show()

# %%
# The output of a trained network with 64 hidden units.
clf = published(64, seed=0)
error_curve(clf)
grid = np.linspace(-0.25, 1.25, 100)
points = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
probabilities = clf.predict_proba(points)[:, 1].reshape(100, 100)
fig, ax = plt.subplots(figsize=(5, 4), layout="constrained")
image = ax.contourf(grid, grid, probabilities, levels=np.linspace(0, 1, 11), cmap="RdBu_r")
ax.scatter(*X.T, c=y, cmap="RdBu_r", edgecolors="black", s=80)
ax.set(title="Output of a network of 64 units", xlabel="input 1", ylabel="input 2")
fig.colorbar(image, ax=ax, label="probability of class 1")
plt.show()
