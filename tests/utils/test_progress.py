"""Progress on a terminal, Ctrl-C, and packages that may be missing."""

import io
import json.decoder
import signal
import sys
import threading
import warnings

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


def test_after_the_block_ctrl_c_is_what_it_was():
    heard = []
    before = signal.signal(signal.SIGINT, lambda signum, frame: heard.append(signum))
    try:
        with interruptible():
            with pytest.raises(Interrupted), interruptible():
                signal.raise_signal(signal.SIGINT)
            with pytest.raises(Interrupted):
                signal.raise_signal(signal.SIGINT)
        assert heard == []
        signal.raise_signal(signal.SIGINT)
        assert heard == [signal.SIGINT]
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_warning_of_an_interrupted_fit_is_not_repeated():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with interruptible():
            warnings.warn("Training interrupted; what was learned is kept.", stacklevel=1)
            warnings.warn("something else", stacklevel=1)
        warnings.warn("Training interrupted; what was learned is kept.", stacklevel=1)
    assert [str(w.message).split()[0] for w in caught] == ["something", "Training"]


def test_other_threads_hear_no_signals():
    handlers, before = [], signal.getsignal(signal.SIGINT)

    def work():
        with interruptible():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [before]


# Extras


def test_extra_that_is_there():
    assert import_extra("json.decoder", "A test") is json.decoder


def test_extra_that_is_missing():
    with pytest.raises(MissingExtra) as info:
        import_extra("no_such_package.part", "This test", extra="keras")
    message = str(info.value)
    assert message.startswith("This test needs no_such_package, which cannot be imported")
    assert message.endswith("install it with pip install 'sklearn-ed[keras]'.")
    assert message.count(".") < 5
