"""EDRegressor: real targets."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d

from .._networks.outputs import TargetOutputs
from .base import BaseErrorDiffusion


class EDRegressor(RegressorMixin, BaseErrorDiffusion):
    """Neural network regressor that learns by error diffusion instead of backprop.

    One network with a linear output unit per target; see :class:`EDClassifier` and the user
    guide for the rule. The loss is half the squared error. Targets far from unit scale want to
    be scaled, for instance by :class:`~sklearn.compose.TransformedTargetRegressor`.

    Parameters
    ----------
    hidden_layer_sizes : "auto", int or sequence of int, default=(32,)
        Units per hidden layer of each network, ``()`` for none. "auto" is one layer: 500
        units shared out among the networks, but at least 8 for each.
    activation : {"logistic"}, default="logistic"
        Activation of the hidden units. With "relu" the rule would no longer follow the sign of
        the gradient, see the user guide.
    alpha : float, default=0.003
        Learning rate: Kaneko's alpha. In :class:`~sklearn.neural_network.MLPClassifier`
        `alpha` is the strength of the L2 penalty, and the learning rate is
        `learning_rate_init`.
    beta : float, default=0.8
        Bias input, Kaneko's beta.
    u0 : float, default=0.4
        Width of the sigmoid ``1 / (1 + exp(-2 a / u0))``.
    weight_decrement : bool, default=True
        If False, the weights between units only grow in magnitude, as in Kaneko's default. If
        True (his option), they move both ways and stop at zero. Errors of a noisy target never
        end, and weights that only grow follow them.
    init : {"scaled", "uniform"}, default="scaled"
        Initial magnitudes: "uniform" is Kaneko's U(0, 1), "scaled" multiplies those of the
        weights by ``1 / sqrt(fan_in)``; biases keep theirs.
    solver : {"adam", "sgd"}, default="adam"
        "sgd" adds alpha times the ED increment; "adam" scales it by its running moments.
    learning_rate : {"constant", "invscaling", "linear"}, default="invscaling"
        alpha; ``alpha / (1 + t // 60000) ** power_t`` in an epoch, or call of `partial_fit`,
        before which t rows were seen; or a straight line from alpha in the first epoch to zero
        after `max_iter`.
    power_t : float, default=0.5
        Exponent of "invscaling".
    dropout : "auto" or float, default=0.0
        Share of the inputs, in [0, 1), that each row is learned without. "auto" is 0.005 times
        the number of features, at most 0.2, but 0 for 10 features or fewer and with
        ``batch_size=1``.
    weight_decay : "auto" or float, default="auto"
        Decoupled weight decay: every step shrinks each weight by the share of `weight_decay`
        times the learning rate. It is no part of Kaneko's rule. "auto" is 0.5, but 0 with
        ``batch_size=1``.
    batch_size : int or "auto", default="auto"
        Rows per step. 1 is the online rule, one row after the other; there the weight of a row
        multiplies its increment, else it counts within its batch. "auto" is a 20th of the
        rows, between 64 and 300. A larger number than there are rows means all of them.
    max_iter : int, default=200
        Most epochs.
    shuffle : bool, default=True
        Whether each epoch takes the rows in a new random order.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the order of rows and the validation split.
        `partial_fit` and warm starts go on with the generator where the last call left it.
    tol : float, default=1e-4
        Least improvement of the training loss, or of the validation score, that counts.
    verbose : bool or int, default=False
        Whether to print the loss of every epoch.
    warm_start : bool, default=False
        Whether `fit` goes on from what was learned before.
    momentum : float, default=0.0
        Momentum of solver "sgd", in [0, 1). Kaneko has none.
    early_stopping : bool, default=False
        Whether to hold out rows, stop when their score no longer improves, and keep the best
        weights met.
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
        the networks of several targets out. None means 1 unless in a
        :obj:`joblib.parallel_config` context, -1 all processors. Larger batches use the threads
        of NumPy's BLAS.

    Attributes
    ----------
    n_networks_ : int
        Number of networks, one per target.
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
        R2 on the held-out rows after each epoch; None without early stopping.
    best_validation_score_ : float or None
        Highest of the last `fit`, or that of the weights which a warm start came with.
    n_iter_ : int
        Epochs of the last `fit`, plus those of `partial_fit` after it.
    t_ : int
        Training rows seen.
    n_layers_ : int
        Number of layers, input and output included.
    n_outputs_ : int
        Number of targets.
    out_activation_ : str
        "identity".
    n_features_in_ : int
        Number of features seen during `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if X has names that are all strings.

    See Also
    --------
    EDClassifier : The same networks for classes.
    sklearn.neural_network.MLPRegressor : A network that learns by backprop.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_ed import EDRegressor
    >>> X = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.sin(3 * X.ravel())
    >>> reg = EDRegressor(max_iter=1000, random_state=0).fit(X, y)
    >>> bool(reg.score(X, y) > 0.9)
    True
    """

    def __init__(
        self,
        hidden_layer_sizes=(32,),
        activation="logistic",
        *,
        alpha=0.003,
        beta=0.8,
        u0=0.4,
        weight_decrement=True,
        init="scaled",
        solver="adam",
        learning_rate="invscaling",
        power_t=0.5,
        dropout=0.0,
        weight_decay="auto",
        batch_size="auto",
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
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

    def partial_fit(self, X, y, sample_weight=None):
        """Learn from every row once.

        N calls on the same data equal a ``fit`` of N epochs, bit for bit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data, of the dtype of the first call.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Real targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights. They count within a batch; to make them count from call to call, as for
            single rows, set ``batch_size=1``.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            As `fit`. What was learned before is kept.
        """
        self._learn(X, y, sample_weight, continues=True, partial=True)
        return self

    def _validate_targets(self, y, weight, dtype, *, first, partial, classes):
        y = y.toarray() if sp.issparse(y) else y
        if y.dtype.kind == "O":
            try:
                y = y.astype(np.float64)
            except (TypeError, ValueError) as error:
                raise ValueError(f"y: expected real numbers, got: {error}.") from error
        if y.dtype.kind not in "biuf":
            raise ValueError(f"y: expected real numbers, got an array of dtype {y.dtype}.")
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        with np.errstate(over="ignore"):
            targets = y.astype(dtype).reshape(y.shape[0], -1)
        if not np.isfinite(targets).all():
            raise ValueError(f"y: expected finite numbers in the range of {np.dtype(dtype)}.")
        if not first and targets.shape[1] != self.n_outputs_:
            raise ValueError(
                f"y: expected {self.n_outputs_} targets as in the first call, "
                f"got {targets.shape[1]}."
            )
        return targets

    def _start_outputs(self, targets, dtype, rng):
        self.n_networks_ = self.n_outputs_ = targets.shape[1]
        return self._outputs()

    def _outputs(self):
        return TargetOutputs()

    def _score_predictions(self, targets, predictions, weight):
        return r2_score(targets, predictions, sample_weight=weight)

    def predict(self, X):
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions in the dtype of the weights.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X is invalid or has other features than those seen during `fit`.
        """
        predictions = self._output(X, "predict")
        return predictions.ravel() if self.n_outputs_ == 1 else predictions

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
