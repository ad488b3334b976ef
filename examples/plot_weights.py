"""
What hidden units look at
=========================

Each unit of the first layer reads all pixels, with weights of any sign.
:class:`~sklearn_ed.inspection.WeightsDisplay` draws them as images: red pixels drive the unit,
blue ones inhibit it. Here each network stands for one digit, and the weights follow the strokes
that tell its digit from the others. The first three units of a network are excitatory, the
others inhibitory: the same error moves their weights in opposite directions, so that their
images are negatives of each other.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from sklearn_ed import EDClassifier
from sklearn_ed.inspection import WeightsDisplay

X, y = load_digits(return_X_y=True)
# One network per class; decay takes the noise out of weights that nothing uses.
clf = EDClassifier((6,), code_size=None, n_members=1, weight_decay=1.0, random_state=0)
clf.fit(X / 16, y)
display = WeightsDisplay.from_estimator(clf, image_shape=(8, 8), networks=range(5))
display.ax_.set_title("six units of the networks for the digits 0 to 4")
plt.show()
