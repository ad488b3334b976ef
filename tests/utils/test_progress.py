"""Progress on a terminal, Ctrl-C, and packages that may be missing."""

import io
import signal
import sys
import threading

import pytest

from sklearn_ed._utils.extras import MissingExtra, import_extra
from sklearn_ed._utils.interruption import Interrupted, interruptible
from sklearn_ed._utils.progress import progress

# Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def show(stream, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stream)
    with progress(2, show=True) as step:
        step("first [bold]step")
        step("second step")
    return stream.getvalue()


def test_a_bar_on_a_terminal_that_is_gone_afterwards(monkeypatch):
    pytest.importorskip("rich")
    monkeypatch.setenv("TERM", "xterm")
    shown = show(Terminal(), monkeypatch)
    assert "first [bold]step" in shown or "second step" in shown
    assert shown.endswith("\x1b[2K")


def test_nothing_where_there_is_no_terminal(monkeypatch):
    pytest.importorskip("rich")
    assert show(io.StringIO(), monkeypatch) == ""


def test_nothing_need_be_installed_to_show_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    with progress(2, show=False) as step:
        step("unseen")
    with pytest.raises(MissingExtra, match="progress bar needs rich"), progress(2, show=True):
        pass


# Ctrl-C


def test_interrupted_is_no_exception_that_estimators_catch():
    before = signal.getsignal(signal.SIGINT)

    def fit():
        try:
            signal.raise_signal(signal.SIGINT)
        except (KeyboardInterrupt, Exception):
            pytest.fail("caught")

    with pytest.raises(Interrupted), interruptible():
        fit()
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_hear_no_signals():
    entered = []

    def work():
        with interruptible():
            entered.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert entered == [True]


# Extras


def test_extra_that_is_there():
    assert import_extra("json", "A test").dumps([1]) == "[1]"


def test_extra_that_is_missing():
    with pytest.raises(MissingExtra) as info:
        import_extra("no_such_package.part", "This test", extra="keras")
    message = str(info.value)
    assert message.startswith("This test needs no_such_package, which cannot be imported")
    assert message.endswith("install it with pip install 'sklearn-ed[keras]'.")
    assert message.count(".") < 5
