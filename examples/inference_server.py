"""Serve the predictions of a saved model as JSON over HTTP, with the standard library alone.

    python examples/inference_server.py model.skops [--host 127.0.0.1] [--port 8000]

The model is a skops file or, with ``--allow-pickle``, a pickle or a joblib file. These can run
any code: trust their source. A request and its answer:

    curl 127.0.0.1:8000/predict -d '{"X": [[5.1, 3.5, 1.4, 0.2]]}'
    {"predictions": [0], "probabilities": [[0.98, 0.01, 0.01]]}

``GET /model`` describes the model, ``GET /health`` says that the server runs. A request that is
wrong gets the status 400 and ``{"error": "..."}`` with what was expected. One estimator serves
all threads: predictions change nothing in it.

The server has neither encryption nor passwords, and accepts any number of connections. Put it
behind one that has, before others than yourself can reach it.
"""

import argparse
import json
import signal
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import joblib
import numpy as np

MAX_BYTES, MAX_ROWS = 2**20, 10_000
TRUSTED = [
    "sklearn_ed.EDClassifier",
    "sklearn_ed.EDRegressor",
    "sklearn_ed.rules.Backprop",
    "sklearn_ed.rules.ErrorDiffusion",
]


def load_model(path: str, *, allow_pickle: bool) -> Any:
    """The fitted estimator or pipeline in a file.

    Raises
    ------
    ValueError
        If the file needs `allow_pickle`, or if there is no fitted model of numbers in it.
    """
    if Path(path).suffix == ".skops":
        import skops.io

        model = skops.io.load(path, trusted=TRUSTED)
    elif allow_pickle:
        model = joblib.load(path)
    else:
        raise ValueError(f"model: expected a .skops file, or --allow-pickle, got {path!r}.")
    if not (hasattr(model, "predict") and hasattr(model, "n_features_in_")):
        raise ValueError(f"model: expected a fitted model, got {type(model).__name__}.")
    return model


class BadRequest(ValueError):
    """What is wrong with a request, for whoever sent it."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def rows_of(content: bytes, n_features: int) -> np.ndarray:
    """The array in a request, of shape (n_samples, n_features).

    Raises
    ------
    BadRequest
        If the content is not the JSON that is expected.
    """
    try:
        request = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"body: expected JSON, got an error: {error}") from None
    if not isinstance(request, dict) or [*request] != ["X"]:
        raise BadRequest('body: expected an object with the one key "X".')
    rows = request["X"]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ROWS:
        raise BadRequest(f"X: expected a list of 1 to {MAX_ROWS} rows.")
    for place, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != n_features:
            raise BadRequest(f"X[{place}]: expected a list of {n_features} numbers.")
        if not all(type(value) in (int, float) for value in row):
            raise BadRequest(f"X[{place}]: expected numbers only.")
    try:
        X = np.array(rows, dtype=np.float64)
    except OverflowError:
        raise BadRequest("X: expected numbers in the range of float64.") from None
    if not np.isfinite(X).all():
        raise BadRequest("X: expected numbers in the range of float64.")
    return X


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class Handler(BaseHTTPRequestHandler):
    """Answers one connection. `make_server` makes a subclass for its model."""

    model: Any
    # Connections stay open for further requests, for a while.
    protocol_version, timeout, disable_nagle_algorithm = "HTTP/1.1", 30, True

    def do_GET(self) -> None:
        if self.path == "/health":
            self._answer(200, {"status": "ok"})
        elif self.path == "/model":
            described = {
                "model": repr(self.model),
                "n_features": int(self.model.n_features_in_),
            }
            if hasattr(self.model, "classes_"):
                described["classes"] = self.model.classes_.tolist()
            self._answer(200, described)
        else:
            self._answer(404, {"error": "path: expected /predict, /model or /health."})

    def do_POST(self) -> None:
        try:
            content = self._content()
            if self.path != "/predict":
                raise BadRequest("path: expected /predict.", 404)
            answer = self._predict(rows_of(content, self.model.n_features_in_))
        except BadRequest as error:
            self._answer(error.status, {"error": str(error)})
        except Exception as error:
            self.log_error("%r", error)
            self._answer(500, {"error": "The prediction failed."})
        else:
            self._answer(200, answer)

    def _content(self) -> bytes:
        """The body of the request. Without it, the connection cannot go on."""
        self.close_connection = True
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise BadRequest("Content-Length: expected a number of bytes.", 411)
        if len(length) > 9 or int(length) > MAX_BYTES:
            raise BadRequest(f"body: expected at most {MAX_BYTES} bytes.", 413)
        content = self.rfile.read(int(length))
        if len(content) < int(length):
            raise BadRequest("body: expected as many bytes as Content-Length says.")
        self.close_connection = self.headers.get("Connection", "").lower() == "close"
        return content

    def _predict(self, X: np.ndarray) -> dict[str, Any]:
        try:
            answer = {"predictions": self.model.predict(X).tolist()}
            if hasattr(self.model, "predict_proba"):
                answer["probabilities"] = self.model.predict_proba(X).tolist()
        except ValueError as error:
            # Numbers that are too large, for instance.
            raise BadRequest(str(error)) from None
        return answer

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, *args: Any) -> None:
        """Only errors are logged."""


def make_server(model: Any, host: str = "127.0.0.1", port: int = 0) -> ThreadingHTTPServer:
    """A server with a thread for each connection; port 0 is a free one."""
    return ThreadingHTTPServer((host, port), type("ModelHandler", (Handler,), {"model": model}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="file of a fitted model")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0: a free one")
    parser.add_argument("--allow-pickle", action="store_true", help="the file is trusted")
    options = parser.parse_args()
    try:
        model = load_model(options.model, allow_pickle=options.allow_pickle)
    except (OSError, ValueError) as error:
        sys.exit(f"inference_server.py: {error}")
    # As Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with make_server(model, options.host, options.port) as server:
        print(f"http://{server.server_address[0]}:{server.server_address[1]}", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
