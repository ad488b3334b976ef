"""
Error diffusion, step by step
=============================

This tutorial builds Isamu Kaneko's algorithm from nothing but NumPy, draws each of its parts,
and watches it learn: first XOR, then to tell handwritten zeros from ones. At the end
:class:`~sklearn_ed.EDClassifier` computes the same numbers. :doc:`/rule` has the mathematics
and the proof.
"""

# %%
# Two types of units
# ------------------
#
# Every unit is either excitatory (+) or inhibitory (-), and stays so. A unit excites units of
# its own type and inhibits units of the other type. The sign of a connection therefore never
# changes; only its strength is learned. The output unit is excitatory. The inputs have no
# type: they may excite or inhibit any unit.
#
# A network with two inputs, four hidden units and one output fits into a few lines.
import matplotlib.pyplot as plt
import numpy as np

ALPHA, BETA, U0 = 0.8, 0.8, 0.4  # learning rate, bias input and width of the sigmoid


def sigmoid(a):
    return 1 / (1 + np.exp(-2 * a / U0))


class Network:
    def __init__(self, n_inputs, n_units, seed, scale=1.0):
        rng = np.random.default_rng(seed)
        self.types = np.where(np.arange(n_units) < n_units // 2, 1, -1)
        self.W1 = scale * (rng.random((n_inputs, n_units)) - rng.random((n_inputs, n_units)))
        self.b1 = rng.random(n_units) - rng.random(n_units)
        self.w2 = self.types * rng.random(n_units)
        self.b2 = rng.random() - rng.random()

    def forward(self, x):
        """Return the activities of the hidden units and the output."""
        z = sigmoid(x @ self.W1 + BETA * self.b1)
        return z, sigmoid(z @ self.w2 + BETA * self.b2)


# %%
# The picture shows such a network with random weights. Blue connections excite, orange dashed
# ones inhibit, and thick connections are strong.
BLUE, ORANGE = "#0072B2", "#D55E00"
PLACES = {
    "inputs": [(0, 2.2), (0, 0.8)],
    "hidden": [(1.5, 3), (1.5, 2), (1.5, 1), (1.5, 0)],
    "output": [(3, 1.5)],
}


def connect(ax, start, end, weight, *, width=None, faint=False):
    ax.plot(
        *zip(start, end, strict=True),
        color=BLUE if weight > 0 else ORANGE,
        linestyle="-" if weight > 0 else "--",
        linewidth=1 + 3 * abs(weight) if width is None else width,
        alpha=0.2 if faint else 0.9,
        zorder=1,
    )


def draw(ax, network, title, x=("x1", "x2"), z=("+", "+", "-", "-"), y="+", learns=None):
    """Draw a network; `learns` marks hidden units whose connection to the output learns."""
    for place, column in zip(PLACES["inputs"], network.W1, strict=True):
        for unit, weight in zip(PLACES["hidden"], column, strict=True):
            connect(ax, place, unit, weight, faint=learns is not None)
    for k, (unit, weight) in enumerate(zip(PLACES["hidden"], network.w2, strict=True)):
        faint = learns is not None and not learns[k]
        width = None if learns is None else 1 if faint else 4
        connect(ax, unit, PLACES["output"][0], weight, width=width, faint=faint)
    for name, texts in (("inputs", x), ("hidden", z), ("output", [y])):
        for k, (place, text) in enumerate(zip(PLACES[name], texts, strict=True)):
            inhibitory = name == "hidden" and network.types[k] < 0
            fill = "white" if inhibitory or name == "inputs" else "#CFE3F1"
            ax.scatter(
                *place, s=900, color=fill, edgecolors=ORANGE if inhibitory else BLUE, zorder=2
            )
            ax.text(*place, text, ha="center", va="center", fontsize=11, zorder=3)
    ax.set(title=title, xlim=(-0.4, 3.6), ylim=(-0.6, 3.6))
    ax.axis("off")


small = Network(2, 4, seed=1)
fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
draw(ax, small, "A network with excitatory (+) and inhibitory (-) units")
plt.show()

# %%
# One number for all units
# ------------------------
#
# Let the network compute the exclusive or of 1 and 0, whose target is 1. The numbers in the
# circles are activities. The error is the target minus the output, a single number. It is
# broadcast to all units, as it is: no unit receives an error of its own, and no connection
# carries an error backwards.
x, target = np.array([1, 0]), 1
z, y = small.forward(x)
error = target - y
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
draw(
    ax,
    small,
    f"The output is {y:.2f}, the target is {target}: every unit receives e = {error:+.2f}",
    x=[str(value) for value in x],
    z=[f"{value:.2f}" for value in z],
    y=f"{y:.2f}",
)
for place in PLACES["hidden"] + PLACES["output"]:
    ax.annotate(
        "",
        (place[0] + 0.08, place[1] - 0.2),
        (2.4, -0.5),
        arrowprops={"arrowstyle": "->", "color": "black", "linestyle": ":", "linewidth": 1.5},
    )
ax.text(2.45, -0.55, f"e = {error:+.2f}", fontweight="bold", va="center")
plt.show()

# %%
# The gate
# --------
#
# How can one number tell every unit what to do? If the output is too low, excitatory units
# must become more active and inhibitory units less active. Excitatory units raise the output
# along every path, and inhibitory units lower it along every path, because all paths from a
# unit to the output have the same sign. So a unit needs only the error and its own type.
#
# In Kaneko's default, a connection between two units only grows stronger. The sign of the
# error decides which connections may grow, and is called the *gate*: connections *from*
# excitatory units grow if the output is too low, and those from inhibitory units if it is too
# high. This holds for any number of hidden layers: in every layer the gate looks at the type
# of the unit from which a connection comes.
fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
draw(axes[0], small, "Output too low, e > 0", learns=small.types > 0)
draw(axes[1], small, "Output too high, e < 0", learns=small.types < 0)
fig.suptitle("Which connections to the output grow")
plt.show()

# %%
# Written down, the step of a connection is a product of what is known at its two ends and the
# error: the activity of its source, ``z * (1 - z)`` of its target, the type of its target, and
# ``e``.
# ``z * (1 - z)`` is the slope of the sigmoid without its constant factor ``2 / U0``, which
# Kaneko leaves out. The weights from the inputs have no gate. Kaneko gives each input twice,
# once as excitatory and once as inhibitory; the two weights add up to a single one of free
# sign, which learns from both signs of the error (:doc:`/rule`).


def learn(network, x, target):
    """One step of error diffusion; return the error before the step."""
    z, y = network.forward(x)
    e = target - y
    gate = network.types == np.sign(e)
    hidden_step = ALPHA * z * (1 - z) * e * network.types
    output_step = ALPHA * y * (1 - y) * e
    network.W1 += np.outer(x, hidden_step)
    network.b1 += BETA * hidden_step
    network.w2 += z * output_step * gate
    network.b2 += BETA * output_step
    return e


before = small.w2.copy()
learn(small, x, target)
for kind, change in zip(small.types, small.w2 - before, strict=True):
    print(f"from {'excitatory' if kind > 0 else 'inhibitory'} unit: {change:+.4f}")

# %%
# XOR
# ---
#
# Eight hidden units learn all four patterns, one after the other. The animation shows the
# output for every point of the plane, the strengths of the connections to the output, and the
# errors. The strengths only grow.
from matplotlib.animation import FuncAnimation

PATTERNS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
TARGETS = np.array([0, 1, 1, 0])

network = Network(2, 8, seed=0)
ticks = np.linspace(-0.25, 1.25, 40)
plane = np.stack(np.meshgrid(ticks, ticks), axis=-1)
planes, strengths, errors = [], [], []
while not errors or errors[-1] >= 0.1:
    planes.append(network.forward(plane)[1])
    strengths.append(np.abs(network.w2))
    steps = [learn(network, x, t) for x, t in zip(PATTERNS, TARGETS, strict=True)]
    errors.append(np.abs(steps).sum())
print(f"learned in {len(errors)} sweeps over the four patterns")

fig, axes = plt.subplots(1, 3, figsize=(9, 3), dpi=75)
image = axes[0].imshow(
    planes[0], cmap="RdBu_r", vmin=0, vmax=1, origin="lower", extent=(-0.25, 1.25, -0.25, 1.25)
)
axes[0].scatter(*PATTERNS.T, c=TARGETS, cmap="RdBu_r", edgecolors="black", s=60)
bars = axes[1].bar(range(8), strengths[0], color=np.where(network.types > 0, BLUE, ORANGE))
(curve,) = axes[2].plot([], [], color="black")
axes[0].set(title="output", xlabel="x1", ylabel="x2")
axes[1].set(title="strengths, + blue, - orange", xlabel="unit", ylim=(0, strengths[-1].max()))
axes[2].set(title="sum of errors", xlabel="sweep", xlim=(0, len(errors)), ylim=(0, 2.2))
fig.suptitle("Error diffusion learns XOR")
fig.tight_layout()


def show_sweep(sweep):
    image.set_data(planes[sweep])
    for bar, strength in zip(bars, strengths[sweep], strict=True):
        bar.set_height(strength)
    curve.set_data(range(sweep + 1), errors[: sweep + 1])


frames = np.unique(np.linspace(0, len(errors) - 1, 14).astype(int))
xor_animation = FuncAnimation(fig, show_sweep, frames, interval=250, repeat=False)
plt.show()

# %%
# More hidden units need fewer sweeps: see :ref:`sphx_glr_auto_examples_plot_kaneko_xor.py`.
#
# Zeros and ones
# --------------
#
# The same algorithm learns to tell images of 8 x 8 pixels apart, and now its weights can be
# seen. Each row of the animation shows the weights of three hidden units: excitatory in the
# upper row, inhibitory in the lower one. Pixels in red excite a unit and pixels in blue
# inhibit it. Excitatory units come to resemble a one, with ink in the middle of the image,
# and inhibitory units a zero. As all units receive the same error, their weights move in the
# same direction, or in the opposite one if their types differ.
from sklearn.datasets import load_digits

images, labels = load_digits(n_class=2, return_X_y=True)
images = images / 16
digits_network = Network(64, 6, seed=0, scale=1 / 8)
weights, digit_errors = [], []
for pixels, label in zip(images, labels, strict=True):
    weights.append(digits_network.W1.copy())
    digit_errors.append(abs(learn(digits_network, pixels, label)))
right = np.array(digit_errors) < 0.5
print(f"{right[:60].mean():.0%} of the first 60 images, {right[60:].mean():.0%} of the others")

fig, axes = plt.subplot_mosaic(
    [[0, 1, 2, "errors", "errors"], [3, 4, 5, "errors", "errors"]], figsize=(9, 3), dpi=75
)
limit = np.abs(weights[-1]).max()
pictures = []
for k in range(6):
    picture = axes[k].imshow(np.zeros((8, 8)), cmap="RdBu_r", vmin=-limit, vmax=limit)
    axes[k].axis("off")
    pictures.append(picture)
(points,) = axes["errors"].plot([], [], ".", color="black")
axes["errors"].set(xlabel="image", ylabel="error before its step", xlim=(0, 120), ylim=(0, 1))
fig.suptitle("Weights of six hidden units while they learn zeros and ones")
fig.tight_layout()


def show_image(i):
    for picture, column in zip(pictures, weights[i].T, strict=True):
        picture.set_data(column.reshape(8, 8))
    points.set_data(range(i + 1), digit_errors[: i + 1])


digits_animation = FuncAnimation(fig, show_image, range(0, 121, 10), interval=250, repeat=False)
plt.show()

# %%
# The same with the estimator
# ---------------------------
#
# ``KANEKO_SETTINGS`` make :class:`~sklearn_ed.EDClassifier` the published algorithm. Given
# the same initial weights it computes the same outputs, with compiled code.
from sklearn_ed import EDClassifier
from sklearn_ed.reproduction import KANEKO_SETTINGS

ours = Network(2, 8, seed=0)
clf = EDClassifier((8,), alpha=ALPHA, **KANEKO_SETTINGS)
clf.initialize(n_features=2, classes=[0, 1])
clf.set_weights(
    [ours.W1[np.newaxis], ours.w2[np.newaxis, :, np.newaxis]],
    [ours.b1[np.newaxis], np.array([[ours.b2]])],
)
for _ in range(len(errors)):
    clf.partial_fit(PATTERNS, TARGETS)
print("this page  ", network.forward(PATTERNS)[1].round(6))
print("EDClassifier", clf.predict_proba(PATTERNS)[:, 1].round(6))

# %%
# What the defaults of the estimator change
# -----------------------------------------
#
# Kaneko's rule as published is not a good classifier for large problems. By default the
# estimators therefore let the connections between units weaken as well
# (``weight_decrement=True``, an option of Kaneko's program), learn from batches with Adam,
# train several networks whose predictions are averaged, and stop on rows that they have not
# learned. :doc:`/study` says what each of these is worth.
# :ref:`sphx_glr_tutorials_plot_3_history.py` goes on with the experiments that have been
# published.
