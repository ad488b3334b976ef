"""
Which learning rule follows the gradient?
=========================================

Rules without backprop differ in what they tell a hidden unit about the error. In this example
five rules train the same networks on the digits, with learning rates chosen on validation rows.
Then feedback alignment and error diffusion are compared with the gradient epoch by epoch.
"""

# %%
# :func:`~sklearn_ed.inspection.compare_rules` returns accuracies, the alignment with the
# gradient at the end of training, and the time of an update.
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_ed import EDClassifier
from sklearn_ed.inspection import compare_rules, gradient_alignment

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)

rules = [
    "error_diffusion",
    "backprop",
    "sign_symmetry",
    "feedback_alignment",
    "direct_feedback_alignment",
]
comparison = compare_rules(
    X_train,
    y_train,
    X_test,
    y_test,
    hidden_layer_sizes=(8, 8),
    rules=rules,
    alphas=(0.1, 0.3, 1.0, 3.0),
    max_iter=10,
    n_seeds=3,
)
print(comparison.to_text())
display = comparison.plot()
display.figure_.suptitle("Accuracy, alignment and time of five rules")

# %%
# Random feedback has no relation to the weights at first; the weights learn to agree with it.
# The signs of error diffusion agree from the beginning. The lines show the first hidden layer,
# with small steps.
N_EPOCHS = 10
fig, ax = plt.subplots(layout="constrained")
for rule in ("error_diffusion", "feedback_alignment", "direct_feedback_alignment"):
    clf = EDClassifier(
        (8, 8),
        rule=rule,
        alpha=0.03,
        solver="sgd",
        batch_size=20,
        code_size=None,
        n_members=1,
        random_state=0,
    )
    cosines = []
    for _ in range(N_EPOCHS):
        clf.partial_fit(X_train, y_train, classes=range(10))
        cosines.append(gradient_alignment(clf, X_train[:200], y_train[:200]).cosine[0])
    ax.plot(range(1, N_EPOCHS + 1), cosines, "o-", label=rule.replace("_", " "))
ax.axhline(0, color="0.7", linewidth=1)
ax.set(
    xlabel="epoch",
    ylabel="cosine with the negative gradient",
    title="Alignment of the first hidden layer with the gradient",
)
ax.legend()
plt.show()
