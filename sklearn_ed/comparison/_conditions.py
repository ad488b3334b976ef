"""Under what conditions fits run, in this process and in those of its workers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from joblib import parallel_config
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


@contextmanager
def one_thread_per_fit() -> Iterator[None]:
    """Keep BLAS to one thread, here and in worker processes.

    The matrices are small: a second thread gains little, and where another program wants the
    same core, threads that wait for each other cost many times what they gain.
    """
    with (
        threadpool_limits(1),
        parallel_config(backend="loky", inner_max_num_threads=1),
    ):
        yield


@contextmanager
def expected_warnings_ignored() -> Iterator[None]:
    """Quiet what the report counts; scikit-learn hands the filters on to worker processes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FitFailedWarning)
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        warnings.filterwarnings("ignore", "One or more of the test scores", UserWarning)
        yield
