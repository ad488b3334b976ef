"""
Streams and drift
=================

Rows arrive one after the other, and what they mean changes. This tutorial predicts each row,
then learns it, and shows how ``EDClassifier.for_streams`` follows a drift, what its
parameters do, and how to save it between rows.
"""

# %%
# A stream that changes twice
# ---------------------------
#
# The class depends on two of four inputs: does a point lie inside a circle? After 800 rows
# the circle moves, suddenly. After 1600 rows the sensor of the first input begins to drift
# slowly: its values rise, while the classes stay the same. Such changes are called a drift of
# the concept and a drift of the inputs.
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(0)
n_rows = 2400
X = rng.normal(size=(n_rows, 4))
i = np.arange(n_rows)
center = np.where(i < 800, -0.8, 0.8)
y = ((X[:, 0] - center) ** 2 + X[:, 1] ** 2 < 1.3).astype(int)
X[:, 0] += 4 * np.clip((i - 1600) / 600, 0, 1)
print(f"share of class 1: {y.mean():.2f}")

# %%
# Predict, then learn
# -------------------
#
# The accuracy on a stream is that of predictions made *before* a row is learned. Each row
# tests the classifier, then trains it, so that no test rows have to be held back. ``classes``
# names all classes that may come. ``row`` and ``label`` are arrays: their check takes a
# fraction of the time that lists need.
from sklearn_ed import EDClassifier

CLASSES = np.array([0, 1])


def predict_then_learn(classifier):
    """Return for each row whether it was predicted correctly."""
    correct = np.zeros(n_rows, dtype=bool)
    for k in range(n_rows):
        row, label = X[k : k + 1], y[k : k + 1]
        correct[k] = k > 0 and classifier.predict(row)[0] == label[0]
        classifier.partial_fit(row, label, classes=CLASSES)
    return correct


# %%
# ``for_streams`` returns an :class:`~sklearn_ed.EDClassifier` with parameters for streams:
# the online rule with a constant learning rate, inputs scaled by a running mean, and a memory
# of recent rows that are learned again. It is compared with the same classifier that stops
# learning after 800 rows.
results = {"for_streams()": predict_then_learn(EDClassifier.for_streams(random_state=0))}
stopped = EDClassifier.for_streams(random_state=0).partial_fit(
    X[:800], y[:800], classes=CLASSES
)
results["stopped after 800 rows"] = np.r_[
    results["for_streams()"][:800], stopped.predict(X[800:]) == y[800:]
]


def plot_accuracies(results, title):
    """Draw the accuracy of the last 200 rows; the label has that of all rows."""
    fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
    colors, styles = ("#D55E00", "#0072B2", "#009E73", "black"), ("-", "--", ":", "-.")
    for (name, correct), color, style in zip(results.items(), colors, styles, strict=False):
        recent = np.convolve(correct, np.ones(200) / 200, mode="valid")
        label = f"{name}: {correct.mean():.1%}"
        ax.plot(i[199:], recent, color=color, linestyle=style, label=label)
    for row, text in ((800, "the circle moves"), (1600, "the sensor drifts")):
        ax.axvline(row, color="0.6", linewidth=1)
        ax.text(row + 30, 0.32, text)
    ax.set(xlabel="row", ylabel="accuracy of the last 200 rows", ylim=(0.3, 1), title=title)
    fig.legend(loc="outside lower center", ncols=3)
    plt.show()


plot_accuracies(results, "Accuracy on a stream with two drifts")

# %%
# The classifier loses accuracy when the circle moves, and recovers within a few hundred rows.
# The drift of the sensor costs it little, because the running mean follows. The classifier
# that has stopped learning does worse than one that always predicts class 0.
#
# Memory
# ------
#
# After each row, ``replay`` rows are drawn from the last ``memory_size`` rows and learned
# again. A small memory forgets the old circle sooner, which is an advantage here. A large one
# helps where changes are rare. With ``replay=0`` each row is learned only once, and much less
# is learned from it.
memories = {
    "memory_size=500": results["for_streams()"],
    "memory_size=100": predict_then_learn(
        EDClassifier.for_streams(memory_size=100, random_state=0)
    ),
    "replay=0": predict_then_learn(EDClassifier.for_streams(replay=0, random_state=0)),
}
plot_accuracies(memories, "What the memory is worth")

# %%
# Chunks of rows
# --------------
#
# A call with many rows learns the same as one call for each row, bit for bit, and is faster.
# So the rows may be collected, if predictions may wait.
import time

one_by_one, in_chunks = (EDClassifier.for_streams(random_state=0) for _ in range(2))
start = time.perf_counter()
for k in range(1000):
    one_by_one.partial_fit(X[k : k + 1], y[k : k + 1], classes=CLASSES)
middle = time.perf_counter()
for k in range(0, 1000, 100):
    in_chunks.partial_fit(X[k : k + 100], y[k : k + 100], classes=CLASSES)
end = time.perf_counter()
same = np.array_equal(one_by_one.predict_proba(X), in_chunks.predict_proba(X))
print(f"same predictions: {same}; {(middle - start) / (end - middle):.0f} times as fast")

# %%
# Save and continue
# -----------------
#
# A pickle contains everything that learning needs: weights, running means, memory and the
# state of the random generator. A restored classifier continues as if nothing had happened.
import pickle

restored = pickle.loads(pickle.dumps(one_by_one))
one_by_one.partial_fit(X[1000:1100], y[1000:1100])
restored.partial_fit(X[1000:1100], y[1000:1100])
print(np.array_equal(restored.predict_proba(X), one_by_one.predict_proba(X)))

# %%
# The :doc:`user guide </guide>` lists the parameters of ``for_streams`` and shows how to use
# it in river. :ref:`Measurements on six streams <accuracy-of-streams>` compare it with linear
# models, Hoeffding trees and adaptive random forests: it is ahead on four of the six, and
# slower per row than river's simple models.
