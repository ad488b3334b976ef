"""
Classifying text
================

Texts become sparse TF-IDF vectors, which :class:`~sklearn_ed.EDClassifier` takes as they are.
For text it needs other parameters than for tables: few hidden units, one member and a higher
learning rate. For many classes, other estimators are better.
"""

# %%
# The texts are the descriptions of functions and classes in three packages, split into
# sentences. The task: which package does a sentence come from? The names of the packages and
# code are removed.
import inspect
import re

import numpy as np
import scipy.signal
import scipy.stats
import sklearn.cluster
import sklearn.ensemble
import sklearn.linear_model
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklearn_ed import EDClassifier

MODULES = {
    "statistics": [scipy.stats],
    "signals": [scipy.signal],
    "machine learning": [sklearn.cluster, sklearn.ensemble, sklearn.linear_model],
}


def sentences(module):
    """Return the sentences of more than five words in the docstrings of a module."""
    found = set()
    for name in module.__all__:
        text = inspect.getdoc(getattr(module, name)) or ""
        text = re.sub(r"``.*?``|`.*?`|>>>.*|\S*http\S*|\d+", " ", text)
        for sentence in re.split(r"\.\s", text):
            words = re.findall(r"[a-z]+", sentence.lower())
            if len(words) > 5:
                found.add(" ".join(word for word in words if word not in ("scipy", "sklearn")))
    return found


texts, y = [], []
for label, modules in MODULES.items():
    of_label = sorted(set().union(*map(sentences, modules)))[:1500]
    texts += of_label
    y += [label] * len(of_label)
parts = train_test_split(texts, y, stratify=y, random_state=0)
texts_train, texts_test, y_train, y_test = parts
print(len(texts_train), "sentences for training")

# %%
# Each step of the learning rule changes the weights of all columns, so time and memory are
# proportional to columns times hidden units. ``min_df=2`` drops words that occur once, and
# float32 halves the memory.
ed = {"alpha": 0.02, "n_members": 1, "max_iter": 15, "random_state": 0}
classifiers = {
    "error diffusion, 4 units": EDClassifier((4,), **ed),
    "error diffusion, no hidden layer": EDClassifier((), **ed),
    "logistic regression": LogisticRegression(),
}
for name, classifier in classifiers.items():
    model = make_pipeline(TfidfVectorizer(min_df=2, dtype=np.float32), classifier)
    print(f"{name:34}{model.fit(texts_train, y_train).score(texts_test, y_test):.3f}")

# %%
# All three are close; without a hidden layer, error diffusion is a linear model itself. With
# 20 classes and 44,000 columns, ``MLPClassifier`` and linear models are ahead of error
# diffusion: :doc:`/interoperability` has the figures.
#
# Which words decide? Without a hidden layer, a network has one weight for each word. Each of
# the three networks separates two classes. Their strongest words, weighted by how rare they
# are:
import matplotlib.pyplot as plt

vectorizer = TfidfVectorizer(min_df=2, dtype=np.float32)
classifier = EDClassifier((), **ed).fit(vectorizer.fit_transform(texts), y)
words = vectorizer.get_feature_names_out()

fig, axes = plt.subplots(1, 3, figsize=(10, 4), layout="constrained")
for ax, codes, weights in zip(
    axes, classifier.code_book_, classifier.coefs_[0][..., 0], strict=True
):
    strengths = weights * vectorizer.idf_
    order = np.argsort(strengths)[[*range(8), *range(-8, 0)]]
    colors = np.where(strengths[order] > 0, "#D55E00", "#0072B2")
    ax.barh(words[order], strengths[order], color=colors)
    (first,), (second,) = classifier.classes_[codes == 1], classifier.classes_[codes == -1]
    ax.set_title(f"{second} (blue),\n{first} (orange)", fontsize=10)
    ax.set_xticks([])
plt.show()
