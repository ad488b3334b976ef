"""Errors at every line of the package that a call runs, for tests of what is left behind."""

import sys
from pathlib import Path

import sklearn_ed

PACKAGE = str(Path(sklearn_ed.__file__).parent)


class Fault(Exception):
    """An error that no code expects."""


class Tracer:
    """Raises `error` at the line event number `at` inside the package, and counts the events.

    Attributes
    ----------
    lines : list of (str, int)
        File and number of each line met, in order.
    """

    def __init__(self, at=None, error=Fault):
        self.at, self.error, self.lines = at, error, []

    def __enter__(self):
        self.previous = sys.gettrace()
        sys.settrace(self.trace)
        return self

    def __exit__(self, *exc_info):
        sys.settrace(self.previous)

    def trace(self, frame, event, arg):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            if len(self.lines) == self.at:
                raise self.error("injected")
            self.lines.append((frame.f_code.co_filename, frame.f_lineno))
        return self.trace


def fault_points(call, *args):
    """The events at which each line that `call` runs is met first, and those where last."""
    with Tracer() as tracer:
        call(*args)
    first = {line: at for at, line in reversed(list(enumerate(tracer.lines)))}
    last = {line: at for at, line in enumerate(tracer.lines)}
    return sorted({*first.values(), *last.values()})
