"""
Does error diffusion follow the gradient?
=========================================

Nothing travels backwards, and yet no increment of one sample ever opposes the gradient: every
path from a unit to the output has the unit's own sign. What error diffusion gets wrong are the
lengths. Here a network of three hidden layers learns the digits, and after every epoch its
increments are compared with the gradient that backprop would have computed.
"""

# %%
# Every entry is for a layer: the cosine between the increment of a batch and its negative
# gradient, and the share of the weights whose signs agree. For one row alone all signs agree.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from sklearn_ed import EDClassifier
from sklearn_ed.inspection import GradientAlignmentDisplay, gradient_alignment

X, y = load_digits(return_X_y=True)
X /= 16
X_batch, y_batch = X[:200], y[:200]

N_EPOCHS = 15


def followed(weight_decrement):
    """The fitted network and the alignment after each epoch."""
    clf = EDClassifier((16, 16, 16), weight_decrement=weight_decrement, random_state=0)
    alignments = []
    for _ in range(N_EPOCHS):
        clf.partial_fit(X, y, classes=np.arange(10))
        alignments.append(gradient_alignment(clf, X_batch, y_batch))
    return clf, alignments


two_way, two_way_alignments = followed(weight_decrement=True)
gated, gated_alignments = followed(weight_decrement=False)
least = min(np.nanmin(a.sample_sign_agreement) for a in two_way_alignments + gated_alignments)
print(f"smallest share of agreeing signs of any row, layer and epoch: {least}")

# %%
# Followed during training. With the gate (Kaneko's default) only the weights of one half of the
# units of a layer move for a row, and the batch as a whole agrees less.
fig, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
titles = ("weights that move both ways", "weights that only grow")
for ax, title, alignments in zip(
    axes, titles, (two_way_alignments, gated_alignments), strict=True
):
    cosines = np.array([alignment.cosine for alignment in alignments])
    for layer, values in enumerate(cosines.T, start=1):
        name = f"hidden layer {layer}" if layer < cosines.shape[1] else "output"
        ax.plot(np.arange(1, N_EPOCHS + 1), values, "o-", markersize=3, label=name)
    ax.axhline(0, color="0.7", linewidth=1)
    ax.set(title=title, xlabel="epoch")
axes[0].set_ylabel("cosine with the negative gradient")
axes[0].legend()

# %%
# The network with weights that move both ways, after the last epoch.
GradientAlignmentDisplay.from_estimator(two_way, X_batch, y_batch)
plt.show()
