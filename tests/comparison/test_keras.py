"""`keras_mlp`: Keras networks that behave as scikit-learn estimators."""

import copy
import pickle
import random
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sklearn_ed._utils.extras import MissingExtra
from sklearn_ed.comparison import KERAS_ARTICLE_SETTINGS, keras_mlp

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Keras pickles with it, under NumPy 2.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

flowers, species = load_iris(return_X_y=True)
X = scale(flowers)
IS_FIRST = (species == 0).astype(int)
NAMES = np.array(["setosa", "versicolor", "virginica"])[species]
# Petal lengths and widths from the sepals'.
SEPALS, PETALS = X[:, :2], X[:, 2:]


def skip_without_keras():
    pytest.importorskip("tensorflow", reason="the extra keras is not installed")


def make(hidden_layer_sizes=(8,), **params):
    """A small network that learns fast."""
    skip_without_keras()
    defaults = {"learning_rate_init": 0.03, "batch_size": 16, "random_state": 0}
    return keras_mlp(hidden_layer_sizes, **{**defaults, "max_iter": 10, **params})


def weights(estimator):
    return np.concatenate([w.ravel() for w in estimator.model_.get_weights()])


def global_states():
    return np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002


@pytest.fixture(scope="module")
def three_species():
    return make().fit(X, species)


@pytest.mark.parametrize("missing", ["tensorflow", "keras"])
def test_the_error_says_what_to_install(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "keras.wrappers", raising=False)
    with pytest.raises(MissingExtra) as info:
        keras_mlp()
    message = str(info.value)
    assert message.startswith(f"keras_mlp needs {missing}, which cannot be imported")
    assert message.endswith("install it with pip install 'sklearn-ed[keras]'.")


def test_the_package_does_not_import_it():
    code = (
        "import sys; from sklearn_ed.comparison import keras_mlp;"
        "print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_an_unknown_task_is_refused():
    with pytest.raises(ValueError, match=r"^task: expected one of .*, got 'ranking'\.$"):
        keras_mlp(task="ranking")


def test_it_is_keras_own_wrapper():
    classifier, regressor = make(), make(task="regression")
    from keras.wrappers import SKLearnClassifier, SKLearnRegressor

    assert isinstance(classifier, SKLearnClassifier)
    assert isinstance(regressor, SKLearnRegressor)
    assert is_classifier(classifier)
    assert not is_classifier(regressor)
    assert is_regressor(regressor)


def test_three_classes(three_species):
    assert three_species.score(X, species) > 0.9
    proba = three_species.predict_proba(X)
    assert proba.shape == (150, 3)
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(proba.argmax(axis=1), three_species.predict(X))
    assert three_species.n_features_in_ == 4
    assert three_species.n_iter_ == three_species.epoch_ == 10
    assert three_species.history_ == {"loss": three_species.loss_curve_}
    assert three_species.loss_curve_[-1] < three_species.loss_curve_[0] / 3


def test_parameters_are_counted(three_species):
    assert three_species.n_parameters_ == (4 * 8 + 8) + (8 * 3 + 3)


def test_two_classes_have_one_sigmoid_unit():
    mlp = make().fit(X, IS_FIRST)
    assert mlp.n_parameters_ == (4 * 8 + 8) + (8 + 1)
    assert mlp.score(X, IS_FIRST) == 1
    proba = mlp.predict_proba(X)
    assert proba.shape == (150, 2)
    np.testing.assert_array_equal(proba[:, 1] > 0.5, mlp.predict(X))
    p = proba[np.arange(150), IS_FIRST].astype(float)
    cross_entropy = mlp.model_.evaluate(X, IS_FIRST[:, None], verbose=0)
    assert cross_entropy == pytest.approx(-np.log(p).mean(), rel=1e-3)
    # Not by a decision function: it has none.
    assert get_scorer("roc_auc")(mlp, X, IS_FIRST) == 1


def test_strings_are_labels_as_numbers_are(three_species):
    named = make().fit(X, NAMES)
    assert named.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    np.testing.assert_array_equal(named.predict(X), named.classes_[three_species.predict(X)])


def test_one_target_and_two():
    params = {"task": "regression", "activation": "tanh"}
    one = make(**params).fit(SEPALS, PETALS[:, 0])
    assert one.predict(SEPALS).shape == (150,)
    assert one.score(SEPALS, PETALS[:, 0]) > 0.75
    # In epochs, not after them: it is a little more.
    errors = PETALS[:, 0] - one.predict(SEPALS)
    assert one.loss_curve_[-1] == pytest.approx((errors**2).mean(), rel=0.2)
    two = make(**params).fit(SEPALS, PETALS)
    assert two.predict(SEPALS).shape == (150, 2)
    assert two.score(SEPALS, PETALS) > 0.75
    assert two.n_parameters_ == (2 * 8 + 8) + (8 * 2 + 2)
    with pytest.raises(ValueError, match=r"^y: expected 2 targets as in the first call, got 1"):
        two.partial_fit(SEPALS, PETALS[:, 0])


def test_inside_of_a_pipeline_and_around_scaled_targets():
    pipeline = make_pipeline(StandardScaler(), make(task="regression", activation="tanh"))
    model = TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    model.fit(flowers[:, :2], flowers[:, 2])
    assert model.score(flowers[:, :2], flowers[:, 2]) > 0.75


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_grid_search(n_jobs):
    grid = {"hidden_layer_sizes": [(), (4, 3)]}
    search = GridSearchCV(make(max_iter=5), grid, cv=2, n_jobs=n_jobs, error_score="raise")
    search.fit(X, species)
    assert search.best_score_ > 0.7
    best = search.best_estimator_
    sizes = tuple(layer.units for layer in best.model_.layers[:-1])
    assert sizes == best.hidden_layer_sizes == search.best_params_["hidden_layer_sizes"]


def test_a_clone_has_the_parameters(three_species):
    copied = clone(three_species)
    assert copied.get_params() == three_species.get_params()
    assert not hasattr(copied, "model_")
    with pytest.raises(NotFittedError):
        copied.predict(X)


def test_a_seed_decides_all_and_disturbs_nothing(three_species):
    before = global_states()
    again = make().fit(X, species)
    assert global_states() == before
    np.testing.assert_array_equal(weights(again), weights(three_species))
    assert not np.array_equal(
        weights(make(random_state=1).fit(X, species)), weights(three_species)
    )


def test_epochs_go_through_all_rows_in_orders_of_their_own():
    skip_without_keras()
    from sklearn_ed.comparison._keras.learning import shuffled_batches

    rows = np.arange(10, dtype=np.float32)[:, None]
    batches = shuffled_batches(rows, 2 * rows, 4, seed=3, epochs=range(2, 4))
    read = [(x.numpy().ravel(), y.numpy().ravel()) for x, y in batches]
    assert [len(x) for x, _ in read] == [4, 4, 2, 4, 4, 2]
    assert all(np.array_equal(2 * x, y) for x, y in read)
    epochs = np.concatenate([x for x, _ in read]).reshape(2, 10)
    np.testing.assert_array_equal(np.sort(epochs), [np.arange(10)] * 2)
    assert len(np.unique(np.vstack([epochs, np.arange(10)]), axis=0)) == 3


def test_calls_of_partial_fit_are_one_fit(three_species):
    mlp = make()
    for _ in range(5):
        mlp.partial_fit(X, species, classes=np.unique(species))
    # The optimizer's moments travel along.
    mlp = pickle.loads(pickle.dumps(mlp))
    for _ in range(5):
        mlp.partial_fit(X, species)
    assert mlp.loss_curve_ == three_species.loss_curve_
    np.testing.assert_array_equal(weights(mlp), weights(three_species))
    mlp.partial_fit(X[:20], species[:20])
    assert mlp.n_iter_ == len(mlp.loss_curve_) == 11


def test_partial_fit_knows_the_classes():
    mlp = make()
    with pytest.raises(ValueError, match=r"^classes: expected all classes in the first call"):
        mlp.partial_fit(X, NAMES)
    mlp.partial_fit(X[:50], NAMES[:50], classes=np.unique(NAMES))
    assert mlp.predict_proba(X).shape == (150, 3)
    with pytest.raises(ValueError, match=r"^y: expected classes among .*'iris'"):
        mlp.partial_fit(X[:2], ["iris", "setosa"])


def test_copies_predict_the_same(three_species):
    for copied in (pickle.loads(pickle.dumps(three_species)), copy.deepcopy(three_species)):
        np.testing.assert_array_equal(copied.predict_proba(X), three_species.predict_proba(X))


def test_the_articles_network():
    digits = np.random.RandomState(0).uniform(size=(20, 784))
    skip_without_keras()
    mlp = keras_mlp(**KERAS_ARTICLE_SETTINGS, random_state=0).fit(digits, np.arange(20) % 2)
    *hidden, output = mlp.model_.layers
    assert [layer.units for layer in hidden] == [16] * 10
    assert {layer.activation.__name__ for layer in mlp.model_.layers} == {"sigmoid"}
    assert output.units == 1
    assert mlp.n_parameters_ == 784 * 16 + 16 + 9 * (16 * 16 + 16) + 16 + 1 == 15025
    assert mlp.model_.loss == "binary_crossentropy"
    assert type(mlp.model_.optimizer).__name__ == "Adam"
    assert float(mlp.model_.optimizer.learning_rate) == pytest.approx(0.001)
    assert int(mlp.model_.optimizer.iterations) == 20


@pytest.mark.parametrize("batch_size", ["auto", 200, 10_000])
def test_batches_have_no_more_rows_than_there_are(batch_size):
    mlp = make(batch_size=batch_size, max_iter=2).fit(X, species)
    assert int(mlp.model_.optimizer.iterations) == 2


def test_small_improvements_do_not_add_up():
    # From 0.5 on two steps are more than tol, one is not.
    losses = [1.0, 0.5, *np.linspace(0.494, 0.0, 80)]
    skip_without_keras()
    from sklearn_ed.comparison._keras.learning import StoppingAsMLPClassifier

    stopping = StoppingAsMLPClassifier(tol=0.01, n_iter_no_change=3)
    stopping.set_model(ModuleType("model"))
    stopping.on_train_begin()
    for epoch, loss in enumerate(losses):
        stopping.on_epoch_end(epoch, {"loss": loss})
        if getattr(stopping.model, "stop_training", False):
            break
    # The fourth epoch in a row. Keras alone would take that of 0.4877 for an improvement.
    assert epoch == 5


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
def test_stopping_is_convergence_and_the_end_is_none():
    mlp = make(tol=10.0, n_iter_no_change=2).fit(X, species)
    reference = MLPClassifier(tol=10.0, n_iter_no_change=2).fit(X, species)
    assert mlp.n_iter_ == reference.n_iter_ == 4
    with pytest.warns(ConvergenceWarning, match=r"^max_iter=2 epochs were reached before"):
        make(max_iter=2).fit(X, species)
    with pytest.warns(ConvergenceWarning):
        make(max_iter=4, tol=10.0, n_iter_no_change=np.inf).fit(X, species)


def test_nothing_is_printed(capfd):
    networks = [make(max_iter=2) for _ in range(6)]
    capfd.readouterr()
    # TensorFlow warns from the fifth network on.
    for mlp in networks:
        mlp.fit(X, species).partial_fit(X, species)
        mlp.predict(X)
        mlp.predict_proba(X[:7])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_layer_sizes", "auto"),
        ("hidden_layer_sizes", (3, 0)),
        ("activation", "sigmoidal"),
        ("activation", None),
        ("learning_rate_init", 0),
        ("batch_size", 0),
        ("max_iter", 1.5),
        ("tol", -1e-3),
        ("n_iter_no_change", 0),
    ],
)
def test_bad_parameters_are_named(name, value):
    mlp = make(**{name: value})
    with pytest.raises(ValueError, match=rf"^{name}: expected .*, got .*\.$"):
        mlp.fit(X, species)
    with pytest.raises(ValueError, match=rf"^{name}: expected .*, got .*\.$"):
        mlp.partial_fit(X, species, classes=[0, 1, 2])


def test_bad_data_are_refused(three_species):
    with pytest.raises(ValueError, match="at least 2 classes, got 1 class"):
        make().fit(X, np.zeros(150))
    with pytest.raises(ValueError, match="X contains NaN"):
        make().fit(np.where(X > 2, np.nan, X), species)
    with pytest.raises(TypeError, match="Sparse data was passed"):
        make().fit(sp.csr_array(X), species)
    with pytest.raises(ValueError, match="X has 3 features, but KerasMLPClassifier"):
        three_species.predict(X[:, :3])
    with pytest.raises(ValueError, match=r"^X, y: expected data .* training loss of nan in"):
        make(task="regression").fit(X, 1e30 * PETALS)
