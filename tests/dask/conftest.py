"""A real cluster of two processes for all tests of this folder."""

import numpy as np
import pytest
from sklearn.datasets import load_digits


@pytest.fixture(scope="session")
def cluster():
    """Two workers, each a process that is started again if it dies."""
    distributed = pytest.importorskip("dask.distributed", reason="needs the extra dask")
    config = pytest.importorskip("dask").config
    with config.set(
        {
            # Workers are forked from a process that has imported everything.
            "distributed.worker.multiprocessing-method": "forkserver",
            "distributed.admin.tick.limit": "1h",
            "distributed.comm.timeouts.connect": "60s",
        }
    ):
        context = distributed.utils.get_mp_context()
        context.set_forkserver_preload(["distributed", "sklearn_ed.dask"])
        with distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            silence_logs=50,
        ) as cluster:
            yield cluster


@pytest.fixture
def client(cluster):
    """A client of the cluster, whose two workers are there."""
    distributed = pytest.importorskip("dask.distributed")
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


@pytest.fixture(scope="session")
def digits():
    """300 rows."""
    X, y = load_digits(return_X_y=True)
    return X[:300] / 16, y[:300]


@pytest.fixture
def chunked(digits):
    """The rows of `digits` in four chunks."""
    da = pytest.importorskip("dask.array")
    X, y = digits
    return da.from_array(X, chunks=(80, 64)), da.from_array(y, chunks=80)


def parameters_of(estimator):
    return [*estimator.coefs_, *estimator.intercepts_]


@pytest.fixture
def assert_same():
    """Asserts that two estimators have the same weights, up to `atol`."""

    def assert_same(first, second, atol=0.0):
        for a, b in zip(parameters_of(first), parameters_of(second), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=atol)

    return assert_same
