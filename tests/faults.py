"""Errors at every line of the package that a call runs, for tests of what is left behind."""

import sys
from functools import cache
from pathlib import Path

import sklearn_ed

PACKAGE = str(Path(sklearn_ed.__file__).parent)


class Fault(Exception):
    """An error that no code expects."""


@cache
def is_inside(filename):
    """Whether a file is one of the package's."""
    return filename.startswith(PACKAGE)


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
        return self.trace_line if is_inside(frame.f_code.co_filename) else None

    def trace_line(self, frame, event, arg):
        if event == "line":
            if len(self.lines) == self.at:
                raise self.error("injected")
            self.lines.append((frame.f_code.co_filename, frame.f_lineno))
        return self.trace_line


def fault_points(call, *args):
    """The events at which each line that `call` runs is met first, and those where last."""
    with Tracer() as tracer:
        call(*args)
    first = {line: at for at, line in reversed(list(enumerate(tracer.lines)))}
    last = {line: at for at, line in enumerate(tracer.lines)}
    return sorted({*first.values(), *last.values()})
