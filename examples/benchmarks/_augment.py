"""Estimators that learn from images moved a little, at random."""

import numpy as np
from scipy.ndimage import affine_transform
from sklearn.base import BaseEstimator, ClassifierMixin, clone

N_COPIES = 10


def shifted(images, rng, *, by=1):
    """Each image moved by at most `by` whole pixels along both axes; zeros move in.

    Parameters
    ----------
    images : ndarray of shape (n_samples, height, width)
    rng : Generator

    Returns
    -------
    ndarray of shape (n_samples, height * width)
    """
    n_samples, height, width = images.shape
    padded = np.pad(images, ((0, 0), (by, by), (by, by)))
    moved = np.empty_like(images)
    offsets = rng.integers(0, 2 * by + 1, (n_samples, 2))
    for row in range(2 * by + 1):
        for column in range(2 * by + 1):
            which = (offsets == (row, column)).all(axis=1)
            moved[which] = padded[which, row : row + height, column : column + width]
    return moved.reshape(n_samples, -1)


def jittered(images, rng, *, shift, rotation, zoom):
    """Each image moved by a fraction of a pixel, turned and zoomed, by bilinear interpolation.

    Parameters
    ----------
    images : ndarray of shape (n_samples, height, width)
    rng : Generator
    shift : float
        Pixels, at most, along both axes.
    rotation : float
        Degrees, at most, either way.
    zoom : float
        Share of the size, at most, either way.

    Returns
    -------
    ndarray of shape (n_samples, height * width)
    """
    centre = (np.array(images.shape[1:]) - 1) / 2
    moved = np.empty_like(images)
    for image, result in zip(images, moved, strict=True):
        angle = np.deg2rad(rng.uniform(-rotation, rotation))
        cos, sin = np.cos(angle), np.sin(angle)
        matrix = np.array([[cos, -sin], [sin, cos]]) * (1 + rng.uniform(-zoom, zoom))
        offset = centre - matrix @ centre + rng.uniform(-shift, shift, 2)
        affine_transform(image, matrix, offset, output=result, order=1)
    return moved.reshape(len(images), -1)


class OnMoved(ClassifierMixin, BaseEstimator):
    """What both have in common: a subclass fits `estimator_`."""

    def __init__(self, estimator, random_state=0):
        self.estimator = estimator
        self.random_state = random_state

    def predict(self, X):
        return self.estimator_.predict(X)


class OnShifted(OnMoved):
    """`estimator` for its `max_iter` epochs on images of 28 x 28 that are shifted anew."""

    def fit(self, X, y):
        rng = np.random.default_rng(self.random_state)
        self.classes_ = np.unique(y)
        self.estimator_ = clone(self.estimator).set_params(random_state=self.random_state)
        images = X.reshape(-1, 28, 28)
        for _ in range(self.estimator.max_iter):
            self.estimator_.partial_fit(shifted(images, rng), y, classes=self.classes_)
        return self


class OnJittered(OnMoved):
    """`estimator` on images of 8 x 8 and ten jittered copies of each."""

    def fit(self, X, y):
        rng = np.random.default_rng(self.random_state)
        images = X.reshape(-1, 8, 8)
        copies = [
            jittered(images, rng, shift=0.7, rotation=15.0, zoom=0.15) for _ in range(N_COPIES)
        ]
        self.estimator_ = clone(self.estimator).set_params(random_state=self.random_state)
        self.estimator_.fit(np.concatenate([X, *copies]), np.tile(y, N_COPIES + 1))
        self.classes_ = self.estimator_.classes_
        return self
