"""The converters for skl2onnx and their registration."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from .._estimators.classifier import EDClassifier
from .._estimators.regressor import EDRegressor
from .._utils.extras import import_extra
from ..preprocessing import PiecewiseLinearEncoder

_CLASSIFIER_OPTIONS = {
    "zipmap": [True, False, "columns"],
    "nocl": [True, False],
    "output_class_labels": [False, True],
    "raw_scores": [True, False],
}


def register() -> None:
    """Register the converters of this package with skl2onnx.

    Afterwards ``skl2onnx.to_onnx`` and ``skl2onnx.convert_sklearn`` convert
    :class:`~sklearn_ed.EDClassifier`, :class:`~sklearn_ed.EDRegressor` and
    :class:`~sklearn_ed.preprocessing.PiecewiseLinearEncoder`, alone and inside other
    estimators. `to_onnx` calls it.

    Raises
    ------
    MissingExtra
        If skl2onnx is not installed; an ImportError.

    See Also
    --------
    to_onnx : Registers the converters and converts an estimator.

    Examples
    --------
    >>> import skl2onnx  # doctest: +SKIP
    >>> import sklearn_ed.onnx
    >>> sklearn_ed.onnx.register()  # doctest: +SKIP
    >>> skl2onnx.to_onnx(clf, X[:1])  # doctest: +SKIP
    """
    skl2onnx = import_extra("skl2onnx", "The export to ONNX", "onnx")
    from ._converters import encoder, networks

    for model, shapes, converter, options in (
        (EDClassifier, networks.class_shapes, networks.add_classifier, _CLASSIFIER_OPTIONS),
        (EDRegressor, networks.target_shapes, networks.add_regressor, None),
        (PiecewiseLinearEncoder, encoder.code_shapes, encoder.add_encoder, None),
    ):
        alias = f"SklearnEd{model.__name__}"
        skl2onnx.update_registered_converter(model, alias, shapes, converter, options=options)


def to_onnx(
    estimator: Any,
    X: Any = None,
    *,
    initial_types: Any = None,
    options: dict[Any, Any] | None = None,
    target_opset: Any = None,
) -> Any:
    """Convert a fitted estimator, or a pipeline that contains one, to an ONNX model.

    It needs the extra ``onnx`` (``pip install "sklearn-ed[onnx]"``), which installs skl2onnx
    and onnxruntime.

    Parameters
    ----------
    estimator : estimator
        Fitted :class:`~sklearn_ed.EDClassifier` or :class:`~sklearn_ed.EDRegressor`, or any
        estimator that skl2onnx can convert with them inside, such as a
        :class:`~sklearn.pipeline.Pipeline`.
    X : ndarray or pandas.DataFrame, default=None
        Rows of which the dtype and the columns decide about the inputs of the model. An array
        is one input. A data frame has one input per column, which a
        :class:`~sklearn.compose.ColumnTransformer` with column names needs. None: one input "X"
        with all features, in the dtype of the weights.
    initial_types : list of (str, skl2onnx type), default=None
        The inputs in the place of `X`.
    options : dict, default=None
        Options of skl2onnx. Those with strings as keys are for the last step. An EDClassifier
        has "zipmap" (default False: probabilities are an array), "nocl" (labels are class
        indices), "output_class_labels" and "raw_scores".
    target_opset : int or dict, default=None
        Version of ONNX' operators; None is the latest that skl2onnx was tested with.

    Returns
    -------
    onnx.ModelProto
        The model. Of a classifier it has the outputs "label" and "probabilities". The latter
        holds `decision_function` with ``options={"raw_scores": True}``; for two classes in two
        columns, the negative and the positive score. The output "variable" of a regressor has
        the shape (n_samples, n_targets), also for one target.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    MissingExtra
        If skl2onnx is not installed; an ImportError.

    See Also
    --------
    register : Makes skl2onnx itself convert the estimators.
    sklearn_ed.EDClassifier.to_mlp : Export to an MLP of scikit-learn.

    Notes
    -----
    The computations have the type of the inputs: single precision, unless these are float64.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ed import EDClassifier
    >>> from sklearn_ed.onnx import to_onnx
    >>> X = np.random.RandomState(0).normal(size=(100, 3)).astype(np.float32)
    >>> clf = EDClassifier(random_state=0).fit(X, X[:, 0] > 0)
    >>> model = to_onnx(clf)  # doctest: +SKIP
    >>> with open("model.onnx", "wb") as file:  # doctest: +SKIP
    ...     file.write(model.SerializeToString())
    """
    register()
    import skl2onnx

    check_is_fitted(estimator)
    last = _last_step(estimator)
    if X is None and initial_types is None:
        initial_types = [("X", _input_type(estimator, last))]
    named = {id(last): {"zipmap": False}} if is_classifier(last) else {}
    for key, value in (options or {}).items():
        if isinstance(key, str):
            named.setdefault(id(last), {})[key] = value
        elif key in (id(last), type(last)):
            named[id(last)] = value
        else:
            named[key] = value
    return skl2onnx.to_onnx(
        estimator, X, initial_types=initial_types, options=named, target_opset=target_opset
    )


def _last_step(estimator: Any) -> Any:
    while hasattr(estimator, "steps"):
        estimator = estimator.steps[-1][1]
    return estimator


def _input_type(estimator: Any, last: Any) -> Any:
    """The type of an input with all features, in the dtype of the last step's weights."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    coefs = getattr(last, "coefs_", None)
    is_double = isinstance(coefs, list) and coefs[0].dtype == np.float64
    kind = DoubleTensorType if is_double else FloatTensorType
    return kind([None, estimator.n_features_in_])
