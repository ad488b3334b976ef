"""How Keras is made to learn here: order of rows, stopping, silence. It imports TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf


def shuffled_batches(
    X: np.ndarray, y: np.ndarray, batch_size: int, *, seed: int, epochs: range
) -> tf.data.Dataset:
    """The rows in batches, in a new order for each epoch.

    Keras would draw the order from TensorFlow's global generator. This one depends on the seed
    and the number of the epoch alone.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features), float32
    y : ndarray of shape (n_rows, n_targets)
    batch_size : int
        The last batch of an epoch may be smaller.
    seed : int
    epochs : range
        Numbers of the epochs.
    """
    # As constants of the graph they would be copied, and may have 2 GB at most.
    rows, targets = tf.convert_to_tensor(X), tf.convert_to_tensor(y)

    def index_batches(epoch):
        numbers = tf.random.stateless_uniform(
            [X.shape[0]], [seed, epoch], minval=None, maxval=None, dtype=tf.int32
        )
        return tf.data.Dataset.from_tensor_slices(tf.argsort(numbers)).batch(batch_size)

    return (
        tf.data.Dataset.range(epochs.start, epochs.stop)
        .flat_map(index_batches)
        .map(lambda batch: (tf.gather(rows, batch), tf.gather(targets, batch)))
        .prefetch(tf.data.AUTOTUNE)
    )


class StoppingAsMLPClassifier(keras.callbacks.EarlyStopping):
    """Keras' early stopping on the training loss, by MLPClassifier's rule.

    An epoch has to be better by `tol` than the best before it. Keras alone compares with the
    last that was: it goes on as long as many small improvements add up to `tol`.
    """

    best: float

    def __init__(self, tol: float, n_iter_no_change: float):
        super().__init__("loss", min_delta=tol, patience=n_iter_no_change + 1, mode="min")

    def on_epoch_end(self, epoch, logs=None):
        """Stop if the epoch was one too many without improvement, or its loss not finite."""
        super().on_epoch_end(epoch, logs)
        loss = logs["loss"]
        self.best = min(self.best, loss)
        if not np.isfinite(loss):
            self.model.stop_training = True


@contextmanager
def no_retracing_warnings() -> Iterator[None]:
    """Keep TensorFlow from warning of many traced functions: each new network needs its own."""
    logger = tf.get_logger()

    def keeps(record) -> bool:
        return "tf.function retracing" not in str(record.msg)

    logger.addFilter(keeps)
    try:
        yield
    finally:
        logger.removeFilter(keeps)
