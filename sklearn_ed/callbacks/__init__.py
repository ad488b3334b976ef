"""Callbacks for `fit`, beside those of `sklearn.callback`: stopping, logs, files."""

from ._checkpoint import Checkpoint
from ._early_stopping import EarlyStopping
from ._logger import Logger
from ._snapshot import Snapshot

__all__ = ["Checkpoint", "EarlyStopping", "Logger", "Snapshot"]

# The place that pickles name must outlast the private modules.
for _class in (Checkpoint, EarlyStopping, Logger, Snapshot):
    _class.__module__ = __name__
