"""Input dropout: a random fraction of the inputs of each training row is set to zero."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._backend import backend
from .._backend.numpy_backend import DROPOUT_STEPS
from .._backend.splitmix import random_words


@lru_cache(maxsize=2)
def _feature_keys(n_features: int) -> np.ndarray:
    """A word for each feature; cached for calls with single rows."""
    keys = random_words(0, np.arange(n_features))
    keys.setflags(write=False)
    return keys


class InputDropout:
    """Sets inputs to zero at random and scales the others (Srivastava et al., 2014).

    Each input of each row is set to zero with the probability `rate`; the others are divided by
    ``1 - rate``, so that expected sums stay the same. Which inputs are dropped depends on the
    key, the epoch, the batch, the values of the row and the feature. Equal rows of a batch
    therefore lose the same inputs, so that a row with weight k equals k copies, and a CSR array
    loses the same inputs as the dense array.

    Parameters
    ----------
    rate : float
        In (0, 1).
    key : int
        Seed, in [0, 2**63).
    n_features : int
    """

    def __init__(self, rate: float, key: int, n_features: int) -> None:
        self._n_dropped = min(max(round(DROPOUT_STEPS * rate), 1), DROPOUT_STEPS - 1)
        self._key = key
        self._feature_keys = _feature_keys(n_features)
        self._epoch_seed, self._batch = key, 0

    @property
    def rate(self) -> float:
        """The probability that an input is set to zero."""
        return self._n_dropped / DROPOUT_STEPS

    def begin(self, epoch: int) -> None:
        """Start an epoch, given its number."""
        self._epoch_seed, self._batch = int(random_words(self._key, epoch)), 0

    def apply(self, X: Any, one_by_one: bool = False) -> None:
        """Drop inputs of the next batch, a C-contiguous or CSR array, in place.

        With `one_by_one`, every row is a batch.
        """
        n_batches = X.shape[0] if one_by_one else 1
        seeds = random_words(self._epoch_seed, self._batch + np.arange(n_batches))
        self._batch += n_batches
        if not one_by_one:
            seeds = np.full(X.shape[0], seeds[0])
        if sp.issparse(X):
            X.sum_duplicates()
        backend().drop_inputs(X, self._feature_keys, seeds, self._n_dropped)
