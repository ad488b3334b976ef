"""Order of rows, stopping rule and silence for Keras. Importing this imports TensorFlow."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def shuffled_batches(
    X: np.ndarray, y: np.ndarray, batch_size: int, *, seed: int, epochs: range
) -> tf.data.Dataset:
    """Batches of rows, in a new order for each epoch; an epoch's last batch may be smaller.

    Keras would draw the order from TensorFlow's global generator. This order depends only on
    the seed and on the number of the epoch.
    """
    # As constants of the graph they would be copied and limited to 2 GB.
    rows, targets = tf.convert_to_tensor(X), tf.convert_to_tensor(y)

    def index_batches(epoch: Any) -> tf.data.Dataset:
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
    """Early stopping on the training loss by MLPClassifier's rule.

    An epoch must improve on the best earlier loss by `tol`. Keras compares with the last loss
    that was good enough, so that it continues while many small improvements add up to `tol`.
    """

    best: float

    def __init__(self, tol: float, n_iter_no_change: float) -> None:
        super().__init__("loss", min_delta=tol, patience=n_iter_no_change + 1, mode="min")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Stop after too many epochs without improvement, or if the loss is not finite."""
        super().on_epoch_end(epoch, logs)
        loss = (logs or {})["loss"]
        self.best = min(self.best, loss)
        if not np.isfinite(loss):
            self.model.stop_training = True


@contextmanager
def no_retracing_warnings() -> Iterator[None]:
    """Silence TensorFlow's warning about many traced functions: every network needs its own."""
    logger = tf.get_logger()

    def is_other(record: logging.LogRecord) -> bool:
        return "tf.function retracing" not in str(record.msg)

    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)
