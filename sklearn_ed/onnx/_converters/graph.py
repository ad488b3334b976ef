"""Nodes of an ONNX graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

from ..._utils.clipping import MAX_VALUE

# Versions of ONNX' operators from which axes are an input.
_AXES_AS_INPUT = {"ReduceSum": 13, "ReduceLogSumExp": 18}


class Graph:
    """The graph of one operator of skl2onnx.

    Parameters
    ----------
    scope, operator, container
        What skl2onnx passes to a converter.
    """

    def __init__(self, scope: Any, operator: Any, container: Any) -> None:
        self._scope, self._container = scope, container
        self.operator = operator
        self.dtype = np.float64 if is_double(operator) else np.float32

    def add(self, kind: str, *inputs: str, out: str | None = None, **attributes: Any) -> str:
        """Add a node; return the name of its output."""
        out = out or self._scope.get_unique_variable_name(kind.lower())
        name = self._scope.get_unique_operator_name(kind)
        self._container.add_node(kind, list(inputs), out, name=name, **attributes)
        return out

    def constant(self, value: Any, dtype: Any = None) -> str:
        """Add a constant of `dtype`, None for that of the graph."""
        name = self._scope.get_unique_variable_name("constant")
        array = np.asarray(value)
        if array.dtype.kind in "OU":
            text = [str(item).encode() for item in array]
            self._container.add_initializer(name, onnx.TensorProto.STRING, array.shape, text)
        else:
            array = np.ascontiguousarray(array, dtype=dtype or self.dtype)
            tensor = onnx.numpy_helper.from_array(array)
            self._container.add_initializer(name, None, None, tensor)
        return name

    def integers(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def cast(self, value: str, dtype: Any, out: str | None = None) -> str:
        to = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.add("Cast", value, out=out, to=to)

    def reduce(self, kind: str, value: str, axis: int) -> str:
        """ReduceSum or ReduceLogSumExp over an axis, which vanishes."""
        if self._container.target_opset >= _AXES_AS_INPUT[kind]:
            return self.add(kind, value, self.integers(axis), keepdims=0)
        return self.add(kind, value, axes=[axis], keepdims=0)

    def inputs(self, dtype: Any) -> str:
        """All input variables side by side."""
        parts = [self.cast(variable.full_name, dtype) for variable in self.operator.inputs]
        return parts[0] if len(parts) == 1 else self.add("Concat", *parts, axis=1)

    def smooth_clip(self, z: str) -> str:
        """As `_utils.clipping.smooth_clip`, in float64."""
        limits = [self.constant(sign * MAX_VALUE, np.float64) for sign in (-1, 1)]
        z = self.add("Clip", z, *limits)
        third = self.add("Div", z, self.constant(3, np.float64))
        square = self.add("Mul", third, third)
        root = self.add("Sqrt", self.add("Add", square, self.constant(1, np.float64)))
        return self.add("Div", z, root)


def is_double(operator: Any) -> bool:
    """Whether skl2onnx has chosen double precision, that of the first input."""
    return isinstance(operator.inputs[0].type, DoubleTensorType)


def float_type(operator: Any, shape: list[int | None], dtype: Any = None) -> Any:
    """The type of an output of `dtype`, None for the precision of the inputs."""
    double = is_double(operator) if dtype is None else np.dtype(dtype) == np.float64
    return (DoubleTensorType if double else FloatTensorType)(shape)


def check_features(operator: Any, n_features: int) -> None:
    """Refuse inputs with another number of columns than the estimator was fitted with."""
    widths = [variable.get_second_dimension() for variable in operator.inputs]
    if all(isinstance(width, int) for width in widths) and sum(widths) != n_features:
        raise ValueError(
            f"initial_types: expected {n_features} columns, the features seen during fit, "
            f"got {sum(widths)}."
        )
