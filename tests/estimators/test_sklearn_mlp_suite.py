"""scikit-learn's own tests of its multi-layer perceptron, run with error diffusion.

The tests are those of the installed scikit-learn. They receive error diffusion in the place of
`MLPClassifier` and `MLPRegressor`, with the parameters and the defaults of these translated. A
test that cannot pass is listed with the reason, as in docs/interoperability.rst; a listed test
that passes is an error. What ours test instead is in test_mlp_contract.py,
test_mlp_contract_stopping.py, tests/rules and tests/training.
"""

import importlib.util
import re
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import sklearn

from sklearn_ed import EDClassifier, EDRegressor

VERSION = "1.9"
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(
        not sklearn.__version__.startswith(f"{VERSION}."),
        reason=f"the list of tests is that of scikit-learn {VERSION}",
    ),
]

# Name of a test, with its parameters where only some cases fail: reason.
EXPECTED_FAILURES = {
    "test_fit": "sets private attributes of MLPClassifier before its first fit",
    "test_gradient": "calls a private method of MLPClassifier that lbfgs needs",
    "test_lbfgs_classification_maxfun": "limits the function calls of lbfgs",
    "test_lbfgs_regression_maxfun": "limits the function calls of lbfgs",
    "test_learning_rate_warmstart": "reads the private optimizer of MLPClassifier",
    "test_partial_fit_errors": "expects that lbfgs has no partial_fit",
    "test_nonfinite_params": "X that is too large is refused with another message",
    "test_predict_proba_multilabel": "after 200 epochs of Adam one label of 250 is still wrong",
    "test_adaptive_learning_rate": 'there is no learning_rate="adaptive"',
    "test_early_stopping_stratified": "expects a class that is named True, whatever its label",
    "test_mlp_diverging_loss": "expects NaN after 20 epochs, where our score is still finite",
    "test_mlp_vs_poisson_glm_equivalent": 'there is no loss="poisson"',
}

NAMES = {"learning_rate_init": "alpha", "alpha": "weight_decay"}
NOT_THERE = {"activation", "max_fun"}
# They mean something else to lbfgs, which takes as many steps as it needs.
NOT_OF_LBFGS = {"solver", "learning_rate_init", "tol"}
DEFAULTS = {
    "hidden_layer_sizes": (100,),
    "learning_rate": "constant",
    "weight_decay": 1e-4,
    "dropout": 0,
    "max_iter": 200,
    "tol": 1e-4,
    "momentum": 0.9,
    "beta_2": 0.999,
    "early_stopping": False,
    "n_members": 1,
}


def translated(params):
    """Our parameters for those of an MLP; lbfgs becomes Adam without an early end."""
    ours = dict(DEFAULTS)
    left_out = NOT_THERE
    if params.get("solver") == "lbfgs":
        left_out = NOT_THERE | NOT_OF_LBFGS
        ours["n_iter_no_change"] = np.inf
    for name in params.keys() - left_out:
        ours[NAMES.get(name, name)] = params[name]
    return ours


def MLPClassifier(**params):
    return EDClassifier(**translated(params))


def MLPRegressor(**params):
    return EDRegressor(**translated(params))


def load_suite():
    """scikit-learn's module of tests, which imports our estimators."""
    spec = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
    suite = importlib.util.module_from_spec(spec)
    ours = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}
    with mock.patch.multiple("sklearn.neural_network", **ours):
        spec.loader.exec_module(suite)
    return {name: test for name, test in vars(suite).items() if name.startswith("test_")}


SUITE = load_suite()
globals().update(SUITE)


@pytest.fixture
def global_random_seed():
    """scikit-learn's conftest.py has this one."""
    return 42


@pytest.fixture(autouse=True)
def expected_failures(request):
    node = request.node
    reason = EXPECTED_FAILURES.get(node.name, EXPECTED_FAILURES.get(node.originalname))
    if reason is not None:
        node.add_marker(pytest.mark.xfail(reason=reason, strict=True))


def test_expected_failures_are_tests_of_scikit_learn_and_documented():
    expected = {name.partition("[")[0] for name in EXPECTED_FAILURES}
    assert expected <= SUITE.keys()
    here = Path(__file__).parent
    page = (here.parents[1] / "docs" / "interoperability.rst").read_text("utf-8")
    assert set(re.findall(r"^   \* - ``(test_\w+)``", page, re.MULTILINE)) == expected
    ours = "".join(path.read_text("utf-8") for path in here.glob("test_*.py"))
    for name in re.findall(r"^     - ``(test_\w+)``", page, re.MULTILINE):
        assert f"def {name}(" in ours
