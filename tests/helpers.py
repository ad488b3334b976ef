"""Random networks for the tests: neuron by neuron, and as the package's bank."""

import numpy as np

from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.units import unit_types
from sklearn_ed._training.optimizers import SGD
from sklearn_ed._training.trainer import Trainer
from sklearn_ed.reproduction._per_neuron import PerNeuronNetwork
from sklearn_ed.rules import ErrorDiffusion


def random_references(rng, n_features, sizes, n_networks, **options):
    """Per-neuron networks whose units are in the package's order, excitatory first."""
    kinds = [[int(kind) for kind in unit_types(size)] for size in sizes]
    return [
        PerNeuronNetwork(n_features, kinds, rng.uniform, **options) for _ in range(n_networks)
    ]


def bank_of(references):
    """The package's bank with the folded weights of per-neuron networks."""
    folded = [reference.folded() for reference in references]
    n_layers = len(references[0].layers)
    coefs = [np.array([weights[layer] for weights, _ in folded]) for layer in range(n_layers)]
    biases = [np.array([biases[layer] for _, biases in folded]) for layer in range(n_layers)]
    return NetworkBank.from_coefs(
        coefs, biases, u0=references[0].u0, beta=references[0].beta
    ).copy()


def make_trainer(bank, outputs, *, two_way, optimizer=None, **options):
    """A trainer by error diffusion, with plain steps where no optimizer is given."""
    optimizer = optimizer or SGD()
    rule, state = ErrorDiffusion(weight_decrement=two_way), optimizer.start(bank.flat)
    return Trainer(bank, outputs, rule, optimizer, state, **options)


def assert_same_parameters(bank, references, atol=1e-12):
    expected = bank_of(references)
    for actual, wanted in zip(bank.parameters, expected.parameters, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=0, atol=atol)
