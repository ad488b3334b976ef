"""The documentation of the parameters and attributes that both estimators have.

A class docstring has the marker ``{parameters}`` or ``{attributes}`` where these entries go.
Types and texts stand here once; defaults come from the signature.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from textwrap import dedent, indent
from typing import TypeVar

_Class = TypeVar("_Class", bound=type)

# Name: type, and text.
PARAMETERS = {
    "hidden_layer_sizes": (
        '"auto", int or sequence of int',
        """
        Number of units in each hidden layer of each network, ``()`` for no hidden layer. With
        "auto", 500 units are divided among all networks, but each has at least 8, in one hidden
        layer. With several members, networks with 16 units or more have two hidden layers
        instead, of half of these units and a quarter (at least 6): from 2000 rows, or from 500
        rows if there are 100 rows per feature.
        """,
    ),
    "activation": (
        '{"logistic"}',
        """
        Activation function of the hidden units. With "relu", the rule would not follow the
        sign of the gradient: see the user guide.
        """,
    ),
    "alpha": (
        "float",
        """
        Learning rate, Kaneko's alpha. In :class:`~sklearn.neural_network.MLPClassifier`,
        `alpha` is the strength of the L2 penalty and `learning_rate_init` is the learning rate.
        """,
    ),
    "beta": ("float", "Bias input, Kaneko's beta."),
    "u0": ("float", "Width of the sigmoid ``1 / (1 + exp(-2 a / u0))``, at least 1e-30."),
    "rule": (
        '{"error_diffusion", "global_error_vector", "backprop", "sign_symmetry", '
        '"feedback_alignment", "direct_feedback_alignment", "local_errors", '
        '"node_perturbation", "weight_perturbation"} '
        "or rule object",
        """
        Learning rule. "error_diffusion" is
        ``ErrorDiffusion(weight_decrement=weight_decrement)``, see
        :class:`~sklearn_ed.rules.ErrorDiffusion`. "backprop" trains the same networks with the
        gradient, with weights of free sign, see :class:`~sklearn_ed.rules.Backprop`. The other
        names are those of the classes in :mod:`sklearn_ed.rules` with their default parameters.
        Any other object must follow the protocol :class:`~sklearn_ed.rules.Rule`.
        """,
    ),
    "weight_decrement": (
        "bool",
        """
        For ``rule="error_diffusion"``. If True (Kaneko's option), the weights between units are
        bidirectional: they grow and shrink, and stop at zero. If False (his default), they only
        grow in magnitude, and follow the noise of a noisy target.
        """,
    ),
    "init": (
        '{"scaled", "uniform"}',
        """
        Magnitudes of the initial parameters. "uniform" is Kaneko's U(0, 1); "scaled" multiplies
        the weights, but not the biases, by ``1 / sqrt(fan_in)``.
        """,
    ),
    "code_size": (
        '{"auto", "one_vs_one"}, float or None',
        """
        Number of networks for three or more classes. None: one per class. "one_vs_one": one per
        pair of classes. A number: ``int(code_size * n_classes)`` networks, each of which
        separates a random half of the classes from the other half, as in
        :class:`~sklearn.multiclass.OutputCodeClassifier`. "auto" is "one_vs_one" for up to 10
        classes with the log-loss, otherwise None.
        """,
    ),
    "loss": (
        '{"log_loss", "squared_error"}',
        """
        "log_loss": linear output units, followed by a softmax over the code book, or by a
        logistic function for two classes and for multilabel targets. "squared_error": sigmoid
        output units, as in Kaneko's program.
        """,
    ),
    "class_weight": (
        '"balanced", dict, list of dict or None',
        """
        Weights of the classes, which multiply the sample weights: a dict of class labels and
        weights, where a class that it lacks has the weight 1. For multilabel targets, a list of
        dicts with the weights of 0 and 1, one for each label; the weights of a sample's labels
        are multiplied. "balanced": ``n_samples / (n_classes * n_samples_of_the_class)``, where
        a sample counts with its weight. None: 1 for all classes. `partial_fit` refuses
        "balanced", because it does not know the rows to come.
        """,
    ),
    "solver": (
        '{"adam", "sgd"}',
        """
        Optimizer. "sgd" adds `alpha` times the increment; "adam" scales the increment by its
        running moments.
        """,
    ),
    "learning_rate": (
        '{"constant", "invscaling", "linear", "cosine"}',
        """
        Schedule of the learning rate. "linear" and "cosine": from `alpha` to zero over
        `max_iter` epochs, in every step. "constant": `alpha`. "invscaling":
        ``alpha / (1 + t // 60000) ** power_t`` for an epoch, or a call of `partial_fit`, that
        begins after t rows. After the end of a schedule, and so after `fit`, `partial_fit`
        learns with ``0.1 * alpha``; a stream with ``max_iter="auto"`` keeps `alpha`.
        """,
    ),
    "power_t": ("float", 'Exponent of "invscaling".'),
    "dropout": (
        '"auto" or float',
        """
        Fraction of the inputs, in [0, 1), that is set to zero at random for each training row.
        "auto" is 0.005 times the number of features, at most 0.2, but 0 for 10 or fewer
        features, for regressors and with ``batch_size=1``. From 100 rows per feature on, the
        rate falls with the square of this ratio. Piecewise-linear codes need 0.
        """,
    ),
    "weight_decay": (
        '"auto" or float',
        """
        Decoupled weight decay: each step multiplies every weight by
        ``1 - weight_decay * learning rate``. It is not part of Kaneko's rule. "auto" is
        0.15 with fewer than 10,000 rows and 0.05 with more, but 0 with ``batch_size=1``.
        """,
    ),
    "batch_size": (
        'int or "auto"',
        """
        Number of rows per step, at most the number of training rows. 1 is the online rule, one
        row after the other: there, a sample weight multiplies the increment of its row, while
        in a larger batch weights are relative to the batch. "auto" is a twentieth of the rows,
        between 64 and 150, or 300 if a member has more than 25 networks.
        """,
    ),
    "max_iter": (
        '"auto" or int',
        """
        Maximum number of epochs. For the learning rates "linear" and "cosine", "auto" is
        ``75 * (10_000 / n_rows) ** 0.2``, or ``50 * (10_000 / n_rows) ** 0.4`` if a member has
        more than 25 networks, with the power 0.65 above 10,000 rows; between 15 and 200. Fewer
        than 50 rows count as 50. For the other learning rates it is 200.
        """,
    ),
    "shuffle": ("bool", "Whether to shuffle the rows in each epoch."),
    "random_state": (
        "int, RandomState instance or None",
        """
        Seed of the code book, the initial weights, the order of the rows, dropout and the
        validation split. `partial_fit` and warm starts continue with the random state of the
        last call.
        """,
    ),
    "tol": (
        '"auto" or float',
        """
        Smallest improvement of the training loss, or of the validation score, that counts.
        "auto" is 0.0001; without validation, "constant" and "invscaling" have 0.005 for the
        log-loss and 0.001 for the squared error of a classifier.
        """,
    ),
    "verbose": ("bool or int", "Whether to print the loss of every epoch."),
    "warm_start": ("bool", "Whether `fit` continues from the fitted state."),
    "momentum": ("float", 'Momentum of the solver "sgd", in [0, 1). Kaneko uses none.'),
    "early_stopping": (
        '{"auto", "out_of_fold"} or bool',
        """
        Whether to hold out rows for validation, to stop when their score no longer improves,
        and to keep the best weights. With the learning rates "linear" and "cosine", training
        then continues from the best weights with a rate that falls to zero, over a third as
        many epochs as before (at least 4).

        "out_of_fold": each member holds out another fold of the rows, and the score is minus
        the loss of each row in the member that does not learn from it; with the log-loss, the
        outputs are then multiplied by the factor that minimizes this loss. True: all members
        hold out the fraction `validation_fraction`, and the score is that of the estimator, see
        `scoring`.
        Both splits are stratified by class. "auto" is
        "out_of_fold" with several members and 50 rows or more, otherwise False. Where `fit`
        receives `X_val`, True and "auto" score these rows and hold out none.
        """,
    ),
    "validation_fraction": (
        "float",
        "Fraction of the training rows that `early_stopping` holds out.",
    ),
    "scoring": (
        "str, callable or None",
        """
        Score of the validation rows. None: accuracy for classes, or R2, and minus the loss for
        "out_of_fold". "loss": minus the loss. Otherwise a scorer, by its name as in
        :func:`~sklearn.metrics.get_scorer_names` or as a callable ``scorer(estimator, X, y)``,
        which receives the weights as `sample_weight` if it takes them, and X as scaled by
        `scale_inputs`. A scorer needs one estimator: it is refused with "out_of_fold", and
        ``early_stopping="auto"`` then holds out the fraction `validation_fraction` of 50 rows
        or more. With `scoring`, rows of multilabel targets are held out in the proportions of
        the combinations of labels.
        """,
    ),
    "beta_1": ("float", 'Decay rate of the first moments of the solver "adam", in [0, 1).'),
    "beta_2": ("float", 'Decay rate of the second moments of the solver "adam", in [0, 1).'),
    "epsilon": ("float", 'Numerical stabilizer of the solver "adam".'),
    "n_iter_no_change": (
        "int or inf",
        "Maximum number of consecutive epochs without an improvement of `tol`.",
    ),
    "n_members": (
        '"auto" or int',
        """
        Number of members: sets of networks with initial weights and errors of their own, which
        learn from the same batches. Their probabilities, or values, are averaged. "auto" is 4
        where a member has at most 25 networks, or 7 with 20,000 rows or more, otherwise 1; it
        is 1 with ``batch_size=1``.
        """,
    ),
    "scale_inputs": (
        "bool",
        """
        Whether to standardize each input by the running mean and variance of all rows so far,
        with smooth clipping at three standard deviations. Each row is scaled when it comes;
        predictions use the statistics of the rows so far. Dense X only. `coefs_` belong to the
        scaled inputs.
        """,
    ),
    "recent_rows": (
        "int or None",
        """
        With ``scale_inputs=True``, every input is given to the networks a second time, as its
        deviation from the exponentially weighted mean of about that many rows before: for
        streams whose rows come in the order of time. None: no second copy.
        """,
    ),
    "replay": (
        "int",
        """
        Number of earlier rows, drawn from the last `memory_size` ones, that `partial_fit`
        learns again after each new row, with a quarter of their weight. Dense X only. `fit`
        does not use the memory and empties it.
        """,
    ),
    "memory_size": ("int", "Number of rows from which `replay` draws."),
    "n_jobs": (
        "int or None",
        """
        Number of threads. They share the networks, or the rows of sparse X, in large products
        of batches and of predictions; None means as many as NumPy's BLAS has. With
        ``batch_size=1, solver="sgd"`` without momentum, they share the networks where these do
        not interact: with ``loss="squared_error"``, multilabel targets, several members or
        several regression targets; None means 1 unless in a :obj:`joblib.parallel_config`
        context. -1 means all processors, or in a worker of joblib or Dask as many as BLAS has
        there.
        """,
    ),
    # Of the estimators in sklearn_ed.dask only.
    "client": (
        "distributed.Client or None",
        "Client of the cluster; None is the current one. It is left out of pickles.",
    ),
    "strategy": (
        '{"rows", "networks"}',
        """
        What the workers divide among themselves. "rows": each learns its own chunks, and their
        weights are averaged every `sync_every` epochs. "networks": each learns its share of the
        networks, or of the members, from all rows, with the result of a local fit; refused
        where the error of each network depends on the others, as with one member and a softmax.
        """,
    ),
    "sync_every": (
        "int or float",
        """
        Number of epochs that the workers learn between two exchanges, for "rows" also a
        fraction of an epoch such as 0.1. A worker that is lost loses no more than that.
        """,
    ),
}

ATTRIBUTES = {
    "coefs_": (
        "list of ndarray of shape (n_networks, fan_in, fan_out)",
        """
        Weights of each layer. Those of the first layer have any sign. With
        ``rule="error_diffusion"``, a weight between two units is positive if they have the same
        type and negative otherwise; the first ``ceil(n / 2)`` units of a layer are excitatory,
        the others inhibitory. Changing or replacing an array changes the predictions.
        `partial_fit` may change the arrays in place.
        """,
    ),
    "intercepts_": (
        "list of ndarray of shape (n_networks, fan_out)",
        "Bias weights of each layer, which are multiplied by `beta`.",
    ),
    "loss_": ("float", "Training loss of the last epoch."),
    "n_members_": ("int", "Number of members."),
    "best_loss_": ("float or None", "Lowest training loss; None with ``early_stopping=True``."),
    "loss_curve_": (
        "list of float",
        """
        Training loss of each epoch. `partial_fit` appends to this list. When it has 20,000
        losses, `partial_fit` drops the older half, so that it does not grow with a stream.
        """,
    ),
    "history_": (
        "dict of list",
        """
        One value for each epoch of `fit`, also of warm starts; `partial_fit` does not change
        it. "loss": training loss. "val_loss", "val_score" (with early stopping only): loss and
        score on the validation rows. "seconds": since the start of `fit`, where a warm start
        continues to count. "learning_rate": that of the last step. "weight_magnitude": a list
        with the mean absolute weight of each layer. "saturated": a list with the share of
        activations below 0.02 or above 0.98 in each hidden layer, on a fixed sample of one in
        200 training rows: at most 256, and enough for 1000 activations. Epochs without
        validation rows have NaN if others have some.
        """,
    ),
    "validation_scores_": (
        "list of float or None",
        """
        Score on the validation rows after each epoch: `scoring`, by default {score}, or minus
        the loss for "out_of_fold"; None without early stopping.
        """,
    ),
    "best_validation_score_": (
        "float or None",
        """
        Highest validation score of the last `fit`, including that of the weights from which a
        warm start began; None without early stopping.
        """,
    ),
    "n_iter_": (
        "int",
        "Number of epochs of the last `fit`, plus later calls of `partial_fit`.",
    ),
    "t_": ("int", "Number of training rows seen."),
    "n_layers_": ("int", "Number of layers, including input and output."),
    "n_features_in_": ("int", "Number of features seen during `fit`."),
    "feature_names_in_": (
        "ndarray of shape (`n_features_in_`,)",
        "Names of these features, if X has names that are all strings.",
    ),
}


def with_shared_docs(**words: str) -> Callable[[_Class], _Class]:
    """A class decorator that fills in the markers of the docstring.

    Parameters
    ----------
    **words : str
        What stands for ``{name}`` in the texts of attributes.
    """

    def decorate(cls: _Class) -> _Class:
        if cls.__doc__ is None:  # python -OO
            return cls
        parameters = {
            name: (f"{PARAMETERS[name][0]}, default={_literal(parameter.default)}", text)
            for name, parameter in inspect.signature(cls).parameters.items()
            for text in (PARAMETERS[name][1],)
        }
        attributes = {
            name: (kind, text.replace("{score}", words.get("score", "Score")))
            for name, (kind, text) in ATTRIBUTES.items()
        }
        for marker, entries in (("parameters", parameters), ("attributes", attributes)):
            cls.__doc__ = cls.__doc__.replace(f"    {{{marker}}}\n", _entries(entries))
        return cls

    return decorate


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _entries(entries: Mapping[str, tuple[str, str]]) -> str:
    lines = [
        f"{name} : {kind}\n{indent(dedent(text).strip(), '    ')}\n"
        for name, (kind, text) in entries.items()
    ]
    return indent("".join(lines), "    ")
