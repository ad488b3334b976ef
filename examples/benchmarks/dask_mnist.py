"""DaskEDClassifier on a local cluster: accuracy over time, scaling, and killed workers.

    python examples/benchmarks/dask_mnist.py [--workers 1 2 4] [--rows 60000] [--epochs 16]
        [--sync-every 1] [--only mnist rows networks kills] [--kills 30] [--json PATH]

"mnist": test accuracy after each epoch over the time of training, local and with
``strategy="rows"`` on two workers. "rows" and "networks": seconds of an epoch with as many
workers, one thread each, beside the local fit, and a model of it: the time in which this
process learns the share of one worker, times the shares per core, plus an empty round, in which
the state is moved and combined and nothing is learned. The empty round is a straight line
through all numbers of workers but the largest, for which it is a prediction. "kills": fits in
which two workers are killed, one after the other, by SIGKILL; the weights must equal those of a
fit without kills.
"""

import argparse
import copy
import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from _harness import ALL_EPOCHS, Report, argument_parser, benchmark, is_chosen, print_table
from threadpoolctl import threadpool_limits

from sklearn_ed import EDClassifier
from sklearn_ed._utils.extras import import_extra
from sklearn_ed.dask import DaskEDClassifier
from sklearn_ed.datasets import load_mnist

Data = tuple[np.ndarray, np.ndarray]


class Curve:
    """A callback that keeps the time and the estimator of every epoch."""

    def __init__(self) -> None:
        self.began, self.points = 0.0, []

    def setup(self, estimator: Any, context: Any) -> None:
        self.began = time.perf_counter()

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        pass

    def on_fit_task_end(self, estimator: Any, context: Any, *, fitted_estimator: Any) -> None:
        if context.task_name == "epoch":
            self.points.append((time.perf_counter() - self.began, fitted_estimator))

    def teardown(self, estimator: Any, context: Any) -> None:
        pass

    def scores(self, test: Data) -> list[tuple[float, float]]:
        """Seconds and test accuracy in percent."""
        return [(seconds, 100 * one.score(*test)) for seconds, one in self.points]


class Killer:
    """A callback that kills a worker in two successive rounds, at a random moment."""

    def __init__(self, cluster: Any, seed: int, seconds: float) -> None:
        self._cluster, self._rng = cluster, np.random.default_rng(seed)
        self._seconds, self.first, self.n_killed = seconds, int(self._rng.integers(1, 6)), 0

    def setup(self, estimator: Any, context: Any) -> None:
        pass

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        if context.task_name == "epoch" and context.task_id in (self.first, self.first + 1):
            threading.Timer(self._rng.uniform(0, self._seconds), self._kill).start()

    def _kill(self) -> None:
        # Not a worker that starts: its nanny would not start it again.
        known = self._cluster.scheduler.workers
        nannies = self._cluster.workers.values()
        pids = [one.pid for one in nannies if one.pid and one.worker_address in known]
        if pids:
            with suppress(ProcessLookupError):
                os.kill(int(self._rng.choice(pids)), signal.SIGKILL)
                self.n_killed += 1

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        pass

    def teardown(self, estimator: Any, context: Any) -> None:
        pass


@contextmanager
def local_client(n_workers: int) -> Iterator[Any]:
    """The client of a cluster with one process for each worker."""
    distributed = import_extra("distributed", "The benchmark of clusters", "dask")
    # Workers are forked from a process that has imported everything: they start quickly.
    method = {"distributed.worker.multiprocessing-method": "forkserver"}
    with import_extra("dask", "The benchmark of clusters", "dask").config.set(method):
        context = distributed.utils.get_mp_context()
        context.set_forkserver_preload(["distributed", "sklearn_ed.dask"])
        cluster = distributed.LocalCluster(
            n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        )
        with cluster, distributed.Client(cluster) as client:
            yield client


def chunks(data: Data, n_chunks: int) -> tuple[Any, Any]:
    da = import_extra("dask.array", "The benchmark of clusters", "dask")
    X, y = data
    size = -(-len(y) // n_chunks)
    return da.from_array(X, chunks=(size, -1)), da.from_array(y, chunks=size)


def run_mnist(report: Report, options: argparse.Namespace, train: Data, test: Data) -> None:
    parameters = {"max_iter": options.epochs, "random_state": 0, "early_stopping": False}
    curve = Curve()
    EDClassifier(**parameters).set_callbacks(curve).fit(*train)
    curves = {"local": curve.scores(test)}
    with local_client(2) as client:
        curve = Curve()
        model = DaskEDClassifier(client, sync_every=options.sync_every, **parameters)
        model.set_callbacks(curve).fit(*chunks(train, 4))
        found = curve.scores(test)
    # A round may be a part of an epoch.
    curves["rows, 2 workers"] = found[:: max(1, len(found) // options.epochs)]
    curves["rows, 2 workers"][-1] = found[-1]
    headings = ["epoch", *(f"{name}, {what}" for name in curves for what in ("s", "%"))]
    lines = [
        [str(epoch + 1), *(f"{value:.2f}" for point in points for value in point)]
        for epoch, points in enumerate(zip(*curves.values(), strict=False))
    ]
    print_table("test accuracy on MNIST over the time of training", [headings, *lines])
    last = {name: points[-1][1] for name, points in curves.items()}
    difference = last["rows, 2 workers"] - last["local"]
    print(f"at the end: {last}, difference {difference:+.2f} points")
    report.add("mnist", curves=curves, difference=difference)


def bytes_per_round(state: Any, strategy: str, n_workers: int) -> int:
    """What a round moves: the state to all workers, the results to one, one to the client."""
    size = len(pickle.dumps(state))
    results = n_workers if strategy == "rows" else 1  # the parts make one state
    return size * (n_workers + results + 1)


def run_scaling(report: Report, options: argparse.Namespace, strategy: str, data: Data) -> None:
    parameters = {"max_iter": options.epochs, "random_state": 0, **ALL_EPOCHS}
    if strategy == "networks":
        parameters |= {"loss": "squared_error", "code_size": None}
    local = EDClassifier(early_stopping=False, **parameters)
    began = time.perf_counter()
    with threadpool_limits(1):  # as in a worker
        local.fit(*data)
    epoch = (time.perf_counter() - began) / options.epochs
    shares, seconds, tasks, moved = {}, {}, {}, {}
    for n_workers in options.workers:
        with local_client(n_workers) as client:
            curve = Curve()
            model = DaskEDClassifier(client, strategy=strategy, **parameters)
            model.set_callbacks(curve).fit(*chunks(data, 2 * n_workers))
            times = np.diff([seconds for seconds, _ in curve.points])
            seconds[n_workers] = float(np.median(times))
            fitted = curve.points[0][1].estimator_
            shares[n_workers], state = learn_share(fitted, strategy, data, n_workers)
            moved[n_workers] = bytes_per_round(state, strategy, n_workers)
            tasks[n_workers] = overhead(client, state, strategy, n_workers)
    # What grows with the workers is measured with fewer of them than it is predicted for.
    known = options.workers[:-1] if len(options.workers) > 2 else options.workers
    line = np.polyfit(known, [tasks[n] for n in known], 1 if len(known) > 1 else 0)
    n_cores, lines = os.cpu_count() or 1, [["local", f"{epoch:.2f}", "", "", "", "", ""]]
    for n_workers in options.workers:
        learning = shares[n_workers] * max(1.0, n_workers / n_cores)
        predicted = learning + float(np.polyval(line, n_workers))
        measured = seconds[n_workers]
        cells = [
            measured,
            shares[n_workers],
            moved[n_workers] / 1e6,
            tasks[n_workers],
            predicted,
        ]
        error = f"{100 * (predicted / measured - 1):+.0f} %"
        lines.append([str(n_workers), *(f"{cell:.2f}" for cell in cells), error])
        report.add(
            f"{strategy}, {n_workers} workers",
            seconds=measured,
            share=shares[n_workers],
            bytes=moved[n_workers],
            tasks=tasks[n_workers],
            predicted=predicted,
        )
    print(f"seconds of an empty round: {np.poly1d(line)}, x workers")
    headings = [
        "workers",
        "epoch, s",
        "a share, s",
        "MB per round",
        "empty round, s",
        "predicted, s",
        "error",
    ]
    print_table(f"strategy={strategy!r}, an epoch is a round", [headings, *lines])


def learn_share(estimator: Any, strategy: str, data: Data, n_workers: int) -> tuple[float, Any]:
    """Seconds in which this process learns what one worker learns in a round; a state.

    The state is all that is sent in a round: the optimizer's too.
    """
    from sklearn_ed.dask import _combining, _plan

    this, rows, times = _combining.Round(), _combining.Rows(*data, None), []
    n_shares = n_workers if strategy == "rows" else 1
    few = rows.chosen(np.arange(len(rows.y) // n_shares))
    state = _plan.learner(estimator, len(rows.y), n_shares, 1, is_fit=True)
    state = _combining.learn_rows(state, few, 0, this)
    place = 1 if strategy == "rows" else _combining.network_shares(state, n_workers)[0]
    learn = _combining.learn_rows if strategy == "rows" else _combining.learn_networks
    with threadpool_limits(1):  # as in a worker
        for _ in range(3):
            began = time.perf_counter()
            learn(state, few, place, this)
            times.append(time.perf_counter() - began)
    return float(np.median(times)), state


def overhead(client: Any, model: Any, strategy: str, n_workers: int) -> float:
    """Seconds of a round of tasks that move and combine the state and learn nothing."""
    from sklearn_ed.dask._cluster import Cluster
    from sklearn_ed.dask._combining import mean

    combine = mean if strategy == "rows" else _first_of
    cluster, times = Cluster(client), []
    for _ in range(5):
        began = time.perf_counter()
        sent = cluster.constant(model)
        tasks = [cluster.task("empty", _copy, sent, number) for number in range(n_workers)]
        weights = [1.0] * n_workers
        cluster.results([cluster.task("empty", combine, sent, tasks, weights)])
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def _copy(model: Any, number: int) -> Any:
    """What a worker returns: it has a loss more than what was sent."""
    learned = copy.copy(model)
    learned.loss_curve_ = [*model.loss_curve_, 0.0]
    return learned


def _first_of(model: Any, models: list[Any], weights: list[float]) -> Any:
    return models[0]


def run_kills(report: Report, options: argparse.Namespace, data: Data) -> None:
    parameters = {"hidden_layer_sizes": (8,), "max_iter": 10, "random_state": 0, "tol": 0.0}
    data = data[0][:4000], data[1][:4000]
    ended, differences, killed, longest = 0, [], 0, 0.0
    expected, seeds = None, list(range(options.kills))
    while seeds:
        with local_client(2) as client, suppress(TimeoutError):
            if expected is None:
                began = time.perf_counter()
                expected = DaskEDClassifier(client, **parameters).fit(*chunks(data, 4))
                round_seconds = (time.perf_counter() - began) / 10
            while seeds:
                # A nanny may give up a worker: then a new cluster.
                client.wait_for_workers(2, timeout=20)
                killer = Killer(client.cluster, seeds.pop(), round_seconds)
                model = DaskEDClassifier(client, **parameters).set_callbacks(killer)
                began = time.perf_counter()
                model.fit(*chunks(data, 4))
                longest = max(longest, time.perf_counter() - began)
                pairs = zip(model.coefs_, expected.coefs_, strict=True)
                differences.append(max(float(np.abs(a - b).max()) for a, b in pairs))
                ended, killed = ended + 1, killed + killer.n_killed
                print(f"{ended} fits, {killed} kills, {max(differences):g}", flush=True)
    worst = max(differences, default=0.0)
    print_table(
        "fits in which two workers were killed",
        [
            ["fits", "came to the end", "kills", "largest difference", "longest, s"],
            [str(options.kills), str(ended), str(killed), f"{worst:g}", f"{longest:.1f}"],
        ],
    )
    report.add("kills", fits=options.kills, ended=ended, killed=killed, difference=worst)


def main() -> None:
    parser = argument_parser(__doc__, repetitions=1)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rows", type=int, default=60_000, help="training rows of MNIST")
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--sync-every", type=float, default=1, help="see DaskEDClassifier")
    parser.add_argument("--kills", type=int, default=30, help="number of fits with two kills")
    options = parser.parse_args()
    images = load_mnist(options.data)
    train = images.X_train[: options.rows], images.y_train[: options.rows]
    test = images.X_test, images.y_test
    with benchmark(options) as report:
        if is_chosen("mnist", options.only):
            run_mnist(report, options, train, test)
        for strategy in ("rows", "networks"):
            if is_chosen(strategy, options.only):
                run_scaling(report, options, strategy, train)
        if is_chosen("kills", options.only):
            run_kills(report, options, train)


if __name__ == "__main__":
    main()
