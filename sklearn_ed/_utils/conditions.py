"""Under what conditions fits run, in this process and in those of its workers."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from joblib import parallel_config
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning
from threadpoolctl import threadpool_limits

_TENSORFLOW_THREADS = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


@contextmanager
def one_thread_per_fit() -> Iterator[None]:
    """Keep BLAS and TensorFlow to one thread, here and in worker processes.

    The matrices are small: a second thread gains little, and where another program wants the
    same core, threads that wait for each other cost many times what they gain. TensorFlow
    takes its number of threads once: it keeps one afterwards, or what it had before.
    """
    before = {name: os.environ.get(name) for name in _TENSORFLOW_THREADS}
    os.environ.update(dict.fromkeys(_TENSORFLOW_THREADS, "1"))
    _limit_tensorflow()
    try:
        with (
            threadpool_limits(1),
            parallel_config(backend="loky", inner_max_num_threads=1),
        ):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _limit_tensorflow() -> None:
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return
    try:
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        # It has begun to work, with the number that it has.
        return


@contextmanager
def expected_warnings_ignored() -> Iterator[None]:
    """Quiet what the report counts; scikit-learn hands the filters on to worker processes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", FitFailedWarning)
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        warnings.filterwarnings("ignore", "One or more of the test scores", UserWarning)
        yield
