"""PiecewiseLinearEncoder as an ONNX graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .graph import Graph, check_features, float_type


def code_shapes(operator: Any) -> None:
    """The type of the output of an encoder."""
    encoder = operator.raw_operator
    check_is_fitted(encoder)
    check_features(operator, encoder.n_features_in_)
    shape = [operator.inputs[0].get_first_dimension(), len(encoder.get_feature_names_out())]
    operator.outputs[0].set_type(float_type(operator, shape, encoder.dtype))


def add_encoder(scope: Any, operator: Any, container: Any) -> None:
    """Add the scaled values, the codes and the indicators; all in float64."""
    graph, encoder = Graph(scope, operator, container), operator.raw_operator

    def constant(value: Any) -> str:
        return graph.constant(value, np.float64)

    X = graph.inputs(np.float64)
    missing = graph.add("IsNaN", X)
    parts = []
    if encoder.keep_values:
        z = graph.add("Sub", X, constant(encoder.center_))
        z = graph.smooth_clip(graph.add("Div", z, constant(encoder.scale_)))
        z = graph.add("Sub", z, constant(encoder.mean_))
        z = graph.add("Div", z, constant(encoder.std_))
        parts.append(graph.add("Where", missing, constant(0), z))
    features = encoder._binned_features
    if features.size:
        places = graph.integers(*features)
        codes = graph.add("Gather", X, places, axis=1)
        codes = graph.add("Sub", codes, constant(encoder._bin_starts))
        codes = graph.add("Div", codes, constant(encoder._bin_widths))
        codes = graph.add("Clip", codes, constant(0), constant(1))
        codes = graph.add("Sub", codes, constant(0.5))
        missing_codes = graph.add("Gather", missing, places, axis=1)
        parts.append(graph.add("Where", missing_codes, constant(0), codes))
    if encoder.missing_features_.size:
        places = graph.integers(*encoder.missing_features_)
        parts.append(graph.cast(graph.add("Gather", missing, places, axis=1), np.float64))
    dtype = encoder.dtype or graph.dtype
    encoded = graph.add("Concat", *parts, axis=1)
    graph.cast(encoded, dtype, out=operator.outputs[0].full_name)
