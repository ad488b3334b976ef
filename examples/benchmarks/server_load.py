"""Load on examples/inference_server.py: latencies, errors, and whether its memory grows.

    python examples/benchmarks/server_load.py [--requests 100_000] [--clients 8] [--seconds 300]

A process of its own serves a classifier of digits on a free port of 127.0.0.1. Clients with a
connection each send requests of 1 to 10 rows, until so many have been answered or the time is
over. Every answer is compared with what the model predicts in this process. One request in
twenty is wrong and must get the status 400. The exit code is 1 if any answer is another one.
"""

import argparse
import http.client
import itertools
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from _harness import print_environment, print_table
from _load import LatencyCounts, resident_memory
from sklearn.datasets import load_digits

from sklearn_ed import EDClassifier

SERVER = Path(__file__).resolve().parents[1] / "inference_server.py"
WRONG = [
    b"{",
    b'{"X": []}',
    b'{"X": [[1, 2]]}',
    b'{"X": [["a"]]}',
    b'{"X": [[NaN]]}',
    b"[" * 9999,
]
# Samples of the resident memory of the server.
SAMPLES = 20


class Load:
    """Requests that clients share, and what came of them."""

    def __init__(self, address: tuple[str, int], n_requests: int, seconds: float) -> None:
        self.address, self.n_requests = address, n_requests
        self.numbers = itertools.count()
        self.end = time.monotonic() + seconds
        self.latencies, self.errors, self.n_answers = LatencyCounts(), list[str](), 0
        self.lock = threading.Lock()

    def run(self, requests: list[tuple[bytes, dict[str, Any] | None]]) -> None:
        """One client; a request comes with its answer, None for one that is wrong."""
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        try:
            while (
                number := next(self.numbers)
            ) < self.n_requests and time.monotonic() < self.end:
                body, expected = requests[number % len(requests)]
                start = time.perf_counter()
                connection.request("POST", "/predict", body)
                response = connection.getresponse()
                content = response.read()
                seconds = time.perf_counter() - start
                self.note(seconds, response.status, json.loads(content), expected)
        except (OSError, http.client.HTTPException, ValueError) as error:
            with self.lock:
                self.errors.append(repr(error))
        finally:
            connection.close()

    def note(
        self, seconds: float, status: int, answer: Any, expected: dict[str, Any] | None
    ) -> None:
        is_right = [*answer] == ["error"] and status == 400
        if expected is not None:
            is_right = status == 200 and answer == expected
        with self.lock:
            self.n_answers += 1
            self.latencies.add(seconds)
            if not is_right:
                self.errors.append(f"{status}: {str(answer)[:200]}")


def make_requests(model: Any, X: np.ndarray) -> list[tuple[bytes, dict[str, Any] | None]]:
    requests: list[tuple[bytes, dict[str, Any] | None]] = []
    for k in range(200):
        if k % 20 == 19:
            requests.append((WRONG[k // 20 % len(WRONG)], None))
            continue
        rows = X[k : k + 1 + k % 10]
        answer = {
            "predictions": model.predict(rows).tolist(),
            "probabilities": model.predict_proba(rows).tolist(),
        }
        requests.append((json.dumps({"X": rows.tolist()}).encode(), answer))
    return requests


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=300, help="end after this time")
    options = parser.parse_args()
    X, y = load_digits(return_X_y=True)
    model = EDClassifier((20,), max_iter=5, random_state=0, tol=0).fit(X / 16, y)
    requests = make_requests(model, X / 16)
    print_environment()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "digits.joblib"))
        joblib.dump(model, path)
        command = [sys.executable, str(SERVER), path, "--port", "0", "--allow-pickle"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                host, port = server.stdout.readline().strip().removeprefix("http://").split(":")
                load = Load((host, int(port)), options.requests, options.seconds)
                clients = [
                    threading.Thread(target=load.run, args=(requests,))
                    for _ in range(options.clients)
                ]
                began = time.perf_counter()
                for client in clients:
                    client.start()
                memory: list[int] = []
                while any(client.is_alive() for client in clients):
                    if load.n_answers >= len(memory) * options.requests / SAMPLES:
                        memory.append(resident_memory(str(server.pid)))
                    time.sleep(0.01)
                seconds = time.perf_counter() - began
                memory.append(resident_memory(str(server.pid)))
            finally:
                server.terminate()
    lines = [["latency, us", *load.latencies.quantiles()]]
    values = load.latencies.quantiles().values()
    lines.append(["request", *(f"{1e6 * (value or 0):,.0f}" for value in values)])
    print_table(
        f"{load.n_answers:,} requests of {options.clients} clients in {seconds:,.0f} s", lines
    )
    shown = " ".join(f"{size / 2**20:.1f}" for size in memory)
    print(f"\nresident memory of the server, MiB: {shown}\n{len(load.errors)} errors")
    for error in load.errors[:5]:
        print(error)
    sys.exit(bool(load.errors) or not load.n_answers)


if __name__ == "__main__":
    main()
