"""Input dropout: a row is learned without a random share of its inputs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._backend import compiled as _compiled

# Probabilities come in steps of one over it: 16 bits decide on an input.
STEPS = 2**16
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def random_words(seed: Any, index: Any) -> np.ndarray:
    """Words of the sequences of `seed`: SplitMix64 (Steele, Lea and Flood, 2014)."""
    with np.errstate(over="ignore"):
        words = np.uint64(seed) + (np.asarray(index, dtype=np.uint64) + np.uint64(1)) * _GOLDEN
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            words = (words ^ (words >> np.uint64(shift))) * np.uint64(factor)
        return words ^ (words >> np.uint64(31))


@lru_cache(maxsize=2)
def _feature_keys(n_features: int) -> np.ndarray:
    """A word for each feature, kept for calls on single rows."""
    keys = random_words(0, np.arange(n_features))
    keys.setflags(write=False)
    return keys


class InputDropout:
    """Leaves inputs out at random and makes up for them (Srivastava et al., 2014).

    Each input of each row is set to zero with the probability `rate`; the others are divided by
    the probability to stay, so that the sums expected stay the same. What a row is learned
    without follows from the key, the epoch, the batch, the row's values and the feature. So
    equal rows of a batch lose the same inputs, and a row of weight k is worth k copies; a CSR
    array loses what the same array loses dense.

    Parameters
    ----------
    rate : float
        In (0, 1).
    key : int
        Seed, in [0, 2**63).
    n_features : int
    """

    def __init__(self, rate: float, key: int, n_features: int) -> None:
        self._dropped = min(max(round(STEPS * rate), 1), STEPS - 1)
        self._key = key
        self._feature_keys = _feature_keys(n_features)
        self._epoch_seed, self._batch = key, 0

    def begin(self, epoch: int) -> None:
        """Begin the epoch of this number."""
        self._epoch_seed, self._batch = int(random_words(self._key, epoch)), 0

    def apply(self, X: Any, one_by_one: bool = False) -> None:
        """Change the epoch's next batch, a C-contiguous or a CSR array, in place.

        `one_by_one`: every row is a batch.
        """
        n_batches = X.shape[0] if one_by_one else 1
        seeds = random_words(self._epoch_seed, self._batch + np.arange(n_batches))
        self._batch += n_batches
        if not one_by_one:
            seeds = np.full(X.shape[0], seeds[0])
        if sp.issparse(X):
            X.sum_duplicates()
        if not _compiled.batch:
            self._apply(X, seeds)
        elif sp.issparse(X):
            _compiled.batch.drop_csr(
                X.data, X.indices, X.indptr, self._feature_keys, seeds, self._dropped
            )
        else:
            _compiled.batch.drop_dense(X, self._feature_keys, seeds, self._dropped)

    def _apply(self, X: Any, seeds: np.ndarray) -> None:
        """What the kernels do."""
        if sp.issparse(X):
            values, features = X.data, X.indices
            rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
        else:
            values = X.reshape(-1)
            rows, features = np.divmod(np.arange(values.shape[0]), X.shape[1])
        bits = (values.astype(np.float32) + 0).view(np.uint32).astype(np.uint64)
        np.add.at(seeds, rows, bits * self._feature_keys[features])
        words = random_words(seeds[rows], features // 4)
        drawn = (words >> (16 * (features % 4)).astype(np.uint64)) & np.uint64(STEPS - 1)
        scale = STEPS / (STEPS - self._dropped)
        values *= np.where(drawn < self._dropped, 0, scale).astype(values.dtype)
