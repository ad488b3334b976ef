"""The cluster: tasks that run on it, and errors that say which chunk they come from.

Tasks have no place where they must run and nothing is scattered: the scheduler knows how each
result was made, and makes it again if the worker is lost that has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from .._utils.errors import named
from .._utils.extras import import_extra


def dask_module(name: str) -> Any:
    """A module of Dask, or an error that says how to install it."""
    return import_extra(name, "An estimator that learns on a Dask cluster", "dask")


class Cluster:
    """Where the tasks of a call run.

    Parameters
    ----------
    client : distributed.Client or None
        None is the current client.

    Raises
    ------
    ValueError
        If there is no client, if it is closed, or has no workers.
    """

    def __init__(self, client: Any) -> None:
        distributed = dask_module("distributed")
        if client is None:
            try:
                client = distributed.default_client()
            except ValueError as error:
                raise ValueError(
                    "client: expected a dask.distributed.Client, or one that is the current "
                    "client of this process, got None and there is no current one."
                ) from error
        elif not isinstance(client, distributed.Client):
            raise TypeError(
                f"client: expected a dask.distributed.Client, got {type(client).__name__}."
            )
        if client.status != "running" or client.asynchronous:
            found = "an asynchronous one" if client.asynchronous else f"a {client.status} one"
            raise ValueError(f"client: expected a running client, got {found}.")
        self.client = client
        self._dask = dask_module("dask")
        self._distributed = distributed
        # The state of a round is sent with its tasks, not scattered.
        self._settings = {"distributed.admin.large-graph-warning-threshold": "100 GiB"}

    @property
    def n_workers(self) -> int:
        """Number of workers that are there now.

        Raises
        ------
        ValueError
            If there is none.
        """
        n_workers = len(self.client.nthreads())
        if not n_workers:
            raise ValueError("client: expected a cluster with workers, got one without any.")
        return n_workers

    def task(self, name: str, function: Any, *args: Any) -> Any:
        """A task, not run yet; `name` says in errors what it works on."""
        key = f"{name}-{uuid4().hex}"
        return self._dask.delayed(function, pure=False)(*args, dask_key_name=key)

    def constant(self, value: Any) -> Any:
        """A value that is sent once, however many tasks need it."""
        return self._dask.delayed(value, pure=False, traverse=False)

    def persist(self, tasks: Sequence[Any]) -> list[Any]:
        """Run tasks, and keep their results on the workers."""
        with self._dask.config.set(self._settings):
            return list(self.client.persist(list(tasks)))

    def results(self, tasks: Sequence[Any]) -> list[Any]:
        """Run tasks and fetch what they return.

        Raises
        ------
        RuntimeError
            If workers die again and again in the same task, or if the client is closed.
        Exception
            What a task raised, with a note that says what it worked on.
        """
        futures: list[Any] = []
        try:
            with self._dask.config.set(self._settings):
                futures += self.client.compute(list(tasks))
            found: list[Any] = self.client.gather(futures)
        except self._distributed.KilledWorker as error:
            raise RuntimeError(
                f"{_name(error, futures)}: workers died {error.allowed_failures + 1} times "
                "while they worked on it or on a chunk beside it, which may need more memory "
                "than they have. Make the chunks smaller, or give the workers more memory."
            ) from error
        except Exception as error:
            if self.client.status != "running":
                raise RuntimeError(
                    "client: expected a running client until the end of the call, got a "
                    f"{self.client.status} one."
                ) from error
            name = _name(error, futures)
            if name and not str(error).startswith("chunk"):
                error.add_note(f"In a task for {name}.")
            raise
        return found


def _name(error: Any, futures: Sequence[Any]) -> str:
    """What the task that failed worked on; one that made a chunk has a name of the user's."""
    failed = [future.key for future in futures if future.status == "error"]
    keys = [key for key in (getattr(error, "task", ""), *failed, "") if isinstance(key, str)]
    named = [key for key in keys if key.startswith("chunk")]
    return (named or keys)[0].rpartition("-")[0]


def naming(name: str, function: Any, *args: Any) -> Any:
    """Call a function in a task; an error says what the task works on."""
    with named(name, ValueError, TypeError, MemoryError):
        return function(*args)
