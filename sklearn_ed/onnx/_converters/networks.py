"""A bank of networks as an ONNX graph: products of stacked matrices, as in the bank."""

from __future__ import annotations

from typing import Any

import numpy as np
from skl2onnx.common.data_types import Int64TensorType, StringTensorType
from skl2onnx.common.utils_classifier import get_label_classes
from sklearn.utils.validation import check_is_fitted

from .graph import Graph, check_features, float_type


def class_shapes(operator: Any) -> None:
    """The types of the outputs of a classifier: labels, probabilities."""
    model = _checked(operator)
    n_samples, n_classes = operator.inputs[0].get_first_dimension(), len(model.classes_)
    shape = [n_samples, n_classes]
    classes = get_label_classes(operator.scope_inst, model)
    is_text = classes.dtype.kind in "OU"
    if classes.dtype.kind == "f" and (classes != np.trunc(classes)).any():
        raise ValueError(
            "classes_: expected integers or strings, the labels of ONNX, got "
            f"{classes.tolist()}; the option nocl=True gives class indices."
        )
    kind = StringTensorType if is_text else Int64TensorType
    operator.outputs[0].set_type(kind(shape if model._multilabel else shape[:1]))
    operator.outputs[1].set_type(float_type(operator, shape))


def target_shapes(operator: Any) -> None:
    """The type of the output of a regressor."""
    model = _checked(operator)
    shape = [operator.inputs[0].get_first_dimension(), model.n_outputs_]
    operator.outputs[0].set_type(float_type(operator, shape))


def _checked(operator: Any) -> Any:
    model = operator.raw_operator
    check_is_fitted(model, "coefs_")
    check_features(operator, model.n_features_in_)
    return model


def add_regressor(scope: Any, operator: Any, container: Any) -> None:
    """Add the mean of the members' values."""
    graph, model = Graph(scope, operator, container), operator.raw_operator
    values = _member_outputs(graph, model, np.eye(model.n_outputs_))
    if model.n_members_ > 1:
        values = _mean(graph, values, model.n_members_)
    graph.add("Identity", values, out=operator.outputs[0].full_name)


def add_classifier(scope: Any, operator: Any, container: Any) -> None:
    """Add labels, and probabilities or scores."""
    graph, model = Graph(scope, operator, container), operator.raw_operator
    label, probabilities = (output.full_name for output in operator.outputs)
    wants_scores = scope.get_options(model, {"raw_scores": False})["raw_scores"]
    n_members = model.n_members_
    readout = _readout(model)
    # Of each member.
    scores = _member_outputs(graph, model, readout)
    independent = model._multilabel or readout.shape[1] == 2
    p = best = ""
    if n_members > 1 or not wants_scores:
        p = graph.add("Sigmoid", scores) if independent else _softmax(graph, scores)
    if n_members > 1:
        p = best = _mean(graph, p, n_members)
        if wants_scores:
            scores = _mean_scores(graph, scores, n_members, model._multilabel, independent)
    else:
        # Probabilities next to 1 are rounded to 1.
        best = scores
    _add_labels(graph, model, best, is_score=n_members == 1, out=label)
    graph.add("Identity", scores if wants_scores else p, out=probabilities)


def _readout(model: Any) -> np.ndarray:
    """The matrix that makes scores of a member's outputs; two classes have -s and s."""
    outputs = model._member_outputs()
    readout = outputs.decision_function(np.eye(model.n_networks_ // model.n_members_))
    return np.stack([-readout, readout], axis=1) if readout.ndim == 1 else readout


def _member_outputs(graph: Graph, model: Any, readout: np.ndarray) -> str:
    """The outputs of all networks times `readout`: (n_samples, n_members, n_columns).

    One member: (n_samples, n_columns).
    """
    A = _bank(graph, model)
    if model.n_members_ > 1:
        n_networks = model.n_networks_ // model.n_members_
        A = graph.add("Reshape", A, graph.integers(0, model.n_members_, n_networks))
    if np.array_equal(readout, np.eye(len(readout))):
        return A
    return graph.add("MatMul", A, graph.constant(readout))


def _bank(graph: Graph, model: Any) -> str:
    """Pre-activations of the output units, (n_samples, n_networks)."""
    bank = model._bank()
    # 2 / u0 is folded into the parameters of hidden units.
    slopes = [2 / bank.u0] * len(bank.hidden_sizes) + [1.0]
    Z = _inputs(graph, model)
    layers = zip(bank.weights, bank.biases, slopes, strict=True)
    for layer, (weight, bias, slope) in enumerate(layers):
        W = np.multiply(weight, slope, dtype=float)
        b = np.multiply(bias, slope * bank.beta, dtype=float)
        A = graph.add("MatMul", Z, graph.constant(W))
        if layer == 0:
            A = graph.add("Add", A, graph.constant(b.ravel()))
            if bank.hidden_sizes:
                # One matrix of all networks becomes a stack of matrices.
                sizes = graph.integers(0, bank.n_networks, bias.shape[1])
                A = graph.add("Transpose", graph.add("Reshape", A, sizes), perm=[1, 0, 2])
        else:
            A = graph.add("Add", A, graph.constant(b[:, np.newaxis]))
        Z = graph.add("Sigmoid", A) if layer < len(bank.hidden_sizes) else A
    if not bank.hidden_sizes:
        return Z
    side_by_side = graph.add("Transpose", Z, perm=[1, 0, 2])
    return graph.add("Reshape", side_by_side, graph.integers(0, bank.n_networks))


def _inputs(graph: Graph, model: Any) -> str:
    """What the networks read: X, with the running scale of a stream."""
    scale = vars(model).get("_running_scale")
    if scale is None:
        return graph.inputs(graph.dtype)
    # As RunningScale, in float64 in any case.
    mean, variance, recent = scale["statistics"]
    width = np.sqrt(variance)
    width[width == 0] = np.inf
    X = graph.inputs(np.float64)
    if scale["recent_rows"]:
        X = graph.add("Concat", X, X, axis=1)
        mean, width = np.r_[mean, recent], np.r_[width, width]
    deviation = graph.add("Sub", X, graph.constant(mean, np.float64))
    z = graph.add("Div", deviation, graph.constant(width, np.float64))
    return graph.cast(graph.smooth_clip(z), graph.dtype)


def _softmax(graph: Graph, scores: str) -> str:
    return graph.add("Softmax", scores, axis=-1)


def _mean(graph: Graph, values: str, n_members: int) -> str:
    total = graph.reduce("ReduceSum", values, axis=1)
    return graph.add("Div", total, graph.constant(n_members))


def _mean_scores(
    graph: Graph, scores: str, n_members: int, multilabel: bool, independent: bool
) -> str:
    """`decision_function` of several members: logarithms of mean probabilities, log-odds."""

    def log_mean(log_p: str) -> str:
        total = graph.reduce("ReduceLogSumExp", log_p, axis=1)
        return graph.add("Sub", total, graph.constant(np.log(n_members)))

    def log_sigmoid(value: str) -> str:
        # onnxruntime has no Softplus of float64.
        small = graph.add("Exp", graph.add("Neg", graph.add("Abs", value)))
        correction = graph.add("Log", graph.add("Add", small, graph.constant(1)))
        return graph.add("Sub", graph.add("Min", value, graph.constant(0)), correction)

    if not independent:
        return log_mean(graph.add("LogSoftmax", scores, axis=-1))
    yes = log_mean(log_sigmoid(scores))
    if multilabel:
        no = log_mean(log_sigmoid(graph.add("Neg", scores)))
        return graph.add("Sub", yes, no)
    return graph.add("MatMul", yes, graph.constant([[1, -1], [-1, 1]]))


def _add_labels(graph: Graph, model: Any, best: str, *, is_score: bool, out: str) -> None:
    """Labels of scores, or of probabilities."""
    if model._multilabel:
        threshold = graph.constant(0 if is_score else 0.5)
        graph.cast(graph.add("Greater", best, threshold), np.int64, out=out)
        return
    classes = get_label_classes(graph.operator.scope_inst, model)
    names = graph.constant(classes, np.int64)
    index = graph.add("ArgMax", best, axis=1, keepdims=0)
    graph.add("Gather", names, index, out=out)
