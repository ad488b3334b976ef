"""Random networks for the tests: neuron by neuron, and as the package's bank."""

import numpy as np
from scipy.special import expit

from sklearn_ed._networks.bank import NetworkBank
from sklearn_ed._networks.units import unit_types
from sklearn_ed._training.optimizers import SGD
from sklearn_ed._training.trainer import Trainer
from sklearn_ed.reproduction._neuron_by_neuron import NeuronByNeuronNetwork
from sklearn_ed.rules import ErrorDiffusion

# The files of `sklearn-ed compare`.
REPORT_FILES = {
    "report.html",
    "results.json",
    "results.csv",
    "candidates.csv",
    "candidates.png",
    "curves.png",
}


class BatchNetwork(NeuronByNeuronNetwork):
    """Neuron by neuron, with the increments of a sample apart from the update."""

    def increments(self, x: np.ndarray, error: float, alpha: float) -> list[list[list[float]]]:
        """The increment of each weight of each neuron of each layer, for one sample."""
        self.output(x)
        increments = [[[0.0] * len(n.weights) for n in layer] for layer in self.layers]
        for layer, layer_totals in zip(self.layers, increments, strict=True):
            for neuron, totals in zip(layer, layer_totals, strict=True):
                neuron.add_increments(error, alpha, totals)
        return increments

    def add(self, increments: list[list[list[float]]]) -> None:
        """Add increments, or their sum over a batch, to the weights."""
        for layer, layer_totals in zip(self.layers, increments, strict=True):
            for neuron, totals in zip(layer, layer_totals, strict=True):
                pairs = zip(neuron.weights, totals, strict=True)
                neuron.weights = [weight + increment for weight, increment in pairs]
                neuron.clamp()


def random_references(rng, n_features, sizes, n_networks, **options):
    """Per-neuron networks whose units are in the package's order, excitatory first."""
    kinds = [[int(kind) for kind in unit_types(size)] for size in sizes]
    return [BatchNetwork(n_features, kinds, rng.uniform, **options) for _ in range(n_networks)]


def bank_of(references):
    """The package's bank with the folded weights of per-neuron networks."""
    folded = [reference.folded() for reference in references]
    n_layers = len(references[0].layers)
    coefs = [np.array([weights[layer] for weights, _ in folded]) for layer in range(n_layers)]
    biases = [np.array([biases[layer] for _, biases in folded]) for layer in range(n_layers)]
    return NetworkBank.from_coefs(
        coefs,
        biases,
        n_features=coefs[0].shape[1],
        n_networks=len(references),
        u0=references[0].u0,
        beta=references[0].beta,
    ).copy()


def make_trainer(bank, outputs, *, two_way, optimizer=None, **options):
    """A trainer by error diffusion, with plain steps where no optimizer is given."""
    optimizer = optimizer or SGD()
    rule, state = ErrorDiffusion(weight_decrement=two_way), optimizer.start(bank.flat)
    return Trainer(bank, outputs, rule, optimizer, state, **options)


def forward_pass(model, X):
    """The documented one: pre-activations of the output units, (n_samples, n_networks)."""
    Z = X
    for coef, intercept in zip(model.coefs_, model.intercepts_, strict=True):
        A = Z @ coef + model.beta * intercept[:, np.newaxis]
        Z = expit(2 * A / model.u0)
    return A[:, :, 0].T


def assert_same_parameters(bank, references, atol=1e-12):
    expected = bank_of(references)
    for actual, wanted in zip(bank.parameters, expected.parameters, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=0, atol=atol)
