"""What a stream needs beside the online rule: inputs scaled as they come, a memory of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._training.data import TrainingData
from .._training.replay import Memory
from .._training.running_scale import RunningScale
from .calls import Call
from .starting import Start

# Parameters of EDClassifier.for_streams; docs/accuracy.rst has the measurements.
STREAM_SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (100,),
    "alpha": 0.02,
    "beta": 0.8,
    "u0": 0.1,
    "rule": "error_diffusion",
    "weight_decrement": True,
    "init": "scaled",
    "n_members": 1,
    "code_size": None,
    "loss": "log_loss",
    "solver": "sgd",
    "momentum": 0.0,
    "learning_rate": "constant",
    "dropout": 0.0,
    "weight_decay": 0.0,
    "batch_size": 1,
    "shuffle": False,
    "early_stopping": False,
    "scale_inputs": True,
    "recent_rows": 50,
    "replay": 12,
    "memory_size": 500,
}

# Attributes of the estimator.
SCALE, _MEMORY = "_running_scale", "_memory"


def scaled_data(
    estimator: Any, data: TrainingData, call: Call
) -> tuple[TrainingData, dict[str, Any]]:
    """The data that the networks learn, and attributes to set when training has succeeded.

    Without `scale_inputs` and `replay`, these are the data as they are.
    """
    replays = call.is_partial and estimator.replay
    attributes: dict[str, Any] = {} if call.continues else {SCALE: None}
    if not (estimator.scale_inputs or replays):
        return data, attributes
    _check_dense(data.X)
    X, targets, weight, rows = data.X, data.targets, data.weight, data.rows
    if rows.size < X.shape[0]:
        # A row of weight 0 is as good as absent.
        assert weight is not None
        X, targets, weight = X[rows], targets[rows], weight[rows]
        rows = np.arange(rows.size)
    if estimator.scale_inputs:
        if call.continues:
            scale = RunningScale(**estimator._running_scale)
        else:
            scale = RunningScale.start(X.shape[1], estimator.recent_rows)
        scale, X = scale.learn(X)
        attributes[SCALE] = vars(scale)
    return TrainingData(X, targets, weight, rows), attributes


def n_inputs(estimator: Any) -> int:
    """Number of inputs of the fitted networks."""
    scale = vars(estimator).get(SCALE)
    n_features: int = estimator.n_features_in_
    return 2 * n_features if scale is not None and scale["recent_rows"] else n_features


def scaled_inputs(attributes: Mapping[str, Any], X: Any) -> Any:
    """X as the networks read it that were fitted with these attributes."""
    scale = attributes.get(SCALE)
    if scale is None:
        return X
    _check_dense(X)
    return RunningScale(**scale).apply(X)


def data_with_memory(
    estimator: Any, data: TrainingData, start: Start, call: Call
) -> TrainingData:
    """Each row of the data followed by rows of the memory, which new networks empty."""
    if not (call.is_partial and estimator.replay):
        if call is not Call.PARTIAL_FIT:
            start.attributes[_MEMORY] = None
        return data
    kept = vars(estimator).get(_MEMORY) if call.continues else None
    memory = Memory(**kept) if kept else Memory.start(data, estimator.memory_size)
    if memory.size != estimator.memory_size:
        memory = memory.moved(estimator.memory_size, estimator.memory_size)
    memory, data = memory.replay(data, estimator.replay, start.attributes["_dropout_key"])
    start.attributes[_MEMORY] = vars(memory)
    return data


def _check_dense(X: Any) -> None:
    if sp.issparse(X):
        raise ValueError(
            "X: expected a dense array with scale_inputs=True or replay > 0, got a sparse one."
        )
