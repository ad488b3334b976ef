"""Published experiments with error diffusion, and their settings."""

from ._article import reproduce_article
from ._article_result import ArticleResult
from ._cost import reproduce_cost
from ._cost_result import CostResult
from ._neuron_by_neuron import Neuron, NeuronByNeuronNetwork
from ._settings import ARTICLE_SETTINGS, KANEKO_SETTINGS

__all__ = [
    "ARTICLE_SETTINGS",
    "KANEKO_SETTINGS",
    "ArticleResult",
    "CostResult",
    "Neuron",
    "NeuronByNeuronNetwork",
    "reproduce_article",
    "reproduce_cost",
]
