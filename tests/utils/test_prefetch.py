"""Items made in a thread: order, one ahead and no more, errors, the end of the thread."""

import contextvars
import gc
import signal
import threading
import time
import weakref

import pytest

from sklearn_ed._utils.prefetch import prefetched


def test_all_items_are_made_in_one_other_thread_in_their_order():
    threads = set()

    def start():
        threads.add(threading.get_ident())
        for k in range(5):
            threads.add(threading.get_ident())
            yield k

    with prefetched(start) as items:
        assert list(items) == list(range(5))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_the_next_item_is_made_while_one_is_used_and_no_other():
    made = [threading.Event() for _ in range(4)]

    def start():
        for k, event in enumerate(made):
            event.set()
            yield k

    with prefetched(start) as items:
        assert next(items) == 0
        assert made[1].wait(10)
        time.sleep(0.05)
        assert not made[2].is_set()


class Item:
    pass


def test_an_item_that_was_used_is_not_kept():
    with prefetched(lambda: (Item() for _ in range(3))) as items:
        kept = weakref.ref(next(items))
        item = next(items)
        gc.collect()
        assert kept() is None
        assert isinstance(item, Item)


def test_an_error_is_raised_where_the_item_is_asked_for():
    def start():
        yield 1
        raise OSError("no disk")

    with prefetched(start) as items:
        assert next(items) == 1
        with pytest.raises(OSError, match="no disk"):
            next(items)

    def fail():
        raise OSError("no file")

    with prefetched(fail) as items, pytest.raises(OSError, match="no file"):
        next(items)


@pytest.mark.parametrize("n_used", [0, 1, 3])
def test_the_thread_ends_with_the_block_and_closes_the_generator(n_used):
    before, closed_by = threading.active_count(), []

    def start():
        try:
            yield from range(3)
        finally:
            closed_by.append(threading.get_ident())

    def use():
        with prefetched(start) as items:
            for _ in range(n_used):
                next(items)
            raise KeyError

    with pytest.raises(KeyError):
        use()
    assert threading.active_count() == before
    if n_used:
        assert threading.get_ident() not in closed_by
        assert len(closed_by) == 1


def test_ctrl_c_while_an_item_is_awaited():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    waiting = threading.Event()

    def start():
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        waiting.wait(0.1)
        yield 1

    try:
        with pytest.raises(KeyboardInterrupt), prefetched(start) as items:
            next(items)
    finally:
        signal.signal(signal.SIGINT, before)


def test_without_threads_items_are_made_when_they_are_asked_for(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with prefetched(lambda: iter([1, 2])) as items:
        assert list(items) == [1, 2]


def test_the_thread_has_the_context_of_the_caller():
    setting = contextvars.ContextVar("setting", default="default")
    setting.set("mine")
    with prefetched(lambda: iter([setting.get()])) as items:
        assert list(items) == ["mine"]
