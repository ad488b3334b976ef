"""Items of an iterator, the next of which is made in a thread while the last one is used."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_END: Any = object()


@contextmanager
def prefetched(start: Callable[[], Iterator[T]]) -> Iterator[Iterator[T]]:
    """A block in which a thread makes the items of an iterator, one item ahead.

    All calls of the iterator, and of `start`, which makes it, are made in one thread. What they
    raise is raised where the item is asked for. When the block ends, the thread finishes the
    item that it has begun and closes the iterator, if this is a generator.

    Where no thread can be started, the items are made when they are asked for.
    """
    reader = _Reader(start)
    try:
        reader.thread.start()
    except RuntimeError:
        yield start()
        return
    try:
        yield reader.items()
    finally:
        reader.wanted.put(False)
        reader.thread.join()


class _Reader(Generic[T]):
    """A thread that makes an item for each True in `wanted`, until there is a False."""

    def __init__(self, start: Callable[[], Iterator[T]]) -> None:
        self._start = start
        self.wanted: SimpleQueue[bool] = SimpleQueue()
        self._made: SimpleQueue[tuple[T, BaseException | None]] = SimpleQueue()
        # A thread that waits for a read without end must not keep the process from ending.
        self.thread = Thread(
            target=copy_context().run, args=(self._make,), name="sklearn_ed stream", daemon=True
        )

    def items(self) -> Iterator[T]:
        self.wanted.put(True)
        while True:
            item, error = self._made.get()
            if error is not None:
                raise error
            if item is _END:
                return
            self.wanted.put(True)
            yield item

    def _make(self) -> None:
        items = None
        try:
            while self.wanted.get():
                if items is None:
                    items = self._start()
                self._made.put((next(items, _END), None))
        except BaseException as error:
            self._made.put((_END, error))
        finally:
            if isinstance(items, Generator):
                items.close()
