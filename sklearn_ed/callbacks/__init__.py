"""Callbacks for `fit`, beside those of `sklearn.callback`: stopping, logs, snapshots."""

from ._early_stopping import EarlyStopping
from ._logger import Logger
from ._snapshot import Snapshot

__all__ = ["EarlyStopping", "Logger", "Snapshot"]

# The place that pickles name must outlast the private modules.
for _class in (EarlyStopping, Logger, Snapshot):
    _class.__module__ = __name__
