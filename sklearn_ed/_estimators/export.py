"""A bank of networks as one MLP of scikit-learn."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.linalg
from sklearn.base import is_classifier

from .._networks.bank import NetworkBank
from .._networks.outputs import TargetOutputs
from .._utils.validation import check_parameters, integer


def to_mlp(estimator: Any, max_weights: int) -> Any:
    """The MLP with the predictions of a fitted estimator, as `FittedNetworks.to_mlp` says."""
    check_parameters({"max_weights": max_weights}, {"max_weights": integer(1)})
    bank, readout = estimator._bank(), _readout(estimator)
    hidden = tuple(bank.n_networks * size for size in bank.hidden_sizes)
    sizes = (bank.weights[0].shape[0], *hidden, readout.shape[1])
    n_weights = sum(fan_in * fan_out for fan_in, fan_out in pairwise(sizes))
    if n_weights > max_weights:
        raise ValueError(
            f"max_weights: expected at least {n_weights} to make one MLP of "
            f"{bank.n_networks} networks, got {max_weights}. Its matrices are block-diagonal: "
            f"the networks have {sum(weight.size for weight in bank.weights)} weights."
        )
    mlp = _template(estimator, len(hidden))
    # The state of the template's training must not go on: its arrays are smaller.
    vars(mlp).pop("_optimizer", None)
    mlp.set_params(hidden_layer_sizes=hidden, random_state=estimator.random_state)
    mlp.coefs_, mlp.intercepts_ = _parameters(bank, readout)
    mlp.n_iter_, mlp.t_ = estimator.n_iter_, estimator.t_
    mlp.loss_, mlp.loss_curve_ = estimator.loss_, list(estimator.loss_curve_)
    mlp.best_loss_ = min(mlp.loss_curve_, default=np.inf)
    if hasattr(estimator, "feature_names_in_"):
        mlp.feature_names_in_ = estimator.feature_names_in_
    return mlp


def _readout(estimator: Any) -> np.ndarray:
    """The matrix (n_networks, n_outputs) that makes the MLP's outputs of those of networks.

    Raises
    ------
    ValueError
        If there is none: an MLP has linear outputs and then one softmax or sigmoid.
    """
    name = "MLPClassifier" if is_classifier(estimator) else "MLPRegressor"
    if estimator._started_with.get("scale_inputs"):
        raise ValueError(
            f"scale_inputs: expected False, got True: no {name} scales its inputs. Fit with "
            "scale_inputs=False after a StandardScaler."
        )
    outputs, n_members = estimator._member_outputs(), estimator.n_members_
    if isinstance(outputs, TargetOutputs):
        return np.tile(np.eye(estimator.n_outputs_), (n_members, 1)) / n_members
    if n_members > 1:
        raise ValueError(
            f"n_members: expected 1, got {n_members}: no {name} has the mean of the "
            "probabilities of several networks as its output. Fit with n_members=1."
        )
    if len(estimator.classes_) == 1:
        raise ValueError(
            f"classes_: expected at least 2 classes, got {estimator.classes_.tolist()}: an "
            f"{name} has two probabilities for a single class."
        )
    readout: np.ndarray = outputs.decision_function(np.eye(estimator.n_networks_))
    return readout.reshape(len(readout), -1)


def _template(estimator: Any, n_hidden: int) -> Any:
    """A fitted MLP with the right inputs, targets and number of layers, of a unit each."""
    # Imported here, because it would take a part of the time of `import sklearn_ed`.
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    n_outputs = estimator.n_outputs_
    if is_classifier(estimator):
        make = MLPClassifier
        y = np.eye(n_outputs) if estimator._multilabel else estimator.classes_
    else:
        make, y = MLPRegressor, np.zeros((2, n_outputs))
        y = y.ravel() if n_outputs == 1 else y
    X = np.zeros((len(y), estimator.n_features_in_), estimator.coefs_[0].dtype)
    mlp = make(
        hidden_layer_sizes=(1,) * n_hidden, activation="logistic", max_iter=1, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlp.fit(X, y)
    return mlp.set_params(max_iter=make().max_iter)


def _parameters(
    bank: NetworkBank, readout: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Weights and biases of one network: sigmoid width and bias input are folded into them."""
    dtype, slope = bank.biases[0].dtype, 2 / bank.u0
    first, *deeper = [weight.astype(np.float64) for weight in bank.weights]
    biases = [bank.beta * bias.astype(np.float64) for bias in bank.biases]
    if deeper:
        # Of each network its column of weights times its row of the readout.
        last = (deeper[-1] * readout[:, np.newaxis]).reshape(-1, readout.shape[1])
        coefs = [slope * first]
        coefs += [slope * scipy.linalg.block_diag(*weight) for weight in deeper[:-1]]
        coefs.append(last)
    else:
        coefs = [first @ readout]
    intercepts = [slope * bias.ravel() for bias in biases[:-1]]
    intercepts.append(biases[-1].ravel() @ readout)
    return [each.astype(dtype) for each in coefs], [each.astype(dtype) for each in intercepts]
