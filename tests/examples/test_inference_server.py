"""The inference server: answers, clear errors, threads, files."""

import contextlib
import http.client
import json
import pickle
import runpy
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_ed import EDClassifier, EDRegressor

SCRIPT = Path(__file__).parents[2] / "examples" / "inference_server.py"
example = runpy.run_path(str(SCRIPT))
X, Y = load_iris(return_X_y=True)
SPECIES = load_iris().target_names[Y]


@contextlib.contextmanager
def served(model):
    """A connection to a server of the model, which stops at the end."""
    with example["make_server"](model) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def classifier():
    clf = EDClassifier((4,), n_members=1, early_stopping=False, max_iter=3, random_state=0)
    return make_pipeline(StandardScaler(), clf).fit(X, SPECIES)


@pytest.fixture(scope="module")
def address(classifier):
    with served(classifier) as address:
        yield address


pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def ask(address, method, path, body=None, headers=()):
    connection = http.client.HTTPConnection(*address, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def predict(address, X):
    return ask(address, "POST", "/predict", json.dumps({"X": X.tolist()}))


def test_answers_are_those_of_the_model(address, classifier):
    for rows in (X[:1], X[40:60]):
        status, answer = predict(address, rows)
        assert status == 200
        assert answer["predictions"] == classifier.predict(rows).tolist()
        # JSON keeps all digits.
        assert answer["probabilities"] == classifier.predict_proba(rows).tolist()


def test_a_regressor_has_no_probabilities():
    reg = EDRegressor((3,), early_stopping=False, max_iter=2, random_state=0)
    reg.fit(X[:, :2], X[:, 2:])
    with served(reg) as address:
        expected = {"predictions": reg.predict(X[:3, :2]).tolist()}
        assert predict(address, X[:3, :2]) == (200, expected)
        # What the model refuses, the server refuses.
        status, answer = predict(address, np.full((1, 2), 1e308))
        assert (status, answer["error"][:11]) == (400, "X: expected")


def test_clients_at_the_same_time(address, classifier):
    expected = classifier.predict(X).tolist()

    def client(k):
        status, answer = predict(address, X[k : k + 5])
        return status == 200 and answer["predictions"] == expected[k : k + 5]

    with ThreadPoolExecutor(8) as clients:
        assert all(clients.map(client, range(40)))


def test_what_is_served(address):
    assert ask(address, "GET", "/health") == (200, {"status": "ok"})
    status, described = ask(address, "GET", "/model")
    assert (status, described["n_features"]) == (200, 4)
    assert described["classes"] == ["setosa", "versicolor", "virginica"]
    assert "EDClassifier" in described["model"]


ROW = [5.1, 3.5, 1.4, 0.2]
BAD = {
    "no JSON": (b"{", "body: expected JSON"),
    "no text": (b"\xff\xfe", "body: expected JSON"),
    "NaN": (b'{"X": [[NaN, 1, 1, 1]]}', "NaN is not JSON"),
    "deep": (b"[" * 100_000, "body: expected JSON"),
    "a list": (b"[]", 'body: expected an object with the one key "X"'),
    "another key": (b'{"X": [], "Y": 1}', 'body: expected an object with the one key "X"'),
    "no rows": (b'{"X": []}', "X: expected a list of 1 to"),
    "a number": (b'{"X": 1}', "X: expected a list of 1 to"),
    "short row": (b'{"X": [[1, 2, 3, 4], [1]]}', "X[1]: expected a list of 4 numbers"),
    "text": (b'{"X": [[1, 2, 3, "4"]]}', "X[0]: expected numbers only"),
    "bool": (b'{"X": [[1, 2, 3, true]]}', "X[0]: expected numbers only"),
    "null": (b'{"X": [[1, 2, 3, null]]}', "X[0]: expected numbers only"),
    "beyond floats": (b'{"X": [[1, 2, 3, 1e999]]}', "X: expected numbers in the range"),
    "large integer": (
        b'{"X": [[1, 2, 3, 1' + b"0" * 400 + b"]]}",
        "X: expected numbers in the range",
    ),
    "endless integer": (b'{"X": [[1, 2, 3, 1' + b"0" * 9999 + b"]]}", "body: expected JSON"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_requests_say_what_was_expected(case, address):
    body, message = BAD[case]
    status, answer = ask(address, "POST", "/predict", body)
    assert status == 400
    assert [*answer] == ["error"]
    assert message in answer["error"]
    assert predict(address, X[:1])[0] == 200


def test_other_errors(address):
    assert ask(address, "GET", "/")[0] == 404
    assert ask(address, "POST", "/other", b"{}")[0] == 404
    assert ask(address, "POST", "/predict", b"{}", {"Content-Length": "two"}.items())[0] == 411
    large = {"Content-Length": str(2**40)}.items()
    assert ask(address, "POST", "/predict", b"{}", large)[0] == 413


def test_a_connection_goes_on_after_a_bad_request(address):
    connection = http.client.HTTPConnection(*address, timeout=20)
    with contextlib.closing(connection):
        for body, status in ((b"{", 400), (json.dumps({"X": [ROW]}), 200), (b"[]", 400)):
            connection.request("POST", "/predict", body)
            response = connection.getresponse()
            assert (response.status, bool(response.read())) == (status, True)


def test_an_error_of_the_model_tells_nothing(monkeypatch, capsys):
    class Broken:
        n_features_in_ = 4

        def predict(self, X):
            raise RuntimeError("a secret")

    with served(Broken()) as address:
        status, answer = predict(address, X[:1])
    assert (status, answer) == (500, {"error": "The prediction failed."})
    assert "a secret" in capsys.readouterr().err


def test_files(classifier, tmp_path):
    joblib.dump(classifier, tmp_path / "model.joblib")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(classifier))
    for name in ("model.joblib", "model.pkl"):
        path = str(tmp_path / name)
        with pytest.raises(ValueError, match=r"^model: expected a \.skops file, or --allow"):
            example["load_model"](path, allow_pickle=False)
        loaded = example["load_model"](path, allow_pickle=True)
        np.testing.assert_array_equal(loaded.predict_proba(X), classifier.predict_proba(X))
    joblib.dump({"no": "model"}, tmp_path / "model.pkl")
    with pytest.raises(ValueError, match=r"^model: expected a fitted model, got dict"):
        example["load_model"](str(tmp_path / "model.pkl"), allow_pickle=True)


def test_skops_files(classifier, tmp_path):
    skops = pytest.importorskip("skops.io")
    skops.dump(classifier, tmp_path / "model.skops")
    loaded = example["load_model"](str(tmp_path / "model.skops"), allow_pickle=False)
    np.testing.assert_array_equal(loaded.predict_proba(X), classifier.predict_proba(X))
