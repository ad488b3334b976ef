"""Set-up of all tests."""

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="session")
def one_blas_thread():
    """The tests' products are small: threads would spend their time waiting for each other."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield
