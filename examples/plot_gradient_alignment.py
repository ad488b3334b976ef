"""
Does error diffusion follow the gradient?
=========================================

Error diffusion propagates nothing backwards. Still, for a single sample no increment opposes
the negative gradient, because all paths from a unit to the output have the same sign: the
unit's type. Only the magnitudes differ. In this example networks with three hidden layers learn
the digits. After every epoch their increments are compared with the gradient that backprop
would compute.
"""

# %%
# :func:`~sklearn_ed.inspection.gradient_alignment` returns for each layer the cosine between
# the increment of a batch and the negative gradient, and the fraction of weights with the same
# sign in both. For a single sample all signs agree.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from sklearn_ed import EDClassifier
from sklearn_ed.inspection import GradientAlignmentDisplay, gradient_alignment

X, y = load_digits(return_X_y=True)
X /= 16
X_batch, y_batch = X[:200], y[:200]

N_EPOCHS = 15


def train(weight_decrement):
    """Return the classifier, and its alignment after each epoch."""
    clf = EDClassifier((16, 16, 16), weight_decrement=weight_decrement, random_state=0)
    alignments = []
    for _ in range(N_EPOCHS):
        clf.partial_fit(X, y, classes=np.arange(10))
        alignments.append(gradient_alignment(clf, X_batch, y_batch))
    return clf, alignments


bidirectional, bidirectional_alignments = train(weight_decrement=True)
gated, gated_alignments = train(weight_decrement=False)
lowest = min(
    np.nanmin(alignment.sample_sign_agreement)
    for alignment in bidirectional_alignments + gated_alignments
)
print(f"lowest sign agreement of any sample, layer and epoch: {lowest}")

# %%
# The cosine during training. With the gate, Kaneko's default, a sample changes only the weights
# from one half of the units of a layer, and the increment of a batch agrees less with the
# gradient.
fig, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
titles = ("bidirectional weights", "weights that only grow")
for ax, title, alignments in zip(
    axes, titles, (bidirectional_alignments, gated_alignments), strict=True
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
# The network with bidirectional weights after the last epoch.
display = GradientAlignmentDisplay.from_estimator(bidirectional, X_batch, y_batch)
display.figure_.suptitle("Agreement with the gradient after training")
plt.show()
