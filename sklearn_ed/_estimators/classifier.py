"""EDClassifier: labels and probabilities."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score

from .._networks.outputs import (
    ClassOutputs,
    LabelOutputs,
    count_networks,
    fixed_code_book,
    make_code_book,
)
from .._utils import validation as valid
from . import defaults as auto
from . import parameters
from .labels import LabelCode, encode_labels
from .predictions import ClassPredictions


class EDClassifier(ClassifierMixin, ClassPredictions):
    """Neural network classifier that learns by error diffusion instead of backprop.

    The model is a bank of single-output networks. Every unit has a fixed type, excitatory or
    inhibitory; it learns from its own input, its own output and one number, the error of the
    network's output. Nothing is propagated backwards [1]_.

    Parameters
    ----------
    hidden_layer_sizes : "auto", int or sequence of int, default="auto"
        Units per hidden layer of each network, ``()`` for none. "auto" is one layer: 500
        units shared out among the networks, but at least 8 for each.
    activation : {"logistic"}, default="logistic"
        Of the hidden units. With "relu" the rule would not follow the sign of the gradient.
    alpha : float, default=0.004
        Learning rate: Kaneko's alpha. In :class:`~sklearn.neural_network.MLPClassifier`
        `alpha` is the strength of the L2 penalty, and the learning rate is
        `learning_rate_init`.
    beta : float, default=0.8
        Bias input, Kaneko's beta.
    u0 : float, default=0.4
        Width of the sigmoid ``1 / (1 + exp(-2 a / u0))``.
    weight_decrement : bool, default=True
        If False, the weights between units only grow in magnitude, as in Kaneko's default. If
        True (his option), they move both ways and stop at zero.
    init : {"scaled", "uniform"}, default="scaled"
        Initial magnitudes: "uniform" is Kaneko's U(0, 1), "scaled" multiplies those of the
        weights by ``1 / sqrt(fan_in)``; biases keep theirs.
    code_size : {"auto", "one_vs_one"}, float or None, default="auto"
        Networks for three classes or more. None: one per class. "one_vs_one": one per pair of
        classes, which it tells apart. A number: ``int(code_size * n_classes)``, each of
        which tells a random half of the classes from the others, as in
        :class:`~sklearn.multiclass.OutputCodeClassifier`. "auto" is "one_vs_one" for up to 10
        classes with "log_loss", else None.
    loss : {"log_loss", "squared_error"}, default="log_loss"
        "log_loss": linear output units under a softmax over the code book, or under a logistic
        function (two classes, multilabel). "squared_error": Kaneko's own, sigmoid output units.
    solver : {"adam", "sgd"}, default="adam"
        "sgd" adds alpha times the ED increment; "adam" scales it by its running moments.
    learning_rate : {"constant", "invscaling", "linear"}, default="invscaling"
        alpha; ``alpha / (1 + t // 60000) ** power_t`` in an epoch, or call of `partial_fit`,
        before which t rows were seen; or a straight line from alpha in the first epoch to zero
        after `max_iter`.
    power_t : float, default=0.5
        Exponent of "invscaling".
    dropout : "auto" or float, default="auto"
        Share of the inputs, in [0, 1), that each row is learned without. "auto" is 0.005 times
        the number of features, at most 0.2, but 0 for 10 features or fewer and with
        ``batch_size=1``.
    weight_decay : "auto" or float, default=0.0
        Decoupled weight decay: every step shrinks each weight by the share of `weight_decay`
        times the learning rate. It is no part of Kaneko's rule. "auto" is that of
        :class:`EDRegressor`.
    batch_size : int or "auto", default="auto"
        Rows per step. 1 is the online rule, one row after the other; there the weight of a row
        multiplies its increment, else it counts within its batch. "auto" is a 20th of the
        rows, between 64 and 300. A larger number than there are rows means all of them.
    max_iter : int, default=200
        Most epochs.
    shuffle : bool, default=True
        Whether each epoch takes the rows in a new random order.
    random_state : int, RandomState instance or None, default=None
        Seed of the code book, the initial weights, the order of rows and the validation split.
        `partial_fit` and warm starts go on with the generator where the last call left it.
    tol : "auto" or float, default="auto"
        Least improvement of the training loss, or of the validation score, that counts. "auto"
        is 0.005 for the log-loss, 0.001 for the squared error and 0.0001 for the score.
    verbose : bool or int, default=False
        Whether to print the loss of every epoch.
    warm_start : bool, default=False
        Whether `fit` goes on from what was learned before.
    momentum : float, default=0.0
        Momentum of solver "sgd", in [0, 1). Kaneko has none.
    early_stopping : bool, default=False
        Whether to hold out rows, stop when their score no longer improves, and keep the best
        weights met. The split is stratified except for multilabel targets.
    validation_fraction : float, default=0.1
        Share of rows held out by `early_stopping`.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay rates of the moments of solver "adam", in [0, 1).
    epsilon : float, default=1e-8
        Stabilizer of solver "adam".
    n_iter_no_change : int or inf, default=10
        Epochs in a row that may fail to improve by `tol`.
    n_jobs : int, default=None
        Threads of the online rule, ``batch_size=1, solver="sgd"`` without momentum. They share
        the networks out where these do not hear of each other: with ``loss="squared_error"``
        and with multilabel targets. None means 1 unless in a :obj:`joblib.parallel_config`
        context, -1 all processors. Larger batches use the threads of NumPy's BLAS.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels; for multilabel targets the numbers of the labels.
    code_book_ : ndarray of shape (n_networks, n_classes)
        1 for the classes that a network should fire for, -1 or 0 for the others.
    n_networks_ : int
        Their number.
    coefs_ : list of ndarray of shape (n_networks, fan_in, fan_out)
        Weights of each layer. The first layer's have any sign; between units the sign is +
        within a type and - across types, excitatory units (the first ``ceil(n / 2)``) first.
        Assigning into an array, or replacing it, changes the predictions.
    intercepts_ : list of ndarray of shape (n_networks, fan_out)
        Bias weights of each layer; `beta` times them is added.
    loss_ : float
        Training loss of the last epoch.
    best_loss_ : float or None
        Lowest training loss; None with early stopping.
    loss_curve_ : list of float
        Training loss of each epoch. `partial_fit` appends to the list that is there.
    validation_scores_ : list of float or None
        Accuracy on the held-out rows after each epoch; None without early stopping.
    best_validation_score_ : float or None
        Highest of the last `fit`, or that of the weights which a warm start came with.
    n_iter_ : int
        Epochs of the last `fit`, plus those of `partial_fit` after it.
    t_ : int
        Training rows seen.
    n_layers_ : int
        Layers, input and output included.
    n_outputs_ : int
        1 for two classes, else the number of classes or labels.
    out_activation_ : str
        "softmax" or "logistic".
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if X has names that are all strings.

    See Also
    --------
    EDRegressor : The same networks for real targets.
    sklearn.neural_network.MLPClassifier : A network that learns by backprop.

    Notes
    -----
    With ``weight_decrement=False, init="uniform", loss="squared_error", solver="sgd",
    learning_rate="constant", batch_size=1, shuffle=False`` it is Kaneko's published algorithm.

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

    _parameter_checks: ClassVar = {
        **parameters.PARAMETER_CHECKS,
        "code_size": valid.either(
            valid.one_of("auto", "one_vs_one"),
            valid.either(valid.nothing, valid.real(0, closed="neither")),
        ),
        "tol": valid.either(valid.one_of("auto"), valid.real(0, closed="left")),
        "loss": valid.one_of("log_loss", "squared_error"),
    }
    _fixed_parameters: ClassVar = ("u0", "beta", "loss")

    def __init__(
        self,
        hidden_layer_sizes="auto",
        activation="logistic",
        *,
        alpha=0.004,
        beta=0.8,
        u0=0.4,
        weight_decrement=True,
        init="scaled",
        code_size="auto",
        loss="log_loss",
        solver="adam",
        learning_rate="invscaling",
        power_t=0.5,
        dropout="auto",
        weight_decay=0.0,
        batch_size="auto",
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol="auto",
        verbose=False,
        warm_start=False,
        momentum=0.0,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        n_jobs=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alpha = alpha
        self.beta = beta
        self.u0 = u0
        self.weight_decrement = weight_decrement
        self.init = init
        self.code_size = code_size
        self.loss = loss
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
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.n_jobs = n_jobs

    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Learn from every row once.

        N calls on the same data equal a ``fit`` of N epochs, bit for bit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, of the dtype of the first call.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or indicators of labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights. They count within a batch; to make them count from call to call, as for
            single rows, set ``batch_size=1``.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever come: required in the first call. Ignored for multilabel
            targets.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            As `fit`; also if y has a class that the first call did not list. What was learned
            before is kept.
        """
        self._learn(X, y, sample_weight, continues=True, partial=True, classes=classes)
        return self

    def _validate_targets(self, y, weight, dtype, *, first, partial, classes):
        known = None if first else LabelCode(self.classes_, self._multilabel)
        code, targets = encode_labels(y, known, classes=classes, partial=partial)
        self.classes_, self._multilabel = code.classes, code.multilabel
        if not first:
            self._check_same_code_size()
        weighs_classes = weight is not None and not code.multilabel and not partial
        if weighs_classes and np.unique(targets[weight > 0]).shape[0] < 2:
            raise ValueError(
                "sample_weight: expected positive weights in at least 2 classes, "
                "got them in 1 class."
            )
        return targets

    def _check_same_code_size(self):
        if self._multilabel or self.code_size == self._first_code_size:
            return
        n_classes = len(self.classes_)
        wanted = self._code_size(self._started_with["loss"])
        fixed = fixed_code_book(n_classes, wanted)
        if fixed is None:
            same = count_networks(n_classes, wanted) == self.n_networks_
        else:
            same = np.array_equal(fixed, self.code_book_)
        if not same:
            raise ValueError(
                f"code_size: expected one that gives {self.n_networks_} networks for the same "
                f"classes as before, to go on learning, got {self.code_size!r}."
            )

    def _code_size(self, loss):
        n_classes = len(self.classes_)
        value = auto.code_size(self.code_size, n_classes, loss)
        if value == "one_vs_one" and loss == "squared_error" and n_classes > 2:
            raise ValueError(
                "code_size: expected None or a number with loss='squared_error', got "
                "'one_vs_one', for which a network has no target at other classes."
            )
        return value

    def _start_outputs(self, targets, dtype, rng):
        n_classes = self.classes_.shape[0]
        self._first_code_size = self.code_size
        if self._multilabel:
            code_book = np.eye(n_classes)
        else:
            code_book = make_code_book(n_classes, self._code_size(self.loss), rng)
        self.code_book_ = code_book.astype(dtype)
        self.n_networks_ = code_book.shape[0]
        self.n_outputs_ = n_classes if self._multilabel or n_classes > 2 else 1
        return self._outputs()

    def _outputs(self):
        loss, u0 = self._started_with["loss"], float(self._started_with["u0"])
        if self._multilabel:
            return LabelOutputs(loss, u0)
        return ClassOutputs(self.code_book_, loss, u0)

    def _stratify(self, targets):
        return None if self._multilabel else self.classes_[targets]

    def _score_predictions(self, targets, predictions, weight):
        return accuracy_score(targets, predictions, sample_weight=weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
