"""Keras as a baseline: a multi-layer perceptron behind Keras' own scikit-learn wrapper."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .._utils.extras import import_extra
from .._utils.validation import check_parameters, one_of

ARTICLE_SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (16,) * 10,
    "activation": "sigmoid",
    "learning_rate_init": 0.001,
    "batch_size": 1,
    "max_iter": 1,
}
"""Settings of the source article's Keras network, `main_tf`, for `keras_mlp`.

Ten layers of 16 sigmoid units, Adam at Keras' default rate, one epoch of single rows; two
classes get one sigmoid unit under the binary cross-entropy.
"""


def keras_mlp(
    hidden_layer_sizes: Any = (100,),
    *,
    task: str = "classification",
    activation: str = "sigmoid",
    learning_rate_init: float = 0.001,
    batch_size: int | str = 200,
    max_iter: int = 200,
    tol: float = 1e-4,
    n_iter_no_change: float = 10,
    random_state: Any = None,
) -> Any:
    """Make a Keras network of dense layers, trained by backprop and Adam.

    It is a scikit-learn estimator: a subclass of Keras' ``SKLearnClassifier`` or
    ``SKLearnRegressor`` whose parameters have the names, and its stopping the rule, of
    :class:`~sklearn.neural_network.MLPClassifier`. It can be cloned, pickled, searched over
    and learned epoch by epoch with `partial_fit`. It computes in float32. Whatever is no
    parameter is Keras' default, of weights (Glorot uniform) as of Adam; there is no penalty.

    Two classes get one sigmoid unit and the binary cross-entropy, more classes a softmax and
    the categorical cross-entropy; a regressor has a linear unit for each target and the mean
    squared error.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units per hidden layer, ``()`` for none.
    task : {"classification", "regression"}, default="classification"
        What is made. It is no parameter of the estimator.
    activation : str, default="sigmoid"
        Of the hidden units, by Keras' name: "sigmoid", "tanh", "relu", ...
    learning_rate_init : float, default=0.001
        Adam's learning rate.
    batch_size : int or "auto", default=200
        Rows per step. "auto" is 200. A larger number than there are rows means all of them.
    max_iter : int, default=200
        Most epochs.
    tol : float, default=1e-4
        Least improvement of the training loss that counts.
    n_iter_no_change : int or inf, default=10
        Epochs in a row that may fail to improve by `tol`.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights and the order of rows. With an int, fits on one machine are
        alike. The random states of NumPy, Python and TensorFlow stay as they are, but None
        draws from NumPy's.

    Returns
    -------
    KerasMLPClassifier or KerasMLPRegressor
        Not fitted.

    Raises
    ------
    ValueError
        If `task` is unknown. The other parameters are checked by `fit` and `partial_fit`.
    MissingExtra
        If Keras or TensorFlow is not installed; they are imported here and no earlier.

    Examples
    --------
    >>> from sklearn_ed.comparison import keras_mlp
    >>> mlp = keras_mlp((320,), activation="relu", random_state=0)  # doctest: +SKIP
    >>> mlp.fit(X, y).n_parameters_  # doctest: +SKIP
    254410

    The source article's network is among its settings:

    >>> from sklearn_ed.comparison import ARTICLE_SETTINGS  # doctest: +SKIP
    >>> article = keras_mlp(**ARTICLE_SETTINGS, random_state=0)  # doctest: +SKIP
    """
    check_parameters({"task": task}, {"task": one_of("classification", "regression")})
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_standard_error():
        for module in ("tensorflow", "keras.wrappers"):
            import_extra(module, "keras_mlp", extra="keras")
        from ._keras_estimators import KerasMLPClassifier, KerasMLPRegressor

    Estimator = KerasMLPClassifier if task == "classification" else KerasMLPRegressor
    return Estimator(
        hidden_layer_sizes,
        activation=activation,
        learning_rate_init=learning_rate_init,
        batch_size=batch_size,
        max_iter=max_iter,
        tol=tol,
        n_iter_no_change=n_iter_no_change,
        random_state=random_state,
    )


@contextmanager
def _silent_standard_error() -> Iterator[None]:
    """Swallow what TensorFlow's C++ says of processors and drivers when it is imported.

    It writes to the process' standard error, not to Python's, and heeds no log level.
    """
    with open(os.devnull, "wb") as nowhere:
        standard_error = os.dup(2)
        try:
            os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
