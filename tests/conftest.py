"""Set-up of all tests."""

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="session")
def one_blas_thread():
    """The tests' products are small: threads would spend their time waiting for each other."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


@pytest.fixture
def write(tmp_path):
    """Writes a data frame into shop.csv; returns the file's name."""

    def write(frame):
        file = tmp_path / "shop.csv"
        frame.to_csv(file, index=False)
        return str(file)

    return write
