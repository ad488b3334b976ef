"""EDClassifier: labels and probabilities."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import Tags

from .._backend import backend
from .._backend.namespaces import to_numpy
from .._networks.code_book import CodeSize, count_networks, fixed_code_book, make_code_book
from .._networks.outputs import ClassOutputs, LabelOutputs, Outputs
from .._training.data import TrainingData
from .._utils import validation as valid
from . import defaults, parameters, weights
from .calls import Call
from .class_streams import ClassStreams
from .class_weights import CLASS_WEIGHT, with_class_weight
from .data import check_sample_weight
from .labels import LabelCode, encode_labels
from .parameter_docs import with_shared_docs
from .parameters import explain_alpha


@with_shared_docs(score="accuracy")
class EDClassifier(ClassifierMixin, ClassStreams):
    """Neural network classifier that learns by error diffusion instead of backprop.

    The model is a bank of single-output networks. Every unit has a fixed type, excitatory or
    inhibitory. It learns from its own input, its own output and one number, the error of the
    network, which all units of the network receive. Nothing is propagated backwards [1]_.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels; for multilabel targets the indices of the labels.
    code_book_ : ndarray of shape (`n_networks_` // `n_members_`, n_classes)
        1 for the classes that a network of a member stands for, -1 or 0 for the others.
    n_networks_ : int
        Number of networks of all members. Those of a member stand side by side.
    n_outputs_ : int
        1 for one or two classes, otherwise the number of classes or labels.
    out_activation_ : str
        "softmax" or "logistic".
    {attributes}

    See Also
    --------
    EDRegressor : The same networks for real targets.
    sklearn.neural_network.MLPClassifier : A network that learns by backprop.

    Notes
    -----
    With the parameters ``sklearn_ed.reproduction.KANEKO_SETTINGS``, the estimator is Kaneko's
    published algorithm.

    References
    ----------
    .. [1] Isamu Kaneko, "Error diffusion learning (ED)", 1999, web page (in Japanese).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_ed import EDClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    >>> clf = EDClassifier(random_state=0).fit(X_train, y_train)
    >>> bool(clf.score(X_test, y_test) > 0.95)
    True
    """

    code_book_: np.ndarray

    _parameter_checks: ClassVar = {
        **parameters.PARAMETER_CHECKS,
        "code_size": valid.either(
            valid.one_of("auto", "one_vs_one"),
            valid.either(valid.nothing, valid.real(0, closed="neither")),
        ),
        "loss": valid.one_of("log_loss", "squared_error"),
        "class_weight": CLASS_WEIGHT,
    }
    _fixed_parameters: ClassVar = (*ClassStreams._fixed_parameters, "loss")

    @explain_alpha
    def __init__(
        self,
        hidden_layer_sizes: Any = "auto",
        activation: str = "logistic",
        *,
        alpha: float = 0.005,
        beta: float = 0.8,
        u0: float = 0.4,
        rule: Any = "error_diffusion",
        weight_decrement: bool = True,
        init: str = "scaled",
        code_size: float | str | None = "auto",
        loss: str = "log_loss",
        class_weight: Any = None,
        solver: str = "adam",
        learning_rate: str = "linear",
        power_t: float = 0.5,
        dropout: float | str = "auto",
        weight_decay: float | str = "auto",
        batch_size: int | str = "auto",
        max_iter: int | str = "auto",
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float | str = "auto",
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.0,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        scoring: Any = None,
        beta_1: float = 0.9,
        beta_2: float = 0.95,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        n_members: int | str = "auto",
        scale_inputs: bool = False,
        recent_rows: int | None = None,
        replay: int = 0,
        memory_size: int = 500,
        n_jobs: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alpha = alpha
        self.beta = beta
        self.u0 = u0
        self.rule = rule
        self.weight_decrement = weight_decrement
        self.init = init
        self.code_size = code_size
        self.loss = loss
        self.class_weight = class_weight
        self.solver = solver
        self.learning_rate = learning_rate
        self.power_t = power_t
        self.dropout = dropout
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.n_members = n_members
        self.scale_inputs = scale_inputs
        self.recent_rows = recent_rows
        self.replay = replay
        self.memory_size = memory_size
        self.n_jobs = n_jobs

    def initialize(
        self,
        n_features: Any,
        classes: Any = None,
        *,
        n_labels: int | None = None,
        n_rows: int = 1,
        dtype: Any = np.float64,
    ) -> Self:
        """Make new networks without data, for `partial_fit`, `predict` and `set_weights`.

        A first `partial_fit` afterwards gives the same result as without this call.

        Parameters
        ----------
        n_features : int or array-like of str
            Number of features, or their names.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur; None for multilabel targets.
        n_labels : int, default=None
            Number of labels of multilabel targets.
        n_rows : int, default=1
            Number of rows for which "auto" decides about layers and members.
        dtype : dtype, default=numpy.float64
            float32 or float64, the type of the weights and of X.

        Returns
        -------
        EDClassifier
            The estimator itself. What was learned before is replaced.

        Raises
        ------
        ValueError
            If a parameter is invalid.

        Examples
        --------
        >>> from sklearn_ed import EDClassifier
        >>> clf = EDClassifier((5,), n_members=1, random_state=0).initialize(3, ["no", "yes"])
        >>> clf.coefs_[0].shape
        (1, 3, 5)
        """
        labels = LabelCode.without_data(classes, n_labels)
        weights.initialize(self, n_features, labels, len(labels.classes), n_rows, dtype)
        return self

    def _encode_targets(
        self, y: np.ndarray, dtype: Any, call: Call, classes: Any
    ) -> tuple[LabelCode, np.ndarray]:
        known = self._labels() if call.continues else None
        labels, targets = encode_labels(y, known, classes=classes, partial=call.is_partial)
        if call.continues:
            self._check_same_code_size(labels)
        return labels, targets

    def _encode_more(self, y: np.ndarray, labels: LabelCode, dtype: Any) -> np.ndarray:
        return encode_labels(y, labels, classes=None, partial=True)[1]

    def _with_class_weight(
        self, labels: Any, targets: np.ndarray, weight: np.ndarray | None, X: Any, call: Call
    ) -> np.ndarray | None:
        if self.class_weight is None:
            return weight
        partial = call.is_partial
        weight = with_class_weight(self.class_weight, labels, targets, weight, partial=partial)
        return check_sample_weight(weight, X, "class_weight")

    def _check_same_code_size(self, labels: LabelCode) -> None:
        if labels.multilabel or self.code_size == self._first_code_size:
            return
        n_classes = len(labels.classes)
        code_size = self._code_size(n_classes, self._started_with["loss"])
        fixed = fixed_code_book(n_classes, code_size)
        if fixed is None:
            same = count_networks(n_classes, code_size) == len(self.code_book_)
        else:
            same = np.array_equal(fixed, to_numpy(self.code_book_))
        if not same:
            raise ValueError(
                f"code_size: expected a value that gives the same {len(self.code_book_)} "
                f"networks as before, to continue training, got {self.code_size!r}."
            )

    def _code_size(self, n_classes: int, loss: str) -> CodeSize:
        code_size = defaults.code_size(self.code_size, n_classes, loss)
        if code_size == "one_vs_one" and loss == "squared_error" and n_classes > 2:
            raise ValueError(
                "code_size: expected None or a number with loss='squared_error', got "
                "'one_vs_one', whose networks have no target for the other classes."
            )
        return code_size

    def _initial_outputs(
        self, labels: LabelCode, data: TrainingData, rng: np.random.RandomState
    ) -> tuple[Outputs, dict[str, Any]]:
        n_classes = labels.classes.shape[0]
        if labels.multilabel:
            code_book = np.eye(n_classes)
        else:
            code_book = make_code_book(n_classes, self._code_size(n_classes, self.loss), rng)
        code_book = code_book.astype(data.dtype)
        attributes = {
            "classes_": labels.classes,
            "_multilabel": labels.multilabel,
            "_label_dtype": labels.dtype,
            "_first_code_size": self.code_size,
            "code_book_": code_book,
            "n_networks_": code_book.shape[0],
            "n_outputs_": n_classes if labels.multilabel or n_classes > 2 else 1,
        }
        return _make_outputs(labels.multilabel, code_book, self.loss, self.u0), attributes

    def _member_outputs(self) -> Outputs:
        loss, u0 = self._started_with["loss"], self._started_with["u0"]
        code_book, dtype = to_numpy(self.code_book_), backend().numpy_dtype(self.coefs_[0])
        shape = (self.n_networks_ // self.n_members_, self.classes_.shape[0])
        if code_book.shape != shape:
            raise ValueError(
                f"code_book_: expected shape {shape} for {shape[0]} networks per member and "
                f"{shape[1]} classes, got {code_book.shape}."
            )
        if code_book.dtype is not dtype:
            code_book = code_book.astype(dtype, copy=False)
        return _make_outputs(self._multilabel, code_book, loss, u0)

    def _strata(self, targets: np.ndarray) -> np.ndarray | None:
        return None if targets.ndim > 1 else targets

    def _score_predictions(
        self, targets: np.ndarray, predictions: np.ndarray, weight: np.ndarray | None
    ) -> float:
        return float(accuracy_score(targets, predictions, sample_weight=weight))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _make_outputs(multilabel: bool, code_book: np.ndarray, loss: str, u0: float) -> Outputs:
    if multilabel:
        return LabelOutputs(loss, float(u0))
    return ClassOutputs(code_book, loss, float(u0))
