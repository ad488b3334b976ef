"""Set-up of all tests."""

import sys
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from sklearn_ed._backend import BACKENDS, use_backend


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "slow: takes more than a few seconds; part of the default run"
    )


def pytest_xdist_auto_num_workers(config):
    """One process for files and single tests, which others would start later; else the default.

    `-n 2` asks for two processes in any case.
    """
    return None if any(Path(arg).is_dir() for arg in config.args) else 0


@pytest.fixture(autouse=True, scope="session")
def one_blas_thread():
    """The tests' products are small: threads would spend their time waiting for each other."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


@pytest.fixture
def untraced():
    """Coverage is not measured: for long tests of lines that other tests run, too."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.fixture
def write(tmp_path):
    """Writes a data frame into shop.csv; returns the file's name."""

    def write(frame):
        file = tmp_path / "shop.csv"
        frame.to_csv(file, index=False)
        return str(file)

    return write


@pytest.fixture(params=BACKENDS)
def each_backend(request):
    """Runs the test once with every backend of this installation."""
    with use_backend(request.param):
        yield request.param
