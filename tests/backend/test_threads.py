"""Work that threads share: results, errors, interruption, fork."""

import gc
import os
import signal
import threading
import time
import weakref

import numpy as np
import pytest

from sklearn_ed._backend import threads
from sklearn_ed._backend.threads import share


def test_results_have_the_order_of_the_calls():
    assert share([lambda k=k: k for k in range(20)]) == list(range(20))


def test_calls_are_made_at_the_same_time():
    meeting = threading.Barrier(3)
    found = share([lambda: (meeting.wait(10), threading.get_ident())[1]] * 3)
    assert len({*found}) == 3
    assert found[0] == threading.get_ident()


def test_the_caller_makes_calls_that_no_other_thread_begins(monkeypatch):
    monkeypatch.setattr(threads._Workers, "_start", lambda self, n_threads: None)
    monkeypatch.setattr(threads, "_workers", threads._Workers())
    assert {*share([threading.get_ident] * 4)} == {threading.get_ident()}


def test_without_threads_the_caller_makes_all_calls(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    monkeypatch.setattr(threads, "_workers", threads._Workers())
    assert {*share([threading.get_ident] * 4)} == {threading.get_ident()}


class Failure(Exception):
    pass


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_is_raised_when_no_thread_works_any_more(failing):
    both_began, ended = threading.Barrier(2), []

    def fail():
        both_began.wait(10)
        raise Failure

    def work():
        both_began.wait(10)
        time.sleep(0.05)
        ended.append(True)

    calls = [work, work]
    calls[failing] = fail
    with pytest.raises(Failure):
        share(calls)
    assert ended


@pytest.fixture
def interruptible():
    """SIGINT raises KeyboardInterrupt, also where a shell has made the tests ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("n_interrupts", [1, 2])
def test_an_interrupt_is_raised_when_no_thread_works_any_more(n_interrupts, interruptible):
    ended = []
    both_began = threading.Barrier(2)

    def work():
        both_began.wait(10)
        for _ in range(n_interrupts):
            time.sleep(0.05)
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.05)
        ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        share([lambda: both_began.wait(10), work])
    assert ended


def test_what_is_done_about_an_overflow_is_the_callers_choice():
    big = np.full(4, 1e308)
    with np.errstate(over="ignore"):
        share([lambda: big * 10] * 3)
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        share([lambda: None, lambda: big * 10])


def test_a_thread_that_waits_keeps_no_result():
    class Result:
        pass

    found = share([Result, Result])
    kept = [weakref.ref(result) for result in found]
    del found
    gc.collect()
    assert [ref() for ref in kept] == [None, None]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_process_has_threads_of_its_own():
    def at_the_same_time():
        meeting = threading.Barrier(2)
        return share([lambda: meeting.wait(10)] * 2)

    at_the_same_time()
    before = threading.active_count()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if sorted(at_the_same_time()) == [0, 1] else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert threading.active_count() < before
    assert sorted(at_the_same_time()) == [0, 1]
