"""Keras as a baseline: a multi-layer perceptron behind Keras' own scikit-learn wrapper."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..._utils.extras import import_extra
from ..._utils.validation import check_parameters, one_of

KERAS_ARTICLE_SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (16,) * 10,
    "activation": "sigmoid",
    "learning_rate_init": 0.001,
    "batch_size": 1,
    "max_iter": 1,
}
"""Parameters of :func:`keras_mlp` that make the Keras network of the source article.

It has ten hidden layers of 16 sigmoid units and is trained by Adam with Keras' default learning
rate for one epoch, one row per step.
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
    """Make a Keras network of dense layers that is trained by backprop and Adam.

    The network is a scikit-learn estimator: a subclass of Keras' ``SKLearnClassifier`` or
    ``SKLearnRegressor``. Parameter names and the stopping rule are those of
    :class:`~sklearn.neural_network.MLPClassifier`. It can be cloned, pickled, used in a grid
    search and trained epoch by epoch with `partial_fit`. It computes in float32. Everything
    else has Keras' defaults, including the initial weights (Glorot uniform) and the parameters
    of Adam. There is no penalty.

    Two classes are learned by one sigmoid unit with the binary cross-entropy, more classes by
    a softmax with the categorical cross-entropy. A regressor has a linear unit for each target
    and learns with the mean squared error.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units per hidden layer, ``()`` for no hidden layer.
    task : {"classification", "regression"}, default="classification"
        Which estimator to make. It is not a parameter of the estimator.
    activation : str, default="sigmoid"
        Activation of the hidden units, by its Keras name: "sigmoid", "tanh", "relu", ...
    learning_rate_init : float, default=0.001
        Learning rate of Adam.
    batch_size : int or "auto", default=200
        Rows per step, at most all rows. "auto" means 200.
    max_iter : int, default=200
        Maximum number of epochs.
    tol : float, default=1e-4
        Smallest improvement of the training loss that counts.
    n_iter_no_change : int or inf, default=10
        Number of consecutive epochs without such an improvement after which training stops.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights and of the order of rows. With an int, fits on one machine
        are identical. The global random states of Python and TensorFlow are neither used nor
        changed; NumPy's is used only if `random_state` is None.

    Returns
    -------
    KerasMLPClassifier or KerasMLPRegressor
        Not fitted.

    Raises
    ------
    ValueError
        If `task` is unknown. The other parameters are checked by `fit` and `partial_fit`.
    MissingExtra
        If Keras or TensorFlow is not installed. They are imported when this function is called.

    See Also
    --------
    compare : Compares it with other estimators.
    sklearn.neural_network.MLPClassifier : Backprop in scikit-learn.

    Examples
    --------
    >>> from sklearn_ed.comparison import keras_mlp
    >>> mlp = keras_mlp((320,), activation="relu", random_state=0)  # doctest: +SKIP
    >>> mlp.fit(X, y).n_parameters_  # doctest: +SKIP
    254410

    The network of the source article:

    >>> from sklearn_ed.comparison import KERAS_ARTICLE_SETTINGS  # doctest: +SKIP
    >>> article = keras_mlp(**KERAS_ARTICLE_SETTINGS, random_state=0)  # doctest: +SKIP
    """
    check_parameters({"task": task}, {"task": one_of("classification", "regression")})
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_standard_error():
        for module in ("tensorflow", "keras.wrappers"):
            import_extra(module, "keras_mlp", extra="keras")
        from .estimators import KerasMLPClassifier, KerasMLPRegressor

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
    """Discard what TensorFlow's C++ code prints about processors and drivers on import.

    It writes to the standard error of the process, not to Python's, and ignores log levels.
    """
    with open(os.devnull, "wb") as nowhere:
        standard_error = os.dup(2)
        try:
            os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
