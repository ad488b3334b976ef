"""Classifiers that augment their training images: random shifts, rotations and zooms."""

from typing import Any, Self

import numpy as np
from scipy.ndimage import affine_transform
from sklearn.base import BaseEstimator, ClassifierMixin, clone

N_COPIES = 10


def shifted(images: np.ndarray, rng: np.random.Generator, *, by: int = 1) -> np.ndarray:
    """Shift each image by up to `by` whole pixels along both axes, filled with zeros.

    From shape (n_samples, height, width) to (n_samples, height * width).
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


def jittered(
    images: np.ndarray,
    rng: np.random.Generator,
    *,
    shift: float,
    rotation: float,
    zoom: float,
) -> np.ndarray:
    """Shift, rotate and zoom each image at random, with bilinear interpolation.

    The maxima are pixels along each axis, degrees, and a share of the size. Shapes are those
    of `shifted`.
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


class AugmentedClassifier(ClassifierMixin, BaseEstimator):
    """Base of classifiers that fit a clone of `estimator` on augmented images."""

    def __init__(self, estimator: Any, random_state: int = 0) -> None:
        self.estimator = estimator
        self.random_state = random_state

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.estimator_.predict(X)


class ShiftedImages(AugmentedClassifier):
    """Learns images of 28 x 28 pixels, with new random shifts in each epoch."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        rng = np.random.default_rng(self.random_state)
        self.classes_ = np.unique(y)
        self.estimator_ = clone(self.estimator).set_params(random_state=self.random_state)
        images = X.reshape(-1, 28, 28)
        for _ in range(self.estimator.max_iter):
            self.estimator_.partial_fit(shifted(images, rng), y, classes=self.classes_)
        return self


class JitteredCopies(AugmentedClassifier):
    """Learns images of 8 x 8 pixels and ten jittered copies of each."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        rng = np.random.default_rng(self.random_state)
        images = X.reshape(-1, 8, 8)
        copies = [
            jittered(images, rng, shift=0.7, rotation=15.0, zoom=0.15) for _ in range(N_COPIES)
        ]
        self.estimator_ = clone(self.estimator).set_params(random_state=self.random_state)
        self.estimator_.fit(np.concatenate([X, *copies]), np.tile(y, N_COPIES + 1))
        self.classes_ = self.estimator_.classes_
        return self
